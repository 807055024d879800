//! Connections of the program to live databases.

use polity::live::{Connection, Refused, Target, drift};
use polity::source::{Source, Sources};
use polity_tests::engines::{Authority, Postgres};

use crate::describe::support::platform;

/// A platform with a table, so that something can drift.
const SHOP: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  entity Thing {
    id: uuid key = uuid_v4()
    name: text(80)
  }
}
";

fn refused(url: &str) -> Refused {
    let opened = Target::read(url).and_then(|target| Connection::open(&target));
    opened.err().unwrap_or_else(|| panic!("{url} is not refused"))
}

#[test]
fn what_a_url_says_wrong_is_said_without_its_password() {
    for (url, word) in [
        ("mysql://root:secret@localhost/shop", "postgres://"),
        ("postgres://app:secret@127.0.0.1:1/shop", "127.0.0.1:1/shop"),
        ("postgres://app:secret@127.0.0.1:port/shop", "form"),
        ("postgres://app:secret@db.example/shop?sslmode=prefer", "verify-full"),
        ("postgres://app:secret@db.example/shop?sslrootcert=/nowhere/ca.crt", "/nowhere/ca.crt"),
    ] {
        let said = format!("{:?}", refused(url).diagnostic());
        assert!(said.contains(word), "{url}: {said}");
        assert!(!said.contains("secret"), "{url}: {said}");
    }
}

#[test]
fn another_machine_is_reached_only_encrypted_and_by_a_certificate_that_is_trusted() {
    let Some(authority) = Authority::new() else { return };
    let Some(server) = Postgres::encrypted(&authority) else { return };
    let url = |settings: &str| format!("postgres://postgres@127.0.0.1:{}/postgres{settings}", server.port());
    let root = authority.file("ca.crt").display().to_string();
    let is_encrypted = |settings: &str| -> bool {
        let target = Target::read(&url(settings)).expect("it is a URL");
        let mut live = Connection::open(&target).expect("it opens");
        let rows = live.query("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()", &[]);
        rows.expect("it answers")[0].get(0)
    };
    assert!(is_encrypted(&format!("?sslmode=verify-full&sslrootcert={root}")));
    assert!(!is_encrypted("?sslmode=disable"));
    let said = refused(&url("?sslmode=verify-full")).message;
    assert!(said.contains("certificate"), "{said}");

    // A server without TLS is no excuse.
    let Some(plain) = Postgres::database() else { return };
    let said = refused(&format!("{}?sslmode=require&sslrootcert={root}", plain.url("postgres"))).message;
    assert!(said.contains("TLS"), "{said}");
}

#[test]
fn drift_is_named() {
    let Some(mut server) = Postgres::server() else { return };
    let platform = platform(&Sources::single("shop.polity", SHOP));
    let place = &platform.places[0];
    platform.install(place, &server);
    let (open, _) = polity::history::open(&Sources::single("shop.polity", SHOP), None);
    let files = open.expect("it is valid").sealed("initial", false);
    let history = files.iter().map(|(path, text)| Source { path: path.clone(), text: text.as_str().into() });
    let sealed = Sources::single("shop.polity", SHOP).with_history(history.collect());
    let (open, _) = polity::history::open(&sealed, None);
    let open = open.expect("it is sealed");
    let sealed = open.adoption("main").expect("it is a store");
    let found = |server: &Postgres| {
        let target = Target::read(&server.url("postgres")).expect("it is a URL");
        let mut live = Connection::open(&target).expect("it opens");
        drift(&mut live, &sealed, &[]).expect("it can be described").differences
    };
    assert_eq!(found(&server), Vec::<String>::new());
    server.run("ALTER TABLE core.thing ALTER name TYPE varchar(90)").expect("alters");
    let [line] = &found(&server)[..] else { panic!("one thing differs: {:?}", found(&server)) };
    assert!(line.contains("core.thing.name"), "{line}");
    server.run("ALTER TABLE core.thing ALTER name TYPE text, ALTER name SET DEFAULT 'x'").expect("alters");
    server
        .run("ALTER TABLE core.thing ALTER id SET DEFAULT '00000000-0000-0000-0000-000000000000'")
        .expect("alters");
    let found = found(&server).join("\n");
    assert!(found.contains("core.thing.id: value.default"), "another default is seen: {found}");
}
