//! The values of settings: literals, words with what may follow them, lists, records, rates.

use super::expressions::constant;
use super::{Kids, Pair, Reader, Rule};
use crate::ast::{Text, Value, ValueKind};

impl Reader<'_> {
    /// The next value, with the rate that may follow a number.
    pub(super) fn value(&mut self, kids: &mut Kids<'_>) -> Option<Value> {
        let pair = kids.next()?;
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::word => return self.word(pair),
            Rule::number if kids.rule() == Some(Rule::rate) => {
                let count = self.literal(&pair);
                let rate = kids.next()?;
                let span = span.to(self.span(&rate));
                let per = rate.into_inner().next()?;
                let per = self.literal(&per);
                return Some(Value { span, kind: ValueKind::Rate { count, per } });
            }
            Rule::list => ValueKind::List(self.values(Kids::of(pair))?),
            Rule::settings => ValueKind::Record(self.body(pair)),
            Rule::string => ValueKind::Literal(self.setting_text(&pair)),
            _ => ValueKind::Literal(self.literal(&pair)),
        };
        Some(Value { span, kind })
    }

    fn values(&mut self, mut kids: Kids<'_>) -> Option<Vec<Value>> {
        let mut values = Vec::new();
        while kids.rule().is_some() {
            values.push(self.value(&mut kids)?);
        }
        Some(values)
    }

    fn word(&mut self, pair: Pair<'_>) -> Option<Value> {
        let span = self.span(&pair);
        let mut kids = Kids::of(pair);
        let path = self.path(&kids.next()?);
        if kids.rule().is_none()
            && let Some(literal) = constant(&path, span)
        {
            return Some(Value { span, kind: ValueKind::Literal(literal) });
        }
        let version = kids.take(Rule::number).map(|pair| self.version(&pair));
        let arguments = match kids.take(Rule::values) {
            Some(pair) => Some(self.values(Kids::of(pair))?),
            None => None,
        };
        let record = kids.take(Rule::settings).map(|pair| self.body(pair));
        Some(Value { span, kind: ValueKind::Word { path, version, arguments, record } })
    }

    /// `15`, `3.42`, `6.0.4`: never a number, since `3.40` is not `3.4`.
    pub(super) fn version(&mut self, pair: &Pair<'_>) -> Text {
        use polity_text::diagnostics::{Diagnostic, codes};
        let (text, span) = (pair.as_str(), self.span(pair));
        if !text.split('.').all(|part| part.parse::<u32>().is_ok()) {
            self.push(
                Diagnostic::new(codes::E0109, span, format!("`{text}` is not a version"))
                    .help("a version is numbers with points between them, such as `15`, `3.42` or `6.0.4`"),
            );
        }
        Text { value: text.into(), span }
    }
}
