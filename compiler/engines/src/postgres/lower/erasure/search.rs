//! How everything of a person is found: values of the rows, gathered into variables by which other rows are found, what is
//! referred to before what refers.

use serde::Serialize;

use super::super::super::sql::{Ident, Literal};
use super::super::table::{Table, column_name};
use super::super::types::column_type;
use super::person::Person;
use super::traces::Logged;
use polity_govern::erasure::Rows;

/// The values of what the bodies about a person begin with.
#[derive(Serialize)]
pub(super) struct Search {
    /// The schema of the functions.
    own: String,
    is_scoped: bool,
    pub(super) variables: Vec<Variable>,
    /// The tenant and the place that nobody may be moving, where tenants are moved.
    pub(super) settled: Option<String>,
    /// The name, as a text, under which two at once wait for each other.
    pub(super) lock: Option<String>,
    /// The condition on a hold `h` that stops the erasure.
    pub(super) hold: Option<String>,
    pub(super) log: Option<Logged>,
    /// The end of each query, where its rows are locked.
    pub(super) locking: &'static str,
    gathered: Vec<Gathered>,
    handed_on: Vec<HandedOn>,
}

#[derive(Serialize)]
pub(super) struct Variable {
    name: String,
    ty: String,
    value: &'static str,
}

impl Variable {
    pub(super) fn new(name: &str, ty: &str, value: &'static str) -> Self {
        Self { name: name.to_owned(), ty: ty.to_owned(), value }
    }
}

/// The rows of one entity.
#[derive(Serialize)]
struct Gathered {
    entity: String,
    values: String,
    variables: String,
    /// Where they stand in a table of this database; otherwise another store has told them.
    here: Option<Here>,
    /// The path of the entity, as a text.
    text: String,
    /// The variable that holds the person's own key, whether or not the row is there still.
    itself: Option<String>,
}

#[derive(Serialize)]
struct Here {
    columns: String,
    table: String,
    rows: String,
}

/// The values by which other stores find what they hold.
#[derive(Serialize)]
struct HandedOn {
    /// The path of the entity, as a text.
    text: String,
    pairs: String,
    variables: String,
    columns: String,
}

impl Person<'_> {
    /// The search, of which the rows are not locked.
    pub(super) fn search(&self) -> Search {
        let rows = || self.plan.found_rows();
        let handed_on = rows().filter(|rows| rows.handed_on && self.table(rows.entity).is_some());
        Search {
            own: Ident(&self.database.functions_schema).to_string(),
            is_scoped: self.is_scoped,
            variables: self.variables(),
            settled: None,
            lock: None,
            hold: None,
            log: None,
            locking: "",
            gathered: rows().filter_map(|rows| self.gathered(rows)).collect(),
            handed_on: handed_on.map(|rows| self.handed_on(rows)).collect(),
        }
    }

    fn variables(&self) -> Vec<Variable> {
        let p = self.database.platform;
        let mut variables = Vec::new();
        if self.is_scoped {
            let ty = self.database.tenancy.as_ref().map_or("text", |t| t.ty.as_str());
            variables.push(Variable::new("tenant", ty, "polity.current_tenant()"));
        }
        for rows in self.plan.found_rows() {
            for field in self.collected(rows) {
                let ty = column_type(p, &p[rows.entity].field(field).ty);
                let name = self.bare_variable(rows.entity, field);
                variables.push(Variable::new(&name, &format!("{ty}[]"), "'{}'"));
            }
        }
        variables.push(Variable::new("found", "jsonb", "coalesce($2, '{}')"));
        variables
    }

    fn gathered(&self, rows: &Rows) -> Option<Gathered> {
        let p = self.database.platform;
        let entity = &p[rows.entity];
        let fields = self.collected(rows);
        if fields.is_empty() {
            return None;
        }
        let here = self.table(rows.entity).map(|table| self.here(rows, table));
        let told = |field| {
            let ty = column_type(p, &entity.field(field).ty);
            format!("(r ->> {})::{ty}", Literal(&entity.field(field).named.name))
        };
        let values = fields.iter().map(|field| match &here {
            Some(_) => format!("t.{}", Ident(&column_name(entity, *field))),
            None => told(*field),
        });
        let values = values.map(|value| format!("coalesce(array_agg({value}), '{{}}')"));
        let variables = fields.iter().map(|field| self.variable(rows.entity, *field));
        let path = p.entity_path(rows.entity);
        let itself = entity.identity().first().filter(|_| rows.entity == self.plan.subject);
        Some(Gathered {
            values: values.collect::<Vec<_>>().join(", "),
            variables: variables.collect::<Vec<_>>().join(", "),
            here,
            text: Literal(&path).to_string(),
            itself: itself.map(|key| self.variable(rows.entity, *key)),
            entity: path,
        })
    }

    fn here(&self, rows: &Rows, table: &Table) -> Here {
        let column = |field| format!("t.{}", Ident(&column_name(table.entity, field)));
        let columns: Vec<String> = self.collected(rows).into_iter().map(column).collect();
        Here {
            columns: columns.join(", "),
            table: table.name.to_string(),
            rows: self.rows_of_person(rows, table),
        }
    }

    fn handed_on(&self, rows: &Rows) -> HandedOn {
        let p = self.database.platform;
        let named = rows.sought.iter().map(|field| Literal(&p[rows.entity].field(*field).named.name));
        let pairs = named.enumerate().map(|(at, name)| format!("{name}, r.c{at}::text"));
        let variables = rows.sought.iter().map(|field| self.variable(rows.entity, *field));
        let columns = (0..rows.sought.len()).map(|at| format!("c{at}"));
        HandedOn {
            text: Literal(&p.entity_path(rows.entity)).to_string(),
            pairs: pairs.collect::<Vec<_>>().join(", "),
            variables: variables.collect::<Vec<_>>().join(", "),
            columns: columns.collect::<Vec<_>>().join(", "),
        }
    }
}
