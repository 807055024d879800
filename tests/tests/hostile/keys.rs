//! Every script of a store of keys, run with hostile words in every name.

use std::collections::BTreeSet;
use std::path::PathBuf;

use polity::artifact::Artifacts;
use polity_tests::engines::Redis;
use polity_tests::project::{on_disk, text};
use serde_json::json;

use super::cell::{Cell, SHELLS};
use super::everything::{Tiers, all_ran, artifacts};
use super::words::{SETS, Words};

const PERSON: &str = "99999999-0000-4000-8000-000000000009";

/// A server that lets in whom the access list names, with the emitted functions.
struct Keys {
    words: Words,
    cell: Cell,
    redis: Redis,
    socket: PathBuf,
}

impl Keys {
    /// `access` is the access list, of all or of one tenant.
    fn of(words: Words, emitted: &Artifacts, access: &str, ran: &mut BTreeSet<String>) -> Option<Self> {
        let mut cell = Cell::new(on_disk(emitted));
        for user in ["WEB", "WORKER", "MAINTENANCE", "MONITOR", "OPERATOR"] {
            cell.knows(&format!("ROUGH_{user}_PASSWORD"), "it's a $(word)");
        }
        let list = cell.file(access).display().to_string();
        let script = cell.file("cache/scripts/passwords.sh").display().to_string();
        ran.insert("cache/scripts/passwords.sh".to_owned());
        let lists = SHELLS.map(|shell| {
            cell.run(shell, &[&script, &list], &[], "")
                .unwrap_or_else(|e| panic!("passwords.sh by {shell}: {e}"))
        });
        assert_eq!(lists[0], lists[1]);
        let conf = text(emitted, "cache/redis.conf");
        let started = Redis::with_files(&[("redis.conf", &conf), ("users.acl", &lists[0])])?;
        let redis = started.unwrap_or_else(|e| panic!("{access}: {e}"));
        let (programs, socket) = redis.for_scripts()?;
        cell.finds(programs);
        let this = Self { words, cell, redis, socket };
        this.load(ran);
        Some(this)
    }

    /// Loads the functions, of each environment, by the command that stands at their head.
    fn load(&self, ran: &mut BTreeSet<String>) {
        for library in ["cache/scripts/rough-prod.lua", "cache/scripts/rough.lua"] {
            ran.insert(library.to_owned());
            let file = self.cell.file(library).display().to_string();
            let command =
                format!("redis-cli {} -e -x FUNCTION LOAD REPLACE < \"$LIBRARY\"", self.options().join(" "));
            for shell in SHELLS {
                let loaded = self.cell.run(shell, &["-c", &command], &[("LIBRARY", &file)], "");
                assert_eq!(loaded.unwrap_or_else(|e| panic!("{e}")).trim(), "rough", "{shell}");
            }
        }
    }

    /// How redis-cli reaches the server as maintenance, whose password it takes from the environment.
    fn options(&self) -> Vec<String> {
        let socket = self.socket.display().to_string();
        [
            "-s",
            &socket,
            "--user",
            "rough_maintenance",
            "--pass",
            "\"$ROUGH_MAINTENANCE_PASSWORD\"",
            "--no-auth-warning",
        ]
        .map(str::to_owned)
        .to_vec()
    }

    fn script(&self, shell: &str, path: &str, variables: &[(&str, &str)], input: &str) -> String {
        let file = self.cell.file(path).display().to_string();
        let command = format!("{shell} \"$SCRIPT\" {}", self.options().join(" "));
        let variables: Vec<(&str, &str)> =
            variables.iter().copied().chain([("SCRIPT", file.as_str())]).collect();
        self.cell
            .run(shell, &["-c", &command], &variables, input)
            .unwrap_or_else(|e| panic!("{path} by {shell}: {e}"))
    }

    fn call(&mut self, user: &str, words: &[&str]) -> Result<String, String> {
        self.redis.login(&format!("rough_{user}"), "it's a $(word)").expect("logs in");
        self.redis.command(words)
    }

    /// The keys of a tenant, written by the services whose they are.
    fn fill(&mut self, tenant: &str) -> Vec<String> {
        let tenant = percent_encoded(tenant);
        let words = self.words;
        let key = |tag: &str, rest: &str| format!("{tenant}:{}{rest}", words.pattern(tag));
        let session = key("s", &format!(":{PERSON}"));
        let job = json!({ words.value("a"): PERSON, words.value("b"): words.prose("held") }).to_string();
        let (jobs, feed) = (key("j", ""), key("f", ""));
        let held = words.prose("held");
        for (user, command) in [
            ("web", vec!["FCALL", "session_put", "1", &session, &held]),
            ("web", vec!["FCALL", "jobs_push", "1", &jobs, &job]),
            ("web", vec!["FCALL", "feed_append", "1", &feed, "person", PERSON, "what", &held]),
        ] {
            self.call(user, &command).unwrap_or_else(|e| panic!("{command:?}: {e}"));
        }
        vec![session, jobs, feed]
    }

    fn there(&mut self, keys: &[String]) -> usize {
        keys.iter().filter(|key| self.call("maintenance", &["EXISTS", key]).expect("asks") == "1").count()
    }
}

/// A value in a key, as the client writes it.
fn percent_encoded(value: &str) -> String {
    let encoded = |c: char| match c {
        ':' | '%' | '{' | '}' | '*' | '?' | '[' | ']' | '\\' => format!("%{:02X}", u32::from(c)),
        c => c.to_string(),
    };
    value.chars().map(encoded).collect()
}

#[test]
fn every_script_of_keys_runs() {
    SETS.into_iter().map(Words::of).for_each(every_script_runs);
}

fn every_script_runs(words: Words) {
    let emitted = artifacts(words, Tiers::Databases);
    let mut ran = BTreeSet::new();
    let Some(mut keys) = Keys::of(words, &emitted, "cache/users.acl", &mut ran) else { return };
    let (one, two) = (words.value("r1"), words.value("r2"));
    let (ours, theirs) = (keys.fill(&one), keys.fill(&two));
    assert_eq!((keys.there(&ours), keys.there(&theirs)), (3, 3));

    let found = json!({ "core.Person": [{ "id": PERSON }] }).to_string();
    ran.insert("cache/scripts/erase_subject.sh".to_owned());
    for shell in SHELLS {
        let of = |tenant: &'static str| [("POLITY_ENTITY", "core.Person"), ("POLITY_TENANT_ID", tenant)];
        let mut variables = of("").to_vec();
        variables[1].1 = &one;
        let looking = [&variables[..], &[("POLITY_FIND", "1")]].concat();
        let shown = keys.script(shell, "cache/scripts/erase_subject.sh", &looking, &found);
        let shown: Vec<&str> = shown.lines().collect();
        assert!(shown.contains(&ours[0].as_str()), "{shown:?}");
        assert!(!shown.iter().any(|key| theirs.contains(&(*key).to_owned())), "{shown:?}");
        keys.script(shell, "cache/scripts/erase_subject.sh", &variables, &found);
        assert_eq!((keys.there(&ours[..1]), keys.there(&theirs)), (0, 3), "{shell}");
        keys.fill(&one);
    }
    ran.insert("cache/scripts/erase_tenant.sh".to_owned());
    for shell in SHELLS {
        keys.script(shell, "cache/scripts/erase_tenant.sh", &[("POLITY_TENANT_ID", &one)], "");
        assert_eq!((keys.there(&ours), keys.there(&theirs)), (0, 3), "{shell}");
        keys.fill(&one);
    }

    ran.insert("cache/scripts/end_entries.sh".to_owned());
    for shell in SHELLS {
        keys.script(shell, "cache/scripts/end_entries.sh", &[], "");
    }

    // On a server of a tenant's own nobody writes another tenant's keys.
    let Some(mut own) = Keys::of(words, &emitted, "cache/tenants/top_one/users.acl", &mut ran) else {
        return;
    };
    own.fill(&words.plain_id("t1"));
    let foreign = format!("{}:{}:{PERSON}", percent_encoded(&words.plain_id("t2")), words.pattern("s"));
    own.call("web", &["FCALL", "session_put", "1", &foreign, "x"]).expect_err("another's");
    all_ran(&emitted, &["cache/"], &ran);
}
