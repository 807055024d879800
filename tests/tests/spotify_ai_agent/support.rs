//! The example installed, and a client of it that seals as `encryption.json` says, as one in any language would.

use polity::artifact::Artifacts;
use polity_runtime::Uuid;
use polity_runtime::seal::{Algorithm, Cell, DataKey, IndexKey, Part, PseudonymKey, Sealed};
use polity_tests::engines::{Postgres, SqlError};
use polity_tests::project::{example, text};
use postgres::{Client, SimpleQueryMessage};
use serde_json::Value as Json;

pub const NAME: &str = "spotify-ai-agent";
pub const WAVES: &str = "0191f3a0-0002-7000-8000-000000000001";
pub const VOSS: &str = "0191f3a0-0002-7000-8000-000000000002";
pub const PREMIUM: &str = "018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10";
pub const PERSON: &str = "0197a000-0000-7000-8000-000000000001";

/// A server with the database that tenants share.
pub fn installed(artifacts: &Artifacts) -> Option<Postgres> {
    let db = Postgres::server()?;
    install(&db, artifacts, "main", "spotify_ai_agent_migrator");
    Some(db)
}

pub fn install(db: &Postgres, artifacts: &Artifacts, folder: &str, migrator: &str) {
    for (role, file) in [("postgres", "roles.sql"), (migrator, "schema.sql")] {
        let path = format!("{folder}/{file}");
        db.script_as(role, &text(artifacts, &path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

/// Runs statements as one service in a transaction of a tenant; rows as `a|b`.
pub fn within(client: &mut Client, tenant: &str, sql: &str) -> Result<Vec<String>, String> {
    let outcome = client.simple_query(&format!("begin; select polity.enter('{tenant}'); {sql}; commit"));
    let rows = outcome.map_err(|error| {
        let code = error.code().map_or("", |code| code.code()).to_owned();
        let detail = error.as_db_error().map(|e| e.message().to_owned()).unwrap_or_default();
        client.batch_execute("rollback").expect("it can be undone");
        format!("{code} {detail}")
    })?;
    let text = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|i| row.get(i).unwrap_or("")).collect::<Vec<_>>().join("|"))
        }
        _ => None,
    };
    // The first row is what `enter` answers.
    Ok(rows.iter().filter_map(text).skip(1).collect())
}

pub fn session(db: &Postgres, service: &str) -> Client {
    let logged_in: Result<Client, SqlError> = db.session(&format!("spotify_ai_agent_{service}"));
    logged_in.unwrap_or_else(|e| panic!("{service}: {e}"))
}

/// A client that seals: it knows the fields as `encryption.json` describes them, and keys.
pub struct Sealer {
    described: Json,
    key: DataKey,
}

impl Sealer {
    pub fn new() -> Self {
        let described = serde_json::from_str(&text(&example(NAME), "encryption.json")).expect("it is JSON");
        let id = "0197a000-0000-7000-8000-0000000000aa".parse().expect("a UUID");
        let key = DataKey::new(id, Algorithm::Aes256Gcm, &[7; 32]);
        Self { described, key }
    }

    fn ids(&self, field: &str) -> (Uuid, Uuid) {
        let all = ["fields", "pseudonyms"].iter().flat_map(|list| self.described[list].as_array());
        let found = all.flatten().find(|described| described["field"] == field);
        let found = found.unwrap_or_else(|| panic!("`{field}` is not encrypted"));
        let id = |name: &str| found[name].as_str().and_then(|id| id.parse().ok()).expect("a UUID");
        (id("entity_id"), id("field_id"))
    }

    pub fn seal(&self, field: &str, tenant: &str, row: &[Part<'_>], value: &[u8]) -> Sealed {
        let (entity, field) = self.ids(field);
        let tenant = Some(uuid(tenant));
        self.key.seal(&Cell { tenant, entity, field, row }, value).expect("it can be sealed")
    }

    pub fn open(&self, field: &str, tenant: &str, row: &[Part<'_>], sealed: &[u8]) -> Option<Vec<u8>> {
        let (entity, field) = self.ids(field);
        let tenant = Some(uuid(tenant));
        let sealed = Sealed::try_from(sealed.to_vec()).ok()?;
        self.key.open(&Cell { tenant, entity, field, row }, &sealed).ok()
    }

    /// A blind index as a literal of SQL.
    pub fn index(&self, field: &str, tenant: &str, value: &[u8]) -> String {
        let (entity, field) = self.ids(field);
        let key = IndexKey::derive(&[9; 32], Some(&uuid(tenant)), entity, field, 1).expect("32 bytes");
        bytea(key.index(value).as_bytes())
    }

    /// A pseudonym as a literal of SQL.
    pub fn pseudonym(&self, field: &str, tenant: &str, of: &str) -> String {
        let (entity, field) = self.ids(field);
        let key = PseudonymKey::derive(&[9; 32], Some(&uuid(tenant)), entity, field, 1).expect("32 bytes");
        bytea(key.pseudonym(&uuid(of)).expect("a key").as_bytes())
    }
}

pub fn uuid(text: &str) -> Part<'static> {
    Part::Uuid(text.parse().expect("a UUID"))
}

pub fn bytea(bytes: &[u8]) -> String {
    format!("'\\x{}'::bytea", hex(bytes))
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    let digits = text.trim_start_matches("\\x");
    (0..digits.len()).step_by(2).map(|i| u8::from_str_radix(&digits[i..i + 2], 16).expect("hex")).collect()
}

/// A person of a tenant as the client would write one, everything personal sealed.
pub fn person(sealer: &Sealer, tenant: &str, id: &str, email: &str) -> String {
    let row = [uuid(id)];
    let sealed = |field: &str, value: &str| {
        bytea(sealer.seal(&format!("accounts.User.{field}"), tenant, &row, value.as_bytes()).as_bytes())
    };
    format!(
        "insert into accounts.users (id, email, email_bx, display_name, birth_date, password, market)
         values ('{id}', {}, {}, {}, {}, '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA', 'SN')",
        sealed("email", email),
        sealer.index("accounts.User.email", tenant, email.as_bytes()),
        sealed("display_name", "Awa Diop"),
        sealed("birth_date", "\"1990-04-01\""),
    )
}

pub const MARKET: &str =
    "insert into accounts.markets (code, name, currency) values ('SN', 'Senegal', 'XOF')";
