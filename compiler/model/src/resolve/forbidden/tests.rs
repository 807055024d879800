//! Tests of the SQL that is refused, and of the SQL that passes.

use super::{Found, Kept, Measured, find};

fn find_in_text(sql: &str) -> Option<Found> {
    let kept = Kept { tenant: Some("tenant_id"), is_own: &|schema| schema == "acme_polity" };
    find(Measured::of(sql).ok()?.all(), &kept)
}

#[test]
fn rights_by_hand_are_found_wherever_they_hide() {
    for sql in [
        "GRANT SELECT ON core.users TO public",
        "select 1; revoke all on core.users from app",
        "create /* x */ policy p on core.users",
        "ALTER TABLE core.users DISABLE ROW LEVEL SECURITY",
        "create function f() returns int language sql security definer as $$ select 1 $$",
        "do $$ begin execute 'grant all on core.users to public'; end $$",
        "do $x$ begin create role admin; end $x$",
        "set role postgres",
        "update pg_catalog.pg_class set relrowsecurity = false",
        "update only pg_class set relrowsecurity = false",
        "insert into pg_auth_members values (1)",
        "delete from \"pg_policy\"",
        "merge into pg_catalog.pg_class c using core.t on true when matched then delete",
        "do $$ begin update cron.job set command = 'x'; end $$",
        "declare c cursor with hold for select email from core.users",
        "create domain core.d as text check (core.f(value))",
        "do $$ begin create domain core.d as text default core.f(); end $$",
        "alter domain core.d set default core.f()",
        "set session authorization postgres",
        "alter table core.users owner to app",
    ] {
        assert!(find_in_text(sql).is_some(), "{sql}");
    }
}

#[test]
fn row_security_is_not_undone_in_passing() {
    for sql in [
        "create or replace function polity.current_tenant() returns uuid language sql as $$ select null $$",
        "alter function \"polity\".current_tenant() immutable",
        "drop function acme_polity.retain()",
        "drop schema polity cascade",
        "insert into polity_key.signing values ('x')",
        "set polity.tenant_id = 'x'",
        "set row_security = off",
        "select set_config('row_security', 'off', false)",
        "set session_replication_role = replica",
        "alter table core.u disable trigger aa_require_tenant",
        "alter table core.u disable trigger all",
        "drop trigger if exists \"aa_require_tenant\" on core.u",
        "alter table core.u alter column tenant_id drop default",
        "alter table core.u alter tenant_id type text",
        "alter table core.u drop column if exists \"tenant_id\"",
        "alter table core.u rename column tenant_id to x",
        "create or replace view core.v as select * from core.u",
        "alter view core.v reset (security_invoker)",
        "drop view core.v",
        "drop rule no_merge on core.u",
        "alter function lower(text) leakproof",
        "create schema s authorization web",
        "reset all",
    ] {
        assert!(find_in_text(sql).is_some(), "{sql}");
    }
}

#[test]
fn nothing_reaches_past_the_database() {
    for sql in [
        "copy core.u to program 'cat'",
        "copy core.u from '/etc/passwd'",
        "do $$ begin copy core.u to '/tmp/x'; end $$",
        "select pg_read_file('/etc/passwd')",
        "select pg_catalog.lo_export(1, '/tmp/x')",
        "select pg_terminate_backend(1)",
        "load 'x'",
        "create extension if not exists dblink",
        "create server s foreign data wrapper postgres_fdw",
        "create foreign table core.ft (a int) server s",
        "select * from dblink('a', 'b') as t (a int)",
        "alter system set wal_level = minimal",
    ] {
        assert!(find_in_text(sql).is_some(), "{sql}");
    }
}

#[test]
fn sql_that_is_put_together_as_it_runs_is_none_that_can_be_read() {
    for sql in [
        "do $$ begin execute 'gr' || 'ant select on core.u to public'; end $$",
        "do $$ begin execute 'gr'\n'ant select on core.u to public'; end $$",
        "do $$ begin execute said; end $$",
        "do $$ begin execute format('alter table %s x', 'y'); end $$",
        "create function f() returns setof int language plpgsql as $$ begin return query execute said; end $$",
        "create function f() returns void language plpgsql as 'begin execute said; end'",
        "select query_to_xml('select 1', true, true, '')",
        "select * from rum_leaf_data_page_items('core.i', 1)",
        "select (st_valuecount('core.u', 'raster', 1)).*",
    ] {
        assert!(find_in_text(sql).is_some(), "{sql}");
    }
    for sql in [
        "do $$ begin execute 'update core.u set a = $1' using 1; end $$",
        "create trigger t after insert on core.u for each row execute function core.f()",
        "insert into core.note values ('please execute the order')",
    ] {
        assert!(find_in_text(sql).is_none(), "{sql}");
    }
}

#[test]
fn nothing_that_tables_hold_goes_into_a_sequence() {
    for sql in [
        "select setval('core.n', (select max(salary) from core.u))",
        "select setval('core.n', u.salary) from core.u u",
        "select pg_catalog.\"setval\" ('core.n', \"salary\") from core.u",
    ] {
        assert!(find_in_text(sql).is_some(), "{sql}");
    }
    for sql in [
        "select setval('core.n'::regclass, (1000)::bigint, false), u.a from core.u u",
        "select setval from core.u",
    ] {
        assert!(find_in_text(sql).is_none(), "{sql}");
    }
}

#[test]
fn a_script_drops_nothing_that_stands_in_the_source() {
    for sql in ["drop table core.u", "select 1; DROP SCHEMA IF EXISTS core CASCADE", "drop sequence core.n"] {
        assert!(find_in_text(sql).is_some(), "{sql}");
    }
    for sql in [
        "drop index core.i",
        "do $$ begin drop table if exists found; end $$",
        "select u.drop, u.table from core.u",
    ] {
        assert!(find_in_text(sql).is_none(), "{sql}");
    }
}

#[test]
fn ordinary_words_pass() {
    for sql in [
        "select u.role, u.policy from core.users u where u.state = 'grant pending'",
        "select \"grant\" from core.awards -- create role x",
        "select 'the grant goes on' as text",
        "insert into core.note values ('a copy of it'), ('drop the view from here')",
        "alter table core.u add column x int",
        "alter table core.u add constraint c unique (tenant_id, x)",
        "create index i on core.u (tenant_id, x)",
        "update core.u set a = 'x' where tenant_id is null",
        "create trigger t before update on core.u for each row execute function core.f()",
        "select program, load from core.u",
        "create function f(text) returns bool language sql not leakproof as $$ select true $$",
    ] {
        let found = find_in_text(sql);
        assert!(found.is_none(), "{sql}: {found:?}");
    }
}

#[test]
fn what_reads_by_a_name_or_a_query_in_a_text_is_found_however_it_is_written() {
    for sql in [
        "select table_to_xml('core.u', true, false, '')",
        "select \"table_to_xml\"('core.u', true, false, '')",
        "select pg_catalog.table_to_xml ('core.u', true, false, '')",
        "select \"pg_catalog\" . \"table_to_xml\" /* x */ ('core.u', true, false, '')",
        "select U&\"\\0074able_to_xml\"('core.u', true, false, '')",
        "select u&\"d!0061ta\" uescape '!' from core.u",
        "select TABLE_TO_XML_AND_XMLSCHEMA('core.u', true, false, '')",
        "select table_to_xmlschema('core.u', true, false, '')",
        "select schema_to_xml('core', true, false, ''), 1",
        "select schema_to_xmlschema('core', true, false, '')",
        "select schema_to_xml_and_xmlschema('core', true, false, '')",
        "select database_to_xml(true, false, '')",
        "select database_to_xmlschema(true, false, '')",
        "select database_to_xml_and_xmlschema(true, false, '')",
        "select query_to_xml('select 1', true, false, '')",
        "select query_to_xmlschema('select 1', true, false, '')",
        "select query_to_xml_and_xmlschema('select 1', true, false, '')",
        "select cursor_to_xml('c', 1, true, false, '')",
        "select cursor_to_xmlschema('c', true, false, '')",
        "select * from ts_stat('select to_tsvector(a) from core.u')",
        "select ts_rewrite('a'::tsquery, 'select a, b from core.u')",
        "select * from crosstab('select a, b, c from core.u') as t (a text, b text)",
        "select * from crosstab3('select a, b, c from core.u')",
        "select * from connectby('core.u', 'a', 'b', 'c', 0) as t (a text)",
        "select * from xpath_table('id', 'doc', 'core.u', '/a', 'true') as t (a int)",
        "select * from dblink('dbname=x', 'select 1') as t (a int)",
        "select dblink_exec('x')",
        "select * from pgr_dijkstra('select id from core.u', 1, 2)",
        "select * from _pgr_dijkstra('select id from core.u', 1, 2)",
        "select st_estimatedextent('core', 'u', 'place')",
        "select ST_FindExtent('core', 'u', 'place')",
        "select lo_get(16384)",
        "select loread(1, 2)",
        "select pg_read_binary_file('x')",
        "select pg_ls_dir('.')",
        "select pg_stat_file('x')",
        "select * from pg_logical_slot_peek_changes('s', null, null)",
        "select query from pg_stat_activity",
        "select * from pg_catalog.pg_stats",
        "select stavalues1 from pg_catalog.\"pg_statistic\"",
        "select * from pg_stat_get_activity(null)",
        "select get_raw_page('core.u', 0)",
        "select cron.schedule('x', '* * * * *', 'select 1')",
        "select results_eq('select 1', 'select 2')",
        "do $$ begin perform table_to_xml('core.u', true, false, ''); end $$",
        "do $$ begin execute 'select table_to_xml(''core.u'', true, false, '''')'; end $$",
        "create function f() returns xml language sql as 'select \"schema_to_xml\"(''core'', true, false, '''')'",
        "create function f() returns text language plpython3u as $$ return 1 $$",
        "create function f(language text) returns text as $$ x $$ language 'plperl'",
        "do language plpython3u $$ x $$",
        "do $$ x $$ language \"plperl\"",
    ] {
        assert!(find_in_text(sql).is_some(), "{sql}");
    }
    for sql in [
        "select u & \"n\" from core.u",
        "select crosstab, lo_price, \"dblink\" from core.u",
        "select 'a table to xml' as a, to_jsonb(u) from core.u",
        "create function f(language text) returns text language \"sql\" as $$ select language $$",
        "do $$ begin null; end $$ language PLPGSQL",
        "create type core.language as enum ('a')",
    ] {
        let found = find_in_text(sql);
        assert!(found.is_none(), "{sql}: {found:?}");
    }
}

#[test]
fn what_holds_rows_is_declared_and_not_made_by_hand() {
    for sql in [
        "create view core.v as select 1",
        "create or replace temp recursive view v (a) as select 1",
        "create materialized view core.v as select 1",
        "create table core.t as select * from core.u",
        "create unlogged table core.t (a int)",
        "create temp table t as select * from core.u",
        "create operator core.+ (function = core.f, leftarg = text)",
        "create cast (text as int) with function core.f(text)",
        "create or replace aggregate core.a(text) (sfunc = core.f, stype = text)",
        "do $$ begin create table core.t as select * from core.u; end $$",
        "do $$ begin if true then create view core.v as select 1; end if; end $$",
        "do $$ begin execute 'create materialized view core.v as select 1'; end $$",
        "do $$ begin execute 'create function core.f() returns int language sql as ''select 1'''; end $$",
        "do $$ begin create or replace function core.f() returns int language sql as 'select 1'; end $$",
        "alter table core.u rename column a to b",
        "do $$ begin alter table core.u rename to v; end $$",
        "alter table core.u inherit core.v",
        "alter table core.u attach partition core.v for values from (1) to (2)",
        "alter table core.u alter column a type text using b",
        "do $$ begin alter table core.u alter a set data type text using (b || 'x'); end $$",
    ] {
        assert!(find_in_text(sql).is_some(), "{sql}");
    }
    for sql in [
        "do $$ begin create temp table t as select * from core.u; end $$",
        "create function core.f() returns int language sql as $$ select 1 $$",
        "create trigger t before insert on core.u for each row execute function core.f()",
        "create index i on core.u (a)",
        "select \"view\", \"rename\" from core.u",
    ] {
        let found = find_in_text(sql);
        assert!(found.is_none(), "{sql}: {found:?}");
    }
}
