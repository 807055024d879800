//! Settings that change: the plan says them to whoever runs the servers, and which server starts anew.

use polity_model::settings::catalogue::Kind;
use polity_tests::engines::{Postgres, Redis};

use super::support::Lineage;

const FIRST: &str = "platform post { environments: [dev, prod] }
store main: postgres 15 {
  database: \"post\"
  url: secret(\"post\", \"url\")
  settings: { max_connections: 100, work_mem: 8MB }
  in prod { settings: { max_connections: 200 } }
}
schema core in main {
  entity Letter { id: uuid key = uuid_v4() }
}
";

#[test]
fn a_plan_says_settings_that_change() {
    let Some(server) = Postgres::server() else { return };
    let lineage = Lineage::begin(server, FIRST);
    let altered = |text: &str| {
        let open = lineage.open(text).expect("it is valid");
        let said = open.altered_settings().into_iter().map(|(one, restarts)| {
            let (was, is) = (one.was.unwrap_or_default(), one.is.unwrap_or_default());
            format!("{} {}: {was} -> {is}{}", one.place, one.name, if restarts { "!" } else { "" })
        });
        said.collect::<Vec<_>>()
    };
    assert_eq!(altered(FIRST), [""; 0]);
    let second = FIRST
        .replace("8MB", "4MB")
        .replace("max_connections: 200", "max_connections: 300, shared_buffers: 1GB");
    assert_eq!(
        altered(&second),
        [
            "main settings.work_mem: 8000000 bytes -> 4000000 bytes",
            "main in prod settings.max_connections: 200 -> 300!",
            "main in prod settings.shared_buffers:  -> 1000000000 bytes!",
        ]
    );
    let third = FIRST
        .replace("postgres 15", "postgres 16")
        .replace("  in prod { settings: { max_connections: 200 } }\n", "");
    assert_eq!(
        altered(&third),
        ["main version: 15 -> 16!", "main in prod settings.max_connections: 200 -> !"]
    );
}

/// The settings that PostgreSQL takes only when it starts are those that its catalogue says.
#[test]
fn a_setting_restarts_the_server_that_says_so() {
    for major in [14, 15, 16, 17, 18] {
        let server = if major == 15 { Postgres::server() } else { Postgres::server_of(major) };
        let Some(mut server) = server else { continue };
        let about =
            polity_engines::ENGINES.known.iter().find(|about| about.name == "postgres").expect("it is known");
        let settings = about.settings.iter().find(|spec| spec.name == "settings").expect("it has some");
        let Kind::Record(parameters) = settings.kind else { panic!("they are named") };
        let known = "SELECT name || ' ' || (context = 'postmaster') FROM pg_settings ORDER BY name";
        let known = server.run(known).expect("it answers");
        let mut seen = 0;
        for line in known.lines() {
            let (name, restarts) = line.split_once(' ').expect("two words");
            let is_said = about.restarts.contains(&format!("settings.{name}").as_str());
            // Since 18 its workers are bounded by another one.
            if major >= 18 && name == "autovacuum_max_workers" {
                continue;
            }
            if parameters.iter().any(|spec| spec.name == name) {
                seen += 1;
                assert_eq!(is_said, restarts == "true", "{major}: {name}");
            }
        }
        assert!(seen > 50, "{major}: {seen} settings are known");
    }
}

#[test]
fn a_setting_of_redis_restarts_the_server_that_refuses_it() {
    let Some(mut server) = Redis::fresh() else { return };
    for (setting, name, value) in [
        ("databases", "databases", "3"),
        ("max_memory", "maxmemory", "100mb"),
        ("eviction", "maxmemory-policy", "allkeys-lru"),
        ("persistence", "appendonly", "no"),
    ] {
        let about =
            polity_engines::ENGINES.known.iter().find(|about| about.name == "redis").expect("it is known");
        let said = server.command(&["CONFIG", "SET", name, value]);
        assert_eq!(said.is_err(), about.restarts.contains(&setting), "{setting}: {said:?}");
    }
}
