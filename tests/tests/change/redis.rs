//! Edits of a Redis store: keys of before are read and erased until none is left, and users and functions change in one step.

use std::io::Write;
use std::process::{Command, Stdio};

use polity_tests::engines::Redis;
use polity_tests::project::text;

use super::documents::Project;

const FIRST: &str = "platform shop { environments: [dev] }
store main: postgres 16 { database: \"shop\" }
store cache: redis 7 { max_memory: 64MiB, eviction: noeviction }
schema core in main {
  entity User { id: uuid key = uuid_v4(); name: text(40) #personal; subject }
}
keyspace Session in cache { pattern \"session:{user: -> core.User}\"; value json { token: text }; ttl 1h }
keyspace Seen    in cache { pattern \"seen:{page: text}\"; value counter; ttl 1d }
service web { read cache.Session; write cache.Session; delete cache.Session }
service desk { read cache.Seen }
";

const ANA: &str = "00000000-0000-4000-8000-000000000001";

/// A server that is led on.
struct Keys {
    redis: Redis,
    project: Project,
    ran: Vec<String>,
}

impl Keys {
    fn begin(first: &str) -> Option<Self> {
        let redis = Redis::fresh()?;
        let mut keys = Self { redis, project: Project::default(), ran: Vec::new() };
        keys.project.seal(first, "initial", false).expect("it is valid");
        keys.migrate(first).expect("it installs");
        Some(keys)
    }

    /// Runs the files that did not run yet.
    fn migrate(&mut self, source: &str) -> Result<(), String> {
        for (path, script) in self.project.scripts(source, "cache/migrations/") {
            if !self.ran.contains(&path) {
                self.run(&script, "").map_err(|said| format!("{path}: {said}"))?;
                self.ran.push(path);
            }
        }
        Ok(())
    }

    fn run(&self, script: &str, input: &str) -> Result<String, String> {
        self.run_with(script, &[], input)
    }

    /// Runs a script with more options of redis-cli.
    fn run_with(&self, script: &str, options: &[&str], input: &str) -> Result<String, String> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("script.sh");
        std::fs::write(&file, script).expect("the folder is ours");
        let (tools, socket) = self.redis.for_scripts().expect("redis-cli is there");
        let path = format!("{}:{}", tools.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("sh");
        command.arg(&file).arg("-s").arg(socket).args(options).env("PATH", path);
        let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.expect("sh runs");
        child.stdin.take().expect("an input").write_all(input.as_bytes()).expect("it reads");
        let output = child.wait_with_output().expect("it ends");
        let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        if output.status.success() { Ok(said) } else { Err(said) }
    }

    /// Whether a user may run a command.
    fn may(&mut self, user: &str, command: &[&str]) -> bool {
        let dry = [&["ACL", "DRYRUN", user][..], command].concat();
        self.redis.command(&dry).is_ok_and(|answer| answer == "OK")
    }

    /// The users of the server but `default`, each with its words in order, and the code of its functions.
    fn described(&mut self) -> String {
        let users = self.redis.command(&["ACL", "LIST"]).expect("it lists");
        let mut lines: Vec<String> = Vec::new();
        for user in users.lines().filter(|line| !line.starts_with("user default")) {
            let mut words: Vec<&str> = user.split([' ', '(', ')']).collect();
            words.sort_unstable();
            lines.push(words.join(" "));
        }
        let functions = self.redis.command(&["FUNCTION", "LIST", "WITHCODE"]).expect("it lists");
        let code = functions.split_once("library_code").expect("there is a library").1;
        format!("{}\n{}", lines.join("\n"), code.trim_end())
    }

    /// Compares the server with a new one.
    fn same_as(&mut self, source: &str) {
        let artifacts = polity::compile(&self.project.sources(source), &polity::Options::default()).artifacts;
        let artifacts = artifacts.expect("it is valid");
        let users = text(&artifacts, "cache/users.acl");
        // Somebody has to get in.
        let own = users.lines().filter(|line| !line.starts_with("user default"));
        let users: String = own.map(|line| format!("{line}\n")).collect();
        let fresh =
            Redis::with_files(&[("users.acl", &format!("user default on nopass ~* &* +@all\n{users}"))]);
        let mut fresh = Self {
            redis: fresh.expect("there is a server").expect("it starts"),
            project: Project::default(),
            ran: Vec::new(),
        };
        let library = text(&artifacts, "cache/scripts/shop.lua");
        fresh.redis.command(&["FUNCTION", "LOAD", &library]).expect("it loads");
        assert_eq!(self.described(), fresh.described());
    }
}

/// A value that is another takes other keys; those of before are read, deleted and erased until none of them is left.
#[test]
fn keys_of_before_are_served_until_none_is_left() {
    let Some(mut keys) = Keys::begin(FIRST) else { return };
    let (old, new) = (format!("session:{ANA}"), format!("v2:session:{ANA}"));
    keys.redis.command(&["SET", &old, "{}"]).expect("a client of before writes");
    assert!(keys.may("shop_web", &["SETEX", &old, "9", "x"]) && !keys.may("shop_web", &["GET", &new]));

    let second = FIRST.replacen("{ token: text }", "{ token: text; at: timestamp }", 1);
    assert!(keys.project.seal(&second, "second", false).expect("it is valid"), "something is added");
    keys.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    for key in [&old, &new] {
        assert!(keys.may("shop_web", &["GET", key]) && keys.may("shop_web", &["DEL", key]), "{key}");
        assert!(
            keys.may("shop_web", &["SETEX", key, "9", "x"]),
            "both are written until the contract: {key}"
        );
        assert!(!keys.may("shop_desk", &["GET", key]), "{key}");
    }
    let artifacts = polity::compile(&keys.project.sources(&second), &polity::Options::default()).artifacts;
    let artifacts = artifacts.expect("it is valid");
    let documented = text(&artifacts, "cache/keyspaces.json");
    assert!(documented.contains("\"v2:session:{user}\"") && documented.contains("\"session:{user}\""));
    // Whoever is erased is found by both.
    keys.redis.command(&["SET", &new, "{}"]).expect("a new client writes");
    let found = format!(r#"{{"core.User":[{{"id":"{ANA}"}}]}}"#);
    let arguments = ["FCALL", "erase_subject", "0", "core.User", "0", "0", "", &found];
    keys.redis.command(&arguments).expect("it erases");
    assert_eq!(keys.redis.command(&["DBSIZE"]).expect("it counts"), "0");

    // The contract waits for the last of them.
    keys.redis.command(&["SET", &old, "{}"]).expect("a client of before writes");
    assert!(keys.project.seal(&second, "third", true).expect("it is valid"), "something is taken");
    let said = keys.migrate(&second).expect_err("one is left");
    assert!(said.contains("1 of before are left in database 0, such as session:"), "{said}");
    keys.redis.command(&["DEL", &old]).expect("it ends");
    keys.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    assert!(!keys.may("shop_web", &["GET", &old]) && keys.may("shop_web", &["GET", &new]));
    keys.same_as(&second);
    for contract in [false, true] {
        assert!(!keys.project.seal(&second, "fourth", contract).expect("it is valid"), "nothing differs");
    }
    // The value of before under the keys of before would be misread by whoever still has old keys, so it counts on.
    let back = FIRST.to_owned();
    keys.project.seal(&back, "back", false).expect("it is valid");
    keys.migrate(&back).unwrap_or_else(|said| panic!("{said}"));
    assert!(keys.may("shop_web", &["GET", &format!("v3:session:{ANA}")]));
}

/// The logins that the heads of scripts name suffice, and whoever may not count keys stops instead of finding none.
#[test]
fn each_script_runs_as_the_user_in_its_head() {
    let Some(mut keys) = Keys::begin(FIRST) else { return };
    for user in ["shop_operator", "shop_maintenance", "shop_web"] {
        keys.redis.command(&["ACL", "SETUSER", user, ">p"]).expect("it has a password");
    }
    let old = format!("session:{ANA}");
    keys.redis.command(&["SET", &old, "{}"]).expect("a client of before writes");
    let second = FIRST.replacen("{ token: text }", "{ token: text; at: timestamp }", 1);
    for (name, contract) in [("second", false), ("third", true)] {
        assert!(keys.project.seal(&second, name, contract).expect("it is valid"), "something differs");
    }
    let as_user = |keys: &Keys, script: &str, user: &str| {
        keys.run_with(script, &["--user", user, "--pass", "p", "--no-auth-warning"], "")
    };
    let mut counted = 0;
    for (path, script) in keys.project.scripts(&second, "cache/migrations/") {
        if keys.ran.contains(&path) {
            continue;
        }
        let user = if path.contains("/admin/") { "shop_operator" } else { "shop_maintenance" };
        assert!(script.contains(&format!("--user {user} [options")), "{path}:\n{script}");
        if script.contains("require_gone 0") {
            let said = as_user(&keys, &script, "shop_web").expect_err("it may not look for keys");
            assert!(said.contains("cannot be counted"), "{said}");
            let said = as_user(&keys, &script, user).expect_err("one is left");
            assert!(said.contains("1 of before are left in database 0"), "{said}");
            keys.redis.command(&["DEL", &old]).expect("it ends");
            counted += 1;
        }
        if user == "shop_maintenance" && script.contains("load_functions <<") {
            as_user(&keys, &script, "shop_web").expect_err("it may not load functions");
        }
        as_user(&keys, &script, user).unwrap_or_else(|said| panic!("{path}: {said}"));
    }
    assert_eq!(counted, 1);
    keys.redis.command(&["ACL", "SETUSER", "shop_web", "resetpass"]).expect("as it was");
    assert!(
        keys.may("shop_web", &["GET", &format!("v2:session:{ANA}")]) && !keys.may("shop_web", &["GET", &old])
    );
}

/// Users and functions are replaced whole: what goes does so with the contract, and passwords stay.
#[test]
fn users_and_functions_change_without_a_gap() {
    let Some(mut keys) = Keys::begin(FIRST) else { return };
    keys.redis.command(&["ACL", "SETUSER", "shop_web", ">secret"]).expect("it has a password");
    let second = FIRST
        .replacen("service desk { read cache.Seen }\n", "service porter { write cache.Seen }\n", 1)
        .replacen("; delete cache.Session", "", 1)
        .replacen("value counter; ttl 1d", "value counter; ttl 2d", 1);
    keys.project.seal(&second, "second", false).expect("it is valid");
    keys.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    let session = format!("session:{ANA}");
    assert!(keys.may("shop_desk", &["GET", "seen:x"]) && keys.may("shop_porter", &["INCRBY", "seen:x", "1"]));
    assert!(keys.may("shop_web", &["DEL", &session]), "clients of before do it");
    assert!(keys.project.seal(&second, "third", true).expect("it is valid"), "something is taken");
    keys.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    assert!(!keys.may("shop_web", &["DEL", &session]) && keys.may("shop_web", &["GET", &session]));
    assert!(keys.redis.login("shop_web", "secret").is_ok(), "its password stays");
}

/// A store that a seal does not change has no migration of its number, and the next one counts on.
#[test]
fn a_store_that_does_not_differ_has_no_migration() {
    let mut project = Project::default();
    project.seal(FIRST, "initial", false).expect("it is valid");
    let names = FIRST.replacen("name: text(40) #personal", "name: text(80) #personal", 1);
    assert!(project.seal(&names, "names", false).expect("it is valid"), "a column differs");
    assert!(!project.scripts(&names, "cache/migrations/").iter().any(|(path, _)| path.contains("V0002")));
    let seen = names.replacen("seen:{page: text}", "seen:{page: text}:{day: date}", 1);
    assert!(project.seal(&seen, "seen", false).expect("it is valid"), "a key differs");
    let scripts = project.scripts(&seen, "cache/migrations/");
    let of_third: Vec<&str> =
        scripts.iter().map(|(path, _)| path.as_str()).filter(|path| path.contains("V0003")).collect();
    assert_eq!(of_third, ["cache/migrations/admin/V0003__seen.sh", "cache/migrations/V0003__seen.sh"]);
    let (_, told) = scripts.last().expect("there are some");
    assert!(told.contains("a client writes v2:seen:{page}:{day}, and reads seen:{page}."), "{told}");
}

/// No erasure reaches the keys of a keyspace that is gone, so the contract waits for the last of them.
#[test]
fn a_keyspace_that_is_gone_leaves_no_keys() {
    let Some(mut keys) = Keys::begin(FIRST) else { return };
    let second = FIRST
        .lines()
        .filter(|line| !line.contains("Seen"))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    keys.redis.command(&["SET", "seen:x", "1"]).expect("a client of before writes");
    keys.project.seal(&second, "second", false).expect("it is valid");
    keys.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    assert!(keys.project.seal(&second, "third", true).expect("it is valid"), "something is taken");
    let said = keys.migrate(&second).expect_err("one is left");
    assert!(said.contains("1 of before are left in database 0, such as seen:x"), "{said}");
    keys.redis.command(&["DEL", "seen:x"]).expect("it ends");
    keys.migrate(&second).unwrap_or_else(|said| panic!("{said}"));
    assert_eq!(keys.redis.command(&["ACL", "GETUSER", "shop_desk"]).expect("it answers"), "(nil)");
    keys.same_as(&second);
}
