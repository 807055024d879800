//! Clauses of policies and of services.

use super::super::forms::{CLAUSES, form};
use super::super::{Kids, Reader, Rule};
use crate::ast::{ClauseKind, GrantTarget, Recipient, Transfer};

impl Reader<'_> {
    pub(super) fn accept(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let what = self.next_name(kids)?;
        let place = self.path_in(kids, Rule::in_place);
        Some(ClauseKind::Accept { what, place, because: self.because(kids.next()?)? })
    }

    pub(super) fn parameter(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let name = self.lower(kids.next()?);
        let ty = self.ty(kids.next()?)?;
        let default = match kids.take(Rule::default) {
            Some(pair) => Some(self.inside(pair)?),
            None => None,
        };
        Some(ClauseKind::Parameter { name, ty, default })
    }

    pub(super) fn rule(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let name = self.lower(kids.next()?);
        let cites = kids.take(Rule::string).map(|pair| self.words(&pair));
        Some(ClauseKind::Rule { name, cites, body: self.block(kids, form(CLAUSES, "rule").unwrap_or("")) })
    }

    pub(super) fn grant(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let verb = self.next_name(kids)?;
        let mut targets = Vec::new();
        while let Some(target) = kids.next() {
            targets.push(self.target(Kids::of(target))?);
        }
        Some(ClauseKind::Grant { verb, targets })
    }

    fn target(&mut self, mut kids: Kids<'_>) -> Option<GrantTarget> {
        let pair = kids.next()?;
        let text = pair.as_str();
        let plain = text.strip_suffix(".*");
        let path = self.path_of(plain.unwrap_or(text), pair.as_span().start());
        let fields = self.names_if_any(&mut kids)?;
        let mut target = GrantTarget {
            path,
            all: plain.is_some(),
            fields,
            except: Vec::new(),
            except_fields: Vec::new(),
            deleted: None,
            group: None,
        };
        while let Some(part) = kids.next() {
            let rule = part.as_rule();
            if rule == Rule::with_deleted {
                target.deleted = Some(self.span(&part));
                continue;
            }
            let mut inner = Kids::of(part);
            if rule == Rule::as_group {
                target.group = self.next_name(&mut inner);
            } else if inner.rule() == Some(Rule::names) {
                target.except_fields = self.names(&mut inner)?;
            } else {
                target.except.extend(inner.0.map(|label| self.label(&label)));
            }
        }
        Some(target)
    }

    pub(super) fn purpose(&mut self, kids: &mut Kids<'_>) -> ClauseKind {
        let mut names = Vec::new();
        while let Some(name) = kids.take(Rule::name) {
            names.push(self.name(&name));
        }
        ClauseKind::Purpose(names)
    }

    pub(super) fn recipient(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        if kids.has(Rule::nobody) {
            return Some(ClauseKind::Recipient(None));
        }
        let name = self.next_words(kids)?;
        let transfer = kids.next().map(Kids::of);
        let transfer = transfer.and_then(|mut kids| {
            let country = self.next_text(&mut kids)?;
            let under = kids.next().and_then(|pair| self.next_words(&mut Kids::of(pair)));
            Some(Transfer { country, under })
        });
        Some(ClauseKind::Recipient(Some(Recipient { name, transfer })))
    }
}
