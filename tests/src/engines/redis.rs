//! Redis 7: a server for each test, and a cluster of six nodes that all share.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use redis::{Client, Connection, Value};

use super::server::{Server, folder, hand_over};
use super::{optional, required};

/// A server of its own. It ends with the value.
pub struct Redis {
    connection: Connection,
    server: Server,
}

impl Redis {
    /// A server without any configuration.
    pub fn fresh() -> Option<Self> {
        Some(Self::with_files(&[])?.unwrap_or_else(|log| panic!("Redis did not start:\n{log}")))
    }

    /// A server whose folder holds these files; `redis.conf` and `users.acl` among them are loaded. The socket, the
    /// folder and the place of `users.acl` are set over whatever `redis.conf` says. The error is what a server that
    /// does not start printed.
    ///
    /// The first connection is the user `default`; where the configuration switches that user off, a password given
    /// to [`Redis::login`] is needed before the first command.
    pub fn with_files(files: &[(&str, &str)]) -> Option<Result<Self, String>> {
        Some(Self::launch(&required("Redis", "POLITY_REDIS_SERVER")?, files))
    }

    /// Starts a server like [`Redis::with_files`], but one that finds the modules `rejson.so`, `redisearch.so`,
    /// `redistimeseries.so` and `redisbloom.so`; it loads those that `redis.conf` names.
    pub fn with_modules(files: &[(&str, &str)]) -> Option<Result<Self, String>> {
        Some(Self::launch(&optional("Redis with modules", "POLITY_REDIS_STACK")?, files))
    }

    fn launch(program: &str, files: &[(&str, &str)]) -> Result<Self, String> {
        let folder = folder();
        let mut command = Command::new(program);
        if files.iter().any(|(name, _)| *name == "redis.conf") {
            command.arg("redis.conf");
        }
        let socket = folder.path().join("socket");
        command.args(["--port", "0", "--daemonize", "no", "--logfile", "", "--unixsocketperm", "777"]);
        command.arg("--unixsocket").arg(&socket).arg("--dir").arg(folder.path());
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::write(&file, text).expect("the folder is ours");
            hand_over(&file);
            if *name == "users.acl" {
                command.arg("--aclfile").arg(file);
            }
        }
        let server = Server::start(command, folder, "TERM", || connect(&socket).is_ok());
        server.map(|server| Self { connection: connect(&socket).expect("it just answered"), server })
    }

    /// A URL for other clients.
    pub fn url(&self) -> String {
        format!("redis+unix://{}", self.socket().display())
    }

    /// Runs a command whose words are separated by spaces: `run("SET greeting hello EX 10")`. The answer is rendered
    /// as [`Redis::command`] does.
    pub fn run(&mut self, words: &str) -> Result<String, String> {
        let words: Vec<&str> = words.split_whitespace().collect();
        self.command(&words)
    }

    /// Runs a command of exactly these words. A list comes back with one element on a line, a missing value as
    /// `(nil)`; an error as the server words it: `WRONGTYPE Operation against …`.
    pub fn command(&mut self, words: &[&str]) -> Result<String, String> {
        run(&mut self.connection, words)
    }

    /// The answer as it came, for typed conversions.
    pub fn value(&mut self, words: &[&str]) -> Result<Value, redis::RedisError> {
        query(&mut self.connection, words)
    }

    /// Makes this connection another user's: `AUTH user password`.
    pub fn login(&mut self, user: &str, password: &str) -> Result<(), String> {
        self.command(&["AUTH", user, password]).map(drop)
    }

    /// One more connection, for a test with two clients.
    pub fn another(&self) -> Connection {
        connect(&self.socket()).expect("the server answers")
    }

    /// For shell scripts that call `redis-cli`: the folder that it is in, and the socket of this server.
    pub fn for_scripts(&self) -> Option<(PathBuf, PathBuf)> {
        let cli = PathBuf::from(required("Redis", "POLITY_REDIS_CLI")?);
        Some((cli.parent()?.to_path_buf(), self.socket()))
    }

    /// Returns all that the server has printed.
    pub fn log(&self) -> String {
        self.server.log()
    }

    fn socket(&self) -> PathBuf {
        self.server.folder().join("socket")
    }
}

/// Three masters with a replica each, shared by all tests: use keys that no other test has.
pub struct RedisCluster {
    nodes: Vec<String>,
    cli: String,
}

impl RedisCluster {
    pub fn shared() -> Option<Self> {
        let nodes = optional("a Redis cluster", "POLITY_REDIS_CLUSTER")?;
        let cli = required("Redis", "POLITY_REDIS_CLI")?;
        Some(Self { nodes: nodes.split(',').map(str::to_owned).collect(), cli })
    }

    /// Each `host:port`.
    pub fn nodes(&self) -> &[String] {
        &self.nodes
    }

    /// Runs a command on the node that holds its key, as `redis-cli -c` does; the answer is what it prints.
    pub fn command(&self, words: &[&str]) -> Result<String, String> {
        let (host, port) = self.nodes[0].split_once(':').unwrap_or_default();
        let output = Command::new(&self.cli).args(["-e", "-c", "-h", host, "-p", port]).args(words).output();
        let output = output.map_err(|e| e.to_string())?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
        }
    }
}

fn connect(socket: &Path) -> Result<Connection, redis::RedisError> {
    Client::open(format!("redis+unix://{}", socket.display()))?.get_connection()
}

fn query(connection: &mut Connection, words: &[&str]) -> Result<Value, redis::RedisError> {
    let (name, arguments) = words.split_first().expect("a command has a name");
    let mut command = redis::cmd(name);
    for argument in arguments {
        command.arg(*argument);
    }
    command.query(connection)
}

pub(super) fn run(connection: &mut Connection, words: &[&str]) -> Result<String, String> {
    query(connection, words).map(|value| text(&value)).map_err(|error| match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        _ => error.to_string(),
    })
}

fn text(value: &Value) -> String {
    let lines = |values: &[Value]| values.iter().map(text).collect::<Vec<_>>().join("\n");
    match value {
        Value::Nil => "(nil)".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::BulkString(bytes) => String::from_utf8_lossy(bytes).into_owned(),
        Value::SimpleString(text) => text.clone(),
        Value::Okay => "OK".to_owned(),
        Value::Array(values) | Value::Set(values) => lines(values),
        other => format!("{other:?}"), // kinds of the newer protocol, which this client does not speak unless asked
    }
}
