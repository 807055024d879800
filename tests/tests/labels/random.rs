//! Queries that nobody thought of: made at random of joins, subqueries, `WITH`, set operations and names that hide each
//! other. Where PostgreSQL gives rows, the compiler either refuses the query or knows what each column shows.

use std::fmt::Write;

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::rows::{fill, judged};
use super::table::{Case, PEOPLE, try_carried};

/// How many are made.
const QUERIES: u64 = 250;

#[test]
fn no_column_of_a_random_query_shows_what_it_does_not_carry() {
    let Some(mut db) = Postgres::server() else { return };
    let artifacts = project::build(PEOPLE);
    for (role, file) in [("postgres", "main/roles.sql"), ("labels_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    fill(&mut db);
    let (mut ran, mut understood, mut seen) = (0, 0, 0);
    for seed in 0..QUERIES {
        let (sql, columns) = Maker::new(seed).query(3, &[]);
        let Ok(rows) = db.rows(&format!("select * from (\n{sql}\n) made limit 50")) else { continue };
        ran += 1;
        let columns = columns.into_iter().map(|name| (name, String::new())).collect();
        let case = Case { name: String::new(), from: 14, installed: true, sql, columns };
        let Ok(carried) = try_carried(std::slice::from_ref(&case)) else { continue };
        understood += 1;
        for row in rows {
            seen += judged(&row, &carried[0]).unwrap_or_else(|e| panic!("query {seed}: {e}\n{}", case.sql));
        }
    }
    assert!(ran > QUERIES / 4, "of {QUERIES} queries PostgreSQL ran {ran}");
    assert!(understood > ran * 9 / 10, "of {ran} queries {understood} were understood");
    assert!(seen > 400, "only {seen} values were recognized");
}

/// Few names, so that they collide.
const NAMES: &[&str] = &["email", "code", "size", "x", "p", "people"];

const TABLES: &[(&str, &[&str])] = &[
    ("core.people", &["id", "email", "body", "size", "born", "tags"]),
    ("core.wallets", &["id", "person", "balance", "note"]),
    ("core.nodes", &["id", "parent", "size", "code"]),
    ("core.mail", &["id", "address", "size"]),
];

/// Something in `FROM`: its name, and the columns that it has.
#[derive(Clone)]
struct Seen {
    name: String,
    columns: Vec<String>,
}

struct Maker {
    state: u64,
    /// `WITH` queries in sight.
    ctes: Vec<Seen>,
}

impl Maker {
    fn new(seed: u64) -> Self {
        let mut maker = Self { state: seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1, ctes: Vec::new() };
        (0..8).for_each(|_| {
            maker.below(2);
        });
        maker
    }

    fn below(&mut self, n: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 33) as usize % n
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())].clone()
    }

    /// Different names.
    fn names(&mut self, count: usize) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        while names.len() < count {
            let name = self.one(NAMES).to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// A query and the names of its columns, all of which are texts.
    fn query(&mut self, depth: usize, outer: &[Seen]) -> (String, Vec<String>) {
        let before = self.ctes.clone();
        let mut with = String::new();
        if depth > 0 && self.below(3) == 0 {
            let recursive = self.below(3) == 0;
            let (inner, columns) = self.query(depth - 1, outer);
            let (name, renamed) = (self.one(NAMES).to_owned(), self.names(columns.len()));
            let list = if self.below(2) == 0 { format!(" ({})", renamed.join(", ")) } else { String::new() };
            let columns = if list.is_empty() { columns } else { renamed };
            let word = if recursive { "with recursive" } else { "with" };
            with = format!("{word} {name}{list} as ({inner})\n");
            self.ctes.push(Seen { name, columns });
        }
        let count = 1 + self.below(3);
        let (mut sql, columns) = self.select(depth, outer, count);
        if depth > 0 && self.below(4) == 0 {
            let kind = self.one(&["union all", "union", "except", "intersect"]);
            let (other, _) = self.select(depth - 1, outer, columns.len());
            sql = format!("({sql})\n{kind}\n({other})");
        }
        self.ctes = before;
        (with + &sql, columns)
    }

    fn select(&mut self, depth: usize, outer: &[Seen], count: usize) -> (String, Vec<String>) {
        let (from, seen) = self.from(depth, outer, false);
        let mut around = seen.clone();
        around.extend_from_slice(outer);
        let names = self.names(count);
        let columns: Vec<String> =
            names.iter().map(|name| format!("{} as {name}", self.value(depth, &around))).collect();
        let mut sql = format!("select {}\n  from {from}", columns.join(", "));
        if self.below(3) == 0 {
            let _ = write!(sql, "\n where {} is not null", self.value(0, &around));
        }
        if self.below(4) == 0 {
            let _ = write!(sql, "\n order by {}", 1 + self.below(count));
        }
        (sql, names)
    }

    /// The column names that stand for only one of the columns in sight here.
    fn clear(seen: &[Seen]) -> Vec<String> {
        let all: Vec<&String> = seen.iter().flat_map(|seen| &seen.columns).collect();
        let times = |name: &String| all.iter().filter(|other| **other == name).count();
        all.iter().filter(|name| times(name) == 1).map(|name| (*name).clone()).collect()
    }

    /// `joined`: in parentheses, where there are joins and nothing else.
    fn from(&mut self, depth: usize, outer: &[Seen], joined: bool) -> (String, Vec<Seen>) {
        let (mut sql, mut seen) = self.factor(depth, outer, &[]);
        while self.below(3) == 0 || joined && seen.len() == 1 {
            let (right, more) = self.factor(depth, outer, &seen);
            // Two of one name do not stand beside each other.
            if more.iter().any(|new| seen.iter().any(|old| old.name == new.name)) {
                continue;
            }
            let left = Self::clear(&seen);
            let shared = Self::clear(&more).into_iter().find(|name| left.contains(name));
            let _ = match (self.below(6), shared) {
                (0, Some(shared)) => write!(sql, " full join {right} using ({shared})"),
                (1, Some(_)) => write!(sql, " natural join {right}"),
                (2, _) if !joined => write!(sql, ", {right}"),
                (3, _) => write!(sql, " left join {right} on true"),
                _ => write!(sql, " cross join {right}"),
            };
            seen.extend(more);
        }
        (sql, seen)
    }

    /// `before`: what `LATERAL` sees.
    fn factor(&mut self, depth: usize, outer: &[Seen], before: &[Seen]) -> (String, Vec<Seen>) {
        let around = || before.iter().chain(outer).cloned().collect::<Vec<Seen>>();
        let (sql, known, must) = match self.below(if depth > 0 { 7 } else { 3 }) {
            0 if !self.ctes.is_empty() => {
                let cte = self.one(&self.ctes.clone());
                (cte.name.clone(), cte, false)
            }
            3 => {
                let (query, columns) = self.query(depth - 1, outer);
                (format!("({query})"), Seen { name: String::new(), columns }, true)
            }
            4 => {
                let (query, columns) = self.query(depth - 1, &around());
                (format!("lateral ({query})"), Seen { name: String::new(), columns }, true)
            }
            5 => {
                let (inner, seen) = self.from(depth - 1, outer, true);
                if self.below(3) == 0 {
                    return (format!("({inner})"), seen);
                }
                let columns = seen.into_iter().flat_map(|seen| seen.columns).collect();
                (format!("({inner})"), Seen { name: String::new(), columns }, true)
            }
            6 if !before.is_empty() => {
                let value = self.value(0, &around());
                (
                    format!("unnest(array[{value}])"),
                    Seen { name: "unnest".to_owned(), columns: Vec::new() },
                    true,
                )
            }
            _ => {
                let (table, columns) = self.one(TABLES);
                let columns = columns.iter().map(|c| (*c).to_owned()).collect();
                (table.to_owned(), Seen { name: table.replace("core.", ""), columns }, false)
            }
        };
        if !must && self.below(3) == 0 {
            return (sql, vec![known]);
        }
        let name = self.one(NAMES).to_owned();
        let count = self.below(known.columns.len().min(3) + 1).max(usize::from(known.columns.is_empty()));
        let renamed = self.names(count);
        let list = if renamed.is_empty() { String::new() } else { format!(" ({})", renamed.join(", ")) };
        let rest = known.columns.into_iter().skip(renamed.len());
        let columns = renamed.into_iter().chain(rest).collect();
        (format!("{sql} as {name}{list}"), vec![Seen { name, columns }])
    }

    /// An expression that gives a text.
    fn value(&mut self, depth: usize, seen: &[Seen]) -> String {
        let table = self.one(seen);
        let column = if table.columns.is_empty() { "x".to_owned() } else { self.one(&table.columns) };
        let clear = Self::clear(seen);
        match self.below(if depth > 0 { 12 } else { 8 }) {
            0 | 1 => format!("{}.{column}::text", table.name),
            2 | 3 if !clear.is_empty() => format!("{}::text", self.one(&clear)),
            4 => format!("{}::text", table.name),
            5 if !clear.contains(&table.name) => format!("({}).{column}::text", table.name),
            6 => format!("to_jsonb({})::text", table.name),
            8 => format!("coalesce({}, {})", self.value(depth - 1, seen), self.value(depth - 1, seen)),
            9 => format!(
                "case when {0} > '' then {1} else 'z' end",
                self.value(0, seen),
                self.value(depth - 1, seen)
            ),
            10 => {
                let (query, _) = self.select(depth - 1, seen, 1);
                format!("({query} limit 1)")
            }
            11 => {
                let (query, columns) = self.query(depth - 1, seen);
                format!("(select string_agg({0}_of.{0}, ',') from ({query}) {0}_of)", columns[0])
            }
            _ => format!("{}.{column}::text", table.name),
        }
    }
}
