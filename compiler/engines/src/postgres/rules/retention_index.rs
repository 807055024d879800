//! An index finds the rows that are over age.

use super::super::lower::maintenance::{Leaving, leaving};
use super::entities;
use polity_govern::Stored;
use polity_model::entity::{Column, IndexMethod};
use polity_model::{Entity, FieldId, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0514;

/// A retention in batches whose rows only a scan of the whole table would find.
pub(super) fn retention_index(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        let Some(retain) = platform.retain(entity.id) else { continue };
        let Some(after) = retain.after else { continue };
        let field = entity.field(after);
        let by_batch = matches!(leaving(platform, entity), Some(Leaving::Batches | Leaving::Anonymized));
        if by_batch && !leads(entity, after) {
            let name = &field.named.name;
            found.push(
                entity.adding(
                    &format!("index ({name})"),
                    Diagnostic::new(
                        E0514,
                        retain.span,
                        format!("no index finds the rows whose `{name}` is long ago"),
                    )
                    .note("each run would read the whole table")
                    .help(format!(
                        "add `index ({name})` to `{}`, or partition it by `{name}`",
                        entity.named.name
                    )),
                ),
            );
        }
    }
}

fn leads(entity: &Entity, field: FieldId) -> bool {
    // Under tenancy the job goes from tenant to tenant.
    let first = |columns: &[Column]| {
        let mut fields = columns.iter().map(Column::field).skip_while(|f| f.is_some() && *f == entity.tenant);
        fields.next().flatten() == Some(field)
    };
    entity.identity().first() == Some(&field)
        || entity.uniques.iter().any(|u| u.filter.is_none() && first(&u.columns))
        || entity.indexes.iter().any(|index| {
            let ordered = matches!(index.method, None | Some((IndexMethod::Btree | IndexMethod::Brin, _)));
            ordered && first(&index.columns) && index.filter.as_ref().is_none_or(|f| only_without(f, field))
        })
}

/// A partial index serves too where it leaves out only the rows that have no such moment.
fn only_without(filter: &polity_model::Expr, field: FieldId) -> bool {
    use polity_model::expr::ExprKind;
    matches!(&filter.kind, ExprKind::IsNull { operand, negated: true }
        if matches!(&operand.kind, ExprKind::Field(path) if path.steps.is_empty() && path.root == field))
}
