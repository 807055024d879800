//! Cases of the rules that the example of a page does not show.

use polity::{Options, compile};
use polity_text::source::Sources;

/// Compiles a Redis store with these settings and keyspaces, and compares all codes that come out.
fn check(settings: &str, keyspaces: &str, codes: &[&str]) {
    let source = format!(
        "platform shop {{ environments: [dev, prod] }}\nstore cache: redis 7 {{ {settings} }}\n{keyspaces}\n"
    );
    let found = compile(&Sources::single("test.polity", &source), &Options::default()).diagnostics;
    let found = found.iter().map(|d| d.code.to_string());
    // What a case does not use is not what it tries.
    let found: Vec<String> = found.filter(|code| code != "W0103").collect();
    assert_eq!(found, codes, "{source}");
}

/// Two keyspaces of text.
fn patterns(first: &str, second: &str, codes: &[&str]) {
    let keyspace = |name: &str, pattern: &str| {
        format!("keyspace {name} in cache {{ pattern \"{pattern}\"; value text }}\n")
    };
    check("", &(keyspace("First", first) + &keyspace("Second", second)), codes);
}

#[test]
fn one_environment_is_enough_to_lack_something() {
    let number = "keyspace A in cache { pattern \"a\"; value text; database 2 }";
    check("", number, &[]);
    check("in prod { topology: cluster { masters: 3 } }", number, &["E0701"]);
    check("in dev { databases: 2 }", number, &["E0701"]);
    let bloom = "keyspace A in cache { pattern \"a\"; value bloom of text }";
    check("modules: [bf]", bloom, &[]);
    check("modules: [bf], in prod { modules: [json] }", bloom, &["E0704"]);
}

#[test]
fn types_and_databases_keep_keys_apart() {
    patterns("a:{x: uuid}", "a:count", &[]);
    patterns("a:{x: text}", "a:count", &["E0702"]);
    patterns("a:{x: text #personal}", "a:count", &[]);
    patterns("a:{x: text #personal}", "a:{y: int}", &[]);
    let other = "keyspace A in cache { pattern \"a\"; value text }\n\
                 keyspace B in cache { pattern \"a\"; value text; database 1 }";
    check("", other, &[]);
}

#[test]
fn the_keys_beside_queues_and_streams_are_taken() {
    let queue = "keyspace Jobs in cache { pattern \"jobs\"; value list of text }\n";
    let rival = "keyspace B in cache { pattern \"{x: text}:processing\"; value text; together by (x) }";
    check("", &format!("{queue}{rival}"), &["E0702"]);
    let stream = "keyspace Feed in cache { pattern \"f:{x: int}\"; value stream { a: text }; dead_letter; together by (x) }\n";
    let rival = "keyspace B in cache { pattern \"f:{x: int}:{y: text}\"; value text; together by (x) }";
    check("", &format!("{stream}{rival}"), &["E0702"]);
}

/// In a line of an access list a quote swallows the rest of its selector, and Redis says nothing.
#[test]
fn a_pattern_has_no_quote() {
    patterns("it's:{x: text}", "b", &["E0703"]);
    patterns("a:{x: text}", r#"say\"it"#, &["E0703"]);
}

#[test]
fn two_parameters_of_a_segment_can_be_told_apart() {
    patterns("a:{x: text}-{y: text}", "b", &["E0703"]);
    patterns("a:{x: date}-{y: text}", "b", &[]);
    patterns("a:{x: int}.{y: text}", "b", &[]);
    patterns("a:{x: text}:{y: text}", "b", &[]);
}

#[test]
fn one_mistake_is_told_once() {
    patterns("a b", "b", &["E0317"]);
    patterns("a:{x: uuid", "a:b", &["E0317"]);
    patterns("a:{x: nothing}", "a:b", &["E0201"]);
    patterns("a:{x: text}{y: text}", "b", &["E0317"]);
    check("", "keyspace A in cache { pattern \"a\"; limit 0 per 1h }", &["E0707"]);
    check("", "keyspace A in cache { pattern \"a\"; value text; max_length 3 }", &["E0706"]);
    check("", "keyspace A in cache { pattern \"a\"; value text; retain 5y }", &["E0206"]);
    check("", "keyspace A in cache { pattern \"a\"; value text; with { foo: 1 } }", &["E0206"]);
}

#[test]
fn a_value_that_stands_alone_is_there_or_is_not() {
    let value = |value: &str| format!("keyspace A in cache {{ pattern \"a\"; value {value}; ttl 1h }}");
    for absent in ["text?", "text[]?", "list of text?", "set of text?", "sorted set of text by float?"] {
        check("", &value(absent), &["E0303"]);
    }
    for present in
        ["text", "text[]", "json { a: text? }", "hash { a: text? }", "stream { a: text? }", "text?[]"]
    {
        check("", &value(present), &[]);
    }
    check("", "channel A in cache { pattern \"a\"; value text? }", &["E0303"]);
    check("", &value("nothing?"), &["E0201"]);
}

#[test]
fn no_time_is_refused_for_what_it_would_mean() {
    for clause in ["value text; ttl 0s", "value text; ttl 0ms", "limit 5 per 0s", "limit 5 per 0h sliding"] {
        check("", &format!("keyspace A in cache {{ pattern \"a\"; {clause} }}"), &["E0707"]);
    }
    check("", "keyspace A in cache { pattern \"a\"; value text; ttl 0 }", &["E0319"]);
}

#[test]
fn a_life_ends_before_redis_stops_counting() {
    check("", "keyspace A in cache { pattern \"a\"; value text; ttl 1000y }", &[]);
    check("", "keyspace A in cache { pattern \"a\"; value text; ttl 9999999999999y }", &["E0715"]);
    check("", "keyspace A in cache { pattern \"a\"; limit 5 per 2000y }", &["E0715"]);
}

/// Records that hold others twice, level by level: looked through one by one this would take years.
#[test]
fn records_that_double_are_judged_at_once() {
    let mut source = "struct L0 { x: int }\n".to_owned();
    for level in 1..=15 {
        source += &format!("struct L{level} {{ a: L{0}, b: L{0} }}\n", level - 1);
    }
    source += "keyspace A in cache { pattern \"a\"; value json { tree: L15 } }";
    check("", &source, &["E0716"]);
}

#[test]
fn a_library_loads() {
    for (stored, codes) in [("a_1", &[][..]), ("a-b", &["E0718"]), ("é", &["E0718"]), ("a', 'b", &["E0718"])]
    {
        check("", &format!("keyspace A as \"{stored}\" in cache {{ pattern \"a\"; value text }}"), codes);
    }
}

/// Each word between two blanks of an access list is a rule of its own.
#[test]
fn the_id_of_a_tenant_widens_no_access_list() {
    for (id, codes) in [
        ("acme_1", &[][..]),
        ("acme.é/1%{x}", &["E0827"]),
        ("acme ~* +@all", &["E0827"]),
        ("acme)", &["E0827"]),
        ("it's", &["E0827"]),
        ("say\\\"it", &["E0827"]),
    ] {
        let source = format!(
            "keyspace A in cache {{ pattern \"a\"; value text; ttl 1h }}\n\
             tenancy by tenant_id: text(40)\ntier own {{ isolation: database }}\ntenant acme: own {{ id: \"{id}\" }}"
        );
        check("", &source, codes);
    }
}

/// Kinds of value whose time to live each write renews for all that they hold.
#[test]
fn a_renewed_time_is_no_end_of_what_is_personal() {
    for (value, codes) in [
        ("set of text", &["E0881"][..]),
        ("sorted set of text by float", &["E0881"]),
        ("sorted set of text by int desc", &["E0881"]),
        ("sorted set of text", &["E0881"]),
        ("geo of text", &["E0881"]),
        ("bloom of text", &["E0881"]),
        ("hyperloglog", &["E0881"]),
        ("bitmap", &["E0881"]),
        ("sorted set of text by timestamp", &[]),
        ("sorted set of text by Moment desc", &[]),
        ("list of text", &[]),
        ("stream { what: text }", &[]),
        ("timeseries", &[]),
        ("counter", &[]),
        ("text", &[]),
        ("json { what: text }", &[]),
        ("hash { what: text }", &[]),
    ] {
        let source = |label: &str, ttl: &str| {
            format!(
                "type Moment = timestamp\nkeyspace A in cache {label} {{ pattern \"a\"; value {value}{ttl} }}"
            )
        };
        let modules = "modules: [bf, timeseries]";
        check(modules, &source("#personal", "; ttl 1h"), codes);
        check(modules, &source("", "; ttl 1h"), &[]);
        check(modules, &source("#personal", ""), &[]);
    }
}

#[test]
fn a_sorted_set_has_an_order() {
    for by in ["text", "date", "bool", "K", "R", "uuid"] {
        let source = format!(
            "enum K {{ a }}\nstruct R {{ x: int }}\nkeyspace A in cache {{ pattern \"a\"; value sorted set of text by {by} }}"
        );
        check("", &source, &["E0206"]);
    }
}

/// Redis has no rights on databases: who selects one may select all.
#[test]
fn a_service_reaches_the_same_key_in_every_database() {
    let source = |given: &str| {
        format!(
            "keyspace A in cache {{ pattern \"a:{{x: int}}\"; value text }}\n\
             keyspace B in cache {{ pattern \"a:{{y: text}}\"; value text; database 3 }}\n\
             keyspace C in cache {{ pattern \"c\"; value text; database 4 }}\n\
             service web {{ read {given} }}"
        )
    };
    check("", &source("cache.A"), &[]);
    check("", &source("cache.B"), &["E0717"]);
    check("", &source("cache.A, cache.C"), &["E0717"]);
    check("", &source("cache.A, cache.B"), &[]);
}

#[test]
fn what_waits_is_not_evicted() {
    let kept = ["value list of text", "value stream { what: text }"];
    let settings = |policy: &str| format!("max_memory: 64MiB, eviction: {policy}");
    let keyspace = |what: &str| format!("keyspace A in cache {{ pattern \"a\"; {what} }}");
    for policy in ["allkeys_lru", "allkeys_lfu", "allkeys_random"] {
        for what in kept {
            check(&settings(policy), &keyspace(what), &["E0880"]);
            check(&settings(policy), &keyspace(&format!("{what}; ttl 1h")), &["E0880"]);
        }
        check(&settings(policy), &keyspace("value text; ttl 1h"), &[]);
    }
    for policy in ["volatile_lru", "volatile_lfu", "volatile_random", "volatile_ttl"] {
        for what in kept {
            check(&settings(policy), &keyspace(what), &[]);
            check(&settings(policy), &keyspace(&format!("{what}; ttl 1h")), &["E0880"]);
        }
        check(&settings(policy), &keyspace("limit 5 per 1m"), &["E0880"]);
        check(&settings(policy), &keyspace("limit 5 per 1m sliding"), &["E0880"]);
    }
    for what in kept.iter().chain(&["limit 5 per 1m"]) {
        check(&settings("noeviction"), &keyspace(what), &[]);
        check("", &keyspace(what), &[]);
        // A policy that somebody sets by hand, or a cloud, needs no `max_memory` here.
        check("eviction: allkeys_lru", &keyspace(what), &["E0880"]);
    }
}

#[test]
fn what_waits_is_not_evicted_anywhere() {
    let queue = "keyspace A in cache { pattern \"a\"; value list of text }";
    check("eviction: noeviction, in prod { eviction: allkeys_lru }", queue, &["E0880"]);
    check("eviction: allkeys_lru, in prod { eviction: noeviction }", queue, &["E0880"]);
    check(
        "eviction: allkeys_lru, in prod { eviction: noeviction }, in dev { eviction: noeviction }",
        queue,
        &["E0880"],
    );
    let tenants = |tier: &str, tenant: &str| {
        format!(
            "{queue}\ntenancy by tenant_id: uuid\ntier own {{\n  isolation: database\n  {tier}\n}}\n\
             tenant acme: own {{\n  id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\"\n  {tenant}\n}}"
        )
    };
    let evicts = "store cache { eviction: allkeys_lru }";
    check("", &tenants("", ""), &[]);
    check("", &tenants(evicts, ""), &["E0880"]);
    check("", &tenants("", evicts), &["E0880"]);
    check("", &tenants(&format!("in prod {{ {evicts} }}"), ""), &["E0880"]);
    check("", &tenants("", &format!("in dev {{ {evicts} }}")), &["E0880"]);
    let tier_alone =
        format!("{queue}\ntenancy by tenant_id: uuid\ntier own {{\n  isolation: database\n  {evicts}\n}}");
    check("", &tier_alone, &["E0880"]);
}

/// Requests are counted where nothing is evicted, whichever store comes first.
#[test]
fn requests_are_counted_where_nothing_is_evicted() {
    let source = |more: &str| {
        format!(
            "keyspace A in cache {{ pattern \"a:{{x: int}}\"; value text; ttl 1h }}\n{more}\ntenancy by tenant_id: uuid\n\
             tier own {{ isolation: database; quota: {{ requests: 5 per 1m }} }}"
        )
    };
    check("eviction: volatile_lru", &source(""), &["E0880"]);
    check("eviction: volatile_lru", &source("store other: redis 7 { }"), &[]);
    check("", &source("store other: redis 7 { eviction: allkeys_lru }"), &[]);
}
