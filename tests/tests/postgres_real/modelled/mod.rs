//! The catalogs of the examples held against their models. What a type, a reference and an index become is written out
//! here once more, so that the emitter is not judged by itself.

mod columns;
mod constraints;

use polity_govern::Stored;
use polity_model::governance::Tenant;
use polity_model::{Entity, EntityId, Isolation};
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{installed, run_as};

/// A platform in the form in which its stores hold it.
fn model(example: &str) -> Stored {
    let (platform, found) = polity::govern(&project::example_sources(example), None);
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    Stored::of(platform)
}

/// Tables that a platform has together: those that all tenants share, or those of one tenant.
struct Place<'p> {
    platform: &'p Stored,
    tenant: Option<&'p Tenant>,
}

impl Place<'_> {
    /// Returns the prefix of the tenant's schemas, where they stand in the database that all share.
    fn prefix(&self) -> Option<String> {
        let tenant = self.tenant?;
        let tier = &self.platform[tenant.tier];
        (tier.isolation() == Some(Isolation::Schema)).then(|| tier.prefix_of(tenant))
    }

    /// Returns the entities of the PostgreSQL store that stand here.
    fn entities(&self) -> impl Iterator<Item = &Entity> {
        let store = self.platform.stores.iter().find(|store| store.engine == "postgres").expect("a store");
        let beside = self.prefix().is_some();
        self.platform.entities_in(store.id).filter(move |entity| !(beside && entity.global))
    }

    /// Returns the schema and the name of an entity's table, as it is seen from here.
    fn table(&self, id: EntityId) -> String {
        let entity = &self.platform[id];
        let schema = &self.platform[entity.schema.expect("in a schema")].named.stored;
        let prefix = self.prefix().filter(|_| !entity.global).unwrap_or_default();
        format!("{prefix}{schema}.{}", entity.named.stored)
    }

    /// Holds everything here against the model, and returns how many columns and how many named checks there are.
    fn judge(&self, db: &mut Postgres) -> (usize, usize) {
        self.has_no_other_table(db);
        self.rows_are_apart(db);
        (self.columns_agree(db), self.constraints_agree(db))
    }

    /// Tables in the schemas of entities are those of entities.
    fn has_no_other_table(&self, db: &mut Postgres) {
        let mut wanted: Vec<String> = self.entities().map(|entity| self.table(entity.id)).collect();
        let mut schemas: Vec<String> =
            wanted.iter().filter_map(|table| Some(format!("'{}'", table.split_once('.')?.0))).collect();
        wanted.sort();
        schemas.dedup();
        let found = sorted(
            db,
            &format!(
                "select oid::regclass from pg_class where relkind in ('r', 'p') and not relispartition
                    and relnamespace::regnamespace::text in ({})",
                schemas.join(", ")
            ),
        );
        assert_eq!(found, wanted);
    }

    /// A table has row security, and even its owner obeys it, exactly where each tenant has rows of its own in it. In
    /// a place of one tenant a check refuses the rows of every other.
    fn rows_are_apart(&self, db: &mut Postgres) {
        for entity in self.entities() {
            let table = self.table(entity.id);
            let told = db.run(&format!(
                "select relrowsecurity, relforcerowsecurity,
                        (select pg_get_constraintdef(oid) from pg_constraint
                          where conrelid = '{table}'::regclass and conname = 'polity_tenant')
                   from pg_class where oid = '{table}'::regclass"
            ));
            let check = match (self.tenant, entity.tenant) {
                (Some(tenant), Some(column)) => {
                    let column = &entity.field(column).named.stored;
                    format!("CHECK (({column} = '{}'::uuid))", tenant.id())
                }
                _ => String::new(),
            };
            let guarded = if entity.tenant.is_some() { "t|t" } else { "f|f" };
            assert_eq!(told.expect("reads"), format!("{guarded}|{check}"), "{table}");
        }
    }
}

fn lines(db: &mut Postgres, sql: &str) -> Vec<String> {
    let shown = db.run(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    shown.lines().map(str::to_owned).collect()
}

fn sorted(db: &mut Postgres, sql: &str) -> Vec<String> {
    let mut lines = lines(db, sql);
    lines.sort();
    lines
}

#[test]
fn ismail_has_what_its_model_says() {
    let Some(mut db) = installed(&project::example("ismail"), "ismail") else { return };
    let (columns, checks) = Place { platform: &model("ismail"), tenant: None }.judge(&mut db);
    assert!(columns > 150 && checks > 60, "{columns} columns, {checks} checks");
}

const SPOTIFY: &str = "spotify-ai-agent";

#[test]
fn spotify_has_what_its_model_says_in_the_tables_that_tenants_share() {
    let Some(mut db) = installed(&project::example(SPOTIFY), "spotify_ai_agent") else { return };
    let (columns, checks) = Place { platform: &model(SPOTIFY), tenant: None }.judge(&mut db);
    assert!(columns > 120 && checks > 40, "{columns} columns, {checks} checks");
}

#[test]
fn spotify_has_what_its_model_says_in_the_schemas_of_each_tenant() {
    let artifacts = project::example(SPOTIFY);
    let Some(mut db) = installed(&artifacts, "spotify_ai_agent") else { return };
    let platform = model(SPOTIFY);
    let tenants = with_isolation(&platform, Isolation::Schema);
    for tenant in &tenants {
        install(&db, tenant, "spotify_ai_agent_migrator");
    }
    for tenant in &tenants {
        let place = Place { platform: &platform, tenant: Some(tenant) };
        assert_eq!(place.prefix(), Some(format!("{}_", tenant.named.name)));
        let (columns, checks) = place.judge(&mut db);
        assert!(columns > 120 && checks > 40, "{columns} columns, {checks} checks");
    }
    // The shared tables beside them stay as they are.
    Place { platform: &platform, tenant: None }.judge(&mut db);
    assert_eq!(tenants.len(), 2);
}

#[test]
fn spotify_has_what_its_model_says_in_the_database_of_each_tenant() {
    let Some(mut server) = Postgres::server() else { return };
    let platform = model(SPOTIFY);
    let tenants = with_isolation(&platform, Isolation::Database);
    for tenant in &tenants {
        let mut db = server.another();
        install(&db, tenant, &format!("spotify_ai_agent_{}_migrator", tenant.named.name));
        let (columns, checks) = Place { platform: &platform, tenant: Some(tenant) }.judge(&mut db);
        assert!(columns > 120 && checks > 40, "{columns} columns, {checks} checks");
    }
    assert_eq!(tenants.len(), 2);
}

fn with_isolation(platform: &Stored, isolation: Isolation) -> Vec<&Tenant> {
    platform.tenants.iter().filter(|tenant| platform[tenant.tier].isolation() == Some(isolation)).collect()
}

/// Installs what one tenant has to itself.
fn install(db: &Postgres, tenant: &Tenant, migrator: &str) {
    for (role, file) in [("postgres", "roles.sql"), (migrator, "schema.sql")] {
        let path = format!("main/tenants/{}/{file}", tenant.named.name);
        run_as(db, role, &project::example(SPOTIFY), &path);
    }
}
