//! Finds whose rows lead to a person, what becomes of each, and in which order.

use super::inside::Inside;
use super::whose::forgets;
use super::{Action, Plan, Rows, keys};
use crate::Governed;
use polity_model::entity::Fate;
use polity_model::{Entity, EntityId, FieldId, Reference, StoreId, ViewId};

pub(super) struct Planner<'p> {
    platform: &'p Governed,
    subject: EntityId,
    referring: &'p [Vec<(EntityId, usize)>],
    /// Whether rows are the person's, for each entity.
    found: Vec<bool>,
    /// Whether rows are the person's though their references give way, for each entity: these are anonymized.
    gives_way: Vec<bool>,
    /// The next entity on a shortest way to the person, for each entity.
    next: Vec<Option<EntityId>>,
    /// The references to the person inside of records, for each entity.
    inside: Vec<Vec<Inside>>,
}

impl<'p> Planner<'p> {
    pub(super) fn new(
        platform: &'p Governed,
        subject: EntityId,
        referring: &'p [Vec<(EntityId, usize)>],
    ) -> Self {
        let count = platform.entities.len();
        let inside = |entity: &Entity| {
            let mut inside = platform.persons_inside(entity, subject);
            inside.retain(|inside| platform.is_whose_inside(entity, inside));
            inside
        };
        let mut planner = Self {
            platform,
            subject,
            referring,
            found: vec![false; count],
            gives_way: vec![false; count],
            next: vec![None; count],
            inside: platform.entities.iter().map(inside).collect(),
        };
        planner.find();
        planner
    }

    /// Breadth first, so that the way which is told is a shortest one. Ways that give way come last: they count only
    /// where a row that is anonymized has no other.
    fn find(&mut self) {
        self.found[self.subject.index()] = true;
        let mut reached = vec![self.subject];
        for entity in &self.platform.entities {
            if !self.inside[entity.id.index()].is_empty() {
                self.reach(entity.id, self.subject, &mut reached);
            }
        }
        let (mut at, mut given) = (0, 0);
        loop {
            while let Some(parent) = reached.get(at).copied() {
                at += 1;
                for (child, i) in &self.referring[parent.index()] {
                    if self.is_way(*child, *i) && !self.found[child.index()] {
                        self.reach(*child, parent, &mut reached);
                    }
                }
            }
            let Some(parent) = reached.get(given).copied() else { return };
            given += 1;
            for (child, i) in &self.referring[parent.index()] {
                let is_whose = self.platform.is_whose(*child, self.platform.reference(*child, *i));
                if is_whose && !self.found[child.index()] && self.is_anonymized(*child) {
                    self.gives_way[child.index()] = true;
                    self.reach(*child, parent, &mut reached);
                }
            }
        }
    }

    fn reach(&mut self, child: EntityId, parent: EntityId, reached: &mut Vec<EntityId>) {
        self.found[child.index()] = true;
        self.next[child.index()] = Some(parent);
        reached.push(child);
    }

    /// Whether a row is the person's for what this reference leads to.
    fn is_way(&self, entity: EntityId, reference: usize) -> bool {
        let reference = self.platform.reference(entity, reference);
        !forgets(reference) && self.platform.is_whose(entity, reference)
    }

    fn is_anonymized(&self, entity: EntityId) -> bool {
        self.platform.retain(entity).is_some_and(|retain| retain.fate == Fate::Anonymize)
    }

    pub(super) fn plan(&self) -> Plan {
        let (order, rings) = self.order();
        let mut plan = Plan {
            subject: self.subject,
            rows: Vec::with_capacity(order.len()),
            keys: Vec::new(),
            views: Vec::new(),
            pseudonyms: Vec::new(),
            trails: Vec::new(),
            turns: Vec::new(),
            rings,
            stuck: Vec::new(),
        };
        let mut actions = vec![Action::Forget; self.platform.entities.len()];
        for entity in &order {
            actions[entity.index()] = self.action(*entity, &actions);
        }
        plan.rows.extend(order.iter().map(|entity| self.rows(*entity, actions[entity.index()], &actions)));
        for entity in self.platform.entities.iter().filter(|entity| !self.found[entity.id.index()]) {
            let rows = self.rows(entity.id, Action::Forget, &actions);
            if !rows.emptied.is_empty() {
                plan.rows.push(rows);
            }
        }
        self.judge(&actions, &mut plan);
        keys::of(self.platform, &mut plan);
        self.seek(&mut plan);
        self.take_turns(&mut plan);
        plan.views = self.views();
        let hashed =
            self.platform.pseudonyms().filter_map(|(entity, id, hashed)| Some((entity, id, hashed.of()?)));
        let about = hashed.filter(|(_, _, (target, _))| self.found[target.index()]);
        plan.pseudonyms = about.map(|(entity, id, _)| (entity, id)).collect();
        let mut logs = vec![false; self.platform.audit_logs.len()];
        for audit in plan.rows.iter().filter_map(|rows| self.platform.audit(rows.entity)) {
            let before = self.platform[audit.into].after.map(|(before, _)| before);
            for log in before.into_iter().chain([audit.into]) {
                if !std::mem::replace(&mut logs[log.index()], true) {
                    plan.trails.push(log);
                }
            }
        }
        plan
    }

    /// The references by which rows of an entity are the person's.
    fn ways(&self, entity: EntityId) -> impl Iterator<Item = (usize, &'p Reference)> {
        let gives_way = self.gives_way[entity.index()];
        let all = self.platform.numbered_references(entity);
        let own = entity != self.subject;
        all.filter(move |(_, r)| {
            own && self.found[r.target.index()]
                && (gives_way || !forgets(r))
                && self.platform.is_whose(entity, r)
        })
    }

    /// The entities, each after those that it refers to, and the references that stand in the way of any such order.
    fn order(&self) -> (Vec<EntityId>, Vec<(EntityId, usize)>) {
        let count = self.platform.entities.len();
        let mut open = vec![0; count];
        for entity in self.platform.entities.iter().filter(|entity| self.found[entity.id.index()]) {
            open[entity.id.index()] = self.ways(entity.id).count();
        }
        let mut order = vec![self.subject];
        // Found by a record alone.
        order.extend((0..count).map(|at| EntityId(at as u32)).filter(|id| {
            *id != self.subject && open[id.index()] == 0 && !self.inside[id.index()].is_empty()
        }));
        let mut at = 0;
        while let Some(parent) = order.get(at).copied() {
            at += 1;
            for (child, i) in &self.referring[parent.index()] {
                if !self.ways(*child).any(|(way, _)| way == *i) {
                    continue;
                }
                open[child.index()] -= 1;
                if open[child.index()] == 0 {
                    order.push(*child);
                }
            }
        }
        let rest: Vec<EntityId> =
            self.platform.entities.iter().map(|e| e.id).filter(|id| open[id.index()] > 0).collect();
        let rings = self.rings(&rest);
        order.extend(rest);
        (order, rings)
    }

    /// The first reference of each entity without an order that leads back to that entity; entities that have none only
    /// refer to a ring.
    fn rings(&self, rest: &[EntityId]) -> Vec<(EntityId, usize)> {
        let mut open = vec![false; self.platform.entities.len()];
        rest.iter().for_each(|id| open[id.index()] = true);
        let mut referrers = vec![0; open.len()];
        let within = |id: EntityId, open: &[bool]| -> Vec<(usize, EntityId)> {
            self.ways(id).map(|(i, r)| (i, r.target)).filter(|(_, target)| open[target.index()]).collect()
        };
        for id in rest {
            within(*id, &open).iter().for_each(|(_, target)| referrers[target.index()] += 1);
        }
        let mut free: Vec<EntityId> = rest.iter().copied().filter(|id| referrers[id.index()] == 0).collect();
        while let Some(id) = free.pop() {
            open[id.index()] = false;
            for (_, target) in within(id, &open) {
                referrers[target.index()] -= 1;
                if referrers[target.index()] == 0 {
                    free.push(target);
                }
            }
        }
        let leads_back = |from: EntityId, to: EntityId| {
            let mut seen = vec![false; open.len()];
            let mut reached = vec![from];
            while let Some(id) = reached.pop() {
                if id == to {
                    return true;
                }
                if !std::mem::replace(&mut seen[id.index()], true) {
                    reached.extend(within(id, &open).into_iter().map(|(_, target)| target));
                }
            }
            false
        };
        let held = rest.iter().filter(|id| open[id.index()]);
        let back =
            |id: &EntityId| within(*id, &open).into_iter().find(|(_, target)| leads_back(*target, *id));
        held.filter_map(|id| back(id).map(|(i, _)| (*id, i))).collect()
    }

    fn action(&self, entity: EntityId, actions: &[Action]) -> Action {
        let stays = |reference: &Reference| {
            matches!(actions[reference.target.index()], Action::Anonymize | Action::Keep)
        };
        if self.is_anonymized(entity) {
            Action::Anonymize
        } else if entity != self.subject
            && !self.platform.holds_of_person(entity)
            && self.inside[entity.index()].is_empty()
            && self.ways(entity).all(|(_, reference)| stays(reference))
        {
            Action::Keep
        } else {
            Action::Delete
        }
    }

    fn rows(&self, entity: EntityId, action: Action, actions: &[Action]) -> Rows {
        let owner = &self.platform[entity];
        let goes = |target: EntityId| actions[target.index()] == Action::Delete;
        let gives_way = |reference: &Reference| {
            let merely = self.merely_refers(entity, reference);
            let is_kept = self.platform.keeps(entity, reference);
            let may_be_empty = !is_kept && may_be_empty(owner, reference)
                || merely && reference.fields.iter().any(|field| owner.field(*field).ty.optional);
            forgets(reference)
                || (merely || action == Action::Anonymize) && goes(reference.target) && may_be_empty
        };
        let emptied = self.platform.numbered_references(entity);
        let emptied = emptied.filter(|(_, r)| self.found[r.target.index()] && gives_way(r)).map(|(i, _)| i);
        Rows {
            entity,
            action,
            by: self.ways(entity).map(|(i, _)| i).collect(),
            inside: self.inside[entity.index()].clone(),
            emptied: emptied.collect(),
            path: std::iter::successors(self.next[entity.index()], |at| self.next[at.index()]).collect(),
            sought: Vec::new(),
            handed_on: false,
        }
    }

    /// Adds the references that prevent the plan, since they lead to rows that go and are not emptied: to `rings` those
    /// of the person's own row, to `stuck` those of rows that stay.
    fn judge(&self, actions: &[Action], plan: &mut Plan) {
        for rows in &plan.rows {
            for (i, reference) in self.platform.numbered_references(rows.entity) {
                let goes = self.lets_go_of(reference, actions) && !rows.emptied.contains(&i);
                if self.merely_refers(rows.entity, reference) {
                    continue;
                }
                if goes && rows.entity == self.subject {
                    plan.rings.push((rows.entity, i));
                } else if goes && matches!(rows.action, Action::Anonymize | Action::Keep) {
                    plan.stuck.push((rows.entity, i));
                }
            }
        }
        for entity in &self.platform.entities {
            for (i, reference) in self.platform.numbered_references(entity.id) {
                let is_required = reference.fields.iter().all(|field| !entity.field(*field).ty.optional);
                // What no store enforces, and nobody said a word about, may name a row that is gone.
                let matters = self.platform.keeps(entity.id, reference)
                    || entity.subject.is_some()
                    || !entity.personal_of.is_empty();
                if is_required
                    && matters
                    && self.merely_refers(entity.id, reference)
                    && self.lets_go_of(reference, actions)
                {
                    plan.stuck.push((entity.id, i));
                }
            }
        }
    }

    /// Whether a reference names somebody, and the row is somebody else's.
    fn merely_refers(&self, entity: EntityId, reference: &Reference) -> bool {
        entity != self.subject && !self.platform.is_whose(entity, reference)
    }

    /// Whether a reference leads to rows that go, and does not give way by itself.
    fn lets_go_of(&self, reference: &Reference, actions: &[Action]) -> bool {
        self.found[reference.target.index()]
            && actions[reference.target.index()] == Action::Delete
            && !forgets(reference)
    }

    /// The stored rows of views, in the order in which one reads another.
    fn views(&self) -> Vec<ViewId> {
        let p = self.platform;
        let holds = |view: ViewId| {
            (0..p[view].columns.len()).any(|i| p.is_about_person(p.labels_of_column(view, FieldId(i as u32))))
        };
        let stored = p.views.iter().filter(|view| view.materialized.is_some());
        let reads = |view: ViewId| p.entities_read(view).iter().any(|entity| self.found[entity.index()]);
        let about = stored.filter(|view| reads(view.id));
        about.map(|view| view.id).filter(|view| holds(*view)).collect()
    }

    /// Finds the fields by which rows and keys find what is the person's, and whether another store needs their values.
    fn seek(&self, plan: &mut Plan) {
        let p = self.platform;
        let mut place = vec![usize::MAX; p.entities.len()];
        for (i, rows) in plan.rows.iter_mut().enumerate().filter(|(_, rows)| rows.action != Action::Forget) {
            place[rows.entity.index()] = i;
            if rows.entity == self.subject {
                rows.sought = p[rows.entity].identity().to_vec();
            }
        }
        let mut wanted: Vec<(StoreId, EntityId, FieldId)> = Vec::new();
        for rows in &plan.rows {
            let owner = &p[rows.entity];
            for reference in
                rows.by.iter().chain(&rows.emptied).map(|i| self.platform.reference(rows.entity, *i))
            {
                let target = &p[reference.target];
                let fields =
                    reference.target_fields.iter().filter(|field| self.tells(target.tenant, **field));
                wanted.extend(fields.map(|field| (owner.store, target.id, *field)));
            }
            wanted.extend(rows.inside.iter().map(|inside| (owner.store, self.subject, inside.field)));
        }
        for keys in &plan.keys {
            let sought = keys.by.iter();
            let sought =
                sought.flat_map(|names| names.parameters.iter().map(|(_, field)| (names.entity, *field)));
            let held = keys.held.iter().map(|held| (held.entity, held.field));
            wanted.extend(sought.chain(held).map(|(entity, field)| (p[keys.keyspace].store, entity, field)));
        }
        for (store, entity, field) in wanted {
            let rows = &mut plan.rows[place[entity.index()]];
            if !rows.sought.contains(&field) {
                rows.sought.push(field);
            }
            rows.handed_on |= p[entity].store != store;
        }
    }

    /// The tenant's column tells nothing of the rows of one tenant, among which the person is one.
    fn tells(&self, tenant: Option<FieldId>, field: FieldId) -> bool {
        Some(field) != tenant || self.platform[self.subject].tenant.is_none()
    }

    /// The shortest list of stores in which each entity comes after those that it is found by.
    fn take_turns(&self, plan: &mut Plan) {
        let mut turn = vec![0; self.platform.entities.len()];
        for rows in &plan.rows {
            let owner = &self.platform[rows.entity];
            let ways = rows.by.iter().chain(&rows.emptied).map(|i| self.platform.reference(rows.entity, *i));
            let after =
                ways.filter(|r| r.target != rows.entity).map(|r| turn[r.target.index()]).max().unwrap_or(0);
            let free = plan.turns.iter().skip(after).position(|store| *store == owner.store);
            turn[rows.entity.index()] = free.map_or(plan.turns.len(), |at| after + at);
            if free.is_none() {
                plan.turns.push(owner.store);
            }
        }
    }
}

/// Whether a reference that says nothing of deletes may lead to nobody.
fn may_be_empty(owner: &Entity, reference: &Reference) -> bool {
    reference.on_delete.is_none() && reference.fields.iter().any(|field| owner.field(*field).ty.optional)
}
