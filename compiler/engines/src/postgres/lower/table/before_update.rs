//! The trigger before an update, for rules that SQL has no word of its own for.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal};
use super::super::expr::{Scope, spread, struct_of};
use super::super::removing::REMOVES;
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
        let fields: Vec<Rules> = fields.flat_map(|(id, field)| self.rules(scope, id, field)).collect();
        match fields.is_empty() {
            true => String::new(),
            false => polity_templates::render(functions::BEFORE_UPDATE, BeforeUpdate { fields }),
        }
    }

    /// The rules of a field: of its column, or of each column of a record that is spread.
    fn rules(&mut self, scope: &Scope, id: FieldId, field: &Field) -> Vec<Rules> {
        let stays = self.platform.immutable(self.entity.id, id).is_some();
        if !stays && field.optimistic.is_none() && field.on_update.is_none() {
            return Vec::new();
        }
        if let Some(value) = &field.on_update {
            self.need(value);
        }
        let path = format!("{}.{}", self.name, Ident(&field.named.stored));
        let immutable =
            |unless| Immutable { unless, refusal: Literal(&format!("{path} is immutable")).to_string() };
        let scope = scope.of_new_row();
        if let Some(record) = field.inline.and_then(|_| struct_of(self.platform, &field.ty)) {
            let mut values = Vec::new();
            if let Some(value) = &field.on_update {
                spread(&scope, &field.named.stored, record, Some(value), &mut values);
            }
            let columns = self.columns.iter().filter(|column| column.field == Some(id));
            let rules = columns.map(|column| Rules {
                column: Ident(&column.name).to_string(),
                immutable: stays.then(|| immutable(String::new())),
                versioned: None,
                value: values.iter().find(|(name, _)| *name == column.name).map(|(_, value)| value.clone()),
            });
            return rules.collect();
        }
        let column = Ident(&field.named.stored).to_string();
        vec![Rules {
            immutable: stays.then(|| immutable(self.unless(id, &column))),
            versioned: field
                .optimistic
                .map(|_| Literal(&format!("{path}: the row was changed by somebody else")).to_string()),
            value: field.on_update.as_ref().map(|value| scope.value_for(&field.ty, value)),
            column,
        }]
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
            return format!(" AND NOT {REMOVES}");
        }
        String::new()
    }
}
