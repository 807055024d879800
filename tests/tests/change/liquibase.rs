//! Liquibase runs what `migrations: liquibase` writes: a database is led on through three migrations, one taken back between, and so are
//! the schemas of a tenant, by the text of its tier.

use std::collections::BTreeMap;

use polity_catalog::relational::Texts;
use polity_tests::engines::{Postgres, Tool};
use polity_tests::project;

use super::tiers::{after, sealed};
use crate::describe::support::{Platform, describe, platform, report};

const FIRST: &str = "platform shop { environments: [dev] }
tenancy by tenant_id: uuid
tier small { isolation: row }
tier middle { isolation: schema }
tenant acme: middle { id: \"aaaaaaaa-0000-4000-8000-000000000001\" }
store main: postgres 15 { database: \"shop\", migrations: liquibase }
schema core in main {
  /// Costs ${HOME} and ${user.name}; a 'quote' and a \\
  entity Buyer {
    id: uuid key = uuid_v7()
    called: text(40)
    mark: text(40) = \"${HOME};${user.name}\"
  }
}
service web {
  read core.*
  write core.*
}
";

/// The values of the tenant, as a pipeline gives them.
const ACME: &[&str] =
    &["-Dtenant_role=acme", "-Dtenant_prefix=acme_", "-Dtenant_id=aaaaaaaa-0000-4000-8000-000000000001"];

/// A platform as it was built last, and where its files lie.
struct Trial {
    server: Postgres,
    tool: Tool,
    history: BTreeMap<String, String>,
    built: Platform,
    files: tempfile::TempDir,
}

impl Trial {
    fn begin(server: Postgres, tool: Tool) -> Self {
        let history = sealed(FIRST, "initial", &BTreeMap::new(), false);
        let built = platform(&after(FIRST, &history));
        let files = project::on_disk(&built.artifacts);
        Self { server, tool, history, built, files }
    }

    fn seal(&mut self, text: &str, name: &str, contract: bool) {
        self.history = sealed(text, name, &self.history, contract);
        self.built = platform(&after(text, &self.history));
        self.files = project::on_disk(&self.built.artifacts);
    }

    /// Runs a command of Liquibase in a folder as a login, and returns what it printed.
    fn run(&self, folder: &str, login: &str, command: &[&str], values: &[&str]) -> Result<String, String> {
        let folder = self.files.path().join(folder);
        let url = format!("--url=jdbc:postgresql://127.0.0.1:{}/{}", self.server.port(), self.server.name());
        let properties = format!("--defaults-file={}", folder.join("liquibase.properties").display());
        let path = format!("--search-path={}", folder.display());
        let login = format!("--username={login}");
        let given = [&properties, &path, &url, &login, "--password=none", "--show-banner=false"];
        let all: Vec<&str> =
            given.into_iter().chain(command.iter().copied()).chain(values.iter().copied()).collect();
        self.tool.run(&all)
    }

    /// Leads the shared database on, then the tenant's schemas; returns what was printed.
    fn update(&self) -> Result<String, String> {
        let mut said = String::new();
        for (folder, values) in [("main", &[][..]), ("main/tiers/middle", ACME)] {
            for (part, login) in [("admin", "postgres"), ("migrations", "shop_migrator")] {
                said += &self.run(&format!("{folder}/{part}"), login, &["update"], values)?;
                said.push('\n');
            }
        }
        Ok(said)
    }

    /// Holds both places against their catalogs.
    fn is_as_lowered(&mut self) {
        for place in &self.built.places {
            let live = describe(&mut self.server, &self.built.scope(place));
            let found = report(&place.catalog, &live, Texts::Structure);
            assert!(found.is_empty(), "{}: lowered, then described:\n{found}", place.folder);
        }
    }

    fn asked(&mut self, query: &str) -> String {
        self.server.run(query).unwrap_or_else(|error| panic!("{query}: {error:?}"))
    }
}

#[test]
fn databases_and_tenants_are_led_on_and_back() {
    let Some(tool) = Tool::liquibase() else { return };
    let Some(server) = Postgres::on_loopback(&[]) else { return };
    let mut trial = Trial::begin(server, tool);
    // The administrator's first step, which makes the schema of the account too.
    let roles = project::text(&trial.built.artifacts, "main/roles.sql");
    trial.server.script_as("postgres", &roles).expect("the roles are made");
    trial.update().unwrap_or_else(|said| panic!("{said}"));
    trial.is_as_lowered();
    for schema in ["core", "acme_core"] {
        trial.asked(&format!(
            "INSERT INTO {schema}.buyer (called, tenant_id)
             SELECT 'b' || n, 'aaaaaaaa-0000-4000-8000-000000000001' FROM generate_series(1, 1500) n"
        ));
        let marks = trial.asked(&format!("SELECT DISTINCT mark FROM {schema}.buyer"));
        assert_eq!(marks, "${HOME};${user.name}", "a text of the platform is none of its parameters");
    }
    let said = trial.asked("SELECT obj_description('core.buyer'::regclass)");
    assert_eq!(said, "Costs ${HOME} and ${user.name}; a 'quote' and a \\");

    // Filled in batches, each a transaction; indexes built beside writes; a service that an administrator makes.
    let second = FIRST.replace(
        "    called: text(40)\n",
        "    called: text(40)\n    shown: text(80)\n    email: email?\n    index (email)\n",
    ) + "backfill core.Buyer.shown = called || \"!\"\nservice clerk {\n  read core.Buyer\n}\n";
    trial.seal(&second, "shown", false);
    trial.update().unwrap_or_else(|said| panic!("{said}"));
    trial.led_to_the_second();
    let again = trial.update().unwrap_or_else(|said| panic!("{said}"));
    let ran: Vec<&str> = again.lines().filter_map(|line| line.strip_prefix("Run:")).map(str::trim).collect();
    assert_eq!(ran, ["0"; 4], "{again}");

    for (folder, tag, values) in
        [("main/tiers/middle/migrations", "--tag=V0001.acme", ACME), ("main/migrations", "--tag=V0001", &[])]
    {
        let back = trial.run(folder, "shop_migrator", &["rollback", tag], values);
        back.unwrap_or_else(|said| panic!("{said}"));
    }
    for schema in ["core", "acme_core"] {
        let columns = trial.asked(&format!("SELECT count(*) FROM pg_attribute WHERE attrelid = '{schema}.buyer'::regclass AND attname IN ('shown', 'email')"));
        assert_eq!(columns, "0", "{schema}");
    }
    trial.update().unwrap_or_else(|said| panic!("{said}"));
    trial.led_to_the_second();

    trial.seal(&second, "shown_required", true);
    trial.update().unwrap_or_else(|said| panic!("{said}"));
    trial.is_as_lowered();
    let back = trial.run("main/migrations", "shop_migrator", &["rollback", "--tag=V0002"], &[]);
    let refused = back.expect_err("nothing leads back from a contract");
    assert!(refused.contains("taken away since"), "{refused}");
}

impl Trial {
    /// Holds that both places have what the second migration makes, and that each row is filled.
    fn led_to_the_second(&mut self) {
        for schema in ["core", "acme_core"] {
            let filled =
                self.asked(&format!("SELECT count(*) FROM {schema}.buyer WHERE shown = called || '!'"));
            assert_eq!(filled, "1500", "{schema}");
            let valid = self.asked(&format!(
                "SELECT bool_and(indisvalid) FROM pg_index WHERE indrelid = '{schema}.buyer'::regclass HAVING count(*) > 1"
            ));
            assert_eq!(valid, "t", "{schema}");
        }
        let role = self.asked("SELECT count(*) FROM pg_roles WHERE rolname = 'shop_clerk'");
        assert_eq!(role, "1");
    }
}
