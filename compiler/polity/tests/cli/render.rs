//! The files of a tier as a tenant has them.

use std::fs;

use super::{folder, polity};

const TEXT: &str = "CREATE SCHEMA ${tenant_prefix}core; -- ${tenant_id} ${x}\n";

#[test]
fn a_tenant_of_the_source_has_its_values_and_another_those_that_are_said() {
    let dir = folder();
    let below = dir.path().join("out/main/tiers/premium");
    fs::create_dir_all(&below).expect("ours");
    fs::create_dir_all(dir.path().join("out/tenants/acme")).expect("ours");
    fs::write(below.join("schema.sql"), TEXT).expect("ours");
    let parameters = "# The values.\ntenant_tier=premium\ntenant_id=7\ntenant_prefix=acme_\n";
    fs::write(dir.path().join("out/tenants/acme/parameters.env"), parameters).expect("ours");
    let file = "render out/main/tiers/premium/schema.sql";
    for (given, printed) in [
        ("--tenant acme", Some("CREATE SCHEMA acme_core; -- 7 ${x}\n")),
        ("--tenant acme --set tenant_id=b", Some("CREATE SCHEMA acme_core; -- b ${x}\n")),
        ("--set tenant_id=a --set tenant_prefix=b_", Some("CREATE SCHEMA b_core; -- a ${x}\n")),
        ("--tenant brio", None),
        ("--tenant ../acme", None),
        ("", None),
        ("--set tenant_id=a", None),
        ("--set tenant_id=a' --set tenant_prefix=b_", None),
        ("--set tenant_id --set tenant_prefix=b_", None),
    ] {
        let run = polity(&dir, &format!("{file} {given}"));
        match printed {
            Some(printed) => assert_eq!((run.code, run.out.as_str()), (0, printed), "{given}: {run:?}"),
            None => assert_eq!((run.code, run.out.as_str()), (2, ""), "{given}: {run:?}"),
        }
    }
    let run = polity(&dir, file);
    assert!(run.err.contains("--tenant NAME") && run.err.contains("--set tenant_role=acme"), "{run:?}");
    assert_eq!(polity(&dir, "render nothing --set tenant_id=a").code, 2);
}
