//! What is anonymized can lose every labelled value: a rule of every engine that anonymizes.

use crate::diagnostics::Diagnostic;
use crate::diagnostics::codes::E0520;
use crate::model::entity::{Column, Fate};
use crate::model::expr::{ExprKind, Function};
use crate::model::{Platform, Store};

/// A labelled field that may not be absent says what it becomes; one that is unique becomes something else in each
/// row.
pub(super) fn anonymize(platform: &Platform, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let Some(retain) = entity.retain.as_ref().filter(|r| r.fate == Fate::Anonymize) else { continue };
        for (id, field) in entity.fields() {
            let key = entity.key.contains(&id);
            // A blind index is absent where what it finds is.
            let found_by = field.blind_index_of.is_some();
            // What is computed is computed anew, but where MongoDB's drivers encrypt it.
            let computed = field.computed.is_some() && field.encrypted.is_none();
            if !platform.is_anonymized(entity.id, id) || computed || key || found_by {
                continue;
            }
            let name = &field.named.name;
            match &field.anonymized {
                None if !field.ty.optional => found.push(
                    Diagnostic::new(
                        E0520,
                        field.named.span,
                        format!("`{name}` can be neither kept nor left out when the row is anonymized"),
                    )
                    .also(retain.span, "anonymized here")
                    .help("say what it becomes with `anonymized as …`, or make it optional with `?`"),
                ),
                Some(value) => {
                    let mut differs = false;
                    value.walk(&mut |e| {
                        differs |= matches!(
                            &e.kind,
                            ExprKind::Null
                                | ExprKind::Sql { .. }
                                | ExprKind::Field(_)
                                | ExprKind::Call { function: Function::UuidV4 | Function::UuidV7, .. }
                        );
                    });
                    let alone = entity.uniques.iter().find(|u| {
                        let columns: Vec<_> = u.columns.iter().map(Column::field).collect();
                        columns == [Some(id)]
                    });
                    if let (Some(unique), false) = (alone, differs) {
                        found.push(
                            Diagnostic::new(
                                E0520,
                                value.span,
                                format!("`{name}` is unique, and two anonymized rows would hold the same"),
                            )
                            .also(unique.span, "unique here")
                            .help("make it optional with `?`, or build the value from `uuid_v4()`"),
                        );
                    }
                }
                None => {}
            }
        }
    }
}
