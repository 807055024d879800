//! Columns that are called otherwise and keep both names until the contract: a second column holds the same.

use smol_str::SmolStr;

use super::super::sql::Ident;
use super::audit::secret_columns;
use super::database::Database;
use super::fills::Fill;
use super::lowered::Lowered;
use super::names::{LIMIT, fit};
use super::sealed::Sealed;
use crate::hashed::hashed;
use polity_catalog::origins::{Origin, Origins};
use polity_catalog::relational::{
    Catalog, Column, ColumnValue, Constraint, ConstraintRule, FunctionBody, Index, Name, Object, ObjectId,
    Trigger, mentions,
};
use polity_govern::Stored;

/// The beginning of the names of triggers and functions that stay until the contract.
pub(in crate::postgres) const INTERIM: &str = "polity_fill_";

/// A column that takes the place of another.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Double {
    pub(in crate::postgres) table: Name,
    pub(in crate::postgres) old: SmolStr,
    pub(in crate::postgres) new: SmolStr,
    /// The value of the other.
    pub(in crate::postgres) fill: Fill,
}

/// Finds them among the columns that have another name. A field is renamed at once where the source accepts that (`accept break`),
/// where its table is called otherwise as well, and where one of its columns cannot be there twice.
pub(super) fn doubles(
    database: &Database,
    lowered: &Lowered,
    sealed: &Sealed,
    origins: &Origins,
) -> Vec<Double> {
    let path = |table: &Name, new: &SmolStr| {
        let id = ObjectId::Column(table.clone(), new.clone());
        origins.get(&id.to_string()).map_or("", |origin| origin.path.as_str())
    };
    let can_be = |(table, old, new): (&Name, &SmolStr, &SmolStr)| {
        let path = path(table, new);
        let both = (column(&sealed.catalog, table, old), column(&lowered.catalog, table, new));
        sealed.renames.relation(table) == *table
            && matches!(both, (Some(before), Some(after)) if are_alike(before, after))
            && checks_alike(lowered, sealed, (table, new))
            && !is_needed(&sealed.catalog, table, old)
            && !is_needed(&lowered.catalog, table, new)
            && !keeps_its_name(&sealed.catalog, &lowered.catalog, (table, new))
            && !is_kept_from_trails(database, lowered, (table, new))
            && !is_filled(database, path)
            && !is_accepted(database, "break", path)
            && !origins
                .get(&ObjectId::Column(table.clone(), new.clone()).to_string())
                .zip(both.0.zip(both.1))
                .is_some_and(|(origin, (before, after))| is_resealed(database, origin, before, after))
    };
    let renamed: Vec<_> = sealed.renames.columns().collect();
    let at_once: Vec<&str> =
        renamed.iter().filter(|one| !can_be(**one)).map(|(table, _, new)| path(table, new)).collect();
    let both = renamed.into_iter().filter(|(table, _, new)| !at_once.contains(&path(table, new)));
    let double = |(table, old, new): (&Name, &SmolStr, &SmolStr)| Double {
        table: table.clone(),
        old: old.clone(),
        new: new.clone(),
        fill: Fill { value: Ident(old).to_string(), is_same: false },
    };
    both.map(double).collect()
}

/// The function of a trigger of a table that stays until the contract; `what` tells it from others of the table. It ends in digits
/// of the hash of both: `a` with `b_c` and `a_b` with `c` run together alike.
pub(in crate::postgres) fn interim_function(table: &Name, what: &str) -> Name {
    let (plain, whole) = (format!("{INTERIM}{}_{what}", table.name), format!("{}.{what}", table.name));
    Name::new(table.schema.clone(), hashed(&plain, &whole, LIMIT))
}

/// Whether a trigger is one that keeps both names of a column in step: it names both.
pub(in crate::postgres) fn names_of(trigger: &Trigger) -> Option<(&str, &str)> {
    match &trigger.arguments[..] {
        [old, new] if trigger.name.starts_with(INTERIM) => Some((old, new)),
        _ => None,
    }
}

/// Whether a trigger writes a column for clients of before.
pub(in crate::postgres) fn waits_for_contract(trigger: &Trigger, column: &str) -> bool {
    let of_column = fit(&format!("{INTERIM}{column}"), LIMIT);
    trigger.name == of_column || names_of(trigger).is_some_and(|(old, new)| old == column || new == column)
}

pub(super) fn column<'c>(catalog: &'c Catalog, table: &Name, name: &SmolStr) -> Option<&'c Column> {
    match catalog.get(&ObjectId::Column(table.clone(), name.clone())) {
        Some(Object::Column(column)) => Some(column),
        _ => None,
    }
}

/// Whether whatever one column holds the other may hold.
fn are_alike(before: &Column, after: &Column) -> bool {
    // Nobody could tell NULL from a value that was left out, where both may be.
    let is_told = |one: &Column| match &one.value {
        ColumnValue::Absent => true,
        ColumnValue::Default(_) => one.required,
        _ => false,
    };
    before.ty == after.ty && before.required == after.required && is_told(before) && is_told(after)
}

/// Whether the source accepts a risk of the change of a field.
pub(in crate::postgres) fn is_accepted(database: &Database, risk: &str, path: &str) -> bool {
    database.platform.accepted.iter().any(|one| one.risk == risk && one.covers(path))
}

/// Whether clients make the value of a column anew: the source accepts it (`accept encryption`). A line that was sealed says it of
/// a change that was.
pub(super) fn is_resealed(database: &Database, origin: &Origin, before: &Column, after: &Column) -> bool {
    let platform = database.platform;
    match (before.uncompressed, after.uncompressed) {
        (false, false) => false,
        (true, true) => {
            let accepted = &platform.history.model.accepted;
            let is_new = platform.accepted.iter().any(|one| {
                one.risk == "encryption" && one.covers(&origin.path) && !accepted.contains_key(&one.key())
            });
            is_new
                || (is_bound_otherwise(platform, &origin.id)
                    && is_accepted(database, "encryption", &origin.path))
        }
        _ => is_accepted(database, "encryption", &origin.path),
    }
}

/// Whether the ciphertext of a field is made otherwise than that which was sealed.
pub(in crate::postgres) fn is_bound_otherwise(platform: &Stored, id: &SmolStr) -> bool {
    let before = platform.history.model.ciphertexts.get(id);
    before.is_some_and(|before| {
        platform.governed().ciphertexts().get(id).is_some_and(|now| now.differs(before).is_some())
    })
}

/// Whether no entry of a trail may hold a column: that of a row would hold the one with the other name.
fn is_kept_from_trails(database: &Database, lowered: &Lowered, (table, new): (&Name, &SmolStr)) -> bool {
    let is_told = lowered.catalog.triggers(table).any(|one| !one.before);
    let of = database.tables.iter().find(|of| of.name.0 == *table);
    is_told && of.is_some_and(|of| secret_columns(database.platform, of).contains(new))
}

/// Whether the source gives a field another value in rows that are there.
fn is_filled(database: &Database, path: &str) -> bool {
    let platform = database.platform;
    platform.backfills.iter().any(|one| {
        let entity = platform.entities.iter().find(|entity| entity.id == one.entity);
        let field = entity.map(|entity| entity.field(one.field).named.name.clone()).unwrap_or_default();
        let rest = path.strip_prefix(platform.entity_path(one.entity).as_str());
        let rest =
            rest.and_then(|rest| rest.strip_prefix('.')).and_then(|rest| rest.strip_prefix(field.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}

/// Whether each check of a column was there under its name of before.
fn checks_alike(lowered: &Lowered, sealed: &Sealed, (table, new): (&Name, &SmolStr)) -> bool {
    let renamed = sealed.renames.applied(&sealed.catalog);
    let of_column = |one: &&Constraint| matches!(&one.rule, ConstraintRule::Check(sql) if mentions(sql, new));
    let mut checks = lowered.catalog.constraints(table).filter(of_column);
    checks.all(|one| renamed.constraints(table).any(|before| before.rule == one.rule))
}

/// Whether something needs a column that it cannot have twice, or that has to hold its value at every moment: a key, partitions,
/// references to it, columns that are computed of it, policies, views, and triggers that judge a row before it is written.
pub(super) fn is_needed(catalog: &Catalog, table: &Name, name: &SmolStr) -> bool {
    let reads = |sql: &str, of: &Name| mentions(sql, name) && (of == table || mentions(sql, &table.name));
    catalog.objects().any(|object| match object {
        Object::Table(one) => {
            one.name == *table && one.partitioned.as_ref().is_some_and(|by| by.columns.contains(name))
        }
        Object::Constraint(one) => is_needed_by(one, table, name),
        Object::Index(index) => index.table == *table && index.nulls_not_distinct && has(index, name),
        Object::Column(one) => {
            one.table == *table && matches!(&one.value, ColumnValue::Generated(sql) if mentions(sql, name))
        }
        Object::Policy(one) => one.using.iter().chain(&one.check).any(|sql| reads(sql, &one.table)),
        Object::Rule(one) => reads(&one.condition, &one.table),
        Object::View(view) => {
            mentions(&view.query, &table.name)
                && (mentions(&view.query, name) || view.query.replace("(*)", "").contains('*'))
        }
        Object::Trigger(trigger) if trigger.table == *table => fires_of(catalog, trigger, name),
        _ => false,
    })
}

fn is_needed_by(one: &Constraint, table: &Name, name: &SmolStr) -> bool {
    match &one.rule {
        ConstraintRule::PrimaryKey(columns) => one.table == *table && columns.contains(name),
        ConstraintRule::Unique(columns) => {
            one.table == *table && one.nulls_not_distinct && columns.contains(name)
        }
        ConstraintRule::ForeignKey(key) => key.target == *table && key.target_columns.contains(name),
        ConstraintRule::Exclude(exclusion) => {
            let mut texts = exclusion.elements.iter().map(|(sql, _)| sql).chain(&exclusion.filter);
            one.table == *table && texts.any(|sql| mentions(sql, name))
        }
        ConstraintRule::Check(_) => false,
    }
}

fn has(index: &Index, name: &SmolStr) -> bool {
    index.columns.iter().any(|column| mentions(&column.sql, name))
}

/// Whether a trigger depends on which column a client wrote. One that fires behind the change sees both.
fn fires_of(catalog: &Catalog, trigger: &Trigger, name: &SmolStr) -> bool {
    let is_named = trigger.columns.contains(name)
        || trigger.condition.iter().any(|sql| mentions(sql, name))
        || trigger.arguments.iter().any(|text| text.contains(name.as_str()));
    let calls = |object: &Object| match object {
        Object::Function(function) if function.name == trigger.function => match &function.body {
            FunctionBody::Text(sql) | FunctionBody::Atomic(sql) => mentions(sql, name),
        },
        _ => false,
    };
    is_named || (trigger.before && catalog.objects().any(calls))
}

/// Whether a unique constraint of before has the name of one of today: `ON CONFLICT` needs that of either column until the contract.
fn keeps_its_name(before: &Catalog, after: &Catalog, (table, new): (&Name, &SmolStr)) -> bool {
    after.objects().any(|object| {
        let is_unique = match object {
            Object::Constraint(Constraint { table: of, rule: ConstraintRule::Unique(columns), .. }) => {
                of == table && columns.contains(new)
            }
            Object::Index(index) => index.unique && index.table == *table && has(index, new),
            _ => false,
        };
        is_unique && before.get(&polity_catalog::Identified::id(object)).is_some()
    })
}
