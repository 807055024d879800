//! A view passes a keyed hash on, counts it, and holds it against other hashes; never against a key in the clear.

use super::pseudonym::hashed_here;
use crate::Governed;
use polity_model::entity::Pseudonymous;
use polity_model::{EntityId, Field, FieldId, Lineage, Scalar};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0864;

pub fn pseudonym_view(platform: &Governed, found: &mut Vec<Diagnostic>) {
    if platform.pseudonyms().next().is_none() {
        return;
    }
    for view in &platform.views {
        for (i, column) in view.columns.iter().enumerate() {
            // How many there are is a number.
            let counts = platform.scalar(&column.ty).is_some_and(|s| s.is_number() || s == Scalar::Bool);
            if counts || platform.passes_on(view.id, FieldId(i as u32)).is_some() {
                continue;
            }
            let mut lineage = view.lineage.get(i).into_iter().flatten();
            let Some((field, hashed)) = lineage.find_map(|from| hash(platform, *from)) else { continue };
            let name = &field.named.name;
            let message = format!("column `{}` is made of `{name}`, a keyed hash", column.named.name);
            let help = format!("select `{name}` itself, or how many there are: `count(distinct {name})`");
            found.push(
                hashed_here(Diagnostic::new(E0864, column.named.span, message), Some(hashed))
                    .note("of a keyed hash a store sees which are equal, and nothing else")
                    .help(help),
            );
        }
        let differ = view.matches.iter().find_map(|(a, b)| {
            let (one, other) = (source(platform, *a), source(platform, *b));
            match (hash(platform, *a), hash(platform, *b)) {
                (Some(hashed), None) => Some((hashed, other?)),
                (None, Some(hashed)) => Some((hashed, one?)),
                (Some(hashed), Some(other_hash)) => {
                    let of = |(_, p): (&Field, &Pseudonymous)| Some((p.key?, p.of()?));
                    (of(hashed) != of(other_hash)).then_some((hashed, other?))
                }
                (None, None) => None,
            }
        });
        if let Some(((field, hashed), (entity, id))) = differ {
            let name = &field.named.name;
            let with = format!("{}.{}", platform.entity_path(entity), platform[entity].field(id).named.name);
            let message = format!("`{}` compares `{name}`, a keyed hash, with `{with}`", view.named.name);
            found.push(
                hashed_here(Diagnostic::new(E0864, view.sql_span, message), Some(hashed))
                    .note("it is equal only to hashes of the same key of the same thing")
                    .help(format!(
                        "hold `{name}` against other hashes of it; whoever has the key finds rows by `=`"
                    )),
            );
        }
    }
}

/// The pseudonymous field whose values these are.
fn hash(platform: &Governed, from: Lineage) -> Option<(&Field, &Pseudonymous)> {
    let (entity, id) = source(platform, from)?;
    Some((platform[entity].field(id), platform.pseudonymous(entity, id)?))
}

/// The field whose values these are.
fn source(platform: &Governed, from: Lineage) -> Option<(EntityId, FieldId)> {
    match from {
        Lineage::Field(entity, field) => Some((entity, field)),
        Lineage::Column(view, column) => source(platform, platform.passes_on(view, column)?),
        Lineage::AuditLog(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    fn told(sql: &str, columns: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\n\
             encryption key pii {{ provider: vault(\"transit/pii\") }}\n\
             encryption key ads {{ provider: vault(\"transit/ads\") }}\n\
             store main: postgres 15 {{ database: \"shop\" }}\n\
             schema core in main {{\n\
             entity User {{\n id: uuid key\n}}\n\
             entity Seen {{\n id: uuid key\n who: -> User pseudonymous with pii\n n: int\n}}\n\
             entity Bought {{\n id: uuid key\n who: -> User pseudonymous with pii\n ad: -> User pseudonymous with ads\n}}\n\
             view Rows {{\n sql \"select id as row, who from core.seen\"\n row: uuid\n who: -> User\n}}\n\
             view V {{\n sql \"{sql}\"\n {columns}\n}}\n}}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        found.iter().filter(|d| d.is_error()).map(|d| format!("{} {}", d.code, d.message)).collect()
    }

    #[test]
    fn hashes_are_passed_on_counted_grouped_and_joined() {
        for (sql, columns) in [
            ("select who, count(*) as n from core.seen group by who", "who: -> User\n n: bigint"),
            ("select count(distinct who) as n from core.seen", "n: bigint"),
            ("select s.n from core.seen s join core.bought b on b.who = s.who", "n: int"),
            ("select s.n from core.seen s join core.bought b using (who)", "n: int"),
            ("select b.id from core.rows r join core.bought b on r.who = b.who", "id: uuid"),
            // The person is compared with another reference, and not with the hash.
            ("select s.who from core.seen s join core.user u on u.id = s.id group by s.who", "who: -> User"),
        ] {
            assert_eq!(told(sql, columns), [""; 0], "{sql}");
        }
    }

    #[test]
    fn nothing_is_made_of_them_and_nothing_else_is_held_against_them() {
        let made = "E0864 column `who` is made of `who`, a keyed hash";
        assert_eq!(told("select encode(who, 'hex') as who from core.seen", "who: text"), [made]);
        for (sql, with) in [
            ("select s.n from core.seen s join core.user u on u.id = s.who", "core.User.id"),
            ("select s.n from core.seen s, core.user u where (s.who) = u.id", "core.User.id"),
            ("select s.n from core.seen s join core.bought b on b.ad = s.who", "core.Bought.ad"),
            (
                "select s.n from core.seen s join (select id as who from core.user) u using (who)",
                "core.User.id",
            ),
            ("select s.n from core.seen s natural join (select id as who from core.user) u", "core.User.id"),
        ] {
            let found = told(sql, "n: int");
            assert_eq!(found.len(), 1, "{sql}: {found:?}");
            assert!(found[0].starts_with("E0864 `V` compares"), "{sql}: {found:?}");
            assert!(found[0].contains("a keyed hash, with"), "{sql}: {with} {found:?}");
        }
        let column = "row: uuid\n who: -> User pseudonymous with pii";
        let found = told("select id as row, who from core.seen", column);
        assert_eq!(found, ["E0862 column `who` cannot be pseudonymous"]);
    }
}
