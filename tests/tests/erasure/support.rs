//! Two people with the same kinds of things.

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

pub const PEOPLE: &str = include_str!("people.polity");

/// The one who is erased, and the one who stays.
pub const ANA: Person = Person { name: "ana", digit: 'a' };
pub const BEN: Person = Person { name: "ben", digit: 'b' };

pub struct Person {
    pub name: &'static str,
    digit: char,
}

impl Person {
    /// The key of the person, and of what is the person's: `id(0)` is the person.
    pub fn id(&self, n: u32) -> String {
        format!("{}-{n:04}-4000-8000-000000000000", self.digit.to_string().repeat(8))
    }

    /// Rows in every table. What is about the person holds the name, and nothing else does.
    pub fn rows(&self) -> String {
        let Person { name, .. } = self;
        let [user, wallet, invoice, thing] = [0, 1, 2, 3].map(|n| format!("'{}'", self.id(n)));
        let (number, product) = (u32::from(self.digit), self.id(4));
        format!(
            "insert into core.users (id, email, password) values ({user}, '{name}@example.org', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA');
             insert into core.wallets (id, \"user\", name) values ({wallet}, {user}, 'of {name}');
             insert into core.transfers (wallet, note) values ({wallet}, 'from {name}');
             insert into core.transfers (wallet, note) values ({wallet}, 'again from {name}');
             insert into core.sessions (\"user\", ip) values ({user}, '10.0.0.{number}');
             insert into core.invoices (id, number, \"user\", name, street) values ({invoice}, {number}, {user}, '{name} Diop', '{name} Street');
             insert into core.lines values ({invoice}, 1, 9.99);
             insert into core.things (id, keeper, name) values ({thing}, {user}, 'a chair');
             insert into core.favourites (product, note) values ('{product}', 'of {name}');
             insert into core.remarks (\"on\", on_type, text) values ({wallet}, 'WALLET', 'about {name}');
             insert into core.remarks (\"on\", on_type, text) values ({thing}, 'THING', 'a chair');
             insert into core.parcels (\"to\")
             values (jsonb_build_object('who', jsonb_build_object('user', {user}, 'name', '{name}')));
             insert into core.parcels (\"to\")
             values (jsonb_build_object('who', jsonb_build_object('user', gen_random_uuid(), 'name', 'somebody')));
             insert into core.pickups (from_party, from_party_type, from_label) values ({thing}, 'THING', 'a shop');
             insert into core.pickups (from_party, from_party_type, from_label) values ({user}, 'USER', 'of {name}');
             delete from core.transfers where note = 'again from {name}';
             select polity.refresh_figures_directory();"
        )
    }
}

/// The database with both in it.
pub fn filled(artifacts: &Artifacts) -> Option<Postgres> {
    let db = Postgres::server()?;
    for (role, file) in [("postgres", "main/roles.sql"), ("people_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    for person in [ANA, BEN] {
        db.script_as("people_migrator", &person.rows()).expect("fills the tables");
    }
    let between = format!(
        "alter table core.users disable trigger before_update;
         update core.users set friend = '{}' where id = '{}';
         alter table core.users enable trigger before_update;
         insert into core.transfers (wallet, other, note) values ('{}', '{}', 'from ben')",
        ANA.id(0),
        BEN.id(0),
        BEN.id(1),
        ANA.id(1)
    );
    db.script_as("people_migrator", &between).expect("they know each other");
    Some(db)
}

/// Every value of the database in which a text occurs, as `table: row`, whatever table it stands in.
pub fn left(db: &mut Postgres, text: &str) -> Vec<String> {
    let tables = db
        .run("select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace
               where c.relkind in ('r', 'm') and n.nspname not like 'pg\\_%' and n.nspname <> 'information_schema'
               order by c.oid::regclass::text")
        .expect("lists the tables");
    let mut found = Vec::new();
    for table in tables.lines() {
        let rows = db
            .run(&format!("select t::text from {table} t where to_jsonb(t)::text like '%{text}%' order by 1"))
            .expect("reads the table");
        found.extend(rows.lines().map(|row| format!("{table}: {row}")));
    }
    found
}

/// The rows of Ben, sorted, once nothing of Ana is left: those in `core` that referred to her have lost her keys.
pub fn without_ana(rows: Vec<String>) -> Vec<String> {
    let forgets = |row: String| match row.starts_with("core.") {
        true => row.replace(&ANA.id(0), "").replace(&ANA.id(1), ""),
        false => row,
    };
    let mut rows: Vec<String> = rows.into_iter().map(forgets).collect();
    rows.sort();
    rows
}
