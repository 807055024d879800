//! The programs around a PostgreSQL store.

use super::lower::database::extensions;
use super::lower::roles::Roles;
use crate::operations::{Argument, Entry, Operations, Program, in_url, is_encrypted};
use polity_govern::Stored;
use polity_model::{Record, Store, Value};

/// Returns the programs around a store with the settings of an environment.
pub(super) fn operations(governed: &Stored, store: &Store, settings: &Record) -> Operations {
    let roles = Roles::of_database(governed, None);
    let around = Around {
        name: &store.named.name,
        host: format!("{}_HOST", store.named.name.to_uppercase()),
        port: super::ABOUT.port,
        database: governed.database_name(store, None).to_string(),
        mode: if is_encrypted(settings) { "require" } else { "prefer" },
    };
    Operations {
        kind: "database",
        migration: match settings.get("migrations").map(|s| &s.value) {
            Some(Value::Tagged { tag, .. } | Value::Word(tag)) if tag == "flyway" => around.flyway(&roles),
            Some(Value::Tagged { tag, .. } | Value::Word(tag)) if tag == "liquibase" => {
                around.liquibase(&roles)
            }
            _ => around.apply(&roles),
        },
        runner: around.psql(store, &roles),
        exporter: around.exporter(store),
        exporter_port: 9187,
        by_hand: None,
        pooler: Some(around.pooler()),
    }
}

/// A store as its surroundings know it.
struct Around<'a> {
    name: &'a str,
    /// The variable that holds the address of the server.
    host: String,
    port: u16,
    database: String,
    /// How libpq and its like encrypt.
    mode: &'static str,
}

impl Around<'_> {
    fn host(&self) -> (String, Entry) {
        (self.host.clone(), Entry::host(false))
    }

    /// Flyway knows no tenants: it leads the shared database on. Its own account stands in a schema that it makes.
    fn flyway(&self, roles: &Roles) -> Program {
        let Self { name, host, port, database, mode } = self;
        let variable = |name: &str, value: String| (format!("FLYWAY_{name}"), value);
        Program {
            image: "docker.io/flyway/flyway:11.1.0-alpine".to_owned(),
            arguments: vec!["migrate".to_owned().into()],
            variables: vec![
                variable(
                    "URL",
                    format!("jdbc:postgresql://$({host}):{port}/{}?sslmode={mode}", in_url(database)),
                ),
                variable("USER", roles.migrator.to_string()),
                variable("LOCATIONS", format!("filesystem:/polity/{name}/migrations")),
                variable("DEFAULT_SCHEMA", "polity_history".to_owned()),
                // `${` of a body is no token of Flyway's.
                variable("PLACEHOLDER_REPLACEMENT", "false".to_owned()),
            ],
            secrets: vec![
                self.host(),
                ("FLYWAY_PASSWORD".to_owned(), Entry::password("migrator", &roles.migrator, false)),
            ],
            // With what stands beside one that is no transaction, and scripts that run again.
            files: vec![format!("{name}/migrations/V"), format!("{name}/migrations/R__")],
            ..Program::default()
        }
    }

    /// Liquibase is run for the shared database alone, as Flyway is. Its account stands where `liquibase.properties` says.
    fn liquibase(&self, roles: &Roles) -> Program {
        let Self { name, host, port, database, mode } = self;
        let variable = |name: &str, value: String| (format!("LIQUIBASE_{name}"), value);
        let folder = format!("/polity/{name}/migrations");
        Program {
            image: "docker.io/liquibase/liquibase:4.28.0".to_owned(),
            arguments: vec!["update".to_owned().into()],
            variables: vec![
                variable(
                    "COMMAND_URL",
                    format!("jdbc:postgresql://$({host}):{port}/{}?sslmode={mode}", in_url(database)),
                ),
                variable("COMMAND_USERNAME", roles.migrator.to_string()),
                variable("SEARCH_PATH", folder.clone()),
                variable("DEFAULTS_FILE", format!("{folder}/liquibase.properties")),
            ],
            secrets: vec![
                self.host(),
                (
                    "LIQUIBASE_COMMAND_PASSWORD".to_owned(),
                    Entry::password("migrator", &roles.migrator, false),
                ),
            ],
            files: vec![format!("{name}/migrations/")],
            ..Program::default()
        }
    }

    /// `polity apply`, which leads the places of tenants on as well. Its image holds the compiler and the source.
    fn apply(&self, roles: &Roles) -> Program {
        let Self { name, host, port, database, .. } = self;
        let url = format!("postgres://{}@$({host}):{port}/{}", in_url(&roles.migrator), in_url(database));
        Program {
            command: ["polity", "apply", "--store", name].map(str::to_owned).to_vec(),
            variables: vec![("POLITY_MIGRATOR_URL".to_owned(), url)],
            secrets: vec![
                self.host(),
                ("PGPASSWORD".to_owned(), Entry::password("migrator", &roles.migrator, false)),
            ],
            ..Program::default()
        }
    }

    fn psql(&self, store: &Store, roles: &Roles) -> Program {
        let variable = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Program {
            image: format!("docker.io/library/postgres:{}-alpine", store.version.major()),
            command: ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c"].map(str::to_owned).to_vec(),
            variables: vec![
                variable("PGPORT", &self.port.to_string()),
                variable("PGDATABASE", &self.database),
                variable("PGUSER", &roles.cron),
                variable("PGSSLMODE", self.mode),
            ],
            secrets: vec![
                ("PGHOST".to_owned(), Entry::host(false)),
                ("PGPASSWORD".to_owned(), Entry::password("cron", &roles.cron, true)),
            ],
            ..Program::default()
        }
    }

    fn exporter(&self, store: &Store) -> Program {
        let Self { name, host, port, database, mode } = self;
        let queries = format!("{name}/exporter.yml");
        let mut arguments = Vec::new();
        if extensions(store).iter().any(|extension| extension == "pg_stat_statements") {
            arguments.push("--collector.stat_statements".to_owned().into());
        }
        arguments.push(Argument {
            text: format!("--extend.query-path=/polity/{queries}"),
            with: Some(queries.clone()),
        });
        let login = "of a login that is a member of `pg_monitor`";
        Program {
            image: "quay.io/prometheuscommunity/postgres-exporter:v0.16.0".to_owned(),
            arguments,
            variables: vec![(
                "DATA_SOURCE_URI".to_owned(),
                format!("$({host}):{port}/{}?sslmode={mode}", in_url(database)),
            )],
            secrets: vec![
                self.host(),
                (
                    "DATA_SOURCE_USER".to_owned(),
                    Entry::of_operators("monitor-user", format!("the name {login}")),
                ),
                (
                    "DATA_SOURCE_PASS".to_owned(),
                    Entry::of_operators("monitor-password", format!("the password {login}")),
                ),
            ],
            files: vec![queries],
            ..Program::default()
        }
    }

    /// PgBouncer reads the address of the server from a file that is written as it starts: it stands in a Secret.
    fn pooler(&self) -> Program {
        let Self { host, port, .. } = self;
        let start = format!(
            "printf '[databases]\\n* = host=%s port=%s\\n' \"${host}\" {port} > /tmp/databases.ini\n\
             exec pgbouncer /etc/pgbouncer/pgbouncer.ini\n"
        );
        Program {
            image: "docker.io/edoburu/pgbouncer:v1.24.1-p1".to_owned(),
            command: vec!["sh".to_owned(), "-ec".to_owned(), start],
            secrets: vec![self.host()],
            ..Program::default()
        }
    }
}
