//! The checks beside members of a record that is kept as one jsonb value. The shape of the value (`shape.rs`) cannot say
//! them, since they hold members against each other.

use super::super::sql::{Ident, Literal};
use super::expr::{Place, Scope, struct_of};
use polity_model::FieldId;
use smol_str::SmolStr;

/// The checks of the members of a field's record, and of the records in it, each with the members on the way, for its
/// name. Those within a list or a map are errors (E0630).
pub(super) fn of_members(scope: &Scope, id: FieldId) -> Vec<(String, String)> {
    let mut checks = Vec::new();
    collect(scope, id, "", false, &mut checks);
    checks
}

fn collect(scope: &Scope, id: FieldId, way: &str, may_be_absent: bool, checks: &mut Vec<(String, String)>) {
    let field = &scope.fields[id.index()];
    let Some(record) = struct_of(scope.platform, &field.ty) else { return };
    let may_be_absent = may_be_absent || field.ty.optional;
    let members = &scope.platform[record].fields;
    let inner = scope.of_members(members, id);
    let Place::Json { column, path } = &inner.place else { return };
    for (i, member) in members.iter().enumerate() {
        let way = format!("{way}_{}", member.named.stored);
        for check in &member.constraints.checks {
            let rule = inner.sql(check);
            // Of a record that is not there nothing is said.
            let rule =
                if may_be_absent { format!("{} IS NULL OR ({rule})", place(column, path)) } else { rule };
            checks.push((way.clone(), rule));
        }
        collect(&inner, FieldId(i as u32), &way, may_be_absent, checks);
    }
}

/// A part of a jsonb column as a text, which is absent where the part is, or null.
fn place(column: &SmolStr, path: &[SmolStr]) -> String {
    let column = Ident(column);
    if path.is_empty() {
        return column.to_string();
    }
    let keys: Vec<String> = path.iter().map(|key| Literal(key).to_string()).collect();
    format!("{column} #>> ARRAY[{}]", keys.join(", "))
}
