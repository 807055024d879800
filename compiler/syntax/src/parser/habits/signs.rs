//! Annotations of other languages, which begin with `@`.

use super::super::Reader;
use super::super::faults::Unread;
use super::Mend;
use polity_text::diagnostics::codes;

impl Reader<'_> {
    /// `@id`, `@default(…)`, `@@index([a])`, as Prisma writes them.
    pub(in crate::parser) fn at_sign(&mut self, here: Unread<'_>) {
        let signs = here.text.len() - here.text.trim_start_matches('@').len();
        let path = Unread { text: &here.text[signs..], start: here.start + signs };
        let name = path.first_path();
        let rest = Unread { text: &path.text[name.len()..], start: path.start + name.len() };
        let bracket = rest.bracket();
        let inner = bracket.map_or("", |b| b.text[1..b.text.len() - 1].trim());
        let whole = here.head(signs + name.len() + bracket.map_or(0, |b| b.text.len()));
        let columns = format!("({})", inner.trim_start_matches('[').trim_end_matches(']').trim());
        let write = |text: String| Mend::write(whole.range(), text);
        let mend = match (signs, name.to_ascii_lowercase().as_str()) {
            (1, "id" | "primarykey" | "primarygeneratedcolumn") => write("key".to_owned()),
            (1, "unique") => write("unique".to_owned()),
            (1, "updatedat") => write("on update now()".to_owned()),
            (1, "default") if !inner.is_empty() => write(format!("= {}", value(inner))),
            (1, "map") if inner.starts_with('"') => write(format!("as {inner}")),
            (1, "relation") => {
                Mend::say("a reference is a type: write `name: -> Entity`, which holds the key as well")
            }
            (1, name) if name.starts_with("db.") => {
                Mend::say("the type itself says what is stored, such as `text(80)` or `decimal(18, 2)`")
            }
            (2, "id") => write(format!("key {columns}")),
            (2, "unique") => write(format!("unique {columns}")),
            (2, "index") => write(format!("index {columns}")),
            (2, "map") => {
                Mend::say("the stored name stands before the `{`: `entity NAME as \"stored\" { … }`")
            }
            _ => Mend::say(
                "there are no annotations; what holds of a field stands behind its type, such as `key`",
            ),
        };
        let sign = if mend.edits.is_empty() { here.head(signs + name.len()) } else { whole };
        let shown = format!("`{}` has no meaning here", &here.text[..signs + name.len()]);
        self.mend(codes::E0108, sign, shown, mend);
    }
}

/// The value of a default, in the words of this language.
fn value(inner: &str) -> String {
    match inner.to_ascii_lowercase().as_str() {
        "autoincrement()" | "sequence()" => "identity()".to_owned(),
        "uuid()" | "cuid()" | "ulid()" | "uuid(7)" => "uuid_v7()".to_owned(),
        "uuid(4)" => "uuid_v4()".to_owned(),
        _ => inner.to_owned(),
    }
}
