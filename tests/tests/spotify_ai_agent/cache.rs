//! Redis with the modules, users and functions of the example: each service does there what it was given.

use std::process::Command;

use polity_tests::engines::Redis;
use polity_tests::project::{example, on_disk, text};

use super::support::{NAME, PERSON, WAVES};

const SERVICES: &[&str] =
    &["accounts_api", "agent_worker", "studio_api", "billing_api", "royalties", "playback"];

/// A server of a store with the files as they were written; each password is the user's name.
fn installed(store: &str) -> Option<Redis> {
    let files = example(NAME);
    let folder = on_disk(&files);
    let mut script = Command::new("sh");
    script
        .arg(folder.path().join(store).join("scripts/passwords.sh"))
        .arg(folder.path().join(store).join("users.acl"));
    for name in SERVICES.iter().chain(&["maintenance", "monitor", "replica", "sentinel", "operator"]) {
        script.env(format!("SPOTIFY_AI_AGENT_{}_PASSWORD", name.to_uppercase()), name);
    }
    let output = script.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let acl = String::from_utf8(output.stdout).unwrap();
    let conf = text(&files, &format!("{store}/redis.conf"));
    // The modules' server is 7.4, and so knows all that these lists for 7.2 say.
    let mut redis = Redis::with_modules(&[("redis.conf", &conf), ("users.acl", &acl)])?
        .unwrap_or_else(|log| panic!("{log}"));
    redis.login("spotify_ai_agent_maintenance", "maintenance").unwrap();
    redis
        .command(&["FUNCTION", "LOAD", &text(&files, &format!("{store}/scripts/spotify_ai_agent.lua"))])
        .unwrap();
    Some(redis)
}

#[test]
fn each_service_does_what_it_was_given() {
    let Some(mut redis) = installed("cache") else { return };
    let key = |rest: &str| format!("{WAVES}:{rest}");
    let (session, heard) = (key(&format!("session:{PERSON}:phone")), key(&format!("heard:{PERSON}")));
    let (memory, latency) = (key(&format!("memory:{PERSON}")), key(&format!("latency:{PERSON}")));
    let playlist = key(&format!("playlist:{PERSON}"));
    let calls: &[(&[&str], &[&str])] = &[
        (&["FCALL", "session_put", "1", &session, "{}"], &["accounts_api"]),
        (&["GET", &session], &["accounts_api"]),
        (&["FCALL", "heard_add", "1", &heard, PERSON], &["agent_worker", "playback"]),
        (&["BF.EXISTS", &heard, PERSON], &["agent_worker"]),
        (&["FCALL", "agent_memory_put", "1", &memory, "{\"goals\":[],\"facts\":{}}"], &["agent_worker"]),
        (&["JSON.GET", &memory], &["agent_worker"]),
        (&["FCALL", "agent_latency_add", "1", &latency, "1000", "12"], &["agent_worker"]),
        (&["FCALL", "playlist_cache_put", "1", &playlist, "{}"], &["playback"]),
        (&["FCALL", "exchange_rate_put", "1", "exchange:EUR", "1.1"], &["billing_api"]),
        (&["GET", "exchange:EUR"], &["billing_api", "royalties"]),
        (&["KEYS", "*"], &[]),
        (&["FLUSHALL"], &[]),
        (&["CONFIG", "GET", "*"], &[]),
    ];
    judge(&mut redis, calls);
}

#[test]
fn each_service_queues_and_counts_as_it_was_given() {
    let Some(mut redis) = installed("queues") else { return };
    let key = |rest: &str| format!("{WAVES}:{rest}");
    let (attempts, runs, events) = (key("attempts:v1.x"), key("queue:runs"), key("events:tracks"));
    let working = format!("{{{runs}}}:processing");
    let calls: &[(&[&str], &[&str])] = &[
        (&["FCALL", "sign_in_attempts_take", "1", &attempts], &["accounts_api"]),
        (&["FCALL", "run_queue_push", "1", &runs, "{}"], &["agent_worker", "studio_api"]),
        (&["FCALL", "run_queue_take", "2", &runs, &working, "1000"], &["agent_worker"]),
        (&["FCALL", "track_events_append", "1", &events, "kind", "play"], &["playback"]),
        (&["FCALL", "track_events_open", "1", &events], &["royalties", "playback"]),
        (&["GET", &key("session:x:y")], &[]),
    ];
    judge(&mut redis, calls);
}

/// Tries each call as each service, of which those that are listed may do it.
fn judge(redis: &mut Redis, calls: &[(&[&str], &[&str])]) {
    for (call, allowed) in calls {
        for service in SERVICES {
            // Who has nothing to do in a store has no user there.
            let login = redis.login(&format!("spotify_ai_agent_{service}"), service);
            let said = login.and_then(|()| redis.command(call));
            match allowed.contains(service) {
                true => assert!(said.is_ok(), "{service} {call:?}: {said:?}"),
                false => {
                    let refused = said.as_ref().is_err_and(|e| {
                        ["NOPERM", "permission", "can't", "WRONGPASS"].iter().any(|s| e.contains(s))
                    });
                    assert!(refused, "{service} {call:?}: {said:?}");
                }
            }
        }
    }
}
