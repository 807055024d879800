//! Types and the modifiers after them.

use super::{Kids, Pair, Reader, Rule};
use crate::ast::{Arm, Modifier, ModifierKind, OnDelete, Suffix, Text, Type, TypeKind, Was};
use polity_text::diagnostics::{Diagnostic, codes};
use polity_text::source::Span;

impl Reader<'_> {
    pub(super) fn ty(&mut self, pair: Pair<'_>) -> Option<Type> {
        let span = self.span(&pair);
        let mut kids = Kids::of(pair);
        let base = kids.next()?;
        let mut suffixes = Vec::new();
        let kind = match base.as_rule() {
            Rule::path => {
                let path = self.path(&base);
                let arguments = match kids.take(Rule::numbers) {
                    Some(numbers) => numbers.into_inner().map(|number| self.literal(&number)).collect(),
                    None => Vec::new(),
                };
                TypeKind::Named { path, arguments }
            }
            Rule::reference => self.reference(base)?,
            Rule::map => TypeKind::Map(Box::new(self.ty(base.into_inner().next()?)?)),
            _ => TypeKind::Record(self.body(base)),
        };
        while let Some(suffix) = kids.take(Rule::suffix) {
            suffixes.push(if suffix.as_str() == "?" { Suffix::Optional } else { Suffix::List });
        }
        if suffixes.windows(2).any(|pair| pair == [Suffix::Optional, Suffix::Optional]) {
            self.push(
                Diagnostic::new(codes::E0118, span, "`??` says the same twice")
                    .help("one `?` makes a value optional")
                    .edit(self.twice(span), "?")
                    .certain(),
            );
            suffixes.dedup_by(|a, b| *a == Suffix::Optional && *b == Suffix::Optional);
        }
        Some(Type { span, kind, suffixes })
    }

    /// The first `??` of a type.
    fn twice(&self, ty: Span) -> Span {
        let start = ty.start as usize;
        let at = self.text.get(start..ty.end as usize).and_then(|text| text.find("??")).unwrap_or(0);
        Span::new(self.file, start + at, start + at + 2)
    }

    fn reference(&mut self, pair: Pair<'_>) -> Option<TypeKind> {
        let mut kids = Kids::of(pair);
        let mut arms = Vec::new();
        while let Some(path) = kids.take(Rule::path) {
            let path = self.path(&path);
            let stored = kids.take(Rule::as_text).and_then(|pair| self.as_text(pair));
            arms.push(Arm { path, stored });
        }
        Some(TypeKind::Reference(arms))
    }

    /// The modifiers that come next, each at most once.
    pub(super) fn modifiers(&mut self, kids: &mut Kids<'_>) -> Vec<Modifier> {
        let mut modifiers: Vec<Modifier> = Vec::new();
        while kids.rule().is_some_and(is_modifier) {
            let Some(pair) = kids.next() else { break };
            let text = pair.as_str();
            let word = text
                .split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '#'))
                .next()
                .unwrap_or("");
            let word = if word.is_empty() { "=" } else { word }.to_owned();
            let span = self.span(&pair);
            let Some(kind) = self.modifier(pair) else { continue };
            if let Some(first) = modifiers.iter().find(|m| same(&m.kind, &kind)) {
                let first = first.span;
                self.push(
                    Diagnostic::new(codes::E0120, span, format!("`{word}` is said twice"))
                        .also(first, "said here first")
                        .help("keep one of the two"),
                );
                continue;
            }
            modifiers.push(Modifier { span, kind });
        }
        modifiers
    }

    fn modifier(&mut self, pair: Pair<'_>) -> Option<ModifierKind> {
        let rule = pair.as_rule();
        Some(match rule {
            Rule::flag => flag(pair.as_str()),
            Rule::label => ModifierKind::Label(self.label(&pair)),
            Rule::as_text => ModifierKind::As(self.as_text(pair)?),
            Rule::was => ModifierKind::Was(self.was(pair)?),
            _ => {
                let mut kids = Kids::of(pair);
                match rule {
                    Rule::default => ModifierKind::Default(self.expr(kids.next()?)?),
                    Rule::min => ModifierKind::Min(self.literal(&kids.next()?)),
                    Rule::max => ModifierKind::Max(self.literal(&kids.next()?)),
                    Rule::length => {
                        let min = kids.take(Rule::number_from).and_then(|from| from.into_inner().next());
                        let min = min.map(|pair| self.literal(&pair));
                        let max = kids.take(Rule::number).map(|pair| self.literal(&pair));
                        ModifierKind::Length { min, max }
                    }
                    Rule::matches => ModifierKind::Matches(self.text(&kids.next()?)),
                    Rule::computed => ModifierKind::Computed(self.inside(kids.next()?)?),
                    Rule::check_modifier => ModifierKind::Check(self.inside(kids.next()?)?),
                    Rule::on_delete => ModifierKind::OnDelete(match kids.next()?.as_str() {
                        "restrict" => OnDelete::Restrict,
                        "cascade" => OnDelete::Cascade,
                        _ => OnDelete::SetNull,
                    }),
                    Rule::on_update => ModifierKind::OnUpdate(self.expr(kids.next()?)?),
                    Rule::encrypted => {
                        let key = self.name(&kids.next()?);
                        ModifierKind::Encrypted { key, searchable: kids.has(Rule::searchable) }
                    }
                    Rule::pseudonymous => {
                        ModifierKind::Pseudonymous { key: kids.next().map(|key| self.name(&key)) }
                    }
                    Rule::not_encrypted => {
                        ModifierKind::NotEncrypted { because: self.because(kids.next()?)? }
                    }
                    Rule::not_personal => ModifierKind::NotPersonal { because: self.because(kids.next()?)? },
                    Rule::belongs => ModifierKind::Of(self.path(&kids.next()?)),
                    Rule::accept_leak => ModifierKind::AcceptLeak { because: self.because(kids.next()?)? },
                    Rule::anonymized => ModifierKind::Anonymized(self.expr(kids.next()?)?),
                    Rule::declassify => {
                        let label = self.label(&kids.next()?);
                        ModifierKind::Declassify { label, because: self.because(kids.next()?)? }
                    }
                    Rule::analyzed => ModifierKind::Analyzed(self.name(&kids.next()?)),
                    Rule::weight => ModifierKind::Weight(self.literal(&kids.next()?)),
                    Rule::codec => ModifierKind::Codec(self.expr(kids.next()?)?),
                    _ => return None,
                }
            }
        })
    }

    /// The expression inside written parentheses that the construct demands anyway.
    pub(super) fn inside(&mut self, paren: Pair<'_>) -> Option<crate::ast::Expr> {
        self.expr(paren.into_inner().next()?)
    }

    pub(super) fn as_text(&mut self, pair: Pair<'_>) -> Option<Text> {
        let text = pair.into_inner().next()?;
        Some(self.stored_text(&text))
    }

    pub(super) fn because(&mut self, pair: Pair<'_>) -> Option<Text> {
        self.next_words(&mut Kids::of(pair))
    }

    pub(super) fn was(&mut self, pair: Pair<'_>) -> Option<Was> {
        let span = self.span(&pair);
        let name = pair.into_inner().next()?;
        let name = if name.as_rule() == Rule::string {
            self.stored_text(&name).value
        } else {
            self.name(&name).text
        };
        Some(Was { name, span })
    }
}

fn is_modifier(rule: Rule) -> bool {
    matches!(
        rule,
        Rule::default
            | Rule::flag
            | Rule::label
            | Rule::min
            | Rule::max
            | Rule::length
            | Rule::matches
            | Rule::computed
            | Rule::check_modifier
            | Rule::on_delete
            | Rule::on_update
            | Rule::encrypted
            | Rule::pseudonymous
            | Rule::not_encrypted
            | Rule::not_personal
            | Rule::belongs
            | Rule::anonymized
            | Rule::declassify
            | Rule::was
            | Rule::as_text
            | Rule::analyzed
            | Rule::weight
            | Rule::codec
            | Rule::accept_leak
    )
}

fn flag(word: &str) -> ModifierKind {
    match word {
        "key" => ModifierKind::Key,
        "unique" => ModifierKind::Unique,
        "immutable" => ModifierKind::Immutable,
        "inline" => ModifierKind::Inline,
        "optimistic" => ModifierKind::Optimistic,
        "soft_delete" => ModifierKind::SoftDelete,
        "deferrable" => ModifierKind::Deferrable,
        "unchecked" => ModifierKind::Unchecked,
        "tag" => ModifierKind::Tag,
        "dimension" => ModifierKind::Dimension,
        _ => ModifierKind::Metric,
    }
}

/// Whether two modifiers say the same thing; labels do where they are the same label.
fn same(a: &ModifierKind, b: &ModifierKind) -> bool {
    match (a, b) {
        (ModifierKind::Label(a), ModifierKind::Label(b)) => a.text == b.text,
        (ModifierKind::Declassify { label: a, .. }, ModifierKind::Declassify { label: b, .. }) => {
            a.text == b.text
        }
        _ => std::mem::discriminant(a) == std::mem::discriminant(b),
    }
}
