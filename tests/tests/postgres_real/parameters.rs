//! PostgreSQL's parameters: which of them a database may have otherwise than its server, by the server's own word, and
//! that a tenant's database has them.

use polity_model::Isolation;
use polity_model::settings::catalogue::{Kind, Spec, example};
use polity_model::settings::levels::Level;
use polity_tests::engines::Postgres;
use polity_tests::project::{build, text};

fn parameters() -> &'static [Spec] {
    let postgres = polity_engines::ENGINES.find("postgres").expect("there is one");
    let settings = postgres.settings.iter().find(|spec| spec.name == "settings").expect("there is one");
    let Kind::Record(parameters) = settings.kind else { panic!("no longer a record") };
    parameters
}

fn is_of_databases(parameter: &Spec) -> bool {
    parameter.levels.has(Level::Tenant(Isolation::Database))
}

#[test]
fn each_parameter_is_of_databases_or_of_the_server_as_postgresql_says() {
    let Some(mut db) = Postgres::server() else { return };
    let known = db.rows("select name, context from pg_settings").expect("it is readable");
    let context = |name: &str| known.iter().find(|row| row[0].as_deref() == Some(name))?[1].clone();
    let (mut judged, mut wrong) = (0, Vec::new());
    for parameter in parameters() {
        // Names of the server's own are written in any case.
        let name = if parameter.name == "timezone" { "TimeZone" } else { parameter.name };
        let Some(context) = context(name) else { continue };
        judged += 1;
        if is_of_databases(parameter) != matches!(context.as_str(), "user" | "superuser") {
            wrong.push(format!("{name}: {context}"));
        }
    }
    assert!(judged > 80, "only {judged} are known to the server");
    assert!(wrong.is_empty(), "{wrong:?}");
}

#[test]
fn a_database_of_a_tenant_has_the_parameters_that_it_is_given() {
    let given: Vec<(&str, String)> = parameters()
        .iter()
        .filter(|parameter| is_of_databases(parameter))
        .map(|parameter| {
            let value = match parameter.name {
                "default_text_search_config" => "\"pg_catalog.simple\"".to_owned(),
                "password_encryption" => "\"scram-sha-256\"".to_owned(),
                "default_transaction_isolation" => "\"repeatable read\"".to_owned(),
                "timezone" => "\"Africa/Dakar\"".to_owned(),
                "pgaudit.log" => "\"ddl, 100% of it's \\\\ all\"".to_owned(),
                "wal_compression" => "true".to_owned(),
                _ => example(parameter.kind),
            };
            (parameter.name, value)
        })
        .collect();
    let said: Vec<String> = given.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let source = format!(
        "platform mall {{ environments: [dev, prod] }}\n\
         store main: postgres 15 {{ database: \"mall\" }}\n\
         tenancy by tenant_id: uuid\n\
         tier large {{\n  isolation: database\n  store main {{ settings: {{ {} }} }}\n}}\n\
         tenant acme: large {{\n  id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\"\n  \
         in prod {{ store main {{ settings: {{ work_mem: 32MiB }} }} }}\n}}\n\
         schema core in main {{ entity Note {{ id: uuid key = uuid_v7() }} }}\n",
        said.join(", ")
    );
    let Some(mut db) = Postgres::server() else { return };
    let files = build(&source);
    db.script(&text(&files, "main/tenants/acme/roles.sql")).expect("runs");
    let set = |db: &mut Postgres| {
        let rows = db.rows(
            "select split_part(item, '=', 1), substr(item, strpos(item, '=') + 1) from pg_db_role_setting, \
             unnest(setconfig) item where setrole = 0 and setdatabase = \
             (select oid from pg_database where datname = current_database())",
        );
        let rows = rows.expect("it is readable");
        rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect::<Vec<_>>()
    };
    let everywhere = set(&mut db);
    for (name, _) in &given {
        let is_set = everywhere.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
        assert!(is_set, "`{name}` is not set: {everywhere:?}");
    }
    let value = |all: &[(String, String)], name: &str| {
        all.iter().find(|(other, _)| other == name).map(|(_, value)| value.clone()).unwrap()
    };
    assert_eq!(value(&everywhere, "work_mem"), "2GB");
    assert_eq!(value(&everywhere, "pgaudit.log"), "ddl, 100% of it's \\ all");
    db.script(&text(&files, "main/tenants/acme/quotas-prod.sql")).expect("runs");
    assert_eq!(value(&set(&mut db), "work_mem"), "32MB");
    assert!(files.get("main/tenants/acme/quotas-dev.sql").is_none(), "nothing changes");
}
