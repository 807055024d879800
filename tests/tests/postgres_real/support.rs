//! Platforms on a server of their own, and what its catalog says.

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

/// The platform that most tests run on.
pub const SHOP: &str = include_str!("shop.polity");

pub fn shop() -> Artifacts {
    project::build(SHOP)
}

/// A server with the schema of a platform.
pub fn installed(artifacts: &Artifacts, platform: &str) -> Option<Postgres> {
    let mut db = Postgres::server()?;
    prepare(&mut db, artifacts);
    run_as(&db, &format!("{platform}_migrator"), artifacts, "main/schema.sql");
    Some(db)
}

/// Roles and extensions, as an administrator makes them.
pub fn prepare(db: &mut Postgres, artifacts: &Artifacts) {
    run_as(db, "postgres", artifacts, "main/roles.sql");
}

pub fn run_as(db: &Postgres, role: &str, artifacts: &Artifacts, path: &str) -> String {
    db.script_as(role, &project::text(artifacts, path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Everything in the catalog that a platform is made of, one thing a line, by name: what two databases must share.
pub fn catalog(db: &mut Postgres) -> String {
    db.run(include_str!("catalog.sql")).expect("the catalog can be read")
}

/// A person that the model allows; `overrides` replace or add columns as `column = SQL`.
pub fn person(overrides: &[(&str, &str)]) -> String {
    let mut columns: Vec<(&str, &str)> = vec![
        ("phone", "'+22177' || lpad((random() * 1e7)::int::text, 7, '0')"),
        ("password", "'$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA'"),
        ("first", "'Awa'"),
        ("last", "'Diop'"),
        ("born", "'1990-05-01'"),
        ("country", "'SN'"),
        ("home_street", "'Rue 1'"),
        ("tags", "'{a,b}'"),
        ("states", "'{NEW}'"),
        ("languages", "'{fr,en-GB}'"),
        ("lines", r#"'[{"name": "x", "count": 2}]'"#),
        ("extra", r#"'{"a": 1}'"#),
    ];
    for (column, value) in overrides {
        columns.retain(|(known, _)| known != column);
        columns.push((column, value));
    }
    let (names, values): (Vec<&str>, Vec<&str>) = columns.into_iter().unzip();
    format!("insert into core.people ({}) values ({}) returning id", names.join(", "), values.join(", "))
}
