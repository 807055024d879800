//! Personal data is read only for purposes that it is kept for (GDPR Art. 5(1)(b)), where the source names purposes.

use crate::Governed;
use crate::access::Privilege;
use polity_model::governance::Service;
use polity_model::purposes::PurposeId;
use polity_model::{Lineage, Named, Platform, Thing};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0865, W0866, W0867};

/// A thing that holds personal data, and what it is kept for.
struct Kept<'p> {
    named: &'p Named,
    purposes: Vec<PurposeId>,
}

/// Reads for another purpose, personal data that is kept for none, and purposes that nothing is kept for.
pub fn purposes(platform: &Governed, found: &mut Vec<Diagnostic>) {
    if platform.purposes.is_empty() {
        return;
    }
    for service in &platform.services {
        for privilege in platform.privileges(service).iter().filter(|p| reads(&p.verb)) {
            found.extend(for_another_purpose(platform, service, privilege));
        }
    }
    let entities = platform.entities.iter().map(|entity| Thing::Entity(entity.id));
    // A copy without a purpose has those of its source, which is told for itself.
    let keyspaces = platform.keyspaces.iter().filter(|k| !k.is_of_quota() && k.cache.is_none());
    for thing in entities.chain(keyspaces.map(|keyspace| Thing::Keyspace(keyspace.id))) {
        let Some(kept) = kept(platform, thing).filter(|kept| kept.purposes.is_empty()) else { continue };
        let name = &kept.named.name;
        found.push(
            Diagnostic::new(
                W0866,
                kept.named.span,
                format!("nothing says what the personal data of `{name}` is kept for"),
            )
            .note("the other places say it, so the record of processing has a hole here")
            .help("add `purpose NAME` to its block"),
        );
    }
    for (at, purpose) in platform.purposes.iter().enumerate() {
        let id = PurposeId(at as u32);
        let entities = platform.entities.iter().flat_map(|entity| &entity.purposes);
        let mut said = entities.chain(platform.keyspaces.iter().flat_map(|keyspace| &keyspace.purposes));
        if !said.any(|(said, _)| *said == id) {
            let name = &purpose.named.name;
            found.push(
                Diagnostic::new(W0867, purpose.named.span, format!("nothing is kept for `{name}`"))
                    .help("name it in what is kept for it, or remove it"),
            );
        }
    }
}

fn reads(verb: &str) -> bool {
    matches!(verb, "read" | "consume")
}

fn for_another_purpose(platform: &Governed, service: &Service, privilege: &Privilege) -> Option<Diagnostic> {
    let used: Vec<PurposeId> = service.purposes.iter().map(|(purpose, _)| *purpose).collect();
    let wrong = personal_things(platform, privilege).into_iter().find_map(|thing| {
        let kept = kept(platform, thing)?;
        let fits = kept.purposes.is_empty() || kept.purposes.iter().any(|purpose| used.contains(purpose));
        (!fits).then_some(kept)
    })?;
    let kept_for = platform.purpose_names(&wrong.purposes);
    let first = kept_for.first().map(String::as_str).unwrap_or_default();
    let says = if used.is_empty() {
        "the service says no purpose".to_owned()
    } else {
        format!("the service works for {}", platform.purpose_names(&used).join(", "))
    };
    let name = &wrong.named.name;
    Some(
        Diagnostic::new(
            E0865,
            privilege.span,
            format!("`{}` reads personal data of `{name}` for a purpose that it is not kept for", service.named.name),
        )
        .also(wrong.named.span, format!("kept for {}", kept_for.join(", ")))
        .note(format!("{says}; GDPR Art. 5(1)(b): collected for specified purposes, and used for no other"))
        .help(format!("say `purpose {first}` in the service if it is for that, leave the fields out with `except #personal`, or add the purpose to `{name}`")),
    )
}

/// The entities and keyspaces whose personal data a line shows.
fn personal_things(platform: &Governed, privilege: &Privilege) -> Vec<Thing> {
    match privilege.on {
        Thing::Entity(entity) => {
            let mut fields = privilege.fields.iter();
            let shows = fields.any(|field| platform.is_about_person(platform.labels_of(entity, *field)));
            shows.then_some(privilege.on).into_iter().collect()
        }
        Thing::Keyspace(_) => vec![privilege.on],
        Thing::View(view) => {
            let read =
                platform.read_with(view).into_iter().chain(platform[view].lineage.iter().flatten().copied());
            let mut things: Vec<Thing> = Vec::new();
            for read in read {
                if let Lineage::Field(entity, field) = read
                    && platform.is_about_person(platform.labels_of(entity, field))
                    && !things.contains(&Thing::Entity(entity))
                {
                    things.push(Thing::Entity(entity));
                }
            }
            things
        }
        _ => Vec::new(),
    }
}

/// Returns what a thing is kept for; `None` where it holds nothing personal.
fn kept(platform: &Governed, thing: Thing) -> Option<Kept<'_>> {
    match thing {
        Thing::Entity(id) => {
            platform.personal_field(id)?;
            let entity = &platform[id];
            Some(Kept { named: &entity.named, purposes: Platform::purposes_of(entity) })
        }
        Thing::Keyspace(id) => {
            let keyspace = &platform[id];
            platform
                .is_about_person(platform.labels_of_keyspace(id))
                .then(|| Kept { named: &keyspace.named, purposes: platform.purposes_of_keyspace(keyspace) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    /// The codes about a platform with these lines in the entity, in the keyspace and in the service.
    fn codes([entity, keyspace, service]: [&str; 3]) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\n\
             store main: postgres 15 {{ database: \"shop\" }}\n\
             store cache: redis 7 {{ persistence: [rdb] }}\n\
             purpose orders \"Carrying out orders\" basis contract\n\
             purpose mailing \"News\" basis consent\n\
             schema core in main {{\n\
             entity User {{ id: uuid key = uuid_v7(); email: email #personal; joined: date; subject; {entity} }}\n\
             view Mails {{ sql \"select id, email from core.user\"; id: uuid; email: email }}\n\
             }}\n\
             keyspace Token in cache #personal {{ pattern \"token:{{user: -> core.User}}\"; value text; ttl 1h; {keyspace} }}\n\
             keyspace Copy in cache from core.User {{ pattern \"user:{{id}}\"; ttl 1h }}\n\
             service api {{ {service} }}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        let codes = found.iter().map(|d| d.code.to_string());
        codes
            .filter(|code| ["E0865", "W0866", "W0867"].contains(&code.as_str()) || code.starts_with('E'))
            .collect()
    }

    #[test]
    fn a_service_reads_only_for_what_is_kept_for_it() {
        let both = ["purpose orders", "purpose orders, mailing"];
        let of = |service: &str| codes([both[0], both[1], service]);
        assert_eq!(of("purpose orders; read core.User, core.Mails, cache.Token, cache.Copy"), [""; 0]);
        assert_eq!(of("purpose mailing; read cache.Token"), [""; 0]);
        assert_eq!(of("purpose mailing, orders; read core.User"), [""; 0]);
        for line in ["core.User", "core.User (id, email)", "core.Mails", "cache.Copy", "core.*"] {
            assert_eq!(of(&format!("purpose mailing; read {line}")), ["E0865"], "{line}");
            assert_eq!(of(&format!("read {line}")), ["E0865"], "{line}");
        }
        assert_eq!(of("purpose mailing; read core.User except #personal; read core.User (joined)"), [""; 0]);
        assert_eq!(of("purpose mailing; read core.User except (email); write core.User"), [""; 0]);
        assert_eq!(of("read core.User except (joined)"), ["E0865"]);
    }

    #[test]
    fn holes_and_purposes_of_nothing_are_told() {
        assert_eq!(codes(["", "purpose orders, mailing", "purpose orders; read cache.Token"]), ["W0866"]);
        assert_eq!(codes(["purpose orders", "", "purpose orders; read core.User"]), ["W0867", "W0866"]);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let of = |line: &str| {
            codes(["purpose orders", "purpose mailing", &format!("purpose orders; read core.User\n{line}")])
        };
        assert_eq!(of("recipient \"A\" transfer to \"US\" under \"clauses\""), [""; 0]);
        assert_eq!(of("recipient none"), [""; 0]);
        assert_eq!(
            of("recipient \"A\"; recipient \"B\"; recipient \"B\" transfer to \"US\" under \"clauses\""),
            [""; 0]
        );
        assert_eq!(of("recipient \"A\"; recipient \"A\""), ["E0203"]);
        assert_eq!(of("recipient none; recipient none"), ["E0203"]);
        assert_eq!(of("recipient \"A\"; recipient none"), ["E0341"]);
        assert_eq!(of("recipient \" \""), ["E0207"]);
        assert_eq!(of("recipient \"A\" transfer to \"US\" under \"\""), ["E0207"]);
        assert_eq!(of("recipient \"A\" transfer to \"US\""), ["E0207"]);
        assert_eq!(of("recipient \"A\" transfer to \"Mars\" under \"clauses\""), ["E0201"]);
        assert_eq!(of("purpose orderz"), ["E0201"]);
        assert_eq!(of("read core.User except (nothing)"), ["E0201"]);
    }
}
