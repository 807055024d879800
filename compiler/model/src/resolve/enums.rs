//! The values of enums.

use foldhash::{HashMap, HashMapExt};
use smol_str::SmolStr;

use super::Resolver;
use super::declare::named;
use crate::EnumId;
use crate::types::EnumValue;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0205, E0207};
use polity_text::source::Span;

impl<'t> Resolver<'t> {
    pub(crate) fn enums(&mut self) {
        for (i, (values, _)) in self.declared.enums.iter().enumerate() {
            let id = EnumId(i as u32);
            let mut stored: HashMap<SmolStr, Span> = HashMap::new();
            let mut names: HashMap<SmolStr, Span> = HashMap::new();
            for variant in *values {
                if let Some(because) = &variant.removed {
                    let removed = (variant.name.text.clone(), because.value.clone(), variant.span);
                    self.platform[id].removed.push(removed);
                    continue;
                }
                if let Some(label) = variant.labels.first() {
                    self.label(label);
                    self.not_lowered(label.span);
                }
                if let Some(first) = names.insert(variant.name.text.clone(), variant.name.span) {
                    self.declared_twice(&variant.name, first);
                    continue;
                }
                let mut named = named(
                    &variant.name,
                    variant.stored.as_ref(),
                    &variant.docs,
                    variant.was.as_ref(),
                    &mut self.found,
                );
                if variant.stored.is_none() {
                    named.stored = named.name.clone();
                }
                if let Some(first) = stored.insert(named.stored.clone(), named.span) {
                    self.error(
                        Diagnostic::new(
                            E0205,
                            named.span,
                            format!("two values would be stored as `{}`", named.stored),
                        )
                        .also(first, "the first")
                        .help("give one of them another name with `as \"…\"`"),
                    );
                }
                self.platform[id].values.push(EnumValue { named });
            }
            let e = &self.platform[id];
            if e.values.is_empty() && !e.broken {
                let diagnostic =
                    Diagnostic::new(E0207, e.named.span, format!("`{}` has no values", e.named.name))
                        .help("list at least one: `{ pending, done }`");
                self.error(diagnostic);
            }
        }
    }
}
