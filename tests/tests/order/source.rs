//! A random platform as text.

use std::fmt;
use std::fmt::Write;

use polity::source::Sources;
use proptest::collection::vec;
use proptest::prelude::*;

use super::draws::Draws;
use super::plan::{Entity, Isolation, Plan, Tenancy};
use super::{fields, references, views};

/// A source, and the major version that it is for.
#[derive(Clone)]
pub struct Made {
    pub major: u32,
    pub text: String,
}

impl fmt::Debug for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Made {
    pub fn sources(&self) -> Sources {
        Sources::single("made.polity", &self.text)
    }
}

pub fn made() -> impl Strategy<Value = Made> {
    let numbers = |most: usize| vec(any::<u16>(), 0..=most);
    // Each part has numbers of its own, so that none goes without because those before it had many choices.
    (numbers(120), numbers(800), numbers(60), numbers(80)).prop_map(|(plan, entities, views, services)| {
        let plan = Plan::draw(&mut Draws::new(&plan));
        write(&plan, &mut Draws::new(&entities), &mut Draws::new(&views), &mut Draws::new(&services))
    })
}

fn write(plan: &Plan, entities: &mut Draws, of_views: &mut Draws, of_services: &mut Draws) -> Made {
    let mut text = head(plan);
    let mut schemas: Vec<String> = (0..plan.schemas).map(|at| start(entities, plan, at)).collect();
    for (at, entity) in plan.entities.iter().enumerate() {
        schemas[entity.schema].push_str(&self::entity(entities, plan, at));
    }
    let views = views::write(of_views, plan);
    for (schema, view, _) in &views {
        schemas[*schema].push_str(view);
    }
    for schema in schemas {
        text.push_str(&schema);
        text.push_str("}\n\n");
    }
    let names: Vec<&str> = views.iter().map(|(_, _, path)| path.as_str()).collect();
    services(of_services, plan, &names, &mut text);
    Made { major: plan.major, text }
}

fn head(plan: &Plan) -> String {
    let mut settings = String::new();
    let mut more = String::new();
    if let Some(tenancy) = &plan.tenancy {
        if tenancy.is_signed {
            settings.push_str("  context: signed\n");
        }
        if tenancy.is_pooled {
            settings
                .push_str("  pool: pgbouncer { mode: transaction, size: 5, max_client_connections: 50 }\n");
        }
        more = tenants(tenancy);
    }
    if plan.encrypts {
        more.push_str("encryption key pii { algorithm: aes_256_gcm, rotate: 30d, scope: platform, provider: vault(\"transit/pii\") }\n\n");
    }
    format!(
        "platform made {{ environments: [dev] }}\n\nstore main: postgres {} {{\n  database: \"made\"\n  \
         extensions: [btree_gist, pg_trgm]\n{settings}}}\n\n{more}\
         enum Status {{ open, paid as \"PAID\" }}\n\
         enum Mood {{ calm, wild }}\n\
         struct Address {{ street: text(20), floor: int = 0 }}\n\
         struct Stamps {{ made_at: timestamp = now() immutable, changed_at: timestamp = now() on update now() }}\n\n",
        plan.major
    )
}

fn tenants(tenancy: &Tenancy) -> String {
    let ty = if tenancy.by_text { "text(40)" } else { "uuid" };
    let mut text = format!(
        "tenancy by tenant_id: {ty}\n\ntier pooled {{ isolation: row }}\n\
         tier beside {{ isolation: schema, prefix: \"{{tenant}}_\" }}\n\
         tier apart {{ isolation: database, prefix: \"db_{{tenant}}_\", quota: {{ connections: 20 }} }}\n\n"
    );
    for (at, isolation) in tenancy.tenants.iter().enumerate() {
        let tier = match isolation {
            Isolation::Schema => "beside",
            Isolation::Database => "apart",
        };
        let _ = write!(
            text,
            "tenant acme_{at}: {tier} {{ id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b1{at}\" }}\n\n"
        );
    }
    text
}

/// The begin of a schema, with what stands in it before its tables.
fn start(draws: &mut Draws, plan: &Plan, at: usize) -> String {
    let docs = if draws.one_in(2) { "/// Where things are kept.\n" } else { "" };
    let mut text =
        format!("{docs}schema s{at} in main {{\nsequence numbers from {}\n", draws.one(&[1, 1000]));
    if plan.log == Some(at) {
        let chained = if plan.is_chained { "; chained" } else { "" };
        let _ =
            writeln!(text, "audit log Log as \"log\" {{ partition by month ahead 1; retain 5y{chained} }}");
    }
    text
}

fn entity(draws: &mut Draws, plan: &Plan, at: usize) -> String {
    let Entity { stored, is_global, .. } = &plan.entities[at];
    let mut lines = Vec::new();
    fields::of_rows(&plan.entities[at], &mut lines);
    fields::of_own(draws, plan, at, &mut lines);
    references::of(draws, plan, at, &mut lines);
    let global = if *is_global { "global " } else { "" };
    let docs = if draws.one_in(3) { "/// A thing's \"own\" words.\n" } else { "" };
    let stored = stored.replace('"', "\\\"");
    format!("{docs}{global}entity Thing{at} as \"{stored}\" {{\n  {}\n}}\n", lines.join("\n  "))
}

fn services(draws: &mut Draws, plan: &Plan, views: &[&str], text: &mut String) {
    for number in 0..draws.below(3) {
        let mut lines = Vec::new();
        for (at, entity) in plan.entities.iter().enumerate() {
            let path = plan.path(at);
            match draws.below(6) {
                1 => lines.push(format!("read {path}")),
                2 => lines.push(format!("append {path}")),
                3 if !entity.append_only => lines.push(format!("write {path}")),
                4 if !entity.append_only && !entity.is_global => lines.push(format!("delete {path}")),
                5 => lines.push(format!("read {path} (id)")),
                _ => {}
            }
        }
        let seen = views.iter().filter(|_| draws.one_in(2));
        lines.extend(seen.map(|path| format!("read {path}")));
        if let Some(log) = plan.log
            && draws.one_in(2)
        {
            lines.push(format!("read s{log}.Log"));
        }
        let _ = write!(text, "service worker_{number} {{\n  {}\n}}\n\n", lines.join("\n  "));
    }
}
