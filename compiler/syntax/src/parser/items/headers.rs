//! The head of an item: its name, and what stands between it and the block.

use super::super::{Kids, Pair, Reader, Rule};
use crate::ast::{Header, Materialized, Name};

pub(super) enum Case {
    Upper,
    Lower,
}

impl Reader<'_> {
    /// The name and what stands between it and the block.
    pub(super) fn header(
        &mut self,
        kids: &mut Kids<'_>,
        case: Case,
    ) -> Option<(Header, Option<Materialized>)> {
        let name = kids.next()?;
        let name = match case {
            Case::Upper => self.upper(name),
            Case::Lower => self.lower(name),
        };
        let mut header = Header {
            name,
            stored: None,
            place: None,
            from: None,
            was: None,
            labels: Vec::new(),
            incomplete: false,
        };
        let mut materialized = None;
        while let Some(
            Rule::as_text | Rule::in_place | Rule::from_path | Rule::was | Rule::label | Rule::materialized,
        ) = kids.rule()
        {
            self.header_part(kids.next()?, &mut header, &mut materialized);
        }
        header.incomplete = kids.rule() == Some(Rule::stray);
        Some((header, materialized))
    }

    /// Reads a part into the slot that it fills, and reports one that is filled already.
    fn header_part(&mut self, part: Pair<'_>, header: &mut Header, materialized: &mut Option<Materialized>) {
        let (span, word) = (self.span(&part), part.as_str().split(' ').next().unwrap_or("").to_owned());
        let again = match part.as_rule() {
            Rule::as_text => {
                let stored = self.as_text(part);
                set(&mut header.stored, stored)
            }
            Rule::in_place => {
                let place = part.into_inner().next().map(|path| self.path(&path));
                set(&mut header.place, place)
            }
            Rule::from_path => {
                let from = part.into_inner().next().map(|path| self.path(&path));
                set(&mut header.from, from)
            }
            Rule::was => {
                let was = self.was(part);
                set(&mut header.was, was)
            }
            Rule::label => {
                let label = self.label(&part);
                let again = header.labels.iter().any(|known| known.text == label.text);
                header.labels.push(label);
                again
            }
            _ => {
                let every = part.into_inner().next().map(|pair| self.literal(&pair));
                set(materialized, Some(Materialized { span, every }))
            }
        };
        if again {
            self.said_twice(&word, span);
        }
    }

    /// A name that must be `UpperCamel`.
    fn upper(&mut self, pair: Pair<'_>) -> Name {
        let name = self.name(&pair);
        self.check_upper(&name);
        name
    }
}

/// Sets what is not set yet; true where it was.
pub(super) fn set<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let again = slot.is_some();
    if !again {
        *slot = value;
    }
    again
}
