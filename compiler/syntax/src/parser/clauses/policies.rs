//! Clauses of policies and of services.

use super::super::forms::{CLAUSES, form};
use super::super::{Kids, Reader, Rule};
use crate::ast::{ClauseKind, GrantTarget};

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
        let cites = kids.take(Rule::string).map(|pair| self.text(&pair));
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
        let mut target = GrantTarget { path, all: plain.is_some(), fields, except: Vec::new(), group: None };
        while let Some(part) = kids.next() {
            let rule = part.as_rule();
            let mut inner = Kids::of(part);
            if rule == Rule::as_group {
                target.group = self.next_name(&mut inner);
            } else {
                target.except.extend(inner.0.map(|label| self.label(&label)));
            }
        }
        Some(target)
    }
}
