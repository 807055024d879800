//! The trigger before an update, for rules that SQL has no word of its own for.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal};
use super::super::expr::Scope;
use super::Lowering;
use polity_model::FieldId;
use polity_model::entity::{Fate, Field, OnDelete};
use polity_templates::postgres::functions;

#[derive(Serialize)]
struct BeforeUpdate {
    fields: Vec<Rules>,
}

/// The rules of one field, each a part that may be missing.
#[derive(Serialize)]
struct Rules {
    column: String,
    immutable: Option<Immutable>,
    /// The refusal, as a text, where the row has another version by now.
    versioned: Option<String>,
    /// The value of each update.
    value: Option<String>,
}

#[derive(Serialize)]
struct Immutable {
    /// The end of the condition, where something may change it.
    unless: String,
    refusal: String,
}

impl Lowering<'_> {
    /// Writes the body of the trigger; or nothing. That a row keeps its tenant, privileges and policies see to.
    pub(super) fn before_update(&mut self, scope: &Scope) -> String {
        let fields = self.entity.fields().filter(|(id, _)| Some(*id) != self.entity.tenant);
        let fields: Vec<Rules> = fields.filter_map(|(id, field)| self.rules(scope, id, field)).collect();
        match fields.is_empty() {
            true => String::new(),
            false => polity_templates::render(functions::BEFORE_UPDATE, BeforeUpdate { fields }),
        }
    }

    fn rules(&mut self, scope: &Scope, id: FieldId, field: &Field) -> Option<Rules> {
        let immutable = self.platform.immutable(self.entity.id, id);
        if immutable.is_none() && field.optimistic.is_none() && field.on_update.is_none() {
            return None;
        }
        let column = Ident(&field.named.stored).to_string();
        let path = format!("{}.{column}", self.name);
        if let Some(value) = &field.on_update {
            self.need(value);
        }
        let value = |value| scope.of_new_row().value_for(&field.ty, value);
        Some(Rules {
            immutable: immutable.map(|_| Immutable {
                unless: self.unless(id, &column),
                refusal: Literal(&format!("{path} is immutable")).to_string(),
            }),
            versioned: field
                .optimistic
                .map(|_| Literal(&format!("{path}: the row was changed by somebody else")).to_string()),
            value: field.on_update.as_ref().map(value),
            column,
        })
    }

    /// The end of the condition under which an immutable field may not change.
    fn unless(&self, id: FieldId, column: &str) -> String {
        let entity = self.entity;
        let gives_way = |on_delete| matches!(on_delete, Some((OnDelete::SetNull, _)));
        let forgets =
            self.platform.references(entity.id).any(|r| r.fields.contains(&id) && gives_way(r.on_delete));
        if forgets {
            return format!(" AND NEW.{column} IS NOT NULL");
        }
        let anonymizes = self.platform.retain(entity.id).is_some_and(|r| r.fate == Fate::Anonymize);
        if anonymizes && self.platform.is_labelled_itself(entity.id, id) {
            return " AND current_setting('polity.retain', true) IS DISTINCT FROM 'on'".to_owned();
        }
        String::new()
    }
}
