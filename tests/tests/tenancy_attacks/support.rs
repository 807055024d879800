//! Two clinics on one server, and a service that works for either.

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;
use postgres::{Client, SimpleQueryMessage};

pub const CLINIC: &str = include_str!("clinic.polity");

/// The attacker's tenant, and the other.
pub const OURS: &str = "aaaaaaaa-0000-4000-8000-000000000001";
pub const THEIRS: &str = "bbbbbbbb-0000-4000-8000-000000000002";

/// The patient of each; the others' is the one to be found out about.
pub const OUR_PATIENT: &str = "aaaaaaaa-1111-4000-8000-000000000001";
pub const THEIR_PATIENT: &str = "bbbbbbbb-1111-4000-8000-000000000002";

pub struct Clinics {
    pub db: Postgres,
    pub service: Client,
}

/// Every table filled for both, with a service that logs in as itself.
pub fn clinics() -> Option<Clinics> {
    let mut db = installed(&project::build(CLINIC))?;
    for (tenant, patient, who) in [(OURS, OUR_PATIENT, "ours"), (THEIRS, THEIR_PATIENT, "theirs")] {
        db.script_as("clinic_migrator", &rows(tenant, patient, who)).expect("fills the tables");
    }
    db.run("create role web login in role clinic_app").expect("a service");
    let service = db.session("web").expect("logs in");
    Some(Clinics { db, service })
}

pub fn installed(artifacts: &Artifacts) -> Option<Postgres> {
    let db = Postgres::server()?;
    for (role, file) in [("postgres", "main/roles.sql"), ("clinic_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    Some(db)
}

pub fn rows(tenant: &str, patient: &str, who: &str) -> String {
    format!(
        "insert into core.country values ('SN') on conflict do nothing;
         insert into core.patients (tenant_id, id, email, name, country)
         values ('{tenant}', '{patient}', '{who}@example.org', '{who}', 'SN');
         insert into core.visits (tenant_id, patient, note) values ('{tenant}', '{patient}', '{who}');
         insert into core.room values ('{tenant}', 1, 'NEW');
         insert into core.booking (tenant_id, room, starts, ends) values ('{tenant}', 'a', '2026-01-01', '2026-01-05');
         insert into core.log (tenant_id, patient, body) values ('{tenant}', '{patient}', '{who}');"
    )
}

impl Clinics {
    /// Statements of the service within one transaction of its tenant, undone at the end: rows as `a|b`, or
    /// the SQLSTATE and the whole of what the server said.
    pub fn ours(&mut self, sql: &str) -> Result<String, (String, String)> {
        self.as_tenant(&format!("select polity.enter('{OURS}')"), sql)
    }

    /// Runs statements like [`Clinics::ours`], with `enter` in place of entering the tenant.
    pub fn as_tenant(&mut self, enter: &str, sql: &str) -> Result<String, (String, String)> {
        let result = query(&mut self.service, &format!("begin; {enter}; {sql}"));
        self.service.batch_execute("rollback").expect("the session goes on");
        result.map(|rows| rows.into_iter().filter(|row| !row.is_empty()).collect::<Vec<_>>().join("\n"))
    }

    /// Asserts that a statement is refused with an SQLSTATE, in words that say nothing of the others.
    pub fn refused(&mut self, sql: &str, sqlstate: &str) {
        match self.ours(sql) {
            Ok(rows) => panic!("`{sql}` was let through: {rows}"),
            Err((code, said)) => {
                assert_eq!(code, sqlstate, "{sql}: {said}");
                assert!(!said.contains("theirs"), "{sql} tells: {said}");
            }
        }
    }

    /// Everything of the others, as the administrator sees it: what no attack may change.
    pub fn of_theirs(&mut self) -> String {
        let tables = ["core.patients", "core.visits", "core.room", "core.booking", "core.log"];
        let all = tables.map(|table| {
            format!("select '{table}', to_jsonb(t)::text from {table} t where tenant_id = '{THEIRS}'")
        });
        self.db.run(&format!("{} order by 1, 2", all.join(" union all "))).expect("the administrator reads")
    }
}

pub fn query(client: &mut Client, sql: &str) -> Result<Vec<String>, (String, String)> {
    let messages = client.simple_query(sql).map_err(|error| {
        let db = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error:?}"));
        (db.code().code().to_owned(), format!("{} {:?} {:?}", db.message(), db.detail(), db.hint()))
    })?;
    let row = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|i| row.get(i).unwrap_or_default()).collect::<Vec<_>>().join("|"))
        }
        _ => None,
    };
    Ok(messages.iter().filter_map(row).collect())
}
