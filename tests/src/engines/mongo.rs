//! The MongoDB-compatible server, spoken to in the MongoDB wire protocol, and mongosh for scripts.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bson::{Bson, Document};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::server::{Server, folder};
use super::{mongosh, optional, required, unique};

/// A database of its own. It is dropped with the value.
pub struct Mongo {
    stream: TcpStream,
    name: String,
    port: String,
    /// Whether the database goes with the connection.
    is_ours: bool,
}

/// The answer of the server to a command that it refused.
#[derive(Debug, Clone)]
pub struct MongoError {
    /// Such as 121 for a document that fails validation and 11000 for a duplicate key.
    pub code: i64,
    pub message: String,
}

impl std::fmt::Display for MongoError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl Mongo {
    /// A fresh database of the server that all tests share.
    pub fn database() -> Option<Self> {
        required("MongoDB", "POLITY_MONGO_PORT").map(Self::open)
    }

    /// A database of mongoeco, which has what the first server lacks, text and hashed indexes, and lacks what the
    /// first has, above all `collMod`.
    pub fn second_opinion() -> Option<Self> {
        optional("mongoeco", "POLITY_MONGOECO_PORT").map(Self::open)
    }

    /// Another database of the server, over a connection of its own; it stays when the connection goes.
    pub fn database_named(&self, name: &str) -> Self {
        let mut other = Self::open(self.port.clone());
        (other.name, other.is_ours) = (name.to_owned(), false);
        other
    }

    fn open(port: String) -> Self {
        let stream = TcpStream::connect(format!("127.0.0.1:{port}"))
            .unwrap_or_else(|e| panic!("MongoDB does not answer, run `cargo xtask engines`: {e}"));
        // A server that hangs must fail the test, not the whole run.
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a socket takes a timeout");
        Self { stream, name: unique("test"), port, is_ours: true }
    }

    /// The name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs a database command in Extended JSON, such as `{"listIndexes": "users"}`, and returns the answer in
    /// relaxed Extended JSON. An error of a write inside the answer is an error too.
    pub fn command(&mut self, command: Value) -> Result<Value, MongoError> {
        let Bson::Document(mut command) = Bson::try_from(command).expect("a command is Extended JSON") else {
            panic!("a command is an object");
        };
        command.insert("$db", self.name.clone());
        let answer = self.exchange(&command);
        let answer = Bson::Document(answer).into_relaxed_extjson();
        let refused =
            if answer["ok"].as_f64() == Some(1.0) { answer["writeErrors"].get(0) } else { Some(&answer) };
        match refused {
            None => Ok(answer),
            Some(error) => Err(MongoError {
                code: error["code"].as_i64().unwrap_or_default(),
                message: error["errmsg"].as_str().unwrap_or_default().to_owned(),
            }),
        }
    }

    pub fn insert(&mut self, collection: &str, document: Value) -> Result<(), MongoError> {
        self.command(json!({ "insert": collection, "documents": [document] })).map(drop)
    }

    /// The documents that match `filter`, at most 1000.
    pub fn find(&mut self, collection: &str, filter: Value) -> Result<Vec<Value>, MongoError> {
        self.list(json!({ "find": collection, "filter": filter, "batchSize": 1000 }))
    }

    /// The first batch of a command that answers with a cursor, such as `listIndexes` and `listCollections`.
    pub fn list(&mut self, command: Value) -> Result<Vec<Value>, MongoError> {
        let answer = self.command(command)?;
        Ok(answer["cursor"]["firstBatch"].as_array().cloned().unwrap_or_default())
    }

    /// Runs a script with mongosh, `db` being this database: what it printed, or why it failed.
    pub fn script(&self, script: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("script.js");
        std::fs::write(&file, script).expect("the folder is ours");
        self.script_file(&file, &[])
    }

    /// Runs a file like [`Mongo::script`] does a script. The file may read others next to it and gets variables of the
    /// environment.
    pub fn script_file(&self, file: &Path, variables: &[(&str, &str)]) -> Result<String, String> {
        mongosh::run(&self.url(), file, variables)
    }

    /// Runs a file like [`Mongo::script_file`], but in a process of its own, which begins with this call, for scripts
    /// that race each other.
    pub fn script_file_alone(&self, file: &Path, variables: &[(&str, &str)]) -> Result<String, String> {
        mongosh::run_alone(&self.url(), file, variables)
    }

    /// For whatever calls `mongosh`: the folder that it is in, and the address of this database.
    pub fn for_scripts(&self) -> Option<(PathBuf, String)> {
        let mongosh = PathBuf::from(required("mongosh", "POLITY_MONGOSH")?);
        Some((mongosh.parent()?.to_path_buf(), self.url()))
    }

    pub fn url(&self) -> String {
        format!("mongodb://127.0.0.1:{}/{}?directConnection=true", self.port, self.name)
    }

    /// One message there and one back: a header of four little-endian `i32` (length, request, answer to, kind of
    /// message 2013), four bytes of flags, the kind of section 0, and a document.
    /// <https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#op_msg>
    fn exchange(&mut self, command: &Document) -> Document {
        const KIND: i32 = 2013;
        let body = command.to_vec().expect("a document has bytes");
        let length = i32::try_from(16 + 4 + 1 + body.len()).expect("a command is small");
        let mut message = Vec::new();
        for number in [length, 1, 0, KIND, 0] {
            message.extend(number.to_le_bytes());
        }
        message.push(0);
        message.extend(body);
        self.stream.write_all(&message).expect("MongoDB takes a command");

        let mut length = [0; 4];
        self.stream.read_exact(&mut length).expect("MongoDB answers");
        let rest = usize::try_from(i32::from_le_bytes(length)).expect("a length is positive") - 4;
        let mut answer = vec![0; rest];
        self.stream.read_exact(&mut answer).expect("MongoDB answers in full");
        Document::from_reader(&answer[12 + 4 + 1..]).expect("MongoDB answers with a document")
    }
}

/// A server of its own that lets nobody in without a password. It ends with the value.
pub struct GuardedMongo {
    _server: Server,
    _storage: TempDir,
    name: String,
    port: u16,
}

impl GuardedMongo {
    /// `prepare` is done before anybody is asked for a password, and makes those who have one.
    pub fn after(prepare: impl FnOnce(&mut Mongo)) -> Option<Self> {
        let program = required("MongoDB", "POLITY_MONGO_SERVER")?;
        let storage = folder();
        let open = start(&program, &storage, &[]);
        let mut mongo = Mongo::open(open.1.to_string());
        let name = mongo.name.clone();
        prepare(&mut mongo);
        // Without dropping the database.
        std::mem::forget(mongo);
        drop(open);
        let (server, port) = start(&program, &storage, &["--auth"]);
        Some(Self { _server: server, _storage: storage, name, port })
    }

    /// Runs a script with mongosh as one of its users: what it printed, or why it failed.
    pub fn script_as(&self, user: &str, password: &str, script: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("script.js");
        std::fs::write(&file, script).expect("the folder is ours");
        let url = format!(
            "mongodb://{user}:{password}@127.0.0.1:{}/{}?directConnection=true",
            self.port, self.name
        );
        mongosh::run(&url, &file, &[])
    }
}

fn start(program: &str, storage: &TempDir, more: &[&str]) -> (Server, u16) {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let port = free.expect("the machine has a free port").port();
    let mut command = Command::new(program);
    command.args(["--host", "127.0.0.1", "--port", &port.to_string(), "--storage-path"]);
    command.arg(storage.path().join("storage")).args(more);
    let ready = || TcpStream::connect(("127.0.0.1", port)).is_ok();
    let server = Server::start(command, folder(), "TERM", ready);
    (server.unwrap_or_else(|log| panic!("MongoDB did not start:\n{log}")), port)
}

impl Drop for Mongo {
    fn drop(&mut self) {
        // A test that failed in the middle of an exchange must not panic again here.
        if self.is_ours && !std::thread::panicking() {
            let _ = self.command(json!({ "dropDatabase": 1 }));
        }
    }
}
