//! Each service does what its lines say, and is refused everything else, column by column.

use polity_tests::engines::Postgres;
use polity_tests::project;

const SHOP: &str = include_str!("shop.polity");

/// The rights of each service, by table and column.
const RIGHTS: &str = "\
accounts core.users.email SELECT
accounts core.users.home_city SELECT
accounts core.users.home_street SELECT
accounts core.users.id SELECT
accounts core.users.joined SELECT
accounts core.users.phone SELECT
desk core.users DELETE
desk core.users.email SELECT
desk core.users.home_city INSERT UPDATE
desk core.users.home_street INSERT UPDATE
desk core.users.id SELECT INSERT
desk core.users.phone INSERT UPDATE
insight analytics.cities.city SELECT
insight analytics.cities.people SELECT
insight core.users.home_city SELECT
journal core.events.at INSERT
journal core.events.id INSERT
journal core.events.of INSERT
scribe public.loud.loud SELECT
scribe public.notes.id SELECT INSERT
scribe public.notes.loud SELECT
scribe public.notes.text SELECT INSERT UPDATE
wallet_api core.users.id SELECT
wallet_api core.users.phone SELECT
wallet_api core.wallets.balance INSERT UPDATE
wallet_api core.wallets.user SELECT INSERT";

fn installed() -> Option<Postgres> {
    let mut db = Postgres::server()?;
    let artifacts = project::build(SHOP);
    for (role, file) in [("postgres", "main/roles.sql"), ("shop_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    db.run(
        "insert into core.users (id, email, phone, password, home_street, home_city) values
         ('aaaaaaaa-0000-4000-8000-000000000001', 'a@b.example', '+221770000001',
          '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b4dWRWJTmaaJObG', 'Rue 1', 'Dakar')",
    )
    .expect("a user");
    Some(db)
}

#[test]
fn every_column_of_every_table_is_open_to_whom_it_was_given_and_to_nobody_else() {
    let Some(mut db) = installed() else { return };
    let found = db
        .rows(
            "with roles as (select oid, substr(rolname, 6) as service from pg_roles
               where rolname in ('shop_accounts', 'shop_wallet_api', 'shop_journal', 'shop_desk', 'shop_insight', 'shop_scribe')),
             relations as (select c.oid, n.nspname || '.' || c.relname as name from pg_class c
               join pg_namespace n on n.oid = c.relnamespace
               where c.relkind in ('r', 'p', 'v', 'm') and n.nspname in ('core', 'analytics', 'public')),
             columns as (select service, name || '.' || a.attname as what, concat_ws(' ',
               case when has_column_privilege(roles.oid, relations.oid, a.attnum, 'select') then 'SELECT' end,
               case when has_column_privilege(roles.oid, relations.oid, a.attnum, 'insert') then 'INSERT' end,
               case when has_column_privilege(roles.oid, relations.oid, a.attnum, 'update') then 'UPDATE' end,
               case when has_column_privilege(roles.oid, relations.oid, a.attnum, 'references') then 'REFERENCES' end
               ) as rights from roles, relations, pg_attribute a
               where a.attrelid = relations.oid and a.attnum > 0 and not a.attisdropped),
             tables as (select service, name as what, concat_ws(' ',
               case when has_table_privilege(roles.oid, relations.oid, 'delete') then 'DELETE' end,
               case when has_table_privilege(roles.oid, relations.oid, 'truncate') then 'TRUNCATE' end,
               case when has_table_privilege(roles.oid, relations.oid, 'trigger') then 'TRIGGER' end
               ) as rights from roles, relations)
             select service || ' ' || what || ' ' || rights from (select * from columns union all select * from tables) all_rights
             where rights <> '' order by (service || ' ' || what || ' ' || rights) collate \"C\"",
        )
        .expect("the catalog");
    let found: Vec<String> = found.into_iter().flatten().flatten().collect();
    assert_eq!(found.join("\n"), RIGHTS);
}

/// The rights of each service, by table and column, as its module in the Rust client says.
fn offered(source: &str) -> Vec<String> {
    use quote::ToTokens;
    let text = |tokens: &dyn ToTokens| tokens.to_token_stream().to_string();
    let file = syn::parse_file(source).expect("Rust");
    let mut all = Vec::new();
    for item in file.items {
        let syn::Item::Mod(module) = item else { continue };
        for item in module.content.expect("inline").1 {
            let syn::Item::Impl(of) = item else { continue };
            let right = text(&of.trait_.expect("of a trait").0);
            let right = match right.split(' ').nth(2) {
                Some("Reads") => "SELECT",
                Some("Inserts") => "INSERT",
                Some("Updates") => "UPDATE",
                Some("Deletes") => "DELETE",
                _ => continue,
            };
            let values: Vec<String> = of
                .items
                .iter()
                .filter_map(|item| match item {
                    syn::ImplItem::Const(constant) => Some(text(&constant.expr)),
                    _ => None,
                })
                .collect();
            let names = |at: usize| -> Vec<String> {
                let value = values.get(at).map_or("", String::as_str);
                value.split('"').skip(1).step_by(2).map(str::to_owned).collect()
            };
            let (service, relation) = (&module.ident, &names(0)[0]);
            if right == "DELETE" {
                all.push(format!("{service} {relation} {right}"));
            }
            all.extend(names(1).iter().map(|column| format!("{service} {relation}.{column} {right}")));
        }
    }
    all
}

#[test]
fn the_client_offers_what_the_database_grants() {
    let source = project::text(&project::build(SHOP), "rust/src/services.rs");
    let offered = offered(&source);
    let granted: Vec<String> = RIGHTS
        .lines()
        .flat_map(|line| {
            let mut words = line.split(' ');
            let what = format!("{} {}", words.next().unwrap_or_default(), words.next().unwrap_or_default());
            words.map(|right| format!("{what} {right}")).collect::<Vec<_>>()
        })
        .collect();
    for right in &offered {
        assert!(granted.contains(right), "`{right}` is offered and not granted:\n{source}");
    }
    // What is granted beyond is what finding rows, or a view, needs.
    let more: Vec<&String> = granted.iter().filter(|right| !offered.contains(right)).collect();
    assert_eq!(
        more,
        [
            "desk core.users.email SELECT",
            "desk core.users.id SELECT",
            "insight core.users.home_city SELECT",
            "wallet_api core.wallets.user SELECT",
        ]
    );
}

/// The statements that services try, each with the SQLSTATE of the refusal, if it is refused.
const ATTEMPTS: &[(&str, &str, Option<&str>)] = &[
    ("accounts", "select id, email, phone, home_city from core.users", None),
    ("accounts", "select password from core.users", Some("42501")),
    ("accounts", "select * from core.users", Some("42501")),
    ("accounts", "select * from core.wallets", Some("42501")),
    ("accounts", "update core.users set phone = '+221770000002'", Some("42501")),
    ("accounts", "delete from core.users", Some("42501")),
    ("wallet_api", "select phone from core.users where id is not null", None),
    ("wallet_api", "select email from core.users", Some("42501")),
    (
        "wallet_api",
        "insert into core.wallets (\"user\", balance) values ('aaaaaaaa-0000-4000-8000-000000000001', 5)
         on conflict (\"user\") do update set balance = 6",
        None,
    ),
    // `excluded.balance` would be read.
    (
        "wallet_api",
        "insert into core.wallets (\"user\", balance) values ('aaaaaaaa-0000-4000-8000-000000000001', 5)
         on conflict (\"user\") do update set balance = excluded.balance",
        Some("42501"),
    ),
    ("wallet_api", "update core.wallets set \"user\" = \"user\"", Some("42501")),
    ("wallet_api", "delete from core.wallets", Some("42501")),
    ("journal", "insert into core.events (of) values ('aaaaaaaa-0000-4000-8000-000000000001')", None),
    ("journal", "select * from core.events", Some("42501")),
    ("journal", "update core.events set at = now()", Some("42501")),
    ("desk", "update core.users set phone = '+221770000003' where email = 'a@b.example'", None),
    ("desk", "update core.users set email = 'x@y.example'", Some("42501")),
    ("desk", "delete from core.users where email = 'nobody@b.example'", None),
    ("desk", "truncate core.users", Some("42501")),
    ("insight", "select * from analytics.cities", None),
    ("insight", "select phone from core.users", Some("42501")),
    ("insight", "select count(*) from audit.trail", None),
    ("insight", "insert into audit.trail default values", Some("42501")),
    ("desk", "select * from audit.trail", Some("42501")),
    ("desk", "set role shop_owner", Some("42501")),
    ("desk", "set role shop_wallet_api", Some("42501")),
    ("desk", "create table core.mine (i int)", Some("42501")),
    ("desk", "create temporary table mine (i int)", Some("42501")),
    ("desk", "copy core.users to program 'cat'", Some("42501")),
];

#[test]
fn a_service_does_what_it_was_given_and_is_refused_the_rest() {
    let Some(mut db) = installed() else { return };
    let name = |service: &str| format!("shop_{service}");
    for (service, sql, refusal) in ATTEMPTS {
        let mut session = db.session(&name(service)).expect("logs in");
        let told = session
            .batch_execute(sql)
            .err()
            .map(|error| error.code().map_or_else(|| error.to_string(), |state| state.code().to_owned()));
        assert_eq!(told.as_deref(), *refusal, "{service}: {sql}");
    }
    let left = db.rows("select count(*) from core.users").expect("counted");
    assert_eq!(left, [[Some("1".to_owned())]], "nothing was lost on the way");
}

#[test]
fn nobody_logs_in_as_the_service_of_a_tenant() {
    let source = |name: &str| {
        format!(
            "platform shop {{ environments: [dev] }}\n\
             store main: postgres 16 {{ database: \"shop\" }}\n\
             tenancy by tenant_id: uuid\n\
             tier own {{ isolation: database }}\n\
             tenant acme: own {{ id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\" }}\n\
             schema core in main {{ entity User {{ id: uuid key; name: text }} }}\n\
             service api {{ read core.User }}\n\
             service {name} {{ read core.User (id) }}\n"
        )
    };
    assert!(project::compile(&source("desk")).artifacts.is_some());
    for name in ["acme_api", "eraser", "acme_eraser", "owner", "audit_reader", "context"] {
        let refused = project::compile(&source(name));
        let errors = refused.diagnostics.iter().filter(|d| d.is_error());
        let codes: Vec<String> = errors.map(|d| d.code.to_string()).collect();
        assert_eq!(codes, ["E0841"], "{name}: {:#?}", refused.diagnostics);
    }
}

#[test]
fn no_platform_has_roles_that_postgresql_keeps() {
    let source = |name: &str| {
        format!(
            "platform {name} {{ environments: [dev] }}\nstore main: postgres 16 {{ database: \"a\" }}\n\
             schema core in main {{ entity User {{ id: uuid key; name: text }} }}\n"
        )
    };
    for (name, is_refused) in [("pg", true), ("pg_shop", true), ("pgshop", false)] {
        let told = project::compile(&source(name)).diagnostics;
        assert_eq!(told.iter().any(|d| d.code.to_string() == "E0502"), is_refused, "{name}: {told:#?}");
    }
}
