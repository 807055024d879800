//! A database as its files are printed from it: the catalog of its objects, and what stands beside them.

use std::collections::{BTreeMap, BTreeSet};

use foldhash::HashMap;
use smol_str::{SmolStr, format_smolstr};

use super::super::sql::Name;
use super::fills::Fills;
use super::sealed::Sealed;
use polity_catalog::Identified;
use polity_catalog::relational::{
    Argument, Catalog, Column, ColumnValue, Constraint, ConstraintRule, Function, FunctionBody, Grant, Job,
    Language, Object, ObjectId, PartitionBy, Partitioned, Privilege, Reach, Role, Table, Target, Volatility,
};

/// Everything that the files of a database are printed from.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Lowered {
    pub(in crate::postgres) catalog: Catalog,
    /// Remarks for who reads the file, each above its object.
    remarks: HashMap<ObjectId, String>,
    /// Statements that run once all objects are there.
    pub(in crate::postgres) steps: Vec<Step>,
    /// The place as it was sealed, if it was.
    pub(in crate::postgres) sealed: Option<Sealed>,
    /// The values for rows that are there, where something was sealed.
    pub(in crate::postgres) fills: Fills,
    /// Objects that another of the same name took the place of.
    pub(super) replaced: Vec<ObjectId>,
}

/// Statements that are no object, such as those that a person wrote.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Step {
    pub(in crate::postgres) remark: String,
    /// Without the semicolon at its end.
    pub(in crate::postgres) sql: String,
    /// Whether it makes partitions, and so runs again when there is a table that wants some.
    pub(in crate::postgres) makes_partitions: bool,
}

impl Lowered {
    pub(super) fn add(&mut self, object: impl Into<Object>) {
        if let Some(other) = self.catalog.insert(object) {
            self.note_replaced(&other);
        }
    }

    /// Adds many objects at once.
    pub(super) fn add_all(&mut self, objects: impl IntoIterator<Item = Object>) {
        for other in self.catalog.insert_all(objects) {
            self.note_replaced(&other);
        }
    }

    fn note_replaced(&mut self, other: &Object) {
        let id = other.id();
        if self.catalog.get(&id) != Some(other) {
            self.replaced.push(id);
        }
    }

    /// Adds a table of the compiler's own with its columns and constraints.
    pub(super) fn own_table(&mut self, remark: &str, own: OwnTable) {
        let OwnTable { mut table, columns, constraints } = own;
        table.columns = columns.iter().map(|column| column.name.clone()).collect();
        self.remark(ObjectId::Table(table.name.clone()), remark);
        self.add(table);
        columns.into_iter().for_each(|column| self.add(column));
        constraints.into_iter().for_each(|constraint| self.add(constraint));
    }

    /// Adds a function, and the right of these roles to call it. Nobody else but its owner may.
    pub(super) fn function<'r>(
        &mut self,
        remark: &str,
        mut function: Function,
        callers: impl IntoIterator<Item = &'r SmolStr>,
    ) {
        pin(&mut function);
        let signature = function.signature();
        self.remark(ObjectId::Function(signature.clone()), remark);
        let owner = function.owner.clone();
        self.add(function);
        self.grant(Target::Function(signature), &owner, callers, &[Privilege::Execute]);
    }

    /// Gives roles rights on an object as a whole.
    pub(super) fn grant<'r>(
        &mut self,
        on: Target,
        by: &SmolStr,
        to: impl IntoIterator<Item = &'r SmolStr>,
        privileges: &[Privilege],
    ) {
        for role in to {
            let whole = privileges.iter().map(|privilege| (*privilege, Reach::Whole)).collect();
            self.grant_parts(on.clone(), by, role, whole);
        }
    }

    /// Gives a role rights on an object, or on columns of it.
    pub(super) fn grant_parts(
        &mut self,
        on: Target,
        by: &SmolStr,
        to: &SmolStr,
        privileges: BTreeMap<Privilege, Reach>,
    ) {
        self.catalog.grant(Grant {
            on,
            to: to.clone(),
            by: Some(by.clone()),
            privileges,
            grantable: BTreeSet::new(),
        });
    }

    /// Returns the same with another catalog, for files that print roles and their rights.
    pub(in crate::postgres) fn with_catalog(&self, catalog: Catalog) -> Self {
        Self { catalog, remarks: self.remarks.clone(), ..Self::default() }
    }

    /// Returns the place as it was sealed last; `None` where nothing was.
    pub(in crate::postgres) fn as_sealed(&self) -> Option<Self> {
        let sealed = self.sealed.as_ref()?;
        let ran = self.steps.iter().filter(|step| sealed.state.steps.contains(&step.sql));
        Some(Self { steps: ran.cloned().collect(), ..self.with_catalog(sealed.catalog.clone()) })
    }

    pub(super) fn remark(&mut self, id: ObjectId, text: &str) {
        if !text.is_empty() {
            self.remarks.insert(id, text.to_owned());
        }
    }

    /// Returns the roles of the catalog, by name.
    pub(in crate::postgres) fn roles(&self) -> impl Iterator<Item = &Role> {
        self.catalog.objects().filter_map(|object| match object {
            Object::Role(role) => Some(role),
            _ => None,
        })
    }

    /// Returns the jobs of the catalog, by name.
    pub(in crate::postgres) fn jobs(&self) -> impl Iterator<Item = &Job> {
        self.catalog.objects().filter_map(|object| match object {
            Object::Job(job) => Some(job),
            _ => None,
        })
    }

    /// Returns the remark above an object.
    pub(in crate::postgres) fn remark_on(&self, id: &ObjectId) -> &str {
        self.remarks.get(id).map_or("", String::as_str)
    }
}

/// A table that the compiler adds to those of the source. Its columns are required unless they are made optional.
pub(super) struct OwnTable {
    table: Table,
    columns: Vec<Column>,
    constraints: Vec<Constraint>,
}

impl OwnTable {
    pub(super) fn new(name: &Name, owner: &SmolStr, comment: &str) -> Self {
        let table = Table {
            name: name.0.clone(),
            owner: owner.clone(),
            columns: Vec::new(),
            partitioned: None,
            partition_of: None,
            storage: BTreeMap::new(),
            row_security: false,
            unforced: false,
            unlogged: false,
            comment: comment.into(),
        };
        Self { table, columns: Vec::new(), constraints: Vec::new() }
    }

    /// Adds a column; `comment` may be empty.
    pub(super) fn column(mut self, name: &str, ty: &str, comment: &str) -> Self {
        self.columns.push(Column {
            table: self.table.name.clone(),
            name: name.into(),
            ty: ty.into(),
            required: true,
            value: ColumnValue::Absent,
            hidden_from_planner: false,
            uncompressed: false,
            sequence: SmolStr::default(),
            comment: comment.into(),
        });
        self
    }

    /// Makes the last column optional.
    pub(super) fn optional(mut self) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.required = false;
        }
        self
    }

    /// Keeps the values of the last column out of the planner's statistics.
    pub(super) fn unknown_to_planner(mut self) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.hidden_from_planner = true;
        }
        self
    }

    /// Counts the last column, whatever a row says.
    pub(super) fn counted(mut self) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.value = ColumnValue::AlwaysIdentity;
        }
        self
    }

    /// Gives the last column a default.
    pub(super) fn defaults_to(mut self, sql: &str) -> Self {
        if let Some(column) = self.columns.last_mut() {
            column.value = ColumnValue::Default(sql.to_owned());
        }
        self
    }

    /// Adds a constraint of this name.
    pub(super) fn constraint(mut self, name: &str, rule: ConstraintRule) -> Self {
        let table = self.table.name.clone();
        let constraint = Constraint {
            table,
            name: name.into(),
            rule,
            deferrable: false,
            deferred: false,
            nulls_not_distinct: false,
            unvalidated: false,
        };
        self.constraints.push(constraint);
        self
    }

    /// Adds the key, under the table's name.
    pub(super) fn key(self, columns: &[&str]) -> Self {
        let name = super::names::fit(&format!("{}_pkey", self.table.name.name), super::names::LIMIT);
        let columns = columns.iter().copied().map(SmolStr::new).collect();
        self.constraint(&name, ConstraintRule::PrimaryKey(columns))
    }

    /// Spreads the rows over partitions by ranges of a column.
    pub(super) fn by_range_of(mut self, column: &str) -> Self {
        self.table.partitioned = Some(Partitioned { by: PartitionBy::Range, columns: vec![column.into()] });
        self
    }

    /// Lets policies alone decide who sees a row.
    pub(super) fn closed(mut self) -> Self {
        self.table.row_security = true;
        self
    }
}

/// The parts of a function's body that mean what a session says, and the setting under which it means one thing: a backslash in
/// a text may escape, and names may be quoted although they need not be, so that two that are compared differ.
const PINNED: &[(&str, &str, &str)] = &[
    ("\\", "standard_conforming_strings", "on"),
    ("%I", "quote_all_identifiers", "off"),
    ("regclass", "quote_all_identifiers", "off"),
];

/// Holds a function to the meaning of its body, which is read when it runs. What has no setting at all may commit, and so may
/// have none.
fn pin(function: &mut Function) {
    let FunctionBody::Text(body) = &function.body else { return };
    for (part, setting, value) in PINNED {
        let is_said = function.settings.iter().any(|(known, _)| known == setting);
        if body.contains(part) && !function.settings.is_empty() && !is_said {
            function.settings.extend(settings(&[(setting, value)]));
        }
    }
}

/// A function in PL/pgSQL without arguments, which sees no `search_path` but the server's own.
pub(in crate::postgres) fn plpgsql(name: &Name, owner: &SmolStr, returns: &str, body: &str) -> Function {
    let body = FunctionBody::Text(body.trim_end().to_owned());
    let settings = vec![(SmolStr::new_static("search_path"), SmolStr::new_static("pg_catalog, pg_temp"))];
    Function { settings, ..function(name, owner, returns, Language::Plpgsql, body) }
}

/// A function in SQL without arguments, which sees no `search_path` but the server's own.
pub(super) fn sql(name: &Name, owner: &SmolStr, returns: &str, body: &str) -> Function {
    Function { language: Language::Sql, ..plpgsql(name, owner, returns, body) }
}

/// A function in SQL without arguments whose body is read when it is made.
pub(super) fn atomic(name: &Name, owner: &SmolStr, returns: &str, body: &str) -> Function {
    function(name, owner, returns, Language::Sql, FunctionBody::Atomic(body.trim_end().to_owned()))
}

fn function(name: &Name, owner: &SmolStr, returns: &str, language: Language, body: FunctionBody) -> Function {
    Function {
        name: name.0.clone(),
        owner: owner.clone(),
        arguments: Vec::new(),
        returns: Some(returns.into()),
        language,
        volatility: Volatility::Volatile,
        parallel_safe: false,
        strict: false,
        leakproof: false,
        security_definer: false,
        settings: Vec::new(),
        body,
    }
}

/// Arguments of a function: name and type of each.
pub(super) fn arguments(named: &[(&str, &str)]) -> Vec<Argument> {
    let argument =
        |(name, ty): &(&str, &str)| Argument { name: (*name).into(), ty: unmodified(ty), default: None };
    named.iter().map(argument).collect()
}

/// The type as a function has it. PostgreSQL keeps no length or precision of an argument or a result.
pub(in crate::postgres) fn unmodified(ty: &str) -> SmolStr {
    let Some((name, behind)) = ty.split_once('(') else { return ty.into() };
    let (_, list) = behind.rsplit_once(')').unwrap_or_default();
    format_smolstr!("{name}{list}")
}

/// Settings of a function: name of each, and value as SQL.
pub(super) fn settings(named: &[(&str, &str)]) -> Vec<(SmolStr, SmolStr)> {
    named.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
}

#[cfg(test)]
mod tests {
    use super::unmodified;

    #[test]
    fn a_function_has_types_without_lengths() {
        let types = ["varchar(40)", "numeric(6, 2)[]", "extensions.geography(Point, 4326)", "uuid"];
        let of_functions = types.map(unmodified);
        assert_eq!(of_functions, ["varchar", "numeric[]", "extensions.geography", "uuid"]);
    }
}
