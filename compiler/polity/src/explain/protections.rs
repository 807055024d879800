//! The protections of a thing: encryption, hashes, trails, tenancy, and what its store promises.

use super::{Explainer, Said};
use polity_govern::environments;
use polity_model::policy::Applied;
use polity_model::{EntityId, FieldId, Scalar, StoreId, Thing, Value};
use polity_text::source::Span;

impl Explainer<'_> {
    /// The rule whose `apply` stands there, with what it cites.
    pub(super) fn rule_at(&self, span: Span) -> Option<String> {
        let applied = self.platform.applications().iter().find(|application| application.span == span)?;
        let rule = &self.platform.policies[applied.rule.policy].rules[applied.rule.rule];
        let path = self.platform.rule_path(applied.rule);
        Some(if rule.cites.is_empty() { format!("`{path}`") } else { format!("`{path}`, {}", rule.cites) })
    }

    /// Says a protection with the line that it comes from, or with the rule and where that stands.
    pub(super) fn protection(&self, what: &str, span: Span) -> Said {
        let from = match self.rule_at(span) {
            Some(rule) => format!("{rule}, {}", self.at(span)),
            None => self.at(span),
        };
        Said { what: what.to_owned(), from }
    }

    pub(super) fn protections_of_field(&self, entity: EntityId, id: FieldId) -> Vec<Said> {
        let p = self.platform;
        let field = p[entity].field(id);
        let mut said = Vec::new();
        if let Some(encrypted) = p.encrypted(entity, id) {
            let key = &p[encrypted.key].named.name;
            let how = if encrypted.searchable { ", found by a blind index" } else { "" };
            said.push(self.protection(&format!("encrypted with `{key}`{how}"), encrypted.span));
            if let (true, Some((because, span))) = (encrypted.searchable, &field.accept_leak) {
                said.push(self.protection(&format!("its blind index may show it, because {because}"), *span));
            }
            if p.is_limited(&field.ty, &field.constraints) {
                let limits = "its limits only the client holds, since no store can read it";
                said.push(self.protection(limits, field.ty_span));
            }
        }
        for place in p.encrypted_places(entity).iter().filter(|place| place.is_member() && place.root == id) {
            let key = &p[place.encrypted.key].named.name;
            let what = format!("`{}` in it is encrypted with `{key}`", place.name());
            said.push(self.protection(&what, place.encrypted.span));
        }
        if let Some((because, span)) = &field.not_encrypted {
            said.push(self.protection(&format!("not encrypted, because {because}"), *span));
        }
        if let Some(hashed) = p.pseudonymous(entity, id) {
            let key =
                hashed.key.map(|key| format!(", made with `{}`", p[key].named.name)).unwrap_or_default();
            said.push(self.protection(&format!("stored as a keyed hash{key}"), hashed.span));
        }
        if let Some(span) = p.immutable(entity, id) {
            said.push(self.protection("never changes", span));
        }
        if p.scalar(&field.ty) == Some(Scalar::Password) {
            said.push(self.protection("stored as an Argon2id hash that is never read back", field.ty_span));
        }
        for application in p.applications() {
            if application.to == Thing::EntityField(entity, id)
                && let Applied::Label(label) = application.applied
            {
                said.push(self.protection(&format!("labelled `#{}`", p[label].name), application.span));
            }
        }
        said
    }

    pub(super) fn protections_of_entity(&self, id: EntityId) -> Vec<Said> {
        let entity = &self.platform[id];
        let mut said = Vec::new();
        if let Some(audit) = self.platform.audit(id) {
            let log = &self.platform[audit.into];
            let chained = if log.chained.is_some() { ", in a chain that shows tampering" } else { "" };
            said.push(
                self.protection(
                    &format!("changes leave a trail in `{}`{chained}", log.named.name),
                    audit.span,
                ),
            );
        }
        if let Some(span) = self.platform.append_only(id) {
            said.push(self.protection("rows are never changed", span));
        }
        if let Some(tenancy) = self.platform.tenancy.as_ref().filter(|_| self.platform.is_scoped(id)) {
            said.push(match self.platform.kept_by_client(entity.store) {
                Some(because) => self.protection(
                    &format!(
                        "each tenant has its own rows, which only the client keeps apart, because {because}"
                    ),
                    tenancy.span,
                ),
                None => self.protection("each tenant has its own rows", tenancy.span),
            });
        }
        said.extend(self.protections_of_store(entity.store));
        said
    }

    /// As every environment in production has it.
    pub(super) fn protections_of_store(&self, store: StoreId) -> Vec<Said> {
        let mut said: Vec<Said> = Vec::new();
        for environment in environments(self.platform) {
            let settings = self.platform.settings_of(store, environment);
            let Some(Value::Record(encryption)) = settings.get("encryption").map(|s| &s.value) else {
                continue;
            };
            for (name, words) in [("at_rest", "encrypted at rest"), ("in_transit", "encrypted in transit")] {
                let Some(setting) = encryption.get(name) else { continue };
                let Value::Word(word) = &setting.value else { continue };
                let within =
                    environment.map(|e| format!(" in `{}`", self.platform[e].name)).unwrap_or_default();
                let not = if word == "none" { "not " } else { "" };
                said.push(self.said(&format!("{not}{words} ({word}){within}"), setting.value_span));
            }
        }
        said
    }
}
