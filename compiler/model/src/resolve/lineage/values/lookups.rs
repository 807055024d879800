//! The column that a name means, as PostgreSQL looks it up.

use super::super::scope::Scope;
use super::Value;

/// The meaning of a name.
pub(in crate::resolve::lineage) enum Named {
    Value(Value),
    /// No table in sight has such a column.
    Missing,
    /// Several have.
    Ambiguous,
    /// One may have: its columns are not known.
    Unsure,
}

impl Scope {
    /// Finds what a name means, as PostgreSQL does.
    pub(in crate::resolve::lineage) fn named(&self, names: &[String]) -> Named {
        match names {
            [name] => self.bare_name(name),
            [.., table, name] => {
                let Some(level) = self.levels.iter().find(|level| level.iter().any(|t| t.name == *table))
                else {
                    return Named::Missing;
                };
                let mut tables = level.iter().filter(|t| t.name == *table);
                match (tables.next(), tables.next()) {
                    (Some(table), None) => {
                        let mut found = table.columns.iter().filter(|column| column.name == *name);
                        match (found.next(), found.next(), &table.rest) {
                            (Some(column), None, _) => {
                                Named::Value(column.value.clone().absent(table.absence_of(column)))
                            }
                            (None, _, None) => Named::Missing,
                            (Some(_), Some(_), _) => Named::Ambiguous,
                            (None, _, Some(_)) => Named::Unsure,
                        }
                    }
                    _ => Named::Unsure,
                }
            }
            [] => Named::Unsure,
        }
    }

    fn bare_name(&self, name: &str) -> Named {
        for level in &self.levels {
            let mut found = Vec::new();
            for table in level.iter() {
                let columns = table.columns.iter().filter(|column| column.name == *name);
                found.extend(columns.map(|column| {
                    (column.is_merged(), column.value.clone().absent(table.absence_of(column)))
                }));
            }
            if let Some((_, value)) = found.iter().rfind(|(is_merged, _)| *is_merged) {
                return Named::Value(value.clone());
            }
            match found.len() {
                0 if level.iter().any(|table| table.rest.is_some() && table.value.is_none()) => {
                    return Named::Unsure;
                }
                0 => {}
                1 => return found.pop().map_or(Named::Unsure, |(_, value)| Named::Value(value)),
                _ => return Named::Ambiguous,
            }
        }
        // A function with one column gives it its own name.
        let tables = || self.levels.iter().flat_map(|level| level.iter()).filter(|table| table.name == *name);
        if let Some(value) =
            tables().find_map(|table| table.value.clone().filter(|_| table.columns.is_empty()))
        {
            return Named::Value(value);
        }
        let is_row = tables().next().is_some();
        if is_row { Named::Unsure } else { Named::Missing }
    }
}
