//! Starts and stops the servers, and writes down where they are.

use std::fmt::Display;
use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::install::OTHER_POSTGRES;
use super::place::{Place, create};
use crate::Result;
use crate::process::{Running, run_logged, tail};

/// The servers in the order of starting, each with the signal that makes it end at once.
const SERVERS: &[(&str, &str)] = &[
    ("postgres", "INT"),
    ("redis", "TERM"),
    ("mongo", "TERM"),
    ("mongoeco", "TERM"),
    ("redis-cluster-1", "TERM"),
    ("redis-cluster-2", "TERM"),
    ("redis-cluster-3", "TERM"),
    ("redis-cluster-4", "TERM"),
    ("redis-cluster-5", "TERM"),
    ("redis-cluster-6", "TERM"),
];

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) fn all_run(place: &Place) -> bool {
    place.services_env().exists()
        && SERVERS.iter().all(|(name, _)| Running::load(&pid_file(place, name)).is_some())
}

pub(crate) fn up(place: &Place) -> Result {
    if all_run(place) {
        println!("the engines run already: {}", place.services_env().display());
        return Ok(());
    }
    down(place)?;
    create(&place.path("run"))?;
    create(&place.path("log"))?;
    let started = start_all(place);
    if started.is_err() {
        down(place)?;
    }
    let lines = started?;
    let file = place.services_env();
    fs::write(&file, lines).map_err(|e| format!("cannot write {}: {e}", file.display()))?;
    println!("the engines run: {}", file.display());
    Ok(())
}

pub(crate) fn down(place: &Place) -> Result {
    let _ = fs::remove_file(place.services_env());
    for (name, signal) in SERVERS {
        if let Some(server) = Running::load(&pid_file(place, name)) {
            server.stop(signal);
        }
        let _ = fs::remove_file(pid_file(place, name));
    }
    let _ = fs::remove_dir_all(place.data());
    Ok(())
}

/// Returns the lines of `services.env`.
fn start_all(place: &Place) -> Result<String> {
    let mut lines = Lines::default();
    if let Some((user, group)) = place.user {
        // Whom a test that starts a server of its own must start it as.
        lines.add("POLITY_ENGINES_USER", format!("{user}:{group}"));
    }
    start_required(place, &mut lines)?;
    start_optional(place, &mut lines)?;
    Ok(lines.0)
}

/// Lines of a shell that say where servers and programs are.
#[derive(Default)]
struct Lines(String);

impl Lines {
    fn add(&mut self, name: &str, value: impl Display) {
        self.0.push_str(&format!("export {name}='{value}'\n"));
    }

    fn add_program(&mut self, name: &str, place: &Place, program: &str) {
        self.add(name, place.program(program).display());
    }
}

/// Starts the servers that tests cannot do without.
fn start_required(place: &Place, lines: &mut Lines) -> Result<()> {
    let port = postgres(place)?;
    lines.add("POLITY_PG_HOST", "127.0.0.1");
    lines.add("POLITY_PG_PORT", port);
    lines.add("POLITY_PG_URL", format!("postgres://postgres@127.0.0.1:{port}/postgres"));
    lines.add("POLITY_PG_DATA", data_directory(place, "initdb", "postgres-15")?.display());
    for (name, program) in [("POLITY_PSQL", "psql"), ("POLITY_POSTGRES", "postgres")] {
        lines.add_program(name, place, program);
    }

    let port = redis(place, "redis", &[])?;
    lines.add("POLITY_REDIS_URL", format!("redis://127.0.0.1:{port}"));
    lines.add("POLITY_REDIS_PORT", port);
    lines.add_program("POLITY_REDIS_SERVER", place, "redis-server");
    lines.add_program("POLITY_REDIS_CLI", place, "redis-cli");

    mongosh(place)?;
    let port = mongo(place)?;
    lines.add("POLITY_MONGO_PORT", port);
    lines.add("POLITY_MONGO_URL", format!("mongodb://127.0.0.1:{port}/?directConnection=true"));
    lines.add_program("POLITY_MONGO_SERVER", place, "secantusd");
    for (name, program) in [
        ("POLITY_MONGOSH", "mongosh"),
        ("POLITY_NODE", "node"),
        ("POLITY_HELM", "helm"),
        ("POLITY_PROMTOOL", "promtool"),
        ("POLITY_PYTHON", "python3"),
        ("POLITY_YAMLLINT", "yamllint"),
        ("POLITY_KUBERNETES_VALIDATE", "kubernetes-validate"),
    ] {
        lines.add_program(name, place, program);
    }
    Ok(())
}

/// Starts the servers that are installed of those that some tests need, and says which are not.
fn start_optional(place: &Place, lines: &mut Lines) -> Result<()> {
    for (major, _) in OTHER_POSTGRES {
        let (initdb, postgres) = (format!("initdb-{major}"), format!("postgres-{major}"));
        if place.program(&initdb).exists() && place.program(&postgres).exists() {
            let data = data_directory(place, &initdb, &postgres)?;
            lines.add(&format!("POLITY_PG_DATA_{major}"), data.display());
            lines.add_program(&format!("POLITY_POSTGRES_{major}"), place, &postgres);
        } else {
            println!("skip  PostgreSQL {major}: it is not installed");
        }
    }
    let stack = place.program("redis-stack-server");
    if stack.exists() {
        lines.add("POLITY_REDIS_STACK", stack.display());
    } else {
        println!("skip  redis modules: they are not installed");
    }
    for (name, program) in [("POLITY_SQUAWK", "squawk"), ("POLITY_LIQUIBASE", "liquibase")] {
        if place.program(program).exists() {
            lines.add_program(name, place, program);
        } else {
            println!("skip  {program}: it is not installed");
        }
    }
    match mongoeco(place) {
        Ok(port) => lines.add("POLITY_MONGOECO_PORT", port),
        Err(why) => println!("skip  mongoeco: {why}"),
    }
    match cluster(place) {
        Ok(ports) => {
            let nodes: Vec<String> = ports.iter().map(|port| format!("127.0.0.1:{port}")).collect();
            lines.add("POLITY_REDIS_CLUSTER", nodes.join(","));
        }
        Err(why) => println!("skip  redis cluster: {why}"),
    }
    Ok(())
}

fn postgres(place: &Place) -> Result<u16> {
    let (data, port) = (data_directory(place, "initdb", "postgres")?, free_port()?);
    let mut server = Command::new(place.program("postgres"));
    server.arg("-D").arg(&data);
    for setting in [
        &format!("port={port}"),
        &format!("unix_socket_directories={}", place.data().join("postgres").display()),
        "listen_addresses=127.0.0.1",
        "fsync=off", // the data is thrown away
        "synchronous_commit=off",
        "full_page_writes=off",
        "max_connections=200",           // tests run in parallel
        "max_locks_per_transaction=256", // one transaction creates or drops many partitions
        "shared_preload_libraries=pg_cron",
        "cron.database_name=postgres",
        "cron.use_background_workers=on", // jobs need no login
        "max_worker_processes=20",
    ] {
        server.arg("-c").arg(setting);
    }
    start(place, "postgres", &mut server, port, |place| {
        let mut psql = Command::new(place.program("psql"));
        psql.args(["-X", "-h", "127.0.0.1", "-U", "postgres", "-d", "postgres", "-c", "select 1", "-p"]);
        psql.arg(port.to_string());
        psql
    })?;
    Ok(port)
}

/// A new data directory `NAME/data`, made by the program `initdb`. Tests start servers of their own on copies of one,
/// which takes a tenth of the time.
fn data_directory(place: &Place, initdb: &str, name: &str) -> Result<PathBuf> {
    let data = place.fresh_data(name)?.join("data");
    let mut command = Command::new(place.program(initdb));
    command.arg("--pgdata").arg(&data).args(["--username=postgres", "--auth=trust", "--no-sync"]);
    // The collation that the generated SQL must not depend on: that of a server where nobody chose one.
    command.args(["--encoding=UTF8", "--locale=C.UTF-8"]);
    command.arg("--wal-segsize=1"); // megabytes, so that a copy is small
    let log = place.path("log").join(format!("{initdb}.log"));
    run_logged(as_server(place, &mut command), &log, PATIENCE)?;
    Ok(data)
}

fn redis(place: &Place, name: &str, more: &[&str]) -> Result<u16> {
    let (folder, port) = (place.fresh_data(name)?, free_port()?);
    let mut server = Command::new(place.program("redis-server"));
    server.args([
        "--bind",
        "127.0.0.1",
        "--save",
        "",
        "--appendonly",
        "no",
        "--port",
        &port.to_string(),
        "--dir",
    ]);
    server.arg(&folder).args(more);
    start(place, name, &mut server, port, |place| {
        let mut cli = Command::new(place.program("redis-cli"));
        cli.args(["-e", "-p", &port.to_string(), "ping"]);
        cli
    })?;
    Ok(port)
}

/// Three masters with a replica each.
fn cluster(place: &Place) -> Result<Vec<u16>> {
    let mut ports = Vec::new();
    for (name, _) in SERVERS.iter().filter(|(name, _)| name.starts_with("redis-cluster")) {
        ports.push(redis(place, name, &["--cluster-enabled", "yes", "--cluster-node-timeout", "2000"])?);
    }
    let mut create = Command::new(place.program("redis-cli"));
    create.args(["--cluster", "create"]).args(ports.iter().map(|port| format!("127.0.0.1:{port}")));
    create.args(["--cluster-replicas", "1", "--cluster-yes"]);
    run_logged(&mut create, &place.path("log").join("redis-cluster-create.log"), PATIENCE)?;
    Ok(ports)
}

fn mongo(place: &Place) -> Result<u16> {
    let (folder, port) = (place.fresh_data("mongo")?, free_port()?);
    let mut server = Command::new(place.program("secantusd"));
    server
        .args(["--host", "127.0.0.1", "--port", &port.to_string(), "--storage-path"])
        .arg(folder.join("storage"));
    start(place, "mongo", &mut server, port, |_| Command::new("true"))?;
    Ok(port)
}

/// Half of a short run of mongosh is reading its eight thousand files, so they stand beside the servers' data, which is in
/// memory where it can be, and node keeps what it made of them.
fn mongosh(place: &Place) -> Result {
    let folder = place.fresh_data("mongosh")?;
    let modules = place.path("mongosh/node_modules");
    let mut copy = Command::new("cp");
    copy.arg("-r").args([&modules, &folder]);
    run_logged(&mut copy, &place.path("log").join("mongosh-copy.log"), PATIENCE)?;
    let (node, script) = (place.program("node"), folder.join("node_modules/mongosh/bin/mongosh.js"));
    let kept = format!("env NODE_COMPILE_CACHE={}", folder.join("compiled").display());
    let plain = "--preserve-symlinks --preserve-symlinks-main"; // there are none to look for
    place.write_program("mongosh", &format!("{kept} {} {plain} {}", node.display(), script.display()))
}

fn mongoeco(place: &Place) -> Result<u16> {
    if !place.program("mongoeco").exists() {
        return Err("it is not installed".to_owned());
    }
    let (_, port) = (place.fresh_data("mongoeco")?, free_port()?);
    let mut server = Command::new(place.program("mongoeco"));
    server.arg(port.to_string());
    start(place, "mongoeco", &mut server, port, |_| Command::new("true"))?;
    Ok(port)
}

/// Starts `server` in the background and waits until its port is open and `probe` succeeds.
fn start(
    place: &Place,
    name: &str,
    server: &mut Command,
    port: u16,
    probe: impl Fn(&Place) -> Command,
) -> Result {
    let log = place.path("log").join(format!("{name}.log"));
    let output = File::create(&log).map_err(|e| format!("cannot write {}: {e}", log.display()))?;
    let errors = output.try_clone().map_err(|e| format!("cannot write {}: {e}", log.display()))?;
    server.stdin(Stdio::null()).stdout(output).stderr(errors).process_group(0);
    let mut child = as_server(place, server).spawn().map_err(|e| format!("cannot start {name}: {e}"))?;
    let running = Running::of(child.id()).ok_or_else(|| format!("{name} ended at once:\n{}", tail(&log)))?;
    running.save(&pid_file(place, name))?;
    let begin = Instant::now();
    loop {
        if child.try_wait().is_ok_and(|ended| ended.is_some()) {
            return Err(format!("{name} ended; the end of {}:\n{}", log.display(), tail(&log)));
        }
        let open = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        if open && probe(place).output().is_ok_and(|output| output.status.success()) {
            return Ok(());
        }
        if begin.elapsed() > PATIENCE {
            return Err(format!("{name} does not answer; the end of {}:\n{}", log.display(), tail(&log)));
        }
        std::thread::sleep(Duration::from_millis(30));
    }
}

fn as_server<'c>(place: &Place, command: &'c mut Command) -> &'c mut Command {
    // A home that the user may not enter would make Python and initdb complain.
    command.env("HOME", place.data());
    match place.user {
        Some((user, group)) => command.uid(user).gid(group).current_dir(place.data()),
        None => command,
    }
}

fn pid_file(place: &Place, name: &str) -> PathBuf {
    place.path("run").join(format!("{name}.pid"))
}

/// A port that nobody listens on. They lie below the range that the kernel hands to clients (32768 and up), and low
/// enough for the port that a Redis cluster node opens 10000 above its own.
fn free_port() -> Result<u16> {
    let first = 20_000 + (std::process::id() % 10_000) as u16;
    (first..30_000)
        .chain(20_000..first)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .ok_or_else(|| "no port is free between 20000 and 30000".to_owned())
}
