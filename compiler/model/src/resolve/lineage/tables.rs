//! The tables in `FROM`: the names that they bring into sight, and the columns that `*` makes of them.

use std::collections::BTreeSet;
use std::rc::Rc;

use foldhash::HashSet;
use smol_str::SmolStr;
use sqlparser::ast::{
    Ident, JoinConstraint, JoinOperator, ObjectName, Query, TableAlias, TableFactor, TableWithJoins, Visit,
};

use super::super::sql::{Relation, folded, parts};
use super::Tracer;
use super::everything;
use super::queries::MOST_COLUMNS;
use super::scope::{Column, Scope, Table, Traced, joined};
use super::values::{Absence, Side, Value, condition_of, stored_values};
use crate::Lineage;

/// One of the things in `FROM`, with all that is joined to it.
#[derive(Debug, Default)]
pub(super) struct Source {
    pub(super) tables: Vec<Table>,
    /// The columns that `*` gives, those that a join merges once; `None` where they are not known.
    pub(super) columns: Option<Rc<Vec<Column>>>,
    /// Whether `*` gives more than a query may have, however more is joined to it.
    pub(super) too_wide: bool,
}

impl Source {
    fn width(&self) -> usize {
        self.columns.as_ref().map_or(1, |columns| columns.len() + 1)
    }
}

/// Whether it is a table by its name, with nothing but an alias and a sample.
fn is_plain(factor: &TableFactor) -> bool {
    // Of the rest, `partition (a, b)` is an alias to PostgreSQL that renames columns.
    matches!(
        factor,
        TableFactor::Table {
            name: _,
            alias: _,
            args: None,
            with_hints,
            version: None,
            with_ordinality: false,
            partitions,
            json_path: None,
            sample: _,
            index_directives,
            // `ONLY` decides which rows come out.
            inheritance: _,
        } if with_hints.is_empty() && partitions.is_empty() && index_directives.is_empty()
    )
}

/// A join in parentheses with a name of its own, which hides those of its tables.
fn one_table(join: Source) -> Table {
    match join.columns {
        Some(_) => {
            let columns = Rc::new(join.seen().map(|column| Column { table: None, ..column }).collect());
            Table { columns, ..Table::default() }
        }
        None => {
            let rows: Vec<Traced> = join.tables.iter().map(Table::row).collect();
            Table::opaque(SmolStr::default(), joined(&rows).unwrap_or_default())
        }
    }
}

impl Tracer<'_> {
    /// `before`: what stands in front of it, which `LATERAL` sees.
    pub(super) fn source(&self, from: &TableWithJoins, before: &[Table], outer: &Scope) -> Source {
        let mut source = self.factor(&from.relation, &|| before.to_vec(), outer);
        for join in &from.joins {
            let seen = || before.iter().chain(&source.tables).cloned().collect();
            let mut right = self.factor(&join.relation, &seen, outer);
            source.too_wide |= right.too_wide;
            self.work.takes(source.width() + right.width());
            for side in Side::absent_after(&join.join_operator) {
                match side {
                    Side::Left => source.made_absent(),
                    Side::Right => right.made_absent(),
                }
            }
            let columns = self.merge(&source, &right, &join.join_operator);
            source.too_wide |= columns.as_ref().is_some_and(|columns| columns.len() > MOST_COLUMNS);
            source.columns = columns.filter(|_| !source.too_wide).map(Rc::new);
            source.tables.extend(right.tables);
            self.compare_join(&join.join_operator, || outer.within(source.tables.clone()));
            if let Some(JoinConstraint::On(condition)) = constraint_of(&join.join_operator) {
                let value = self.value(condition, &outer.within(source.tables.clone()));
                self.must_be_condition(condition, &value);
            }
            if let Some(condition) = condition_of(&join.join_operator) {
                source.proven_by(condition);
            }
            let merged: Vec<Column> =
                source.columns.iter().flat_map(|all| all.iter()).filter(|c| c.is_merged()).cloned().collect();
            if !merged.is_empty() {
                source.tables.push(Table { columns: Rc::new(merged), ..Table::default() });
            }
        }
        source
    }

    fn factor(&self, factor: &TableFactor, before: &dyn Fn() -> Vec<Table>, outer: &Scope) -> Source {
        if let TableFactor::NestedJoin { table_with_joins, alias: None } = factor {
            return self.source(table_with_joins, &before(), outer);
        }
        let (table, alias) = self.table(factor, before, outer);
        let table = match alias {
            Some(alias) => self.aliased(table, alias),
            None => table,
        };
        self.tables.set(self.tables.get() + 1);
        let table = Table { id: self.tables.get(), row: None, ..table };
        let columns = table.rest.is_none().then(|| Rc::clone(&table.columns));
        Source { tables: vec![table], columns, too_wide: false }
    }

    /// The one table that something in `FROM` is, before it gets another name.
    fn table<'f>(
        &self,
        factor: &'f TableFactor,
        before: &dyn Fn() -> Vec<Table>,
        outer: &Scope,
    ) -> (Table, &'f Option<TableAlias>) {
        let lateral = || outer.within(before());
        let opaque = |name: &str, values| Table::opaque(name.into(), values);
        match factor {
            TableFactor::Table { name, alias, sample, .. } if is_plain(factor) => {
                self.everything(sample, &lateral());
                (self.relation(name, outer), alias)
            }
            TableFactor::Derived { lateral: is_lateral, subquery, alias, sample: None } => {
                let scope = if *is_lateral { lateral() } else { outer.clone() };
                (self.derived(subquery, &scope), alias)
            }
            TableFactor::NestedJoin { table_with_joins, alias } => {
                (one_table(self.source(table_with_joins, &before(), outer)), alias)
            }
            // Whatever a function in `FROM` is given may come out of any of its columns.
            TableFactor::Table { name, alias, args: Some(args), .. } => {
                let scope = lateral();
                let value = self.value_of_table(name, &args.args, &scope);
                (Table { value, ..self.function(name, args, &scope) }, alias)
            }
            TableFactor::Function { name, alias, args, .. } => {
                let scope = lateral();
                let value = self.value_of_table(name, args, &scope);
                (Table { value, ..self.function(name, args, &scope) }, alias)
            }
            TableFactor::TableFunction { expr, alias } => {
                (opaque("", self.everything(expr, &lateral())), alias)
            }
            TableFactor::UNNEST { alias, array_exprs, .. } => {
                let scope = lateral();
                let table = opaque("unnest", self.everything(array_exprs, &scope));
                let value = match &array_exprs[..] {
                    [array] => self.value_of_elements(array, &scope),
                    _ => None,
                };
                (Table { value, ..table }, alias)
            }
            TableFactor::JsonTable { alias, .. } => {
                (opaque("json_table", self.everything(factor, &lateral())), alias)
            }
            TableFactor::XmlTable { alias, .. } => {
                (opaque("xmltable", self.everything(factor, &lateral())), alias)
            }
            TableFactor::Table { alias, .. }
            | TableFactor::Derived { alias, .. }
            | TableFactor::OpenJsonTable { alias, .. }
            | TableFactor::Pivot { alias, .. }
            | TableFactor::Unpivot { alias, .. }
            | TableFactor::MatchRecognize { alias, .. }
            | TableFactor::SemanticView { alias, .. } => (opaque("", self.unknown()), alias),
            TableFactor::UnpivotExpr { .. } => (opaque("", self.unknown()), &None),
        }
    }

    fn derived(&self, subquery: &Query, scope: &Scope) -> Table {
        match self.query(subquery, scope) {
            Some(columns) => Table { columns: settled(columns).into(), ..Table::default() },
            None => Table::opaque(SmolStr::default(), self.unknown()),
        }
    }

    /// A function in `FROM`, with what it is given.
    fn function<T: Visit>(&self, name: &ObjectName, arguments: &T, scope: &Scope) -> Table {
        let mut traced = self.everything(arguments, scope);
        traced.from.add(&self.called(name));
        self.note(&traced);
        let called = parts(name).and_then(|parts| parts.last().map(folded)).unwrap_or_default();
        Table::opaque(called.into(), traced)
    }

    /// A `WITH` query, or something that the store holds.
    fn relation(&self, name: &ObjectName, scope: &Scope) -> Table {
        let parts = parts(name).unwrap_or_default();
        let called = parts.last().map(folded).unwrap_or_default();
        self.named(&parts, scope).unwrap_or_else(|| Table::opaque(called.into(), self.unknown()))
    }

    /// Finds the table with that name; `None` where nothing known here has it.
    pub(super) fn named(&self, parts: &[Ident], scope: &Scope) -> Option<Table> {
        let names: Vec<String> = parts.iter().map(folded).collect();
        let (schema, table) = match &names[..] {
            [name] => return scope.ctes.get(name.as_str()).cloned(),
            [schema, table] | [_, schema, table] => (schema, table),
            _ => return None,
        };
        let name: SmolStr = table.as_str().into();
        // The catalogues of the store hold no row of the platform; those that show values are refused before.
        if ["pg_catalog", "information_schema", "cron"].contains(&schema.as_str()) {
            return Some(Table::opaque(name, Traced::default()));
        }
        let relation = everything::relation(self.relations, self.store, &names)?;
        Some(self.work.table(self.store, relation, || self.stored(relation, name)))
    }

    /// Returns a relation of the store as a table with that name.
    fn stored(&self, relation: Relation, name: SmolStr) -> Table {
        let all = || Traced {
            from: everything::of(self.platform, relation).into_iter().collect(),
            ..Traced::default()
        };
        let of: &dyn Fn(_) -> Lineage = match relation {
            Relation::View(view) => &move |column| Lineage::Column(view, column),
            Relation::Entity(entity) => &move |field| Lineage::Field(entity, field),
            Relation::AuditLog(_) | Relation::Sequence(_) => return Table::opaque(name, all()),
        };
        let stored = stored_values(self.platform, self.store, relation);
        let columns =
            stored.into_iter().map(|(name, field, value)| Column::new(name, Traced::of(of(field)), value));
        let columns: Vec<Column> = columns.collect();
        // A record with too many members to follow leaves its columns out, as an error says.
        let known: BTreeSet<Lineage> =
            columns.iter().flat_map(|column| column.traced.from.iter().copied()).collect();
        let rest = Some(all()).filter(|all| all.from.iter().any(|from| !known.contains(from)));
        Table { name, columns: Rc::new(columns), rest, ..Table::default() }
    }

    fn aliased(&self, table: Table, alias: &TableAlias) -> Table {
        let names: Vec<SmolStr> = alias.columns.iter().map(|c| folded(&c.name).into()).collect();
        let name = folded(&alias.name).into();
        let columns = match &table.rest {
            _ if names.is_empty() => table.columns,
            // `unnest(tags) as t(tag)` names the columns of what gives unknown ones: each may be any of them.
            Some(_) => {
                let traced = table.row();
                let one = table.value.clone().filter(|_| names.len() == 1);
                let types = alias.columns.iter().map(|column| column.data_type.as_ref());
                names
                    .into_iter()
                    .zip(types)
                    .map(|(name, ty)| {
                        let value = ty.map(Value::of_data_type).or_else(|| one.clone()).unwrap_or_default();
                        Column::new(name, traced.clone(), value)
                    })
                    .collect::<Vec<_>>()
                    .into()
            }
            None => rename(table.columns.to_vec(), &names).into(),
        };
        Table { name, columns, ..table }
    }
}

impl Tracer<'_> {
    /// The columns of a join: those that it merges, then the others of both sides.
    fn merge(&self, left: &Source, right: &Source, join: &JoinOperator) -> Option<Vec<Column>> {
        let (lefts, rights) = (left.columns.as_ref()?, right.columns.as_ref()?);
        let names: Vec<SmolStr> = match constraint_of(join)? {
            JoinConstraint::On(_) | JoinConstraint::None => Vec::new(),
            JoinConstraint::Using(names) => {
                names.iter().map(|name| Some(folded(parts(name)?.last()?).into())).collect::<Option<_>>()?
            }
            // Its alias is one more table.
            JoinConstraint::UsingAlias(..) => return None,
            JoinConstraint::Natural => {
                let right: HashSet<&SmolStr> = rights.iter().map(|column| &column.name).collect();
                let shared = lefts.iter().filter(|column| right.contains(&column.name));
                shared.map(|column| column.name.clone()).collect()
            }
        };
        let is_merged: HashSet<&SmolStr> = names.iter().collect();
        let mut columns: Vec<Column> = Vec::new();
        for name in &names {
            let of = |source: &Source| -> Vec<Column> { source.seen().filter(|c| c.name == *name).collect() };
            columns.push(self.merged(name, &of(left), &of(right), join)?);
        }
        let others = |source: &Source| {
            let alone = source.tables.first().filter(|_| source.tables.len() == 1).map(|table| table.id);
            let columns = source.columns.iter().flat_map(|columns| columns.iter());
            let others = columns.filter(|column| !is_merged.contains(&column.name));
            others
                .map(|column| Column { table: alone.or(column.table), ..column.clone() })
                .collect::<Vec<_>>()
        };
        columns.extend(others(left));
        columns.extend(others(right));
        Some(columns)
    }

    /// The one column that a join makes of those of this name on its two sides.
    fn merged(
        &self,
        name: &SmolStr,
        left: &[Column],
        right: &[Column],
        join: &JoinOperator,
    ) -> Option<Column> {
        let traced = joined(left.iter().chain(right).map(|column| &column.traced))?;
        let value = match (left, right) {
            ([left], [right]) => {
                let both = self.together(&left.value, &right.value).unwrap_or_default();
                let sides = Side::absent_after(join);
                let absence = match (sides.contains(&Side::Left), sides.contains(&Side::Right)) {
                    // Both are equal, so neither is absent.
                    (false, false) => Absence::Never,
                    (false, true) => left.value.absence,
                    (true, false) => right.value.absence,
                    (true, true) => Absence::Unsure,
                };
                both.absent(absence)
            }
            _ => Value::unknown(),
        };
        Some(Column { table: Some(0), ..Column::new(name.clone(), traced, value) })
    }
}

/// The columns of a query that others read.
pub(super) fn settled(columns: Vec<Column>) -> Vec<Column> {
    columns.into_iter().map(|column| Column { value: column.value.settled(), ..column }).collect()
}

pub(super) fn rename(mut columns: Vec<Column>, names: &[SmolStr]) -> Vec<Column> {
    for (column, name) in columns.iter_mut().zip(names) {
        column.name = name.clone();
    }
    columns
}

/// Returns the constraint of a join, such as its `ON`; `None` for the kinds that PostgreSQL does not have.
pub(super) fn constraint_of(join: &JoinOperator) -> Option<&JoinConstraint> {
    use JoinOperator as J;
    match join {
        J::Join(c)
        | J::Inner(c)
        | J::Left(c)
        | J::LeftOuter(c)
        | J::Right(c)
        | J::RightOuter(c)
        | J::FullOuter(c)
        | J::CrossJoin(c) => Some(c),
        J::Semi(_)
        | J::LeftSemi(_)
        | J::RightSemi(_)
        | J::Anti(_)
        | J::LeftAnti(_)
        | J::RightAnti(_)
        | J::CrossApply
        | J::OuterApply
        | J::AsOf { .. }
        | J::StraightJoin(_)
        | J::ArrayJoin
        | J::LeftArrayJoin
        | J::InnerArrayJoin => None,
    }
}
