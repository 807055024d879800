//! A service is given only rights that the table, and PostgreSQL, let anybody have.

use polity_govern::Stored;
use polity_govern::access::Privilege;
use polity_model::governance::Service;
use polity_model::{Store, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0842;

/// `write` or `delete` where rows only come, and writing a trail by hand.
pub(super) fn service_rights(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for service in &platform.services {
        for privilege in platform.privileges(service) {
            if platform.store_of(privilege.on) == Some(store.id) {
                found.extend(judge(platform, service, privilege));
            }
        }
    }
}

fn judge(platform: &Stored, service: &Service, privilege: &Privilege) -> Option<Diagnostic> {
    match (privilege.on, privilege.verb.as_str()) {
        (Thing::Entity(id), "delete" | "soft_delete")
            if platform.tenancy.is_some() && platform[id].global =>
        {
            let entity = &platform[id];
            let message = format!(
                "rows of `{}` are every tenant's, so no service may `delete` them",
                entity.named.name
            );
            Some(
                Diagnostic::new(E0842, privilege.span, message)
                    .note("whether a row can go tells a tenant whether another refers to it")
                    .also(entity.named.span, "`global`")
                    .help("leave it out; the migrator deletes what all tenants share"),
            )
        }
        (Thing::Entity(id), verb @ ("write" | "delete")) => {
            let entity = &platform[id];
            let rows_only_come = platform.append_only(entity.id)?;
            let message = format!("rows of `{}` only come, so nobody may `{verb}` them", entity.named.name);
            let problem =
                Diagnostic::new(E0842, privilege.span, message).also(rows_only_come, "`append only`");
            let said = service.grants.iter().find(|grant| grant.span == privilege.span);
            Some(match said.and_then(|grant| grant.verb_span) {
                Some(place) if verb == "write" => problem.help("write `append`").edit(place, "append"),
                _ if verb == "write" => problem.help("take it out of this line, and give `append` on it"),
                _ => problem.help("leave it out"),
            })
        }
        (Thing::AuditLog(id), "append") => {
            let message = format!("`{}` is written by the changes that it records", platform[id].named.name);
            Some(
                Diagnostic::new(E0842, privilege.span, message)
                    .note("an entry that a service makes up proves nothing")
                    .also(platform[id].named.span, "the audit log")
                    .help("say `audit (…)` in the entity, and leave this out"),
            )
        }
        _ => None,
    }
}
