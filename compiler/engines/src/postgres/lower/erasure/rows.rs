//! Which rows are a person's, as conditions on a table `t`.

use smol_str::SmolStr;

use super::super::super::sql::{ArrayText, Ident, Literal};
use super::super::names::{LIMIT, fit};
use super::super::table::{Table, arm_column, column_name};
use super::super::types::column_type;
use super::person::Person;
use polity_govern::Stored;
use polity_govern::erasure::{Inside, Rows};
use polity_model::entity::Entity;
use polity_model::expr::Step;
use polity_model::{EntityId, Reference};

impl Person<'_> {
    /// Which rows of a table are the person's.
    pub(super) fn rows_of_person(&self, rows: &Rows, table: &Table) -> String {
        let entity = table.entity;
        if rows.entity == self.plan.subject {
            return self.within(entity, format!("t.{} = $1", Ident(&self.key)));
        }
        let ways =
            rows.by.iter().map(|i| self.leads(entity, self.database.platform.reference(entity.id, *i)));
        let inside = rows.inside.iter().map(|inside| self.leads_inside(entity, inside));
        let ways: Vec<String> = ways.chain(inside).collect();
        match ways.as_slice() {
            [way] => self.within(entity, way.clone()),
            ways => self.within(entity, format!("({})", ways.join(" OR "))),
        }
    }

    /// Limits the condition `rows` to rows of the person's tenant, where the person and the entity have one.
    pub(super) fn within(&self, entity: &Entity, rows: String) -> String {
        match entity.tenant.filter(|_| self.is_scoped) {
            Some(tenant) => format!("t.{} = person.tenant AND {rows}", Ident(&column_name(entity, tenant))),
            None => rows,
        }
    }

    /// Whether a reference leads to a row that was found.
    pub(super) fn leads(&self, entity: &Entity, reference: &Reference) -> String {
        let target = &self.database.platform[reference.target];
        let pairs = reference.fields.iter().zip(&reference.target_fields);
        let pairs: Vec<(SmolStr, String)> = pairs
            .filter(|(_, field)| !(self.is_scoped && Some(**field) == target.tenant))
            .map(|(own, field)| (column_name(entity, *own), self.variable(reference.target, *field)))
            .collect();
        let mut leads = match pairs.as_slice() {
            [(column, variable)] => format!("t.{} = ANY ({variable})", Ident(column)),
            pairs => {
                let columns: Vec<String> = pairs.iter().map(|(c, _)| format!("t.{}", Ident(c))).collect();
                let variables: Vec<&str> = pairs.iter().map(|(_, v)| v.as_str()).collect();
                format!("({}) IN (SELECT * FROM unnest({}))", columns.join(", "), variables.join(", "))
            }
        };
        if let Some((arm, field)) = reference.told_by(entity) {
            leads = format!("({leads} AND t.{} = {})", Ident(&arm_column(entity, field)), Literal(arm));
        }
        leads
    }

    /// Whether a reference inside of a record leads to the person.
    fn leads_inside(&self, entity: &Entity, inside: &Inside) -> String {
        let variable = self.variable(self.plan.subject, inside.field);
        let said = said_inside(self.database.platform, self.plan.subject, entity, inside, "t");
        let leads = format!("{} = ANY ({variable})", said.value);
        said.arm.map_or_else(|| leads.clone(), |arm| format!("({leads} AND {arm})"))
    }
}

/// A reference inside of a record of a row, as SQL.
pub(super) struct SaidInside {
    /// The value, in the type of the person's field.
    pub(super) value: String,
    /// The condition that it leads to a person of this kind, where it has several arms.
    pub(super) arm: Option<String>,
}

/// Writes a reference inside of a record of a row that is `named` so.
pub(super) fn said_inside(
    platform: &Stored,
    subject: EntityId,
    entity: &Entity,
    inside: &Inside,
    named: &str,
) -> SaidInside {
    let mut field = entity.field(inside.path.root);
    let mut column = column_name(entity, inside.path.root);
    let mut within: Vec<SmolStr> = Vec::new();
    for step in &inside.path.steps {
        let Step::Member(record, member) = step else { continue };
        // Only the members of a record that is spread have columns of their own.
        let is_spread = within.is_empty() && field.inline.is_some();
        field = &platform[*record].fields[member.index()];
        if is_spread {
            column = fit(&format!("{column}_{}", field.named.stored), LIMIT);
        } else {
            within.push(field.named.stored.clone());
        }
    }
    let ty = column_type(platform, &platform[subject].field(inside.field).ty);
    let held = |column: &str, within: &[SmolStr], ty: &str| {
        if within.is_empty() {
            format!("{named}.{}", Ident(column))
        } else {
            format!("({named}.{} #>> {}::text[])::{ty}", Ident(column), ArrayText(within))
        }
    };
    let value = held(&column, &within, &ty);
    let arm = inside.arm.as_ref().map(|arm| {
        match within.last_mut() {
            Some(last) => *last = smol_str::format_smolstr!("{last}_type"),
            None => column = fit(&format!("{column}_type"), LIMIT),
        }
        format!("{} = {}", held(&column, &within, "text"), Literal(arm))
    });
    SaidInside { value, arm }
}
