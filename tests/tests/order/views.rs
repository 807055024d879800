//! Views of a random platform: on tables, on each other, stored ones among them.

use super::draws::Draws;
use super::plan::Plan;

/// A view, as those that read it see it.
struct View {
    name: String,
    schema: usize,
    /// Its table in SQL.
    stored: String,
    key: &'static str,
    /// Whether its rows count as those of tenants, as those of every view on a view do.
    is_scoped: bool,
    /// Whether it has the column of the tenant.
    tells_tenant: bool,
    /// Whether it shows the tenant who reads it alone, so that nothing stored can be made of it.
    is_of_one: bool,
}

/// Returns views with the schema that each stands in, and the paths by which services name them.
pub fn write(draws: &mut Draws, plan: &Plan) -> Vec<(usize, String, String)> {
    let mut views: Vec<View> = Vec::new();
    let mut written = Vec::new();
    for at in 0..draws.below(6) {
        let (text, view) = one(draws, plan, &views, at);
        written.push((view.schema, text, format!("s{}.{}", view.schema, view.name)));
        views.push(view);
    }
    written
}

fn one(draws: &mut Draws, plan: &Plan, views: &[View], at: usize) -> (String, View) {
    let schema = draws.below(plan.schemas);
    // A name that sorts before or after those that it reads.
    let letter = draws.one(&["M", "A", "Z"]);
    let table = table(plan, draws.below(plan.entities.len()));
    let counts = draws.one_in(3);
    let read = if views.is_empty() || draws.one_in(3) { &table } else { &views[draws.below(views.len())] };
    // Figures are made of tables and figures.
    let read = if counts && read.is_scoped && !read.is_of_one { &table } else { read };
    let tells_tenant = draws.one_in(2) && read.tells_tenant;
    let is_stored = draws.one_in(3) && (!read.is_scoped || tells_tenant && !read.is_of_one);
    let view = View {
        name: format!("{letter}View{at}"),
        schema,
        stored: format!("{}_view{at}", letter.to_lowercase()),
        key: if counts { "bigint" } else { read.key },
        is_scoped: plan.tenancy.is_some(),
        tells_tenant,
        is_of_one: read.is_of_one || read.is_scoped && (is_stored || counts),
    };
    let stored = if is_stored { " materialized refresh every 1h" } else { "" };
    let tenant = match &plan.tenancy {
        Some(tenancy) if tells_tenant && tenancy.by_text => "  tenant_id: text(40)\n",
        Some(_) if tells_tenant => "  tenant_id: uuid\n",
        _ => "",
    };
    let sql = sql(draws, read, tells_tenant, counts);
    let index = if is_stored && draws.one_in(2) { "  index (id desc)\n" } else { "" };
    let fields = format!("  sql \"\"\"{sql}\"\"\"\n{tenant}  id: {}\n{index}", view.key);
    (format!("view {}{stored} {{\n{fields}}}\n", view.name), view)
}

/// A table, as a view sees it.
fn table(plan: &Plan, at: usize) -> View {
    let entity = &plan.entities[at];
    View {
        name: String::new(),
        schema: entity.schema,
        stored: entity.stored.clone(),
        key: entity.key_fields()[0].1,
        is_scoped: plan.is_scoped(at),
        tells_tenant: plan.is_scoped(at),
        is_of_one: false,
    }
}

fn sql(draws: &mut Draws, read: &View, tells_tenant: bool, counts: bool) -> String {
    // Between the parts of a name may stand whatever is a blank, and in front of it texts that end otherwise than they begin.
    let (before, dot) =
        (draws.one(&["", "/* don't /* s0.x */ */", "-- don't\n"]), draws.one(&[".", " . ", "./* 's */"]));
    let from = |alias: &str| {
        format!("{before} s{}{dot}\"{}\" {alias}", read.schema, read.stored.replace('"', "\"\""))
    };
    let tenant = if tells_tenant { "r.tenant_id, " } else { "" };
    let only = if draws.one_in(3) {
        format!(" WHERE r.id IN (SELECT o.id FROM {})", from("o"))
    } else {
        String::new()
    };
    let (id, group) = match (counts, tells_tenant) {
        (true, true) => ("count(*) AS id", " GROUP BY r.tenant_id"),
        (true, false) => ("count(*) AS id", ""),
        (false, _) => ("r.id", ""),
    };
    let odd = draws.one(&["", " WHERE $$it's$$ IS NOT NULL", r" WHERE E'it\'s' <> '' "]);
    let only = if only.is_empty() { odd.to_owned() } else { only };
    format!("SELECT {tenant}{id} FROM {}{only}{group}", from("r"))
}
