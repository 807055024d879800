//! The catalog is what the model says, whichever way the database came to be.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{catalog, installed, prepare, run_as, shop};

#[test]
fn schema_and_migration_give_the_same_catalog() {
    let Some(mut first) = installed(&shop(), "shop") else { return };
    let mut second = first.another();
    prepare(&mut second, &shop());
    run_as(&second, "shop_migrator", &shop(), "main/migrations/V0001__initial.sql");
    let (by_schema, by_migration) = (catalog(&mut first), catalog(&mut second));
    assert!(by_schema.lines().count() > 300, "{by_schema}");
    assert!(by_schema == by_migration, "{}", difference(&by_schema, &by_migration));
}

#[test]
fn neither_the_search_path_nor_the_time_zone_of_the_session_matters() {
    let Some(mut first) = installed(&shop(), "shop") else { return };
    let mut second = first.another();
    prepare(&mut second, &shop());
    let hostile = "SET search_path = audit, core, public; SET TimeZone = 'Pacific/Kiritimati'; SET DateStyle = 'SQL, DMY';\n\
                   SET standard_conforming_strings = off;\n";
    let sql = hostile.to_owned() + &project::text(&shop(), "main/migrations/V0001__initial.sql");
    second.script_as("shop_migrator", &sql).expect("runs");
    let (calm, rough) = (catalog(&mut first), catalog(&mut second));
    assert!(calm == rough, "{}", difference(&calm, &rough));
}

#[test]
fn ismail_installs_and_both_ways_agree() {
    let artifacts = project::example("ismail");
    let Some(mut first) = installed(&artifacts, "ismail") else { return };
    let mut second = first.another();
    prepare(&mut second, &artifacts);
    run_as(&second, "ismail_migrator", &artifacts, "main/migrations/V0001__initial.sql");
    let (by_schema, by_migration) = (catalog(&mut first), catalog(&mut second));
    assert!(by_schema == by_migration, "{}", difference(&by_schema, &by_migration));
    let tables = first
        .run("select count(*) from pg_tables where schemaname in ('core', 'business') and tablename !~ '_20[0-9]{2}_'")
        .expect("counts");
    assert_eq!(tables, "17");
}

/// Every column as the model has it: type, whether it may be absent, default, comment.
#[test]
fn every_column_is_what_the_model_says() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    let rows = db
        .rows(
            "select attname, format_type(atttypid, atttypmod), attnotnull, coalesce(pg_get_expr(adbin, adrelid), ''),
                    coalesce(col_description(attrelid, attnum), '')
               from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
              where attrelid = 'core.people'::regclass and attnum > 0 order by attnum",
        )
        .expect("reads");
    let shown: Vec<String> = rows
        .iter()
        .map(|row| row.iter().map(|v| v.as_deref().unwrap_or("")).collect::<Vec<_>>().join("|"))
        .collect();
    assert_eq!(
        shown.join("\n"),
        "\
id|uuid|t|polity.uuid_v7()|
phone|text|t||Number in E.164.
email|text|f||
password|text|t||
first|character varying(20)|t||
last|character varying(20)|t||
full|text|t|(((first)::text || ' '::text) || (last)::text)|
born|date|t||
status|text|t|'NEW'::text|
country|text|t||
home_street|character varying(40)|t||
home_zip|character varying(8)|f||
home_floor|integer|t|0|
work|jsonb|f||
spare_street|character varying(40)|f||
spare_zip|character varying(8)|f||
spare_floor|integer|f||
tags|text[]|t||
states|text[]|t||
languages|text[]|t||
lines|jsonb|t||
extra|jsonb|t||
prefs|jsonb|t|'{}'::jsonb|
place|extensions.geography(Point,4326)|f||
ip|inet|f||
balance|numeric(10,2)|t|0|
credit|numeric(10,2)|f||
debt|numeric(10,2)|f||
rates|numeric(6,2)[]|f||
weights|double precision[]|f||
weight|double precision|f||
rank|smallint|f||
code|character varying(12)|f||
exact|text|f||
version|integer|t|1|
created_at|timestamp with time zone|t|now()|
updated_at|timestamp with time zone|t|now()|"
    );
    let comment = db.run("select obj_description('core.people'::regclass)").expect("reads");
    assert_eq!(comment, "A person with an \"account\" and it's data.");
}

#[test]
fn keys_indexes_and_partitions_are_what_the_model_says() {
    let Some(mut db) = installed(&shop(), "shop") else { return };
    let indexes = db
        .run("select replace(pg_get_indexdef(indexrelid), ' ON ', E'\\n  ON ') from pg_index
               where indrelid in ('core.people'::regclass, 'core.purchases'::regclass) order by indexrelid::regclass::text")
        .expect("reads");
    for wanted in [
        "UNIQUE INDEX people_pkey",
        "UNIQUE INDEX people_phone_key",
        "UNIQUE INDEX people_country_email_key\n  ON core.people USING btree (country, email) WHERE (email IS NOT NULL)",
        "people_country_created_at_idx\n  ON core.people USING btree (country, created_at DESC)",
        "people_fresh\n  ON core.people USING btree (created_at) WHERE (status = 'NEW'::text)",
        "people_prefs_idx\n  ON core.people USING gin (prefs)",
        "people_prefs_region_idx\n  ON core.people USING btree (((prefs ->> 'region'::text)))",
        "people_first_idx\n  ON core.people USING gin (first extensions.gin_trgm_ops)",
        "to_tsvector('french'::regconfig",
        "people_near\n  ON core.people USING gist (place)",
        "UNIQUE INDEX purchases_pkey\n  ON ONLY core.purchases USING btree (id, at)",
    ] {
        assert!(indexes.contains(wanted), "no `{wanted}` in\n{indexes}");
    }
    let partitions = |db: &mut Postgres, table: &str| {
        db.run(&format!("select count(*) from pg_inherits where inhparent = '{table}'::regclass"))
            .expect("counts")
    };
    assert_eq!(partitions(&mut db, "core.purchases"), "3");
    assert_eq!(partitions(&mut db, "core.bucket"), "3");
    assert_eq!(partitions(&mut db, "core.kind"), "3");
    assert_eq!(partitions(&mut db, "audit.trail"), "2");
    let options = db
        .run(
            "select coalesce(reloptions::text, '') from pg_class where oid = 'core.people'::regclass
              union all select distinct reloptions::text from pg_class c join pg_inherits on inhrelid = c.oid
                         where inhparent = 'core.purchases'::regclass",
        )
        .expect("reads");
    assert_eq!(options, "{fillfactor=80}\n{fillfactor=70}");
    let start = db.run("select nextval('core.ticket')").expect("counts");
    assert_eq!(start, "1000");
}

/// The first lines that differ.
pub(super) fn difference(a: &str, b: &str) -> String {
    let differing = a.lines().zip(b.lines()).filter(|(a, b)| a != b).take(5);
    differing.map(|(a, b)| format!("< {a}\n> {b}\n")).collect()
}
