//! The tables of a trail, and what stands in their columns.

use super::super::super::sql::Name;
use super::super::database::Database;
use super::{Form, Trail};

/// A table of a trail.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Part {
    pub(in crate::postgres) kind: PartKind,
    pub(in crate::postgres) name: Name,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::postgres) enum PartKind {
    Entries,
    /// The values, where they stand apart.
    Payload,
    /// The end of each chain.
    Head,
    /// The place where a chain goes on after retention.
    Anchor,
    /// The seals over what all tenants did.
    Seals,
    /// The shares of tenants in a seal.
    Parts,
}

impl Trail<'_> {
    /// Returns the tables, in the order in which they are created.
    pub(in crate::postgres) fn parts(&self) -> Vec<Part> {
        let part = |kind, name: &Name| Part { kind, name: name.clone() };
        let mut parts = vec![part(PartKind::Entries, &self.name)];
        match &self.form {
            Form::Plain => {}
            Form::Sealed { seals, parts: shares } => {
                parts.extend([part(PartKind::Seals, seals), part(PartKind::Parts, shares)]);
            }
            Form::Serial { payload, anchor, head } => parts.extend([
                part(PartKind::Payload, payload),
                part(PartKind::Head, head),
                part(PartKind::Anchor, anchor),
            ]),
        }
        parts
    }

    /// Returns those tables of which each tenant has its own rows.
    pub(in crate::postgres) fn scoped_parts(&self) -> impl Iterator<Item = Part> {
        self.parts().into_iter().filter(|part| part.kind != PartKind::Seals)
    }

    /// Returns the columns of one of these tables, with commas between them.
    pub(in crate::postgres) fn columns(&self, kind: PartKind, tenant: Option<&str>) -> String {
        let columns = match (kind, &self.form) {
            (PartKind::Entries, Form::Sealed { .. }) => {
                "cluster, xact, seq, at, actor, login, operation, entity, row_key, fields, commitment, subjects, salt, old, new"
            }
            (PartKind::Entries, Form::Serial { .. }) => {
                "seq, at, actor, login, operation, entity, row_key, fields, commitment, previous, hash"
            }
            (PartKind::Entries, Form::Plain) => {
                "seq, at, actor, login, operation, entity, row_key, fields, subjects, old, new"
            }
            (PartKind::Payload, _) => "seq, at, subjects, salt, old, new",
            (PartKind::Head, _) => "seq, hash",
            (PartKind::Anchor, _) => "seq, at, hash, dropped",
            (PartKind::Seals, _) => {
                return "number, cluster, after, upto, parts, entries, sealed_at, root, previous, hash"
                    .to_owned();
            }
            (PartKind::Parts, _) => {
                "seal, period, cluster, after, upto, entries, first, last, root, previous, hash, gone, gone_at"
            }
        };
        tenant.map_or_else(|| columns.to_owned(), |tenant| format!("{tenant}, {columns}"))
    }

    /// Returns the expression of all that lasts of an entry, as a text: values can go before it does.
    pub(in crate::postgres) fn lasting(&self, tenant: &str) -> String {
        let columns = self.columns(PartKind::Entries, None);
        let (head, values) = columns.split_once(", actor").unwrap_or((&columns, ""));
        match &self.form {
            Form::Sealed { .. } => format!(
                "encode({}({head}, {tenant}, actor{}), 'hex')",
                self.part("hash"),
                values.replace("commitment, subjects, salt", "commitment, salt, subjects")
            ),
            Form::Plain => {
                format!("ROW({tenant}, {})::text", columns.trim_end_matches(", subjects, old, new"))
            }
            Form::Serial { .. } => format!("ROW({tenant}, {columns})::text"),
        }
    }

    /// Returns the tables whose rows lie in partitions.
    pub(in crate::postgres) fn partitioned(&self) -> Vec<Name> {
        let parts = self.parts().into_iter().filter(|_| self.partition.is_some());
        let parted = parts.filter(|part| matches!(part.kind, PartKind::Entries | PartKind::Payload));
        parted.map(|part| part.name).collect()
    }

    /// Returns the sequence that counts entries.
    pub(super) fn counter(&self) -> Option<Name> {
        (!matches!(self.form, Form::Serial { .. })).then(|| self.part("seq"))
    }
}

/// The tenant's column, where there is one.
pub(super) fn tenant_column<'d>(database: &'d Database) -> Option<&'d str> {
    database.tenancy.as_ref().map(|tenancy| tenancy.column.as_str())
}
