//! The fields that a migration has to fill, and the things that it may remove.

use super::exprs::{Cx, Place, Purpose};
use super::names::{ANYTHING, Kind, Scope, written};
use super::{Owner, Resolver};
use crate::expr::ExprKind;
use crate::history::RISKS;
use crate::{Acceptance, Backfill, Removed, Thing, Unmanaged};
use polity_syntax::ast::{self};
use polity_text::diagnostics::codes::{E0201, E0203, E0207, E0307};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

/// The kinds of things that `removed` may name outside of an entity.
const REMOVABLE: &[&str] = &[
    "entity",
    "view",
    "keyspace",
    "channel",
    "enum",
    "struct",
    "type",
    "sequence",
    "schema",
    "store",
    "audit log",
];

impl<'t> Resolver<'t> {
    pub(super) fn backfill(&mut self, path: &ast::Path, value: &'t ast::Expr, scope: Scope, span: Span) {
        let Some((entity, field)) = self.lookup_entity_or_field(path, scope) else { return };
        let Some((field, _)) = field else {
            self.error(
                Diagnostic::new(E0207, path.span, "which field is filled?")
                    .help("write `backfill core.User.country = \"SN\"`"),
            );
            return;
        };
        let ty = self.platform[entity].field(field).ty.clone();
        let cx = Cx {
            owner: Owner::Entity(entity),
            scope,
            included: None,
            place: Place::Row,
            purpose: Purpose::Backfill,
        };
        let value = self.expect(value, cx, &ty);
        self.judge_value(Owner::Entity(entity), field, &value);
        if value.kind == ExprKind::Null && !ty.optional {
            let message = format!("a `{}` is never absent", self.platform.type_name(&ty));
            self.error(Diagnostic::new(E0307, value.span, message).help("write a value"));
        }
        self.platform.backfills.push(Backfill { entity, field, value, span });
    }

    /// A risk of a change that somebody takes; the risks are words of [`crate::history::RISKS`].
    pub(super) fn accept_item(
        &mut self,
        risk: &ast::Name,
        on: &ast::Path,
        because: &ast::Text,
        scope: Scope,
        span: Span,
    ) {
        let Some(word) = RISKS.iter().copied().find(|known| *known == risk.text) else {
            let help = did_you_mean(&risk.text, RISKS.iter().copied())
                .unwrap_or_else(|| format!("it may be: {}", RISKS.join(", ")));
            let message = format!("nothing called `{}` is accepted", risk.text);
            self.error(Diagnostic::new(E0201, risk.span, message).help(help));
            return;
        };
        let Some((entity, field)) = self.lookup_entity_or_field(on, scope) else { return };
        let path = self.platform.entity_path(entity);
        let path = match field {
            Some((field, _)) => format!("{path}.{}", self.platform[entity].field(field).named.name),
            None => path,
        };
        let because = because.value.clone();
        self.platform.accepted.push(Acceptance { risk: word, path: path.into(), because, span });
    }

    /// An object of a database that the source leaves to others.
    pub(super) fn unmanaged(
        &mut self,
        object: &ast::Text,
        place: Option<&ast::Path>,
        because: &ast::Text,
        span: Span,
    ) {
        let store = match place {
            None => None,
            Some(path) => match self.lookup(path, Scope::default(), &[Kind::Store]) {
                Some(Thing::Store(store)) => Some(store),
                _ => return,
            },
        };
        if let Some(first) =
            self.platform.unmanaged.iter().find(|one| one.object == object.value && one.store == store)
        {
            let message = format!("`{}` is named twice", object.value);
            let twice = Diagnostic::new(E0203, object.span, message).also(first.span, "first here");
            self.error(twice.help("remove one of the lines"));
            return;
        }
        let (object, because) = (object.value.clone(), because.value.clone());
        self.platform.unmanaged.push(Unmanaged { object, store, because, span });
    }

    pub(super) fn removed_item(&mut self, removed: &ast::Removed, scope: Scope, span: Span) {
        let Some(what) = &removed.what else {
            self.error(Diagnostic::new(E0207, removed.path.span, "what was removed?").help(
                "write `removed entity core.User because \"…\"`; a field is removed inside its entity",
            ));
            return;
        };
        if !REMOVABLE.contains(&what.text.as_str()) {
            let help = did_you_mean(&what.text, REMOVABLE.iter().copied())
                .unwrap_or_else(|| format!("it may be: {}", REMOVABLE.join(", ")));
            self.error(
                Diagnostic::new(E0201, what.span, format!("nothing called `{}` is removed", what.text))
                    .help(help),
            );
            return;
        }
        if let [thing, ..] = self.names.find(&self.platform, &removed.path.names, scope, ANYTHING)[..] {
            self.still_there(&removed.path, self.place_of(thing));
            return;
        }
        self.platform.removed.push(Removed {
            what: what.text.clone(),
            path: written(&removed.path).into(),
            because: removed.because.value.clone(),
            span,
        });
    }

    pub(super) fn removed_field(&mut self, id: crate::EntityId, removed: &ast::Removed, span: Span) {
        let name = written(&removed.path);
        if let Some(field) = self.outlines[id.index()].by_name.get(name.as_str()) {
            let place = self.outlines[id.index()].fields[field.index()].name.span;
            self.still_there(&removed.path, place);
            return;
        }
        self.platform.removed.push(Removed {
            what: "field".into(),
            path: format!("{}.{name}", self.platform.entity_path(id)).into(),
            because: removed.because.value.clone(),
            span,
        });
    }

    fn still_there(&mut self, path: &ast::Path, place: Span) {
        self.error(
            Diagnostic::new(E0203, path.span, format!("`{}` is removed and still there", written(path)))
                .also(place, "declared here")
                .help("remove the declaration, or this line"),
        );
    }
}
