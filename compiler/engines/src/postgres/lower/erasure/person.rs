//! The bodies of the functions about one kind of person: first everything is found, then it goes.

use std::fmt::Write;

use smol_str::SmolStr;

use super::super::super::sql::{ArrayText, Ident, Literal};
use super::super::audit::secret_columns;
use super::super::database::Database;
use super::super::maintenance::anonymized;
use super::super::names::{LIMIT, fit};
use super::super::table::{ANONYMIZED_AT, Table, arm_column, column_name};
use super::super::tenancy::moves;
use super::super::types::column_type;
use crate::hashed::hashed;
use polity_govern::erasure::{Action, Inside, Plan, Rows};
use polity_model::entity::Entity;
use polity_model::expr::Step;
use polity_model::{EntityId, FieldId, Reference, TypeKind};

/// The prefix of each variable: the label of its block and a dot.
const LABEL: &str = "person.";

pub(super) struct Person<'d> {
    pub(super) database: &'d Database<'d>,
    pub(super) plan: &'d Plan,
    /// `core.User`
    pub(super) path: String,
    /// The type of the key.
    pub(super) ty: String,
    key: String,
    /// Whether the person is one of a tenant's.
    pub(super) is_scoped: bool,
    /// The place of each entity in the plan, counted among the entities whose rows are found.
    place: Vec<Option<usize>>,
}

impl<'d> Person<'d> {
    pub(super) fn new(database: &'d Database<'d>, plan: &'d Plan) -> Self {
        let (ty, key) = super::key(database, plan);
        let mut place = vec![None; database.platform.entities.len()];
        for (i, rows) in plan.found_rows().enumerate() {
            place[rows.entity.index()] = Some(i);
        }
        Self {
            database,
            plan,
            path: database.platform.entity_path(plan.subject),
            ty,
            key,
            is_scoped: database.platform[plan.subject].tenant.is_some(),
            place,
        }
    }

    /// The body that erases.
    pub(super) fn erasing(&self) -> String {
        let mut body = self.beginning("");
        if moves(self.database) {
            body.push_str(&self.require_settled());
        }
        let _ = writeln!(
            body,
            "    -- Two at once wait for each other.\n    PERFORM pg_advisory_xact_lock(hashtextextended({} || $1::text, 0));\n    -- What is append only or immutable gives way, as it does to retention.\n    PERFORM set_config('polity.retain', 'on', true);\n",
            Literal(&format!("polity erases {} ", self.path))
        );
        self.find(true, &mut body);
        for rows in self.plan.rows.iter().rev() {
            if let Some(table) = self.table(rows.entity) {
                self.empty(rows, table, &mut body);
            }
        }
        for rows in self.plan.found_rows().rev() {
            if let Some(table) = self.table(rows.entity) {
                self.carry_out(rows, table, &mut body);
            }
        }
        for view in &self.plan.views {
            for view in self.database.views.iter().filter(|lowered| lowered.view.id == *view) {
                let _ = writeln!(body, "    PERFORM {}();", view.refresher(self.database));
            }
        }
        for trail in self.trails() {
            self.erase_values(trail, &mut body);
        }
        self.write_down(&mut body);
        body.push_str("    PERFORM set_config('polity.retain', '', true);\n    RETURN person.found;\nEND;");
        body
    }

    /// The body that exports.
    pub(super) fn exporting(&self) -> String {
        let mut body = self.beginning("    rows jsonb := '{}';\n    trail jsonb := '[]';\n");
        self.find(false, &mut body);
        for rows in self.plan.found_rows() {
            let Some(table) = self.table(rows.entity) else { continue };
            let secrets = secret_columns(self.database.platform, table);
            let without = if secrets.is_empty() {
                String::new()
            } else {
                format!(" - {}::text[]", ArrayText(&secrets))
            };
            let _ = writeln!(
                body,
                "    person.rows := person.rows || jsonb_build_object({}, (\n        SELECT coalesce(jsonb_agg(to_jsonb(t.*){without}), '[]') FROM {} t WHERE {}));",
                Literal(&self.database.platform.entity_path(rows.entity)),
                table.name,
                self.rows_of_person(rows, table)
            );
        }
        for trail in self.trails() {
            let _ = writeln!(
                body,
                "    person.trail := person.trail || (\n        SELECT coalesce(jsonb_agg(jsonb_build_object('at', e.at, 'entity', e.entity, 'operation', e.operation, 'old', p.old, 'new', p.new) ORDER BY e.at, e.seq), '[]')\n          FROM {} p JOIN {} e ON {}\n         WHERE {}",
                trail.payload,
                trail.name,
                self.entry_of(),
                self.named()
            );
            for entries in self.entries(trail) {
                let _ = writeln!(body, "            OR (e.entity, e.row_key) IN ({entries})");
            }
            body.push_str("    );\n");
        }
        let _ = write!(
            body,
            "    RETURN jsonb_build_object(\n        'subject', {}, 'id', $1, 'exported_at', now(), 'rows', person.rows, 'trail', person.trail, 'found', person.found\n    );\nEND;",
            Literal(&self.path)
        );
        body
    }

    /// Refuses while a tenant is moved: what is erased here would stand in the other place. Who is no tenant's is known to
    /// all of them.
    fn require_settled(&self) -> String {
        let place = Literal(self.database.placement.prefix().unwrap_or_default()).to_string();
        let (tenant, place) = match self.is_scoped {
            true => ("person.tenant::text", place.as_str()),
            false => ("NULL", "NULL"),
        };
        format!("    PERFORM polity.require_settled({tenant}, {place});\n")
    }

    /// Declarations, and what is asked of whoever calls.
    fn beginning(&self, more: &str) -> String {
        let mut body = String::from("#variable_conflict use_column\n<<person>>\nDECLARE\n");
        if self.is_scoped {
            let ty = self.database.tenancy.as_ref().map_or("text", |t| t.ty.as_str());
            let _ = writeln!(body, "    tenant {ty} := polity.current_tenant();");
        }
        for rows in self.plan.found_rows() {
            for field in self.collected(rows) {
                let entity = &self.database.platform[rows.entity];
                let ty = column_type(self.database.platform, &entity.field(field).ty);
                let _ = writeln!(
                    body,
                    "    {} {ty}[] := '{{}}';",
                    self.variable(rows.entity, field).trim_start_matches(LABEL)
                );
            }
        }
        let _ = writeln!(body, "    found jsonb := coalesce($2, '{{}}');\n{more}BEGIN");
        if self.is_scoped {
            body.push_str("    IF person.tenant IS NULL THEN\n        RAISE EXCEPTION USING ERRCODE = '42501', MESSAGE = 'no tenant is set for this transaction';\n    END IF;\n");
        }
        body.push_str("    IF $1 IS NULL THEN\n        RAISE EXCEPTION USING ERRCODE = '22004', MESSAGE = 'nobody is named';\n    END IF;\n");
        body
    }

    /// Fills the variables, what is referred to before what refers.
    fn find(&self, locks: bool, body: &mut String) {
        let own = Ident(&self.database.functions_schema);
        let p = self.database.platform;
        for rows in self.plan.found_rows() {
            let fields = self.collected(rows);
            if fields.is_empty() {
                continue;
            }
            let entity = &p[rows.entity];
            let _ = writeln!(body, "    -- {}", p.entity_path(rows.entity).replace(['\n', '\r'], " "));
            let variables: Vec<String> = fields.iter().map(|f| self.variable(rows.entity, *f)).collect();
            if let Some(table) = self.table(rows.entity) {
                let columns: Vec<String> =
                    fields.iter().map(|f| format!("t.{}", Ident(&column_name(entity, *f)))).collect();
                let gathered: Vec<String> =
                    columns.iter().map(|column| format!("coalesce(array_agg({column}), '{{}}')")).collect();
                let lock = if locks { " FOR UPDATE" } else { "" };
                let _ = writeln!(
                    body,
                    "    SELECT {}\n      INTO {}\n      FROM (SELECT {} FROM {} t\n             WHERE {}{lock}) t;",
                    gathered.join(", "),
                    variables.join(", "),
                    columns.join(", "),
                    table.name,
                    self.rows_of_person(rows, table)
                );
            } else {
                let gathered: Vec<String> = fields
                    .iter()
                    .map(|field| {
                        let ty = column_type(p, &entity.field(*field).ty);
                        let name = Literal(&entity.field(*field).named.name).to_string();
                        format!("coalesce(array_agg((r ->> {name})::{ty}), '{{}}')")
                    })
                    .collect();
                let _ = writeln!(
                    body,
                    "    SELECT {}\n      INTO {}\n      FROM jsonb_array_elements($2 -> {}) r;",
                    gathered.join(", "),
                    variables.join(", "),
                    Literal(&p.entity_path(rows.entity))
                );
            }
            if rows.entity == self.plan.subject {
                // Whether or not the row is there still.
                if let Some(key) = entity.identity().first() {
                    let _ = writeln!(body, "    {} := ARRAY[$1];", self.variable(rows.entity, *key));
                }
            }
        }
        for rows in self.plan.found_rows().filter(|rows| rows.handed_on && self.table(rows.entity).is_some())
        {
            let fields = &rows.sought;
            let pairs: Vec<String> = fields
                .iter()
                .enumerate()
                .map(|(at, field)| {
                    let name = Literal(&p[rows.entity].field(*field).named.name);
                    format!("{name}, r.c{at}::text")
                })
                .collect();
            let arrays: Vec<String> = fields.iter().map(|f| self.variable(rows.entity, *f)).collect();
            let columns: Vec<String> = (0..fields.len()).map(|at| format!("c{at}")).collect();
            let _ = writeln!(
                body,
                "    person.found := {own}.merge_found(person.found, jsonb_build_object({}, (\n        SELECT coalesce(jsonb_agg(jsonb_build_object({})), '[]') FROM unnest({}) AS r ({}))));",
                Literal(&p.entity_path(rows.entity)),
                pairs.join(", "),
                arrays.join(", "),
                columns.join(", ")
            );
        }
        body.push('\n');
    }

    /// References that give way.
    fn empty(&self, rows: &Rows, table: &Table, body: &mut String) {
        if rows.action == Action::Anonymize {
            return; // in one go with the rest of the row
        }
        let entity = table.entity;
        for i in &rows.emptied {
            let reference = &entity.references[*i];
            let sets: Vec<String> = self
                .nulled(entity, reference)
                .iter()
                .map(|column| format!("{} = NULL", Ident(column)))
                .collect();
            let _ = writeln!(
                body,
                "    UPDATE {} t SET {} WHERE {};",
                table.name,
                sets.join(", "),
                self.within(entity, self.leads(entity, reference))
            );
        }
    }

    fn nulled(&self, entity: &Entity, reference: &Reference) -> Vec<SmolStr> {
        let optional = reference.fields.iter().filter(|field| entity.field(**field).ty.optional);
        let mut columns = Vec::new();
        for field in optional {
            columns.push(column_name(entity, *field));
            if matches!(entity.field(*field).ty.kind, TypeKind::Union(_)) {
                columns.push(arm_column(entity, *field));
            }
        }
        columns
    }

    fn carry_out(&self, rows: &Rows, table: &Table, body: &mut String) {
        match rows.action {
            Action::Keep | Action::Forget => {}
            Action::Delete => {
                self.remark(rows, body);
                let _ = writeln!(
                    body,
                    "    DELETE FROM {} t WHERE {};",
                    table.name,
                    self.rows_of_person(rows, table)
                );
            }
            Action::Anonymize => {
                self.remark(rows, body);
                let mut sets: Vec<(SmolStr, String)> =
                    vec![(SmolStr::new_static(ANONYMIZED_AT), format!("coalesce(t.{ANONYMIZED_AT}, now())"))];
                let values = anonymized(self.database, table);
                let nulled =
                    rows.emptied.iter().flat_map(|i| self.nulled(table.entity, &table.entity.references[*i]));
                let nulled = nulled.map(|column| (column, "NULL".to_owned()));
                for (column, value) in values.into_iter().chain(nulled) {
                    if sets.iter().all(|(known, _)| *known != column) {
                        sets.push((column, value));
                    }
                }
                let sets: Vec<String> =
                    sets.iter().map(|(column, value)| format!("{} = {value}", Ident(column))).collect();
                let _ = writeln!(
                    body,
                    "    UPDATE {} t\n       SET {}\n     WHERE {};",
                    table.name,
                    sets.join(",\n           "),
                    self.rows_of_person(rows, table)
                );
            }
        }
    }

    /// Why the rows are the person's.
    fn remark(&self, rows: &Rows, body: &mut String) {
        if let Some((last, between)) = rows.path.split_last() {
            let by: Vec<String> = between.iter().map(|id| self.database.platform.entity_path(*id)).collect();
            let by = if by.is_empty() { String::new() } else { format!(", by way of {}", by.join(" and ")) };
            let whose = self.database.platform.entity_path(*last);
            let _ = writeln!(
                body,
                "    -- Of the {}{}",
                whose.replace(['\n', '\r'], " "),
                by.replace(['\n', '\r'], " ")
            );
        }
    }

    /// Which rows of a table are the person's.
    fn rows_of_person(&self, rows: &Rows, table: &Table) -> String {
        let entity = table.entity;
        if rows.entity == self.plan.subject {
            return self.within(entity, format!("t.{} = $1", Ident(&self.key)));
        }
        let ways = rows.by.iter().map(|i| self.leads(entity, &entity.references[*i]));
        let inside = rows.inside.iter().map(|inside| self.leads_inside(entity, inside));
        let ways: Vec<String> = ways.chain(inside).collect();
        match ways.as_slice() {
            [way] => self.within(entity, way.clone()),
            ways => self.within(entity, format!("({})", ways.join(" OR "))),
        }
    }

    /// Limits the condition `rows` to rows of the person's tenant, where the person and the entity have one.
    fn within(&self, entity: &Entity, rows: String) -> String {
        match entity.tenant.filter(|_| self.is_scoped) {
            Some(tenant) => format!("t.{} = person.tenant AND {rows}", Ident(&column_name(entity, tenant))),
            None => rows,
        }
    }

    /// Whether a reference leads to a row that was found.
    fn leads(&self, entity: &Entity, reference: &Reference) -> String {
        let target = &self.database.platform[reference.target];
        let pairs = reference.fields.iter().zip(&reference.target_fields);
        let pairs: Vec<(SmolStr, String)> = pairs
            .filter(|(_, field)| !(self.is_scoped && Some(**field) == target.tenant))
            .map(|(own, field)| (column_name(entity, *own), self.variable(reference.target, *field)))
            .collect();
        let mut leads = match pairs.as_slice() {
            [(column, variable)] => format!("t.{} = ANY ({variable})", Ident(column)),
            pairs => {
                let columns: Vec<String> = pairs.iter().map(|(c, _)| format!("t.{}", Ident(c))).collect();
                let variables: Vec<&str> = pairs.iter().map(|(_, v)| v.as_str()).collect();
                format!("({}) IN (SELECT * FROM unnest({}))", columns.join(", "), variables.join(", "))
            }
        };
        if let Some((arm, field)) = reference.told_by(entity) {
            leads = format!("({leads} AND t.{} = {})", Ident(&arm_column(entity, field)), Literal(arm));
        }
        leads
    }

    /// Whether a reference inside of a record leads to the person.
    fn leads_inside(&self, entity: &Entity, inside: &Inside) -> String {
        let p = self.database.platform;
        let mut field = entity.field(inside.path.root);
        let mut column = column_name(entity, inside.path.root);
        let mut within: Vec<SmolStr> = Vec::new();
        for step in &inside.path.steps {
            let Step::Member(record, member) = step else { continue };
            // Only the members of a record that is spread have columns of their own.
            let is_spread = within.is_empty() && field.inline.is_some();
            field = &p[*record].fields[member.index()];
            if is_spread {
                column = fit(&format!("{column}_{}", field.named.stored), LIMIT);
            } else {
                within.push(field.named.stored.clone());
            }
        }
        let ty = column_type(p, &p[self.plan.subject].field(inside.field).ty);
        let variable = self.variable(self.plan.subject, inside.field);
        let held = |column: &str, within: &[SmolStr], ty: &str| {
            if within.is_empty() {
                format!("t.{}", Ident(column))
            } else {
                format!("(t.{} #>> {}::text[])::{ty}", Ident(column), ArrayText(within))
            }
        };
        let leads = format!("{} = ANY ({variable})", held(&column, &within, &ty));
        let Some(arm) = &inside.arm else { return leads };
        match within.last_mut() {
            Some(last) => *last = smol_str::format_smolstr!("{last}_type"),
            None => column = fit(&format!("{column}_type"), LIMIT),
        }
        format!("({leads} AND {} = {})", held(&column, &within, "text"), Literal(arm))
    }

    /// The fields whose values are gathered: those that others seek, and the key where a trail names it.
    pub(super) fn collected(&self, rows: &Rows) -> Vec<FieldId> {
        let entity = &self.database.platform[rows.entity];
        let mut fields = rows.sought.clone();
        let is_audited = entity.audit.is_some() && entity.store == self.database.store.id;
        if is_audited || rows.entity == self.plan.subject {
            fields.extend(entity.identity().iter().filter(|field| !rows.sought.contains(field)));
        }
        fields
    }

    /// `person.users0_id`: by the label of the block, so that no column is taken for it.
    pub(super) fn variable(&self, entity: EntityId, field: FieldId) -> String {
        let entity = &self.database.platform[entity];
        let plain = |text: &str| -> String {
            let fits = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '_' };
            text.chars().take(20).map(fits).collect()
        };
        let at = self.place[entity.id.index()].unwrap_or_default();
        let stored = column_name(entity, field);
        let column = plain(&stored);
        // Two columns may look alike without what no variable has in its name.
        let number = if column == stored { SmolStr::default() } else { hashed("", &stored, LIMIT) };
        format!("person.{}{at}_{column}{number}", plain(&entity.named.stored))
    }

    pub(super) fn table(&self, entity: EntityId) -> Option<&'d Table<'d>> {
        if self.database.platform[entity].store != self.database.store.id {
            return None;
        }
        self.database.tables.iter().find(|table| table.entity.id == entity)
    }
}
