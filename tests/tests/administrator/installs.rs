//! Both examples, every place of every tenant: what is installed is what was lowered.

use polity_catalog::relational::Texts;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::Rented;
use crate::describe::support::{Platform, describe, for_major, platform, report};

fn every_place_is_installed(platform: &Platform, major: u32) {
    let Some(mut rented) = Rented::of(major) else { return };
    let mut shared = rented.database();
    let (together, apart): (Vec<_>, Vec<_>) =
        platform.places.iter().partition(|place| place.beside || place.tenant.is_none());
    for place in &together {
        rented.install(&mut shared, &platform.artifacts, &place.folder, &place.migrator);
    }
    for place in together {
        let found = report(&place.catalog, &describe(&mut shared, &platform.scope(place)), Texts::Structure);
        assert!(found.is_empty(), "{}:\n{found}", place.folder);
    }
    for place in apart {
        let mut own = rented.database();
        rented.install(&mut own, &platform.artifacts, &place.folder, &place.migrator);
        let found = report(&place.catalog, &describe(&mut own, &platform.scope(place)), Texts::Structure);
        assert!(found.is_empty(), "{}:\n{found}", place.folder);
        let none = own.run(UNPROVEN).expect("reads");
        assert_eq!(none, "", "{}", place.folder);
    }
    assert_eq!(shared.run(UNPROVEN).expect("reads"), "");
    assert_eq!(shared.run(LEFT).expect("reads"), "", "what the administrator lent itself is given back");
    only_extensions_were_asked_for(&rented.asked, &mut shared);
    drop(shared);
}

/// Extensions that PostgreSQL lets nobody but a superuser create, and nothing else.
fn only_extensions_were_asked_for(asked: &[String], db: &mut Postgres) {
    assert!(!asked.is_empty(), "the examples have some");
    for statement in asked {
        let name = statement
            .strip_prefix("CREATE EXTENSION ")
            .and_then(|rest| rest.strip_suffix(" WITH SCHEMA extensions;"));
        let name = name.unwrap_or_else(|| panic!("a superuser was asked for `{statement}`"));
        let trusted = format!(
            "select bool_or(trusted or not superuser) from pg_available_extension_versions where name = '{name}'"
        );
        assert_eq!(db.run(&trusted).expect("reads"), "f", "the administrator may create {name}");
    }
}

/// Tables that are closed and do not show maintenance every row, and functions that act as maintenance where there are
/// such tables without having that proven first: all but those that look up one row of the tenant that writes an entry.
const UNPROVEN: &str = "
    select c.oid::regclass::text from pg_class c
     where c.relrowsecurity and not exists (
           select from pg_policy p
            where p.polrelid = c.oid and p.polname = 'every_row' and p.polroles::regrole[]::text like '%_maintenance}')
     union all
    select p.oid::regprocedure::text from pg_proc p
     where p.prosecdef and p.proname !~ '^persons_of_' and pg_get_userbyid(p.proowner) like '%\\_maintenance'
       and exists (select from pg_class where relrowsecurity)
       and (p.prosrc !~ '(^|\n)BEGIN\n +PERFORM polity\\.require_every_row\\(\\);' or not 'row_security=on' = any (p.proconfig))";

/// Members that have more than the right to pass a role on, among those who made it; and attributes that nobody needs.
const LEFT: &str = "
    select r.rolname from pg_auth_members m join pg_roles r on r.oid = m.roleid
     where pg_get_userbyid(m.member) = 'administrator' and coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true)
     union all
    select rolname from pg_roles
     where rolname ~ '^(ismail|spotify)' and (rolsuper or rolcreatedb or rolcreaterole or rolreplication or rolbypassrls)";

#[test]
fn ismail_is_installed_on_15() {
    every_place_is_installed(&platform(&project::example_sources("ismail")), 15);
}

#[test]
fn spotify_ai_agent_is_installed_on_15() {
    let platform = platform(&project::example_sources("spotify-ai-agent"));
    assert_eq!(platform.places.len(), 5, "the shared one and those of four tenants");
    every_place_is_installed(&platform, 15);
}

#[test]
fn ismail_is_installed_on_17() {
    every_place_is_installed(&platform(&for_major("ismail", 17)), 17);
}

#[test]
fn spotify_ai_agent_is_installed_on_17() {
    every_place_is_installed(&platform(&for_major("spotify-ai-agent", 17)), 17);
}
