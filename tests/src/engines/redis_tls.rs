//! Redis with encrypted connections, and the certificates for it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::server::{Server, folder, hand_over};
use super::{required, skip};

/// A certificate authority that lives as long as the value, with one certificate for servers on this machine.
pub struct Authority {
    folder: TempDir,
}

impl Authority {
    pub fn new() -> Option<Self> {
        if Command::new("openssl").arg("version").output().is_err() {
            skip("openssl");
            return None;
        }
        let authority = Self { folder: folder() };
        let key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1";
        authority.openssl(&format!("req -x509 {key} -keyout ca.key -out ca.crt -subj /CN=authority"));
        authority.openssl(&format!("req {key} -keyout tls.key -out tls.csr -subj /CN=localhost"));
        fs::write(authority.file("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n").expect("ours");
        let sign = "x509 -req -in tls.csr -CA ca.crt -CAkey ca.key -CAcreateserial -extfile names -days 1";
        authority.openssl(&format!("{sign} -out tls.crt"));
        for file in fs::read_dir(authority.folder.path()).expect("ours").flatten() {
            hand_over(&file.path());
        }
        Some(authority)
    }

    fn openssl(&self, arguments: &str) {
        let mut openssl = Command::new("openssl");
        let output = openssl.args(arguments.split(' ')).current_dir(self.folder.path()).output();
        let output = output.expect("openssl runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    /// The path of one of its files: `ca.crt`, `tls.crt`, `tls.key`.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

/// A server that listens on a loopback port. It ends with the value.
pub struct RedisTls {
    server: Server,
    port: u16,
    cli: String,
}

impl RedisTls {
    /// Runs `redis-server` with these arguments in a folder of these files. Only the port, the folder and where the
    /// certificates lie are set over what the files say. The error is what a server that does not start printed.
    pub fn start(
        authority: &Authority,
        files: &[(&str, &str)],
        arguments: &[&str],
    ) -> Option<Result<Self, String>> {
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
        command.args(arguments).args(["--daemonize", "no", "--logfile", "", "--bind", "127.0.0.1"]);
        command.args(["--tls-port", &port.to_string()]).arg("--dir").arg(folder.path());
        for (setting, file) in
            [("--tls-cert-file", "tls.crt"), ("--tls-key-file", "tls.key"), ("--tls-ca-cert-file", "ca.crt")]
        {
            command.arg(setting).arg(authority.file(file));
        }
        let ready = || std::net::TcpStream::connect(("127.0.0.1", port)).is_ok();
        Some(Server::start(command, folder, "TERM", ready).map(|server| Self { server, port, cli }))
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn folder(&self) -> &Path {
        self.server.folder()
    }

    /// Runs `redis-cli` on this server, with encryption that trusts `authority` alone.
    pub fn cli(&self, authority: &Authority, words: &[&str]) -> Result<String, String> {
        let ca = authority.file("ca.crt");
        let mut command = Command::new(&self.cli);
        command.args(["-e", "--no-auth-warning", "--tls", "--cacert"]).arg(ca);
        self.ask(command, words)
    }

    /// Runs `redis-cli` on this server without encryption.
    pub fn plain_cli(&self, words: &[&str]) -> Result<String, String> {
        let mut command = Command::new(&self.cli);
        command.arg("-e");
        self.ask(command, words)
    }

    fn ask(&self, mut command: Command, words: &[&str]) -> Result<String, String> {
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]).args(words).stdin(Stdio::null());
        let output = command.output().expect("redis-cli runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(text(&output.stdout) + &text(&output.stderr))
        }
    }

    /// Whether the server agrees to speak a protocol, such as `-tls1_2`.
    pub fn speaks(&self, authority: &Authority, protocol: &str) -> bool {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-verify_return_error", protocol, "-CAfile"]).arg(authority.file("ca.crt"));
        // The oldest protocols are beneath the level of security that the library asks for otherwise.
        openssl.args(["-cipher", "DEFAULT@SECLEVEL=0", "-connect", &format!("127.0.0.1:{}", self.port)]);
        openssl.stdin(Stdio::null()).output().expect("openssl runs").status.success()
    }
}

/// Below 55536, since the bus of a cluster listens 10000 above it.
pub(super) fn free_port() -> u16 {
    loop {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("it has an address").port();
        if port < 55_536 {
            return port;
        }
    }
}
