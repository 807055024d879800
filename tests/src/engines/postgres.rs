//! PostgreSQL 15 with PostGIS, pg_cron and pgTAP; other major versions with contrib only.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use postgres::error::SqlState;
use postgres::{Client, Config, NoTls, SimpleQueryMessage};

use tempfile::TempDir;

use super::redis_tls::{Authority, free_port};
use super::server::{Server, as_server_user, folder, hand_over};
use super::{optional, required, unique};

/// A database of its own, as the superuser `postgres`. It is dropped with the value.
pub struct Postgres {
    client: Client,
    config: Config,
    name: String,
    server: Option<Server>,
}

/// The answer of the server to a statement that it refused.
#[derive(Debug, Clone)]
pub struct SqlError {
    /// Five characters, such as `23505` for a duplicate key.
    pub sqlstate: String,
    pub message: String,
    pub detail: Option<String>,
    /// The constraint that was violated.
    pub constraint: Option<String>,
}

impl std::fmt::Display for SqlError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.sqlstate, self.message)
    }
}

impl Postgres {
    /// A fresh database on the shared server: quick. Roles belong to the whole server, so a test that creates some
    /// takes [`Postgres::server`].
    pub fn database() -> Option<Self> {
        let url = required("PostgreSQL", "POLITY_PG_URL")?;
        let config: Config = url.parse().expect("services.env holds a URL");
        let name = unique("test");
        let mut admin = connect(&config);
        admin.batch_execute(&format!("create database {name}")).expect("creates a database");
        Some(Self::open(config, name, None))
    }

    /// A server of its own, which takes a fraction of a second: for roles, for pg_cron and for server settings. The database
    /// is called `postgres` and is the one that pg_cron works in.
    pub fn server() -> Option<Self> {
        Self::server_with(&[])
    }

    /// A server of its own with settings such as `timezone=Asia/Tokyo`.
    pub fn server_with(settings: &[&str]) -> Option<Self> {
        let data = required("PostgreSQL", "POLITY_PG_DATA")?;
        let program = required("PostgreSQL", "POLITY_POSTGRES")?;
        let ours = ["shared_preload_libraries=pg_cron", "cron.use_background_workers=on"];
        Some(Self::start(&data, &program, &[&ours, settings].concat()))
    }

    /// A server of its own that listens on 127.0.0.1 as well, where its connections may be encrypted.
    pub fn encrypted(authority: &Authority) -> Option<Self> {
        let [certificate, key] =
            ["tls.crt", "tls.key"].map(|file| authority.file(file).display().to_string());
        Self::on_loopback(&[
            "ssl=on",
            &format!("ssl_cert_file={certificate}"),
            &format!("ssl_key_file={key}"),
        ])
    }

    /// A server of its own that listens on 127.0.0.1 as well, for clients that know no sockets of Unix.
    pub fn on_loopback(settings: &[&str]) -> Option<Self> {
        let port = format!("port={}", free_port());
        Self::server_with(&[&["listen_addresses=127.0.0.1", &port], settings].concat())
    }

    /// A server of its own of another major version. It has neither PostGIS nor pg_cron, and tests do without it.
    pub fn server_of(major: u32) -> Option<Self> {
        Self::server_of_with(major, &[])
    }

    /// Like [`Postgres::server_of`], with settings.
    pub fn server_of_with(major: u32, settings: &[&str]) -> Option<Self> {
        let engine = format!("PostgreSQL {major}");
        let data = optional(&engine, &format!("POLITY_PG_DATA_{major}"))?;
        let program = optional(&engine, &format!("POLITY_POSTGRES_{major}"))?;
        Some(Self::start(&data, &program, settings))
    }

    /// A standby of this server of its own: a copy of its files that follows it. It has the same settings.
    pub fn standby(&mut self, settings: &[&str]) -> Option<Self> {
        let program = required("PostgreSQL", "POLITY_POSTGRES")?;
        let (_, connection) = self.for_scripts("postgres")?;
        let made = self.server.as_ref()?.folder().join("data");
        self.run("select pg_backup_start('a standby', true)").expect("begins a backup");
        let folder = folder();
        let data = copied(&made, &folder);
        let label = self.run("select labelfile from pg_backup_stop(false)").expect("ends the backup");
        let follows = format!("\nprimary_conninfo = '{connection}'\n");
        std::fs::remove_file(data.join("postmaster.pid")).expect("the copy is no running server");
        let settled = std::fs::read_to_string(data.join("postgresql.auto.conf")).expect("initdb made it");
        for (file, text) in [
            ("backup_label", label),
            ("standby.signal", String::new()),
            ("postgresql.auto.conf", settled + &follows),
        ] {
            std::fs::write(data.join(file), text).expect("the copy is ours");
            hand_over(&data.join(file));
        }
        Some(Self::start_in(folder, &program, settings))
    }

    /// `made` is a data directory that initdb made and no server ran on.
    fn start(made: &str, program: &str, settings: &[&str]) -> Self {
        let folder = folder();
        copied(Path::new(made), &folder);
        Self::start_in(folder, program, settings)
    }

    /// Starts a server on the data in a folder.
    fn start_in(folder: TempDir, program: &str, settings: &[&str]) -> Self {
        let data = folder.path().join("data");
        let mut server = Command::new(program);
        server
            .arg("-D")
            .arg(&data)
            .arg("-c")
            .arg(format!("unix_socket_directories={}", folder.path().display()));
        for setting in ["listen_addresses=", "fsync=off"].iter().chain(settings) {
            server.args(["-c", setting]);
        }
        let mut config = Config::new();
        config.host_path(folder.path()).user("postgres").dbname("postgres");
        if let Some(port) = settings.iter().find_map(|setting| setting.strip_prefix("port=")) {
            config.port(port.parse().expect("a port is a number"));
        }
        let probe = config.clone();
        let server = Server::start(server, folder, "INT", || probe.connect(NoTls).is_ok());
        let server = server.unwrap_or_else(|log| panic!("PostgreSQL did not start:\n{log}"));
        Self::open(config, "postgres".to_owned(), Some(server))
    }

    fn open(mut config: Config, name: String, server: Option<Server>) -> Self {
        config.dbname(&name);
        Self { client: connect(&config), config, name, server }
    }

    /// The folder of a server of one's own, which its socket is in.
    pub fn folder(&self) -> &Path {
        match self.config.get_hosts() {
            [postgres::config::Host::Unix(folder), ..] => folder,
            _ => panic!("it has no folder"),
        }
    }

    /// Returns what ends a server of one's own at once (`pg_ctl stop --mode immediate`).
    pub fn end(&self) -> impl Fn() + Send + Sync + use<> {
        self.server.as_ref().expect("it is a server of its own").end()
    }

    /// Starts a server of one's own again that has ended.
    pub fn again(&mut self) {
        let probe = self.config.clone();
        let server = self.server.as_mut().expect("it is a server of its own");
        let started = server.again(|| probe.connect(NoTls).is_ok());
        started.unwrap_or_else(|log| panic!("PostgreSQL did not start:\n{log}"));
        self.reconnect();
    }

    /// Begins another session in place of one that the server has ended.
    pub fn reconnect(&mut self) {
        self.client = connect(&self.config);
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// One more database on the same server, for a test that compares two. Drop it before the first.
    pub fn another(&mut self) -> Self {
        let name = unique("test");
        self.client.batch_execute(&format!("create database {name}")).expect("creates a database");
        Self::open(self.config.clone(), name, None)
    }

    /// A copy of this database on the same server. Drop it before the first.
    pub fn copy(&mut self) -> Self {
        let name = unique("test");
        // Nobody may be in a database that is copied.
        self.client = connect(self.config.clone().dbname("template1"));
        let copy = format!("create database {name} template {}", self.name);
        self.client.batch_execute(&copy).expect("copies a database");
        let rights = include_str!("copied_rights.sql").replace("NEW", &name).replace("OLD", &self.name);
        self.client.batch_execute(&rights).expect("copies the rights on it");
        self.client = connect(&self.config);
        Self::open(self.config.clone(), name, None)
    }

    /// One more database on the same server, which this role makes and so owns. Drop it before the first.
    pub fn another_by(&self, user: &str) -> Self {
        let name = unique("test");
        let mut session = self.session(user).expect("logs in");
        session.batch_execute(&format!("create database {name}")).expect("creates a database");
        Self::open(self.config.clone(), name, None)
    }

    /// A second session on the same database as the role `user`, which must be allowed to log in.
    pub fn session(&self, user: &str) -> Result<Client, SqlError> {
        let mut config = self.config.clone();
        config.user(user).connect(NoTls).map_err(sql_error)
    }

    /// Runs statements in one implicit transaction and returns every row as `a|b` on a line, like `psql -At`.
    pub fn run(&mut self, sql: &str) -> Result<String, SqlError> {
        let rows = self.rows(sql)?;
        let text = |row: &Vec<Option<String>>| {
            let values: Vec<&str> = row.iter().map(|value| value.as_deref().unwrap_or_default()).collect();
            values.join("|")
        };
        Ok(rows.iter().map(text).collect::<Vec<_>>().join("\n"))
    }

    /// The rows of all statements, each value as PostgreSQL prints it and `None` for NULL.
    pub fn rows(&mut self, sql: &str) -> Result<Vec<Vec<Option<String>>>, SqlError> {
        let mut rows = Vec::new();
        for message in self.client.simple_query(sql).map_err(sql_error)? {
            if let SimpleQueryMessage::Row(row) = message {
                rows.push((0..row.len()).map(|i| row.get(i).map(str::to_owned)).collect());
            }
        }
        Ok(rows)
    }

    /// For typed queries and parameters.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// The URL of this database for a role.
    pub fn url(&self, user: &str) -> String {
        let host = match self.config.get_hosts() {
            [postgres::config::Host::Unix(folder), ..] => folder.display().to_string().replace('/', "%2F"),
            [postgres::config::Host::Tcp(name), ..] => name.clone(),
            [] => "localhost".to_owned(),
        };
        let port = self.config.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
        format!("postgres://{user}@{host}{port}/{}", self.name)
    }

    /// The port that the server listens on.
    pub fn port(&self) -> u16 {
        self.config.get_ports().first().copied().unwrap_or(5432)
    }

    /// For shell scripts that call `psql`: the folder that it is in, and this database as a role connects to it.
    pub fn for_scripts(&self, user: &str) -> Option<(PathBuf, String)> {
        let psql = PathBuf::from(required("PostgreSQL", "POLITY_PSQL")?);
        let mut connection = format!("dbname={} user={user}", self.name);
        for host in self.config.get_hosts() {
            match host {
                postgres::config::Host::Tcp(name) => connection.push_str(&format!(" host={name}")),
                postgres::config::Host::Unix(folder) => {
                    connection.push_str(&format!(" host={}", folder.display()));
                }
            }
        }
        Some((psql.parent()?.to_path_buf(), connection))
    }

    /// Runs a whole script as a person would, with `psql`: statement by statement, stopping at the first error, which
    /// comes back as psql prints it.
    pub fn script(&self, sql: &str) -> Result<String, String> {
        self.script_as("postgres", sql)
    }

    /// Runs a whole script like [`Postgres::script`], but as another role.
    pub fn script_as(&self, user: &str, sql: &str) -> Result<String, String> {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        std::fs::write(file.path(), sql).expect("the file is ours");
        let mut psql = Command::new(required("PostgreSQL", "POLITY_PSQL").ok_or("psql was not installed")?);
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=verbose"]);
        psql.arg("--file").arg(file.path()).args(["-U", user, "-d", &self.name]);
        for host in self.config.get_hosts() {
            match host {
                postgres::config::Host::Tcp(name) => psql.args(["-h", name]),
                postgres::config::Host::Unix(folder) => psql.arg("-h").arg(folder),
            };
        }
        if let [port] = self.config.get_ports() {
            psql.args(["-p", &port.to_string()]);
        }
        let output = psql.stdin(Stdio::null()).output().expect("psql was installed");
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // A server of our own goes as a whole; on a shared one the database must go.
        if self.server.is_none() {
            let mut config = self.config.clone();
            if let Ok(mut admin) = config.dbname("postgres").connect(NoTls) {
                let _ = admin.batch_execute(&format!("drop database if exists {} with (force)", self.name));
            }
        }
    }
}

/// Copies a data directory into a folder, as the server's user.
fn copied(made: &Path, folder: &TempDir) -> PathBuf {
    let data = folder.path().join("data");
    let mut copy = Command::new("cp");
    copy.arg("--archive").arg(made).arg(&data);
    let output = as_server_user(&mut copy, folder.path()).output().expect("cp is there");
    assert!(output.status.success(), "cp: {}", String::from_utf8_lossy(&output.stderr));
    data
}

fn connect(config: &Config) -> Client {
    config
        .connect(NoTls)
        .unwrap_or_else(|e| panic!("PostgreSQL does not answer, run `cargo xtask engines`: {e:?}"))
}

fn sql_error(error: postgres::Error) -> SqlError {
    let Some(db) = error.as_db_error() else {
        // The connection itself failed; this is the class that PostgreSQL has for it.
        let sqlstate = SqlState::CONNECTION_EXCEPTION.code().to_owned();
        return SqlError { sqlstate, message: format!("{error:?}"), detail: None, constraint: None };
    };
    SqlError {
        sqlstate: db.code().code().to_owned(),
        message: db.message().to_owned(),
        detail: db.detail().map(str::to_owned),
        constraint: db.constraint().map(str::to_owned),
    }
}
