//! A rented server. A superuser runs there what an error of `roles.sql` asks for, and that is remembered.

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

pub const ADMINISTRATOR: &str = "administrator";

pub struct Rented {
    /// Every statement that a superuser ran.
    pub asked: Vec<String>,
    /// Dropped last, since the databases are on it.
    pub server: Postgres,
}

impl Rented {
    /// A server of a major version, with an administrator.
    pub fn of(major: u32) -> Option<Self> {
        let mut server = match major {
            15 => Postgres::server()?,
            _ => Postgres::server_of(major)?,
        };
        server
            .run(&format!("create role {ADMINISTRATOR} login createrole createdb"))
            .expect("creates a role");
        Some(Self { asked: Vec::new(), server })
    }

    /// A database that the administrator makes. Its `run` is a superuser's, for looking.
    pub fn database(&self) -> Postgres {
        self.server.another_by(ADMINISTRATOR)
    }

    /// Runs `roles.sql` of a folder twice, and what it asks a superuser for in between; then `schema.sql`.
    pub fn install(&mut self, db: &mut Postgres, artifacts: &Artifacts, folder: &str, migrator: &str) {
        self.state_roles(db, artifacts, folder);
        self.state_roles(db, artifacts, folder);
        run_as(db, migrator, artifacts, &format!("{folder}/schema.sql"));
    }

    fn state_roles(&mut self, db: &mut Postgres, artifacts: &Artifacts, folder: &str) {
        let roles = project::text(artifacts, &format!("{folder}/roles.sql"));
        let Err(said) = db.script_as(ADMINISTRATOR, &roles) else { return };
        let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("CREATE EXTENSION ")).collect();
        assert!(!lines.is_empty() && said.contains("a superuser runs in this database:"), "{said}");
        for line in lines {
            db.run(line).unwrap_or_else(|error| panic!("{line}: {error}"));
            self.asked.push(line.to_owned());
        }
        db.script_as(ADMINISTRATOR, &roles).unwrap_or_else(|e| panic!("{folder}/roles.sql: {e}"));
    }
}

pub fn run_as(db: &Postgres, role: &str, artifacts: &Artifacts, path: &str) -> String {
    db.script_as(role, &project::text(artifacts, path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}
