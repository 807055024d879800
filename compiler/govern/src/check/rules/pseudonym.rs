//! The rules of pseudonymous fields: which can be a keyed hash of a key, with which key, and what lines may use them.

use foldhash::HashSet;

use crate::Governed;
use crate::ciphertext::ClearUseKind;
use polity_model::entity::Pseudonymous;
use polity_model::{Entity, EntityId, FieldId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0861, E0862, E0863};

use super::client_key::is_rounded;

pub fn pseudonym(platform: &Governed, found: &mut Vec<Diagnostic>) {
    if platform.pseudonyms().next().is_some() {
        fields(platform, found);
        patterns(platform, found);
    }
    for column in platform.views.iter().flat_map(|view| &view.columns) {
        if column.declared.pseudonymous.is_some() {
            let message = format!("column `{}` cannot be pseudonymous", column.named.name);
            found.push(
                hashed_here(
                    Diagnostic::new(E0862, column.named.span, message),
                    column.declared.pseudonymous.as_ref(),
                )
                .note("a view is computed by its store, which has no key to hash with")
                .help("select a field that is pseudonymous in its entity"),
            );
        }
    }
}

fn fields(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let referred = referred_to(platform);
    for (entity, id, hashed) in platform.pseudonyms() {
        let entity = &platform[entity];
        let field = entity.field(id);
        found.extend(without_key(platform, hashed));
        if let Some((why, help)) = never(platform, entity, id, hashed, referred.contains(&(entity.id, id))) {
            let message = format!("`{}` cannot be pseudonymous: {why}", field.named.name);
            found.push(
                hashed_here(Diagnostic::new(E0862, field.named.span, message), Some(hashed)).help(help),
            );
        }
        lines(platform, entity.id, id, found);
    }
}

fn patterns(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for (entity, id, span) in platform.patterns_of_fields() {
        let field = platform[entity].field(id);
        if platform.pseudonymous(entity, id).is_some() {
            let message = format!("a key's pattern cannot be of `{}`, a keyed hash", field.named.name);
            found.push(
                hashed_here(Diagnostic::new(E0863, span, message), platform.pseudonymous(entity, id))
                    .help(ClearUseKind::Pattern.way_out()),
            );
        }
    }
}

fn without_key(platform: &Governed, hashed: &Pseudonymous) -> Option<Diagnostic> {
    if hashed.key.is_some() {
        return None;
    }
    let keys: Vec<&str> = platform.encryption_keys.iter().map(|key| key.named.name.as_str()).collect();
    Some(if keys.is_empty() {
        Diagnostic::new(E0861, hashed.span, "there is no encryption key to hash with")
            .help("declare one: `encryption key pii { provider: vault(\"transit/pii\") }`")
    } else {
        Diagnostic::new(E0861, hashed.span, "the platform has several encryption keys")
            .note("hashes of different keys are never equal")
            .help(format!("say with which: `pseudonymous with {}`; there are {}", keys[0], keys.join(", ")))
    })
}

/// Why a field is never a keyed hash, and what to do.
fn never(
    platform: &Governed,
    entity: &Entity,
    id: FieldId,
    hashed: &Pseudonymous,
    is_target: bool,
) -> Option<(String, &'static str)> {
    let Some((target, of)) = hashed.of() else {
        return Some((
            "it refers to one of several".to_owned(),
            "write one reference for each, each with a hash of its own",
        ));
    };
    let (target, refers) = (&platform[target], hashed.refers.as_ref()?);
    let key = target.field(of);
    if entity.key.contains(&id) {
        let help = "give the entity a key of its own, such as `id: uuid key`, and write `unique (…)`";
        Some(("it is a key".to_owned(), help))
    } else if platform.references(entity.id).any(|r| r.fields.contains(&id)) {
        Some(("another reference leads along it".to_owned(), "give that one a field of its own"))
    } else if is_target {
        Some(("references lead to it".to_owned(), "let them lead to the key"))
    } else if refers.on_delete.is_some() || refers.deferrable {
        let help = "leave `on delete` and `deferrable` out, or `pseudonymous`";
        Some(("no store can follow a keyed hash".to_owned(), help))
    } else if entity.tenant.is_none() && target.tenant.is_some() {
        let help = "leave `global` out, or refer to what all tenants share";
        Some((format!("each tenant has its own `{}`", target.named.name), help))
    } else if platform.is_sealed(target.id, of) {
        Some((format!("`{}` is sealed itself", key.named.name), "refer to a key in the clear"))
    } else {
        let rounded = platform.scalar(&key.ty).filter(|scalar| is_rounded(*scalar))?;
        let why = format!("stores round `{}`, a {}", key.named.name, rounded.word());
        Some((why, "refer to what has a key of another type, such as a `uuid`"))
    }
}

/// The fields that references, and other hashes, lead to.
fn referred_to(platform: &Governed) -> HashSet<(EntityId, FieldId)> {
    let references = platform.entities.iter().flat_map(|entity| platform.references(entity.id));
    let followed = references.flat_map(|r| r.target_fields.iter().map(|field| (r.target, *field)));
    followed.chain(platform.pseudonyms().filter_map(|(_, _, hashed)| hashed.of())).collect()
}

fn lines(platform: &Governed, entity: EntityId, id: FieldId, found: &mut Vec<Diagnostic>) {
    let field = platform[entity].field(id);
    for used in platform.uses_that_pseudonyms_cannot(entity, id) {
        let message = format!("{} cannot be of `{}`, a keyed hash", used.what.noun(), field.named.name);
        let help = match used.what {
            ClearUseKind::Index => "write `index (…)` over the field itself, or `unique (…)`",
            ClearUseKind::Anonymized => "leave it out: the hash leads to nobody",
            ClearUseKind::Default | ClearUseKind::OnUpdate => "leave it out: the client makes the hash",
            ClearUseKind::Check => "leave the check out and let the client check",
            ClearUseKind::Computed => "let the client compute it",
            _ => "choose another field: a hash has no order",
        };
        found.push(
            hashed_here(Diagnostic::new(E0863, used.span, message), platform.pseudonymous(entity, id))
                .note("of a keyed hash a store sees which are equal, and nothing else")
                .help(help),
        );
    }
}

/// Shows the line, or the rule, that makes it a hash.
pub(super) fn hashed_here(diagnostic: Diagnostic, hashed: Option<&Pseudonymous>) -> Diagnostic {
    match hashed {
        Some(hashed) if hashed.by_rule => diagnostic.also(hashed.span, "this rule makes it a keyed hash"),
        Some(hashed) => diagnostic.also(hashed.span, "a keyed hash by this word"),
        None => diagnostic,
    }
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    /// The errors of a platform with one encryption key, `more` at its top level, and `members` in `Seen`.
    fn told(more: &str, members: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\n\
             encryption key pii {{ provider: vault(\"transit/pii\") }}\n{more}\n\
             store main: postgres 15 {{ database: \"shop\", extensions: [btree_gist] }}\n\
             schema core in main {{\n\
             entity User {{\n id: uuid key\n code: text(8) unique\n}}\n\
             entity Day {{\n at: timestamp key\n}}\n\
             entity Seen {{\n id: uuid key\n n: int\n{members}\n}}\n}}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        found.iter().filter(|d| d.is_error()).map(|d| format!("{} {}", d.code, d.message)).collect()
    }

    #[track_caller]
    fn fails(members: &str, wanted: &str) {
        assert_eq!(told("", members), [wanted], "{members}");
    }

    const WHO: &str = "who: -> User pseudonymous";

    #[test]
    fn equal_hashes_are_found_and_told_apart() {
        for lines in [
            "index (who)",
            "unique (n, who)",
            "index (n, who)",
            "index (who) using hash",
            "index (n) include (who)",
            "index (n) where who is not null",
        ] {
            assert_eq!(told("", &format!("{WHO}\n{lines}")), [""; 0], "{lines}");
        }
        for members in ["who: -> User? pseudonymous with pii unique", "who: -> User.code pseudonymous"] {
            assert_eq!(told("", members), [""; 0], "{members}");
        }
    }

    #[test]
    fn nothing_else_is_done_with_a_hash() {
        for (lines, what) in [
            ("check c (who != id)", "a check"),
            ("index (n) where who = id", "an index"),
            ("index (who) using brin", "an index"),
            ("unique (n) where who = id", "an index"),
            ("no overlap [a, b) per (who)\na: date\nb: date", "`no overlap`"),
            ("same: bool computed (who = id)", "a computed field"),
        ] {
            fails(&format!("{WHO}\n{lines}"), &format!("E0863 {what} cannot be of `who`, a keyed hash"));
        }
        fails(
            "who: -> User pseudonymous = \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\"",
            "E0863 a default cannot be of `who`, a keyed hash",
        );
    }

    #[test]
    fn what_is_followed_is_no_hash() {
        for (members, why) in [
            ("who: -> User | Day pseudonymous", "it refers to one of several"),
            ("who: -> User pseudonymous on delete cascade", "no store can follow a keyed hash"),
            ("who: -> User pseudonymous deferrable", "no store can follow a keyed hash"),
            ("who: -> User pseudonymous\nref (who) -> User", "another reference leads along it"),
            ("who: -> User pseudonymous unique\nof: -> Seen.who?", "references lead to it"),
            ("who: -> User pseudonymous unique\nof: -> Seen.who? pseudonymous", "references lead to it"),
            ("who: -> Day pseudonymous", "stores round `at`, a timestamp"),
        ] {
            let found = told("", members);
            let wanted = format!("E0862 `who` cannot be pseudonymous: {why}");
            assert!(found.contains(&wanted), "{members}: {found:?}");
        }
        let key = "E0862 `who` cannot be pseudonymous: it is a key";
        let text = "entity Pair in main {\n who: -> core.User pseudonymous\n n: int\n key (n, who)\n}";
        assert_eq!(told(text, ""), [key]);
        assert_eq!(told("", "who: -> User pseudonymous unchecked"), ["E0303 `unchecked` means nothing here"]);
        assert_eq!(told("", "who: uuid pseudonymous"), ["E0303 `pseudonymous` means nothing here"]);
    }

    #[test]
    fn one_row_of_all_tenants_names_nobody_of_one() {
        let tenancy = "tenancy by tenant_id: uuid\ntier small { isolation: row }\n\
             global entity Seen in main { id: uuid key; who: -> core.User pseudonymous; }";
        let found = told(tenancy, "");
        assert!(
            found.contains(&"E0862 `who` cannot be pseudonymous: each tenant has its own `User`".to_owned()),
            "{found:?}"
        );
    }

    #[test]
    fn one_key_is_meant_or_one_is_named() {
        let other = "encryption key cards { provider: vault(\"transit/cards\") }";
        assert_eq!(told(other, WHO), ["E0861 the platform has several encryption keys"]);
        assert_eq!(told(other, "who: -> User pseudonymous with cards"), [""; 0]);
        fails("who: -> User pseudonymous with card", "E0201 there is no encryption key `card`");
        let keyless = "platform shop { environments: [dev] }\nstore main: postgres 15 { database: \"shop\" }\n\
             entity User in main { id: uuid key; other: -> User? pseudonymous; }\n";
        let found = polity::check(&Sources::single("test.polity", keyless), None);
        assert_eq!(found[0].message, "there is no encryption key to hash with");
    }

    #[test]
    fn records_and_keys_of_redis_hold_none() {
        let in_record = "by: { who: -> User pseudonymous }[]";
        assert_eq!(told("", in_record), ["E0901 `pseudonymous` inside of a record is not carried out yet"]);
        let cache = "store cache: redis 7 { }\nkeyspace Last in cache from core.Seen {\n pattern \"last:{who}\"\n ttl 1m\n}";
        assert_eq!(
            told(cache, "who: -> User pseudonymous unique"),
            ["E0863 a key's pattern cannot be of `who`, a keyed hash"]
        );
    }
}
