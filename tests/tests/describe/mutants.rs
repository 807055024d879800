//! Changes by hand to a live database: the description names each, and nothing else.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use polity_catalog::relational::{Catalog, DifferenceKind, Texts};
use polity_engines::postgres_describe::Scope;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{describe, described, platform};

/// Statements, each with the differences that they must make.
static MUTANTS: LazyLock<Vec<(&str, Vec<&str>)>> = LazyLock::new(|| {
    let blocks = include_str!("mutants.sql").split("\n\n").filter(|block| block.contains("--> "));
    let mutant =
        |block: &'static str| (block, block.lines().filter_map(|line| line.strip_prefix("--> ")).collect());
    blocks.map(mutant).collect()
});

/// Changes that a description does not show, each with the reason.
const NOT_SHOWN: &[(&str, &str)] = &[
    (
        "ALTER SEQUENCE spare.numbers INCREMENT 2 CACHE 10 MAXVALUE 99 CYCLE",
        "the language has no word for them",
    ),
    ("SELECT nextval('spare.numbers')", "the state of a sequence is data"),
    ("INSERT INTO spare.owners VALUES (gen_random_uuid())", "rows are data"),
    ("ALTER TABLE spare.items ALTER COLUMN name SET STATISTICS 500", "any number but 0 is a matter of speed"),
    ("ALTER TABLE spare.items ALTER COLUMN name SET STORAGE MAIN", "a matter of speed"),
    ("ALTER TABLE spare.items ALTER COLUMN name SET (n_distinct = 5)", "a matter of speed"),
    ("ALTER TABLE spare.items REPLICA IDENTITY FULL", "replication is set up by the administrator"),
    ("ALTER TABLE spare.items CLUSTER ON items_pkey", "a matter of speed"),
    (
        "ALTER TABLE spare.days_2026 SET (fillfactor = 50)",
        "partitions by range are made ahead, on a schedule",
    ),
    ("ALTER TABLE spare.kinds_new ALTER COLUMN kind SET DEFAULT 'new'", "rows come in by way of the table"),
    ("ALTER FUNCTION spare.add(integer, integer) COST 7", "a matter of speed"),
    ("ALTER FUNCTION spare.refuse() PARALLEL RESTRICTED", "as unsafe is: it is not run beside others"),
    ("ALTER VIEW spare.own SET (check_option = local)", "the language has no word for it"),
    (
        "ALTER VIEW spare.own SET (security_barrier = true)",
        "it only keeps more apart than the reader's own rights do",
    ),
    (
        "COMMENT ON CONSTRAINT items_pkey ON spare.items IS 'x'",
        "comments are on tables, columns, views, schemas, sequences and roles",
    ),
    ("REVOKE INSERT ON spare.items FROM spare_owner", "an owner can give itself every right back"),
    (
        "CREATE TYPE spare.mood AS ENUM ('fine')",
        "types, aggregates, foreign tables and statistics are not in a catalog",
    ),
    ("CREATE SCHEMA more", "only schemas that are asked for are described"),
    ("CREATE EXTENSION citext", "extensions that nobody names are the administrator's"),
    (
        "CREATE SCHEMA more; CREATE EXTENSION citext SCHEMA more; GRANT USAGE ON SCHEMA more TO PUBLIC",
        "schemas of extensions that nobody names are the administrator's",
    ),
    ("ALTER DATABASE postgres OWNER TO spare_owner", "a database is the administrator's"),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE spare_reader GRANT SELECT ON TABLES TO PUBLIC",
        "other roles are not the platform's",
    ),
    (
        "ALTER DEFAULT PRIVILEGES FOR ROLE spare_app REVOKE USAGE ON SEQUENCES FROM spare_app",
        "an owner can give itself every right back",
    ),
];

/// Attributes by which an object is told from others: where one changes, there is another object.
const IDENTITIES: &[&str] = &[
    "column: name",
    "column: table",
    "constraint: name",
    "constraint: table",
    "default_privileges: by",
    "default_privileges: on",
    "default_privileges: within",
    "extension: name",
    "function: name",
    "grant: on",
    "grant: to",
    "index: name",
    "policy: name",
    "policy: table",
    "role: name",
    "rule: name",
    "rule: table",
    "schema: name",
    "sequence: name",
    "table: name",
    "trigger: name",
    "trigger: table",
    "view: name",
];

/// Texts that a server rewrites, by the kind of their object: only an exact comparison sees them change.
const REWRITTEN: &[&str] = &[
    "column: value.default",
    "constraint: check",
    "constraint: exclude.elements[1][0]",
    "function: arguments[1].default",
    "function: body.atomic",
    "index: columns[0].sql",
    "index: filter",
    "policy: check",
    "policy: using",
    "rule: condition",
    "trigger: condition",
    "view: query",
];

/// Makes an object of every kind, and adds it to the scope.
fn install_everything(db: &Postgres, scope: &mut Scope) {
    db.script(include_str!("everything.sql")).unwrap_or_else(|error| panic!("everything.sql: {error}"));
    scope.schemas.insert("spare".into());
    scope.extensions.extend(["btree_gist".into(), "pg_trgm".into()]);
    scope.database = true;
    scope.roles.insert("spare_app".into());
}

/// Returns the description after a statement, which is rolled back.
fn after(sql: &str, db: &mut Postgres, scope: &Scope) -> Catalog {
    let client = db.client();
    client.batch_execute("BEGIN; SET LOCAL client_min_messages = error").expect("begins");
    client.batch_execute(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let after = described(client, scope);
    client.batch_execute("ROLLBACK").expect("is rolled back");
    after
}

/// Returns the differences, each as its object and what differs.
fn named(first: &Catalog, second: &Catalog, texts: Texts) -> Vec<String> {
    let shown = first.differences(second, texts).into_iter().map(|found| match &found.kind {
        DifferenceKind::OnlyInFirst | DifferenceKind::OnlyInSecond | DifferenceKind::Renamed(_) => {
            found.to_string()
        }
        DifferenceKind::Attribute { path, .. } => format!("{}: {path}", found.object),
    });
    shown.collect()
}

fn every_mutant_is_named(mut db: Postgres, mut scope: Scope) {
    install_everything(&db, &mut scope);
    let before = describe(&mut db, &scope);
    let (mut wrong, mut unseen) = (Vec::new(), BTreeSet::new());
    for (sql, expected) in MUTANTS.iter() {
        let after = after(sql, &mut db, &scope);
        let found = named(&before, &after, Texts::Exact);
        if found != *expected {
            wrong.push(format!("{sql}\n    expected {expected:?}\n    found {found:?}"));
        }
        let in_structure = named(&before, &after, Texts::Structure);
        unseen.extend(found.into_iter().filter(|one| !in_structure.contains(one)).map(|one| of_kind(&one)));
    }
    for (sql, reason) in NOT_SHOWN {
        let found = named(&before, &after(sql, &mut db, &scope), Texts::Exact);
        if !found.is_empty() {
            wrong.push(format!("{sql}\n    expected nothing: {reason}\n    found {found:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of the mutants:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(unseen.into_iter().collect::<Vec<_>>(), REWRITTEN, "texts that only an exact comparison sees");
    assert_eq!(named(&before, &describe(&mut db, &scope), Texts::Exact), [""; 0], "nothing was left behind");
}

/// Returns the kind of an object and the attribute: `column: type` of `column core.users.email: type`.
fn of_kind(difference: &str) -> String {
    let (object, path) = difference.split_once(": ").expect("an attribute");
    let kind = match object.split(' ').next().unwrap_or_default() {
        "default" => "default_privileges",
        kind => kind,
    };
    format!("{kind}: {path}")
}

/// Returns the attributes that some object has and no mutant changes.
fn untried(catalog: &Catalog) -> Vec<String> {
    let lines = MUTANTS.iter().flat_map(|(_, lines)| lines);
    let changed: BTreeSet<String> = lines.map(|line| of_kind(line)).collect();
    let is_changed = |attribute: &str| {
        changed.iter().any(|line| {
            line.strip_prefix(attribute).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    };
    let mut untried = BTreeSet::new();
    for object in catalog.objects() {
        let object = serde_json::to_value(object).expect("a map");
        for (kind, attributes) in object.as_object().expect("a kind") {
            let attributes = attributes.as_object().expect("attributes").keys();
            untried.extend(attributes.map(|name| format!("{kind}: {name}")).filter(|one| !is_changed(one)));
        }
    }
    untried.into_iter().collect()
}

#[test]
fn every_mutant_is_named_beside_an_example() {
    let Some(db) = Postgres::server() else { return };
    let platform = platform(&project::example_sources("spotify-ai-agent"));
    let shared = &platform.places[0];
    platform.install(shared, &db);
    every_mutant_is_named(db, platform.scope(shared));
}

#[test]
fn every_mutant_is_named_on_17() {
    let Some(db) = Postgres::server_of(17) else { return };
    every_mutant_is_named(db, Scope::default());
}

#[test]
fn every_mutant_is_named_on_18() {
    let Some(db) = Postgres::server_of(18) else { return };
    every_mutant_is_named(db, Scope::default());
}

/// PostgreSQL 17 has a right that those before it have not.
#[test]
fn the_right_to_maintain_is_shown() {
    let Some(mut db) = Postgres::server_of(17) else { return };
    let mut scope = Scope::default();
    install_everything(&db, &mut scope);
    let before = describe(&mut db, &scope);
    let after = after("GRANT MAINTAIN ON spare.items TO spare_app", &mut db, &scope);
    let expected = ["grant on relation spare.items to spare_app: privileges.maintain"];
    assert_eq!(named(&before, &after, Texts::Exact), expected);
}

#[test]
fn every_attribute_has_a_mutant() {
    let Some(mut db) = Postgres::server() else { return };
    let platform = platform(&project::example_sources("ismail"));
    let shared = &platform.places[0];
    platform.install(shared, &db);
    let mut scope = platform.scope(shared);
    install_everything(&db, &mut scope);
    assert_eq!(untried(&describe(&mut db, &scope)), IDENTITIES, "attributes that no mutant changes");
}

/// A session without rights, in which every name means something else, describes alike.
#[test]
fn neither_the_search_path_nor_settings_of_the_session_matter() {
    let Some(mut db) = Postgres::server() else { return };
    let mut scope = Scope::default();
    install_everything(&db, &mut scope);
    let calm = describe(&mut db, &scope);
    db.script(
        "CREATE SCHEMA evil;
         CREATE FUNCTION evil.format_type(oid, integer) RETURNS text LANGUAGE sql AS $$ SELECT 'evil' $$;
         CREATE FUNCTION evil.no(name, name) RETURNS boolean LANGUAGE sql AS $$ SELECT false $$;
         CREATE OPERATOR evil.= (LEFTARG = name, RIGHTARG = name, FUNCTION = evil.no);
         CREATE VIEW evil.pg_class AS SELECT 1 AS oid;
         ALTER ROLE spare_reader LOGIN;
         ALTER DATABASE postgres SET search_path = evil, spare, extensions, pg_catalog;
         ALTER DATABASE postgres SET quote_all_identifiers = on;
         ALTER DATABASE postgres SET TimeZone = 'Pacific/Kiritimati';
         ALTER DATABASE postgres SET DateStyle = 'SQL, DMY';
         ALTER DATABASE postgres SET bytea_output = 'escape';
         ALTER DATABASE postgres SET standard_conforming_strings = off;",
    )
    .expect("nothing stands in the way");
    let mut rough = db.session("spare_reader").expect("logs in");
    let path = rough.query_one("SHOW search_path", &[]).expect("is shown").get::<_, String>(0);
    assert!(path.starts_with("evil"), "{path}");
    rough.batch_execute("BEGIN").expect("begins");
    assert_eq!(named(&calm, &described(&mut rough, &scope), Texts::Exact), [""; 0]);
}

/// A right of a role that reaches out of its tenant's schemas is shown with the tenant; any other with the object.
#[test]
fn a_right_is_shown_in_one_place_of_a_shared_database() {
    let Some(mut db) = Postgres::server() else { return };
    let platform = platform(&project::example_sources("spotify-ai-agent"));
    let place = |tenant: Option<&str>| {
        platform.places.iter().find(|place| place.tenant.as_deref() == tenant).expect("it is a place")
    };
    let places = [place(None), place(Some("north_agency")), place(Some("soundbridge"))];
    places.iter().for_each(|place| platform.install(place, &db));
    let before = places.map(|place| describe(&mut db, &platform.scope(place)));
    let mut shown = |sql: &str| {
        [0, 1, 2].map(|at| {
            let after = after(sql, &mut db, &platform.scope(places[at]));
            named(&before[at], &after, Texts::Exact).join("; ")
        })
    };
    let role = "spotify_ai_agent_north_agency_accounts_api";
    assert_eq!(
        shown(&format!("GRANT TRUNCATE ON accounts.users TO {role}")),
        ["", &format!("grant on relation accounts.users to {role}: only in the second"), ""]
    );
    assert_eq!(
        shown(&format!("GRANT SELECT ON soundbridge_accounts.users TO {role}")),
        [
            "".to_owned(),
            format!("grant on relation soundbridge_accounts.users to {role}: only in the second"),
            format!("grant on relation soundbridge_accounts.users to {role}: only in the second"),
        ]
    );
    let on_database = format!("grant on database to {role}: only in the second");
    assert_eq!(shown(&format!("GRANT CONNECT ON DATABASE postgres TO {role}")), ["", &on_database, ""]);
    let on_extensions = format!("grant on schema extensions to {role}: only in the second");
    assert_eq!(shown(&format!("GRANT CREATE ON SCHEMA extensions TO {role}")), ["", &on_extensions, ""]);
    for role in ["spotify_ai_agent_reader", "pg_read_all_data", "public"] {
        let first = format!("grant on database to {role}: only in the second");
        assert_eq!(shown(&format!("GRANT CONNECT ON DATABASE postgres TO {role}")), [&first, "", ""]);
        let first = format!("grant on schema public to {role}: only in the second");
        assert_eq!(shown(&format!("GRANT USAGE ON SCHEMA public TO {role}")), [&first, "", ""]);
    }
    assert_eq!(
        shown(
            "ALTER DEFAULT PRIVILEGES FOR ROLE spotify_ai_agent_owner IN SCHEMA soundbridge_accounts GRANT SELECT ON TABLES TO PUBLIC"
        ),
        [
            "",
            "",
            "default privileges of spotify_ai_agent_owner on tables in schema soundbridge_accounts: only in the second"
        ]
    );
    assert_eq!(
        shown("ALTER DEFAULT PRIVILEGES FOR ROLE spotify_ai_agent_owner GRANT SELECT ON TABLES TO PUBLIC"),
        ["default privileges of spotify_ai_agent_owner on tables: only in the second", "", ""]
    );
    for role in ["spotify_ai_agent_north_agency_playback", "public"] {
        let first = format!("grant on relation accounts.users to {role}: only in the second");
        assert_eq!(shown(&format!("GRANT TRUNCATE ON accounts.users TO {role}")), [&first, "", ""]);
        let last = format!("grant on relation soundbridge_accounts.users to {role}: only in the second");
        assert_eq!(shown(&format!("GRANT SELECT ON soundbridge_accounts.users TO {role}")), ["", "", &last]);
    }
}
