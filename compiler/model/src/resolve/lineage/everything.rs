//! The most that a statement can read: every column of every table that it names, and all that the functions that it
//! calls read.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use foldhash::HashSet;
use smol_str::SmolStr;
use sqlparser::ast::{Ident, ObjectName, Query, Visit, Visitor};

use super::super::sql::{Relation, Relations, folded, parts, whole_tables};
use super::origins::Origins;
use super::routines::Routines;
use super::work::Work;
use crate::written_sql::walk;
use crate::{FieldId, Lineage, Platform, StoreId};

/// Everything that a statement, or a part of one, can read.
pub(super) fn read_by<T: Visit>(
    platform: &Platform,
    relations: &Relations,
    routines: &Routines,
    work: &Work,
    store: StoreId,
    part: &T,
) -> Origins {
    let mut named = Named::default();
    let _ = walk(part, &mut named);
    let mut all = routines.read_by(store, &named.words, work);
    let found: BTreeSet<Relation> =
        named.relations.iter().filter_map(|names| relation(relations, store, names)).collect();
    all.add(&held_by(platform, work, found));
    all
}

/// Everything that these relations hold, as far as there is work left.
pub(super) fn held_by(
    platform: &Platform,
    work: &Work,
    relations: impl IntoIterator<Item = Relation>,
) -> Origins {
    let mut all = Origins::default();
    for relation in relations {
        let Some(held) = work.held(relation, || of(platform, relation).into_iter().collect()) else { break };
        all.add(&held);
    }
    all
}

/// The relation that a name with its schema means.
pub(super) fn relation(relations: &Relations, store: StoreId, names: &[String]) -> Option<Relation> {
    let ([schema, table] | [_, schema, table]) = names else { return None };
    relations.get(&(store, schema.as_str().into()))?.get(table.as_str()).copied()
}

/// Everything that a relation holds.
pub(super) fn of(platform: &Platform, relation: Relation) -> Vec<Lineage> {
    match relation {
        Relation::Entity(id) => platform[id].fields().map(|(field, _)| Lineage::Field(id, field)).collect(),
        Relation::View(id) => {
            let columns = 0..platform[id].columns.len();
            columns.map(|column| Lineage::Column(id, FieldId(column as u32))).collect()
        }
        Relation::AuditLog(id) => vec![Lineage::AuditLog(id)],
        // Numbers, which say nothing of a row.
        Relation::Sequence(_) => Vec::new(),
    }
}

/// Whatever a part of a statement names.
#[derive(Default)]
struct Named {
    relations: Vec<Vec<String>>,
    /// Every word of it: a function may be called without parentheses (`p.name`).
    words: HashSet<SmolStr>,
}

impl Visitor for Named {
    type Break = ();

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<()> {
        self.relations.extend(parts(name).map(|parts| parts.iter().map(folded).collect()));
        ControlFlow::Continue(())
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<()> {
        let whole = whole_tables(&query.body);
        self.relations.extend(whole.iter().map(|names| names.iter().map(folded).collect()));
        ControlFlow::Continue(())
    }

    fn pre_visit_ident(&mut self, ident: &Ident) -> ControlFlow<()> {
        self.words.insert(folded(ident).into());
        ControlFlow::Continue(())
    }
}
