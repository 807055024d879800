//! Every part of a quota is kept, or watched, by something.

use crate::Governed;
use polity_model::{EnvironmentId, Isolation, Layered, Thing, TierId, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0824;

/// A part of a quota that no store of the platform keeps or watches for tenants that are isolated like this.
pub fn unkept_quota(platform: &Governed, found: &mut Vec<Diagnostic>) {
    if platform.tenancy.is_none() {
        return;
    }
    let tiers = platform.tiers.iter().map(|tier| (tier.id, &tier.settings));
    let tenants = platform.tenants.iter().map(|tenant| (tenant.tier, &tenant.settings));
    for (tier, settings) in tiers.chain(tenants) {
        judge(platform, tier, settings, found);
    }
}

fn judge(platform: &Governed, tier: TierId, settings: &Layered, found: &mut Vec<Diagnostic>) {
    let Some(isolation) = platform[tier].isolation() else { return };
    let overlays = settings.environments.iter().map(|(id, record)| (Some(*id), record));
    for (environment, record) in std::iter::once((None, &settings.base)).chain(overlays) {
        let Some(Value::Record(quota)) = record.get("quota").map(|setting| &setting.value) else { continue };
        // On shared tables nobody can tell whose a connection is, and `levels` says so.
        let shares = isolation == Isolation::Row;
        for (part, setting) in quota.iter().filter(|(part, _)| !shares || *part != "connections") {
            let mut engines = platform.stores.iter().filter_map(|store| store.about);
            let (note, help) = if !engines.any(|engine| engine.keeps(part, isolation)) {
                (
                    format!(
                        "no store keeps or watches it for tenants with `isolation: {}`",
                        isolation.name()
                    ),
                    help(part),
                )
            } else if part == "requests" && !somebody_counts(platform) {
                let note =
                    "no service may do anything in the store that counts requests, so none may count them";
                (note.to_owned(), "give the service that answers something to do there")
            } else if let Some(other) = unlimited(platform, environment, part).filter(|_| shares) {
                let note = format!("services have one for all shared tables, and tier `{other}` has none");
                (note, "give every tier with `isolation: row` one, or leave it out")
            } else {
                continue;
            };
            found.push(
                Diagnostic::new(W0824, setting.name_span, format!("nothing keeps the quota of `{part}`"))
                    .note(note)
                    .help(help),
            );
        }
    }
}

/// Whether anybody may count requests: every service that does anything else in that store, or the application where no
/// services are declared.
fn somebody_counts(platform: &Governed) -> bool {
    let is_count = |on: Thing| matches!(on, Thing::Keyspace(id) if platform[id].is_of_quota());
    let counts = |service| platform.privileges(service).iter().any(|privilege| is_count(privilege.on));
    platform.services.is_empty() || platform.services.iter().any(counts)
}

/// A tier with shared tables without a limit of times, which roles of services have for all such tiers together.
fn unlimited<'p>(platform: &'p Governed, environment: Option<EnvironmentId>, part: &str) -> Option<&'p str> {
    let mut shared = platform.tiers.iter().filter(|tier| tier.isolation() == Some(Isolation::Row));
    let found = shared.find(|tier| platform.tier_quota(tier.id, environment, part).is_none())?;
    ["statement", "idle"].contains(&part).then_some(&found.named.name)
}

fn help(part: &str) -> &'static str {
    match part {
        "connections" => {
            "limit the pool of each service, give these tenants `isolation: schema` or `database` in PostgreSQL, or \
             leave it out"
        }
        "requests" => "add a Redis store, which counts them, or leave it out",
        "statement" | "idle" => "only PostgreSQL ends what takes too long; leave it out",
        _ => "give these tenants `isolation: database`, or leave it out",
    }
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    /// The parts about which something is said, of a tier with this isolation.
    fn told(stores: &str, isolation: &str, quota: &str, services: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev, prod] }}\n{stores}\ntenancy by tenant_id: uuid\n\
             tier some {{ isolation: {isolation}; in prod {{ quota: {{ {quota} }} }}\n\
             accept client_enforced because \"one library\" }}\n{services}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        let about = |d: &polity_text::diagnostics::Diagnostic| {
            let span = d.primary.as_ref().map(|label| label.span);
            span.map_or(String::new(), |s| source[s.start as usize..s.end as usize].to_owned())
        };
        found.iter().filter(|d| d.code.as_str() == "W0824").map(about).collect()
    }

    const MAIN: &str = "store main: postgres 15 { database: \"shop\" }\n";
    const CACHE: &str = "store cache: redis 7 { persistence: [rdb] }\n";

    #[test]
    fn what_no_store_keeps_is_told() {
        let all = "connections: 5, requests: 5 per 1m, statement: 2s, idle: 2s";
        assert_eq!(told(MAIN, "row", all, ""), ["requests"]);
        assert_eq!(told(MAIN, "schema", all, ""), ["requests"]);
        assert_eq!(told(MAIN, "database", all, ""), ["requests"]);
        assert_eq!(told(CACHE, "row", all, ""), ["statement", "idle"]);
        assert_eq!(told(CACHE, "database", all, ""), ["connections", "statement", "idle"]);
        let unlimited = format!("{MAIN}tier other {{ isolation: row, quota: {{ idle: 1s }} }}\n");
        assert_eq!(told(&unlimited, "row", "statement: 2s, idle: 2s", ""), ["idle", "statement"]);
        let documents = "store documents: mongodb 7 { database: \"shop\" }";
        let stored = "storage: 1GiB, rows: 5";
        assert_eq!(told(documents, "row", stored, ""), ["storage", "rows"]);
        assert_eq!(told(documents, "database", stored, ""), Vec::<String>::new());
        assert_eq!(told(CACHE, "database", stored, ""), ["rows"]);
        assert_eq!(told(MAIN, "row", stored, ""), Vec::<String>::new());
    }

    #[test]
    fn requests_are_counted_by_services_that_reach_the_store_of_keys() {
        let requests = "requests: 5 per 1m";
        let both = format!(
            "{MAIN}{CACHE}global keyspace Note in cache {{ pattern \"note:{{id: int}}\"; value text; ttl 1h }}\n\
             schema core in main {{ entity Item {{ id: uuid key }} }}\n"
        );
        assert_eq!(told(&both, "row", requests, ""), Vec::<String>::new());
        assert_eq!(told(&both, "row", requests, "service api { read core.Item }"), ["requests"]);
        assert_eq!(told(&both, "row", requests, "service api { read cache.Note }"), Vec::<String>::new());
    }
}
