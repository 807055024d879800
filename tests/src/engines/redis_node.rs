//! Servers of Redis that know one another: the nodes of a cluster, a master with its replica, sentinels.

use std::fs;
use std::process::{Command, Stdio};

use redis::{Client, Connection};

use super::redis::run;
use super::redis_tls::free_port;
use super::required;
use super::server::{Server, folder, hand_over};

/// A server that listens on a loopback port. It ends with the value.
pub struct RedisNode {
    server: Server,
    port: u16,
    cli: String,
}

impl RedisNode {
    /// Runs `redis-server` with these arguments in a folder of these files, which the server may change. Port and folder are
    /// set over what the files say. The error is what a server that does not start printed.
    pub fn start(files: &[(&str, &str)], arguments: &[&str]) -> Option<Result<Self, String>> {
        let program = required("Redis", "POLITY_REDIS_SERVER")?;
        let cli = required("Redis", "POLITY_REDIS_CLI")?;
        let folder = folder();
        for (name, text) in files {
            let file = folder.path().join(name);
            fs::write(&file, text).expect("the folder is ours");
            hand_over(&file);
        }
        let port = free_port();
        let mut command = Command::new(program);
        // The first argument is a file, and `--sentinel` stands before all settings.
        command.args(arguments).args(["--daemonize", "no", "--logfile", "", "--bind", "127.0.0.1"]);
        command.args(["--port", &port.to_string()]).arg("--dir").arg(folder.path());
        let ready = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        Some(Server::start(command, folder, "TERM", ready).map(|server| Self { server, port, cli }))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns all that the server has printed.
    pub fn log(&self) -> String {
        self.server.log()
    }

    /// Ends the server as a failing machine does: it says nothing to anybody.
    pub fn kill(self) {
        self.server.kill();
    }

    /// A connection of a user.
    pub fn login(&self, user: &str, password: &str) -> Result<NodeConnection, String> {
        let client = Client::open(format!("redis://127.0.0.1:{}", self.port)).map_err(|e| e.to_string())?;
        let mut connection = NodeConnection(client.get_connection().map_err(|e| e.to_string())?);
        connection.command(&["AUTH", user, password])?;
        Ok(connection)
    }

    /// Runs `redis-cli` on this server as a user whose password stands in the environment.
    pub fn cli(&self, user: &str, password: &str, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new(&self.cli);
        command.args(["-e", "-h", "127.0.0.1", "-p", &self.port.to_string(), "--user", user]).args(words);
        let output = command.env("REDISCLI_AUTH", password).stdin(Stdio::null()).output();
        let output = output.expect("redis-cli runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        match output.status.success() {
            true => Ok(text(&output.stdout)),
            false => Err(text(&output.stdout) + &text(&output.stderr)),
        }
    }
}

/// A connection that is logged in.
pub struct NodeConnection(Connection);

impl NodeConnection {
    /// Runs a command of exactly these words; the answer and an error are as those of [`super::Redis::command`].
    pub fn command(&mut self, words: &[&str]) -> Result<String, String> {
        run(&mut self.0, words)
    }
}
