//! Every foreign key has an index that leads with its columns.

use crate::Governed;
use polity_model::entity::{Column, IndexMethod};
use polity_model::{Entity, FieldId};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::W0201;

/// A reference with no index behind it: each delete or key change of the target then reads the whole table that
/// refers to it, and locks for as long.
pub fn unindexed_reference(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for entity in &platform.entities {
        for reference in platform.references(entity.id).filter(|r| r.enforced) {
            if covered(entity, &reference.fields) {
                continue;
            }
            // An index leads with the tenant by itself.
            let fields = reference.fields.iter().filter(|field| Some(**field) != entity.tenant);
            let names: Vec<&str> = fields.map(|f| entity.field(*f).named.name.as_str()).collect();
            let names = names.join(", ");
            let index = format!("index ({names})");
            found.push(
                entity.adding(
                    &index,
                    Diagnostic::new(
                        W0201,
                        reference.span,
                        format!(
                            "no index leads with `{names}`, which refers to `{}`",
                            platform.entity_path(reference.target)
                        ),
                    )
                    .note(format!(
                        "deleting a `{}` would read every `{}`",
                        platform[reference.target].named.name, entity.named.name
                    ))
                    .help(format!("add `{index}` to `{}`", entity.named.name)),
                ),
            );
        }
    }
}

fn covered(entity: &Entity, fields: &[FieldId]) -> bool {
    if leads(entity.key.iter().copied().map(Some), fields) {
        return true;
    }
    // Ordered indexes lead with the tenant, which a reference to what all tenants share has no part of.
    let tenant = entity.tenant.filter(|tenant| !fields.contains(tenant));
    let by_columns = |columns: &[Column]| {
        let columns = columns.iter().map(Column::field);
        leads(columns.skip_while(|field| field.is_some() && *field == tenant), fields)
    };
    // A partial index that leaves out only rows without a reference serves as well.
    entity.uniques.iter().any(|u| u.filter.is_none() && by_columns(&u.columns))
        || entity.indexes.iter().any(|index| {
            matches!(index.method, None | Some((IndexMethod::Btree | IndexMethod::Hash, _)))
                && by_columns(&index.columns)
                && index.filter.as_ref().is_none_or(|f| only_leaves_out_nulls(f, fields))
        })
}

/// Whether the first columns are exactly these fields, in any order.
fn leads(columns: impl Iterator<Item = Option<FieldId>>, fields: &[FieldId]) -> bool {
    let first: Vec<Option<FieldId>> = columns.take(fields.len()).collect();
    first.len() == fields.len() && fields.iter().all(|f| first.contains(&Some(*f)))
}

fn only_leaves_out_nulls(filter: &polity_model::Expr, fields: &[FieldId]) -> bool {
    use polity_model::expr::ExprKind;
    match &filter.kind {
        ExprKind::IsNull { operand, negated: true } => {
            matches!(&operand.kind, ExprKind::Field(path) if path.steps.is_empty() && fields.contains(&path.root))
        }
        _ => false,
    }
}
