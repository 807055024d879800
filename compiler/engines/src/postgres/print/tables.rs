//! Tables with their columns and constraints, and indexes.

use std::fmt::{Display, Formatter, Result, Write};

use super::super::lower::storage;
use super::super::sql::{Ident, List, Literal, Qualified};
use super::Printer;
use polity_catalog::relational::{
    Column, ColumnValue, Constraint, ConstraintRule, ForeignKey, Index, IndexColumn, Name, ObjectId,
    OnDelete, PartitionBy, Partitioned, Table,
};

impl<'l> Printer<'_, 'l> {
    /// A table without its references, which can go round in circles and so come when all tables are there.
    pub(in crate::postgres) fn table(&mut self, table: &'l Table) {
        let (name, catalog) = (Qualified(&table.name), &self.lowered.catalog);
        self.create_as(&table.owner, &table.name.schema);
        self.remark(self.lowered.remark_on(&ObjectId::Table(table.name.clone())));
        if let Some(of) = &table.partition_of {
            return self.line(format_args!(
                "CREATE TABLE {name} PARTITION OF {} {}{}{}{};\n",
                Qualified(&of.table),
                if of.values == "DEFAULT" { "" } else { "FOR VALUES " },
                of.values,
                table.partitioned.as_ref().map(spread).unwrap_or_default(),
                storage::clause(&table.storage)
            ));
        }
        let columns: Vec<&Column> = catalog.columns(table).collect();
        let mut constraints: Vec<&Constraint> = catalog.constraints(&table.name).collect();
        constraints.retain(|constraint| !matches!(constraint.rule, ConstraintRule::ForeignKey(_)));
        constraints.sort_by_key(|constraint| kind(&constraint.rule));
        self.line(CreateTable { table, columns: &columns, constraints: &constraints });
        self.comment("TABLE", name, &table.comment);
        for column in &columns {
            self.comment("COLUMN", format_args!("{name}.{}", Ident(&column.name)), &column.comment);
        }
        self.column_storage(table, &columns);
        self.indexes(&table.name);
        self.out.push('\n');
    }

    /// Takes the planner's statistics off columns, and stores their long values as they are.
    fn column_storage(&mut self, table: &'l Table, columns: &[&Column]) {
        let mut changes = Vec::new();
        for column in columns {
            let name = Ident(&column.name);
            if column.hidden_from_planner {
                changes.push(format!("    ALTER COLUMN {name} SET STATISTICS 0"));
            }
            if column.uncompressed {
                changes.push(format!("    ALTER COLUMN {name} SET STORAGE EXTERNAL"));
            }
        }
        if !changes.is_empty() {
            self.remark(HIDDEN);
            self.line(format_args!("ALTER TABLE {}\n{};", Qualified(&table.name), changes.join(",\n")));
        }
    }

    pub(super) fn indexes(&mut self, table: &Name) {
        for index in self.parts.indexes.get(table).into_iter().flatten() {
            self.line(CreateIndex(index, "", ""));
            unseen(index).for_each(|sql| self.line(sql));
        }
    }

    pub(super) fn foreign_keys(&mut self) {
        for (table, keys) in &self.parts.foreign_keys {
            if let Some(owner) = self.parts.owners.get(table) {
                self.act_as(owner);
            }
            self.line(format_args!("ALTER TABLE {}", Qualified(table)));
            for (i, key) in keys.iter().enumerate() {
                let end = if i + 1 < keys.len() { "," } else { ";\n" };
                self.line(format_args!("    ADD {}{end}", Shown(key)));
            }
        }
    }
}

/// Takes the planner's statistics off columns of an index.
pub(in crate::postgres) fn unseen(index: &Index) -> impl Iterator<Item = String> {
    let hidden = index.columns.iter().enumerate().filter(|(_, column)| column.hidden_from_planner);
    hidden.map(|(at, _)| {
        format!("ALTER INDEX {} ALTER COLUMN {} SET STATISTICS 0;", Qualified(&index.name), at + 1)
    })
}

/// The remark above columns whose values the planner must not learn.
const HIDDEN: &str = "Statistics are of the rows of all tenants, and EXPLAIN shows what the planner makes of them; of ciphertext there is\nnothing to learn, and it does not compress.";

/// The order of constraints within a table: the key first, checks last.
fn kind(rule: &ConstraintRule) -> u8 {
    match rule {
        ConstraintRule::PrimaryKey(_) => 0,
        ConstraintRule::Unique(_) => 1,
        ConstraintRule::Exclude(_) => 2,
        ConstraintRule::Check(_) => 3,
        ConstraintRule::ForeignKey(_) => 4,
    }
}

struct CreateTable<'a> {
    table: &'a Table,
    columns: &'a [&'a Column],
    constraints: &'a [&'a Constraint],
}

impl Display for CreateTable<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let shown: Vec<String> = self.columns.iter().map(|c| Ident(&c.name).to_string()).collect();
        let name_width = shown.iter().map(|n| n.chars().count()).max().unwrap_or(0);
        // One long type would push every default far to the right.
        let type_width = self.columns.iter().map(|c| c.ty.len()).filter(|n| *n <= 32).max().unwrap_or(0);
        let unlogged = if self.table.unlogged { "UNLOGGED " } else { "" };
        writeln!(f, "CREATE {unlogged}TABLE {} (", Qualified(&self.table.name))?;
        let count = self.columns.len() + self.constraints.len();
        for (i, column) in self.columns.iter().enumerate() {
            let columns = Some((name_width, type_width));
            write!(f, "    {}", DefinedColumn { column, columns })?;
            f.write_str(if i + 1 < count { ",\n" } else { "\n" })?;
        }
        for (i, constraint) in self.constraints.iter().enumerate() {
            write!(f, "    {}", Shown(constraint))?;
            f.write_str(if self.columns.len() + i + 1 < count { ",\n" } else { "\n" })?;
        }
        f.write_str(")")?;
        if let Some(partitioned) = &self.table.partitioned {
            f.write_str(&spread(partitioned))?;
        }
        write!(f, "{};", storage::clause(&self.table.storage))
    }
}

/// ` PARTITION BY …`
fn spread(partitioned: &Partitioned) -> String {
    let by = match partitioned.by {
        PartitionBy::Range => "RANGE",
        PartitionBy::List => "LIST",
        PartitionBy::Hash => "HASH",
    };
    format!(" PARTITION BY {by} ({})", List(&partitioned.columns))
}

/// `name type NOT NULL DEFAULT …`
pub(in crate::postgres) struct DefinedColumn<'a> {
    pub(in crate::postgres) column: &'a Column,
    /// The widths of names and of types, where several stand below each other.
    pub(in crate::postgres) columns: Option<(usize, usize)>,
}

impl Display for DefinedColumn<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let (column, name) = (self.column, Ident(&self.column.name).to_string());
        let (names, types) = self.columns.unwrap_or_default();
        let null = if column.required { "NOT NULL" } else { "" };
        let counted = |word: &str| format!("GENERATED {word} AS IDENTITY{}", sequence(column));
        let value = match &column.value {
            ColumnValue::Absent => String::new(),
            ColumnValue::Default(sql) => format!("DEFAULT {sql}"),
            ColumnValue::Generated(sql) => format!("GENERATED ALWAYS AS ({sql}) STORED"),
            ColumnValue::Identity => counted("BY DEFAULT"),
            ColumnValue::AlwaysIdentity => counted("ALWAYS"),
        };
        write!(f, "{name:names$} ")?;
        match (null, value.as_str()) {
            ("", "") => f.write_str(&column.ty),
            (null, "") => write!(f, "{:types$} {null}", column.ty),
            (null, value) if self.columns.is_some() => write!(f, "{:types$} {null:8} {value}", column.ty),
            ("", value) => write!(f, "{} {value}", column.ty),
            (null, value) => write!(f, "{} {null} {value}", column.ty),
        }
    }
}

/// ` (SEQUENCE NAME …)`, where PostgreSQL would give it another.
fn sequence(column: &Column) -> String {
    if column.sequence.is_empty() {
        return String::new();
    }
    let name = Name::new(column.table.schema.clone(), column.sequence.clone());
    format!(" (SEQUENCE NAME {})", Qualified(&name))
}

/// `CONSTRAINT name …`
pub(in crate::postgres) struct Shown<'a>(pub(in crate::postgres) &'a Constraint);

impl Display for Shown<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "CONSTRAINT {} ", Ident(&self.0.name))?;
        match &self.0.rule {
            ConstraintRule::PrimaryKey(columns) => write!(f, "PRIMARY KEY ({})", List(columns))?,
            ConstraintRule::Unique(columns) => {
                let nulls = if self.0.nulls_not_distinct { "NULLS NOT DISTINCT " } else { "" };
                write!(f, "UNIQUE {nulls}({})", List(columns))?;
            }
            ConstraintRule::Check(sql) => write!(f, "CHECK ({sql})")?,
            ConstraintRule::Exclude(exclusion) => {
                write!(f, "EXCLUDE USING {} (", exclusion.method)?;
                for (i, (sql, operator)) in exclusion.elements.iter().enumerate() {
                    write!(f, "{}{sql} WITH {operator}", if i > 0 { ", " } else { "" })?;
                }
                f.write_str(")")?;
                exclusion.filter.iter().try_for_each(|filter| write!(f, " WHERE ({filter})"))?;
            }
            ConstraintRule::ForeignKey(key) => write_reference(key, f)?,
        }
        f.write_str(judged(self.0))
    }
}

/// The words that let a transaction put the judgement of a constraint off.
pub(in crate::postgres) fn judged(one: &Constraint) -> &'static str {
    match &one.rule {
        ConstraintRule::ForeignKey(key) if key.deferred => " DEFERRABLE INITIALLY DEFERRED",
        _ if one.deferred => " DEFERRABLE INITIALLY DEFERRED",
        _ if one.deferrable => " DEFERRABLE",
        _ => "",
    }
}

fn write_reference(key: &ForeignKey, f: &mut Formatter<'_>) -> Result {
    write!(
        f,
        "FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE ",
        List(&key.columns),
        Qualified(&key.target),
        List(&key.target_columns),
    )?;
    match &key.on_delete {
        OnDelete::NoAction => f.write_str("NO ACTION")?,
        OnDelete::Restrict => f.write_str("RESTRICT")?,
        OnDelete::Cascade => f.write_str("CASCADE")?,
        OnDelete::SetDefault => f.write_str("SET DEFAULT")?,
        OnDelete::SetNull(columns) if columns.is_empty() => f.write_str("SET NULL")?,
        OnDelete::SetNull(columns) => write!(f, "SET NULL ({})", List(columns))?,
    }
    Ok(())
}

/// `CREATE INDEX …;`, with what stands between `INDEX` and the name, and before the table.
pub(in crate::postgres) struct CreateIndex<'a>(
    pub(in crate::postgres) &'a Index,
    pub(in crate::postgres) &'static str,
    pub(in crate::postgres) &'static str,
);

impl CreateIndex<'_> {
    /// Writes what stands behind the name of the table.
    pub(in crate::postgres) fn definition(&self) -> String {
        let index = self.0;
        let mut out = String::new();
        // A text takes whatever is written to it.
        let _ = write_definition(index, &mut out);
        out
    }
}

impl Display for CreateIndex<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let index = self.0;
        let unique = if index.unique { "UNIQUE " } else { "" };
        let Self(_, words, only) = self;
        let (name, table) = (Ident(&index.name.name), Qualified(&index.table));
        write!(f, "CREATE {unique}INDEX {words}{name} ON {only}{table}")?;
        write_definition(index, f)?;
        f.write_str(";")
    }
}

fn write_definition(index: &Index, f: &mut impl Write) -> Result {
    if index.method != "btree" {
        write!(f, " USING {}", index.method)?;
    }
    for (i, column) in index.columns.iter().enumerate() {
        f.write_str(if i > 0 { ", " } else { " (" })?;
        write_column(column, f)?;
    }
    f.write_str(")")?;
    if !index.include.is_empty() {
        write!(f, " INCLUDE ({})", List(&index.include))?;
    }
    f.write_str(if index.nulls_not_distinct { " NULLS NOT DISTINCT" } else { "" })?;
    write!(f, "{}", storage::clause(&index.storage))?;
    index.filter.iter().try_for_each(|filter| write!(f, " WHERE {filter}"))
}

fn write_column(column: &IndexColumn, f: &mut impl Write) -> Result {
    f.write_str(&column.sql)?;
    column.class.iter().try_for_each(|class| write!(f, " {class}"))?;
    f.write_str(if column.descending { " DESC" } else { "" })?;
    f.write_str(match column.nulls_first {
        Some(true) => " NULLS FIRST",
        Some(false) => " NULLS LAST",
        None => "",
    })
}

/// A text constant that a function is given.
pub(super) fn literals(texts: &[String]) -> String {
    texts.iter().map(|text| Literal(text).to_string()).collect::<Vec<_>>().join(", ")
}
