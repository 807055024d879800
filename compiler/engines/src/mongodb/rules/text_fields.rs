//! A text index is over texts, in a language that MongoDB knows.

use polity_govern::Stored;
use polity_model::entity::IndexMethod;
use polity_model::{Scalar, Store, TypeKind};
use polity_text::diagnostics::codes::E0619;
use polity_text::diagnostics::{Diagnostic, did_you_mean};

/// <https://www.mongodb.com/docs/manual/reference/text-search-languages/>
const LANGUAGES: &[&str] = &[
    "none",
    "danish",
    "dutch",
    "english",
    "finnish",
    "french",
    "german",
    "hungarian",
    "italian",
    "norwegian",
    "portuguese",
    "romanian",
    "russian",
    "spanish",
    "swedish",
    "turkish",
];

/// The most that a field may count.
const MOST_WEIGHT: u32 = 99_999;

pub(super) fn text_fields(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        for index in &entity.indexes {
            let is_text = index.method.is_some_and(|(method, _)| method == IndexMethod::Text);
            if let Some((language, span)) = &index.language {
                if !is_text {
                    found.push(
                        Diagnostic::new(E0619, *span, "only a text index knows a language")
                            .help("write `using text`, or leave it out"),
                    );
                } else if !LANGUAGES.contains(&language.as_str()) {
                    let help = did_you_mean(language, LANGUAGES.iter().copied())
                        .in_quotes()
                        .unwrap_or_else(|| format!("it knows: {}", LANGUAGES.join(", ")));
                    found.push(
                        Diagnostic::new(E0619, *span, format!("MongoDB knows no language `{language}`"))
                            .help(help),
                    );
                }
            }
            for column in &index.columns {
                if let Some(weight) = column.weight
                    && (!is_text || weight == 0 || weight > MOST_WEIGHT)
                {
                    let help =
                        if is_text { "from 1 to 99999" } else { "write `using text`, or leave it out" };
                    found.push(
                        Diagnostic::new(E0619, column.expr.span, "this field cannot have that weight")
                            .help(help),
                    );
                }
                let Some((ty, _)) = super::column_type(platform, entity, column).filter(|_| is_text) else {
                    continue;
                };
                let is_string = matches!(
                    platform.scalar(ty),
                    Some(
                        Scalar::Text { .. }
                            | Scalar::Char { .. }
                            | Scalar::Email
                            | Scalar::Url
                            | Scalar::Phone
                            | Scalar::Json
                    )
                );
                if !is_string && !matches!(ty.kind, TypeKind::Enum(_) | TypeKind::Broken) {
                    found.push(
                        Diagnostic::new(E0619, column.expr.span, "a text index finds nothing in this field")
                            .here("not a text")
                            .help("leave it out of the index, or index it by itself"),
                    );
                }
            }
        }
    }
}
