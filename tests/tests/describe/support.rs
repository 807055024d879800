//! Platforms as they are lowered and as they are installed, and the description of a live database.

use polity::artifact::Artifacts;
use polity::source::{Source, Sources};
use polity::{Options, Valid};
use polity_catalog::Catalog as AnyCatalog;
use polity_catalog::relational::{Catalog, Object, Reach, Table, Texts};
use polity_engines::postgres_describe::{QUERIES, SETTINGS, Scope, catalog};
use polity_tests::engines::Postgres;
use polity_tests::project;
use postgres::Client;

/// A place of a platform's PostgreSQL store: the catalog that it is lowered to, and the files that install it.
pub struct Place {
    /// The tenant that has it to itself.
    pub tenant: Option<String>,
    pub catalog: Catalog,
    /// The folder of `roles.sql` and `schema.sql`.
    pub folder: String,
    /// The role that runs `schema.sql`.
    pub migrator: String,
    /// Whether it is schemas in the database that all share.
    pub beside: bool,
}

pub struct Platform {
    pub artifacts: Artifacts,
    /// The shared database first.
    pub places: Vec<Place>,
}

/// Compiles a platform whose PostgreSQL store is `main`.
pub fn platform(sources: &Sources) -> Platform {
    let places = places(&project::valid(sources));
    let compiled = polity::compile(sources, &Options::default());
    Platform { artifacts: project::with_tenants(compiled.artifacts.expect("it is valid")), places }
}

/// Returns the places of a platform whose PostgreSQL store is `main`, the shared database first.
pub fn places(valid: &Valid) -> Vec<Place> {
    let name = valid.name.clone();
    let store = valid.stores.iter().find(|store| store.engine == "postgres").expect("it has such a store");
    assert_eq!(store.named.name, "main");
    let in_schemas: Vec<_> = valid.tenants_in_schemas().map(|tenant| tenant.named.name.clone()).collect();
    let placed = polity_engines::engine_of(store).lower(valid, store);
    let places = placed.into_iter().map(|placed| {
        let AnyCatalog::Relational(catalog) = placed.catalog else { panic!("the store is relational") };
        let tenant = placed.tenant.map(|tenant| tenant.named.name.to_string());
        let beside = tenant.as_ref().is_some_and(|tenant| in_schemas.iter().any(|name| name == tenant));
        let folder = tenant.as_ref().map_or("main".to_owned(), |tenant| format!("main/tenants/{tenant}"));
        let own = tenant.as_ref().filter(|_| !beside).map_or(String::new(), |tenant| format!("{tenant}_"));
        Place { catalog, folder, migrator: format!("{name}_{own}migrator"), beside, tenant }
    });
    places.collect()
}

impl Platform {
    /// Installs a place in a database, from nothing.
    pub fn install(&self, place: &Place, db: &Postgres) {
        for (role, file) in [("postgres", "roles.sql"), (place.migrator.as_str(), "schema.sql")] {
            let path = format!("{}/{file}", place.folder);
            let done = db.script_as(role, &project::text(&self.artifacts, &path));
            done.unwrap_or_else(|error| panic!("{path}: {error}"));
        }
    }

    /// Returns the scope of a place: the shared database leaves the rights of roles out that have places of their own in
    /// it.
    pub fn scope(&self, place: &Place) -> Scope {
        let own = Scope::of(&place.catalog);
        if place.tenant.is_some() {
            return own;
        }
        let others = self.places.iter().filter(|other| other.beside);
        others.fold(own, |scope, other| scope.without(&Scope::of(&other.catalog)))
    }
}

/// Describes a database within a transaction that is under way.
pub fn described(client: &mut Client, scope: &Scope) -> Catalog {
    client.batch_execute(SETTINGS).expect("the settings are known");
    let mut rows = Vec::new();
    for query in QUERIES {
        let answer = client.query(query.sql, &[&scope.parameter()]);
        let answer = answer.unwrap_or_else(|error| panic!("{}: {error:?}", query.name));
        rows.extend(answer.into_iter().map(|row| (query.name, row.get::<_, String>(0))));
    }
    catalog(rows).unwrap_or_else(|error| panic!("{error}"))
}

/// Describes a database in a transaction of its own.
pub fn describe(db: &mut Postgres, scope: &Scope) -> Catalog {
    let client = db.client();
    client.batch_execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY").expect("begins");
    let catalog = described(client, scope);
    client.batch_execute("COMMIT").expect("ends");
    catalog
}

/// The differences as a report, a line each.
pub fn report(first: &Catalog, second: &Catalog, texts: Texts) -> String {
    let lines = first.differences(second, texts).into_iter().map(|difference| format!("{difference}\n"));
    lines.collect()
}

/// Returns a catalog in which columns stand by name, of tables and of rights on them: one that is added stands behind all others.
pub fn by_name(catalog: &Catalog) -> Catalog {
    let sorted = |object: &Object| match object {
        Object::Table(table) => {
            let mut table: Table = table.clone();
            table.columns.sort();
            table.into()
        }
        Object::Grant(grant) => {
            let mut grant = grant.clone();
            for reach in grant.privileges.values_mut() {
                if let Reach::Columns(columns) = reach {
                    columns.sort();
                }
            }
            grant.into()
        }
        object => object.clone(),
    };
    catalog.objects().map(sorted).collect()
}

/// The example for a major version that has no PostGIS here.
pub fn for_major(name: &str, major: u32) -> Sources {
    let files = project::example_sources(name);
    let rewritten = files.iter().map(|(_, source)| {
        let without_places = |text: &str| {
            text.replace("geo.point", "json").replace("    index near (location) using geo\n", "")
        };
        let of_documents = source.path == "documents.polity";
        let text = if of_documents { source.text.to_string() } else { without_places(&source.text) };
        let text = text.replace("postgres 15", &format!("postgres {major}"));
        let text = text.replace("[postgis, ", "[").replace(", postgis]", "]");
        Source { path: source.path.clone(), text: text.into() }
    });
    Sources::new(rewritten.collect())
}
