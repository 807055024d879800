//! What keeps the quotas of tenants outside of roles: the limit of requests in Redis, and what is measured.

use std::process::Command;

use polity_tests::engines::Redis;
use polity_tests::project::{build, on_disk, text};

const ACME: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
const BRIO: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11";
const NOBODY: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2bff";

const SHOP: &str = r#"
platform shop { environments: [dev, prod] }
store cache: redis 7 { persistence: [rdb] }
tenancy by tenant_id: uuid
tier free     { isolation: row, quota: { requests: 3 per 1h }, accept client_enforced because "one library builds keys" }
tier standard { isolation: row, accept client_enforced because "one library builds keys" }
tier own      { isolation: database, quota: { requests: 5 per 1h }; in prod { quota: { requests: 6 per 1h } } }
tenant acme: free { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10" }
tenant brio: own { id: "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b11", quota: { requests: 2 per 1h } }
keyspace Note in cache { pattern "note:{id: int}"; value text; ttl 1h }
service api { read cache.Note }
"#;

/// A server with the users of the platform, whose passwords are their names, and the library that was named.
fn installed(source: &str, acl: &str, library: &str, user: &str) -> Option<Redis> {
    let files = build(source);
    let folder = on_disk(&files);
    let mut script = Command::new("sh");
    script.arg(folder.path().join("cache/scripts/passwords.sh")).arg(folder.path().join("cache").join(acl));
    for name in ["api", "app", "maintenance", "monitor"] {
        script.env(format!("SHOP_{}_PASSWORD", name.to_uppercase()), name);
    }
    let output = script.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let acl = String::from_utf8(output.stdout).unwrap();
    let mut redis = Redis::with_files(&[("users.acl", &acl)])?.unwrap_or_else(|e| panic!("{e}\n{acl}"));
    redis.login("shop_maintenance", "maintenance").unwrap();
    redis.command(&["FUNCTION", "LOAD", &text(&files, &format!("cache/scripts/{library}"))]).unwrap();
    redis.login(&format!("shop_{user}"), user).unwrap();
    Some(redis)
}

/// Whether requests of a tenant are let through, one after the other.
fn asked(redis: &mut Redis, tenant: &str, arguments: &str, times: usize) -> Vec<String> {
    let take = |_| {
        let told = redis.run(&format!("FCALL tenant_requests_take 1 {tenant}:quota:requests {arguments}"));
        told.map_or_else(|error| error, |told| told.lines().take(2).collect::<Vec<_>>().join(" "))
    };
    (0..times).map(take).collect()
}

#[test]
fn a_tenant_asks_as_often_as_its_quota_says_and_no_other_pays_for_it() {
    let Some(mut redis) = installed(SHOP, "users.acl", "shop.lua", "api") else { return };
    assert_eq!(asked(&mut redis, ACME, "", 5), ["1 2", "1 1", "1 0", "0 0", "0 0"], "the tier's");
    assert_eq!(asked(&mut redis, BRIO, "", 3), ["1 1", "1 0", "0 0"], "its own");
    assert_eq!(
        asked(&mut redis, NOBODY, "2 free", 2),
        ["1 1", "0 1"],
        "two at once, of a tier that is named"
    );
    assert_eq!(asked(&mut redis, NOBODY, "1 standard", 2), ["1 -1", "1 -1"], "of a tier without a quota");
    let unknown = asked(&mut redis, NOBODY, "", 1);
    assert!(unknown[0].contains("POLITY"), "two tiers share tables, so one is to be named: {unknown:?}");
    let wait = redis.run(&format!("FCALL tenant_requests_take 1 {ACME}:quota:requests")).unwrap();
    let wait: u64 = wait.lines().nth(2).unwrap().parse().unwrap();
    assert!((3_500_000..=3_600_000).contains(&wait), "{wait}");
    let look = redis.run(&format!("FCALL_RO tenant_requests_look 1 {BRIO}:quota:requests")).unwrap();
    assert!(look.starts_with('0'), "{look}");
    // A tier that somebody names does not help a tenant that has one.
    assert_eq!(asked(&mut redis, ACME, "1 standard", 1), ["0 0"]);
    let ttl: u64 = redis.run(&format!("PTTL {ACME}:quota:requests")).unwrap().parse().unwrap();
    assert!(ttl <= 3_600_000, "{ttl}");
}

#[test]
fn an_environment_has_quotas_of_its_own() {
    let own = SHOP.replace(", quota: { requests: 2 per 1h } }", " }");
    let Some(mut redis) = installed(&own, "users.acl", "shop.lua", "api") else { return };
    assert_eq!(asked(&mut redis, BRIO, "", 6).last().unwrap(), "0 0");
    let Some(mut redis) = installed(&own, "users.acl", "shop-prod.lua", "api") else { return };
    assert_eq!(asked(&mut redis, BRIO, "", 6).last().unwrap(), "1 0");
    let files = build(SHOP);
    assert!(files.get("cache/scripts/shop-dev.lua").is_none(), "dev changes nothing");
}

#[test]
fn a_server_of_a_tenant_s_own_counts_that_tenant_only() {
    let Some(mut redis) = installed(SHOP, "tenants/brio/users.acl", "shop.lua", "api") else { return };
    assert_eq!(asked(&mut redis, BRIO, "", 1), ["1 1"]);
    let other = asked(&mut redis, ACME, "", 1);
    assert!(other[0].contains("NOPERM"), "{other:?}");
}

#[test]
fn whoever_is_told_apart_by_a_text_is_counted_by_it() {
    let text = SHOP
        .replace("tenancy by tenant_id: uuid", "tenancy by tenant_id: text(40)")
        .replace(&format!("id: \"{ACME}\""), "id: \"a:c%me'\"")
        .replace("service api { read cache.Note }", "");
    let Some(mut redis) = installed(&text, "users.acl", "shop.lua", "app") else { return };
    assert_eq!(asked(&mut redis, "a%3Ac%25me'", "", 4), ["1 2", "1 1", "1 0", "0 0"]);
}
