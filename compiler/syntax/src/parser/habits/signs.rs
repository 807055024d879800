//! Signs of other languages: quotes that are none, and what begins with `@`.

use super::super::Reader;
use super::super::faults::{Unread, word};
use super::Mend;
use polity_text::diagnostics::codes;

impl Reader<'_> {
    /// `'text'`, as SQL and TypeScript write it.
    pub(in crate::parser) fn single_quotes(&mut self, here: Unread<'_>) {
        let text = quoted(here.text, '\'');
        let sign = here.head(text.map_or(1, |text| text.len() + 2));
        let mend = match text {
            Some(text) => {
                let inner = text.replace("\\'", "'").replace("''", "'");
                let escaped = if inner.contains('\\') { inner } else { inner.replace('"', "\\\"") };
                Mend::write(sign.range(), format!("\"{escaped}\""))
                    .because("texts stand in double quotes")
                    .certain()
            }
            None => Mend::say("texts stand in double quotes"),
        };
        self.mend(codes::E0108, sign, "single quotes have no meaning here", mend);
    }

    /// A name between backticks.
    pub(in crate::parser) fn backticks(&mut self, here: Unread<'_>) {
        let help = "names are made of ASCII letters, digits and `_`; anything may stand in a text";
        let name = quoted(here.text, '`').filter(|name| !name.is_empty() && word(name) == *name);
        let (sign, mend) = match name {
            Some(name) => {
                let sign = here.head(name.len() + 2);
                (sign, Mend::write(sign.range(), name).because("names stand without quotes").certain())
            }
            None => (here.head(1), Mend::say(help)),
        };
        self.mend(codes::E0108, sign, "a backtick has no meaning here", mend);
    }

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

/// The text between two of these quotes on one line.
fn quoted(text: &str, quote: char) -> Option<&str> {
    let inner = &text[quote.len_utf8()..];
    let end = inner.find(quote)?;
    Some(&inner[..end]).filter(|inner| !inner.contains('\n'))
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
