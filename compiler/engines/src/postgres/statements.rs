//! The statements, each a struct that writes itself for people: one thing a line, columns in line.

use std::fmt::{Display, Formatter, Result};

use smol_str::SmolStr;

use super::names::Claimed;
use super::sql::{Body, Ident, List, Literal, Name};
use polity_model::FieldId;

/// A column as it stands in `CREATE TABLE`.
#[derive(Debug)]
pub(super) struct Column {
    /// The entity's field that it holds, or holds a part of; `None` for the compiler's own.
    pub(super) field: Option<FieldId>,
    pub(super) name: SmolStr,
    pub(super) ty: String,
    pub(super) required: bool,
    /// The part after the type: `DEFAULT …`, `GENERATED …`; or empty.
    pub(super) rest: String,
    pub(super) docs: SmolStr,
    /// Whether the application may change it once the row is there.
    pub(super) changeable: bool,
    /// Whether it holds ciphertext.
    pub(super) sealed: bool,
}

/// A key, a unique constraint, a check or an exclusion: what follows `CONSTRAINT name`.
#[derive(Debug)]
pub(super) struct Constraint {
    pub(super) name: Claimed,
    /// Whether an index stands behind it, which has the same name.
    pub(super) has_index: bool,
    pub(super) rule: String,
}

/// `CREATE TABLE`, without its foreign keys, which can go round in circles and so come last.
#[derive(Debug)]
pub(super) struct CreateTable<'a> {
    pub(super) name: &'a Name,
    pub(super) columns: &'a [Column],
    pub(super) constraints: &'a [Constraint],
    /// `RANGE (at)`
    pub(super) partition_by: Option<&'a str>,
    /// `fillfactor = 80`
    pub(super) storage: &'a [(&'static str, String)],
}

impl Display for CreateTable<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let shown: Vec<String> = self.columns.iter().map(|c| Ident(&c.name).to_string()).collect();
        let name_width = shown.iter().map(|n| n.chars().count()).max().unwrap_or(0);
        // One long type would push every default far to the right.
        let type_width = self.columns.iter().map(|c| c.ty.len()).filter(|n| *n <= 32).max().unwrap_or(0);
        writeln!(f, "CREATE TABLE {} (", self.name)?;
        let count = self.columns.len() + self.constraints.len();
        for (i, (column, name)) in self.columns.iter().zip(&shown).enumerate() {
            write!(f, "    {name:name_width$} ")?;
            let null = if column.required { "NOT NULL" } else { "" };
            match (null.is_empty(), column.rest.is_empty()) {
                (true, true) => f.write_str(&column.ty)?,
                (false, true) => write!(f, "{:type_width$} NOT NULL", column.ty)?,
                (_, false) => write!(f, "{:type_width$} {null:8} {}", column.ty, column.rest)?,
            }
            f.write_str(if i + 1 < count { ",\n" } else { "\n" })?;
        }
        for (i, constraint) in self.constraints.iter().enumerate() {
            write!(f, "    {constraint}")?;
            f.write_str(if self.columns.len() + i + 1 < count { ",\n" } else { "\n" })?;
        }
        f.write_str(")")?;
        if let Some(by) = self.partition_by {
            write!(f, " PARTITION BY {by}")?;
        }
        write_storage(self.storage, f)?;
        f.write_str(";\n")
    }
}

impl Display for Constraint {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "CONSTRAINT {} {}", Ident(&self.name.name), self.rule)
    }
}

/// `WITH (fillfactor = 80)`, with a blank before it.
pub(super) fn write_storage(storage: &[(&'static str, String)], f: &mut Formatter<'_>) -> Result {
    for (i, (name, value)) in storage.iter().enumerate() {
        write!(f, "{}{name} = {value}", if i == 0 { " WITH (" } else { ", " })?;
    }
    f.write_str(if storage.is_empty() { "" } else { ")" })
}

/// `CREATE INDEX`
#[derive(Debug)]
pub(super) struct CreateIndex {
    pub(super) unique: bool,
    pub(super) name: Claimed,
    pub(super) method: &'static str,
    pub(super) columns: Vec<String>,
    pub(super) include: Vec<SmolStr>,
    pub(super) storage: Vec<(&'static str, String)>,
    pub(super) filter: Option<String>,
}

impl CreateIndex {
    pub(super) fn on<'a>(&'a self, table: &'a Name) -> impl Display + 'a {
        std::fmt::from_fn(move |f| {
            let unique = if self.unique { "UNIQUE " } else { "" };
            writeln!(f, "CREATE {unique}INDEX {} ON {table}{self};", Ident(&self.name.name))
        })
    }
}

/// Writes the part of the statement after the table.
impl Display for CreateIndex {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.method != "btree" {
            write!(f, " USING {}", self.method)?;
        }
        write!(f, " ({})", self.columns.join(", "))?;
        if !self.include.is_empty() {
            write!(f, " INCLUDE ({})", List(&self.include))?;
        }
        write_storage(&self.storage, f)?;
        if let Some(filter) = &self.filter {
            write!(f, " WHERE {filter}")?;
        }
        Ok(())
    }
}

/// A foreign key: what follows `CONSTRAINT name`.
#[derive(Debug)]
pub(super) struct ForeignKey {
    pub(super) name: Claimed,
    pub(super) columns: Vec<SmolStr>,
    pub(super) target: Name,
    pub(super) target_columns: Vec<SmolStr>,
    /// `ON DELETE CASCADE`
    pub(super) on_delete: String,
    pub(super) deferrable: bool,
}

impl Display for ForeignKey {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(
            f,
            "FOREIGN KEY ({}) REFERENCES {} ({}) {}",
            List(&self.columns),
            self.target,
            List(&self.target_columns),
            self.on_delete,
        )?;
        f.write_str(if self.deferrable { " DEFERRABLE INITIALLY DEFERRED" } else { "" })
    }
}

/// `ALTER TABLE … ADD CONSTRAINT …` for all foreign keys of a table.
pub(super) struct AddForeignKeys<'a> {
    pub(super) table: &'a Name,
    pub(super) keys: &'a [ForeignKey],
}

impl Display for AddForeignKeys<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(f, "ALTER TABLE {}", self.table)?;
        for (i, key) in self.keys.iter().enumerate() {
            let end = if i + 1 < self.keys.len() { "," } else { ";" };
            writeln!(f, "    ADD CONSTRAINT {} {key}{end}", Ident(&key.name.name))?;
        }
        Ok(())
    }
}

/// `COMMENT ON`; nothing where there is nothing to say.
pub(super) struct Comment<'a, T> {
    /// `TABLE`
    pub(super) kind: &'static str,
    pub(super) of: T,
    pub(super) text: &'a str,
}

impl<T: Display> Display for Comment<'_, T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        if self.text.is_empty() {
            return Ok(());
        }
        writeln!(f, "COMMENT ON {} {} IS {};", self.kind, self.of, Literal(self.text))
    }
}

/// A function of a trigger: it has no arguments and sees no `search_path` but its own.
pub(super) struct TriggerFunction<'a> {
    pub(super) name: &'a Name,
    pub(super) body: &'a str,
}

impl Display for TriggerFunction<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(
            f,
            "CREATE FUNCTION {}() RETURNS trigger\n    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp\nAS {};",
            self.name,
            Body(self.body)
        )
    }
}

/// `CREATE TRIGGER`
pub(super) struct Trigger<'a> {
    pub(super) name: &'a str,
    /// `BEFORE UPDATE`
    pub(super) moment: &'a str,
    pub(super) table: &'a Name,
    /// `ROW` or `STATEMENT`, and `WHEN` if at all.
    pub(super) each: &'static str,
    /// The function and what it is given: `audit.append('core.users')`.
    pub(super) call: &'a str,
}

impl Display for Trigger<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        writeln!(
            f,
            "CREATE TRIGGER {}\n    {} ON {}\n    FOR EACH {} EXECUTE FUNCTION {};",
            Ident(self.name),
            self.moment,
            self.table,
            self.each,
            self.call
        )
    }
}
