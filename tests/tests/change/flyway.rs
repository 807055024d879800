//! The rules by which Flyway reads a folder (its documentation, "Migrations" and "Script config files"), held against what is written for
//! it. It is not installed here, so nothing is run.

use std::collections::{BTreeMap, BTreeSet};

use polity_tests::project;

use super::tiers::{after, sealed};

const FIRST: &str = "platform shop { environments: [dev] }
tenancy by tenant_id: uuid
tier small { isolation: row }
tier middle { isolation: schema }
tenant acme: middle { id: \"aaaaaaaa-0000-4000-8000-000000000001\" }
store main: postgres 15 { database: \"shop\", migrations: flyway { digits: 5 } }
schema core in main {
  entity Buyer {
    id: uuid key = uuid_v7()
    called: text(40)
    mark: text(40) = \"${HOME}\"
  }
}
service web {
  read core.*
  write core.*
}
";

/// Scripts of a source, in another order than that of their names.
const SCRIPTS: &str = "platform shop { environments: [dev] }
store main: postgres 15 { database: \"shop\" }
schema core in main {
  entity Zebra { id: uuid key = uuid_v7() }
  entity Ape { id: uuid key = uuid_v7() }
  sql after core.Zebra \"\"\"
    COMMENT ON COLUMN core.zebra.id IS 'its number';
  \"\"\"
  sql after core.Ape \"\"\"
    COMMENT ON COLUMN core.ape.id IS 'its number';
  \"\"\"
}
";

/// A file of a folder that Flyway reads, by its name.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum File {
    /// The parts of its version, which are compared as numbers.
    Versioned(Vec<u32>),
    Undo(Vec<u32>),
    /// Its description, by which it is ordered.
    Repeatable(String),
}

/// Reads a name as Flyway does: a prefix, a version with `.` or `_` between its parts, two underscores, a description.
fn read(name: &str) -> File {
    let (begin, description) =
        name.split_once("__").expect("two underscores part the version from the description");
    assert!(!description.is_empty() && !description.contains("__"), "{name}");
    let version = |text: &str| -> Vec<u32> {
        text.split('.').map(|part| part.parse().unwrap_or_else(|_| panic!("{name}: {part}"))).collect()
    };
    match begin.split_at(1) {
        ("V", text) => File::Versioned(version(text)),
        ("U", text) => File::Undo(version(text)),
        ("R", "") => File::Repeatable(description.to_owned()),
        _ => panic!("{name}: Flyway would pass it over"),
    }
}

#[test]
fn its_rules_hold() {
    let history = sealed(FIRST, "initial", &BTreeMap::new(), false);
    let second = FIRST.replace(
        "    called: text(40)\n",
        "    called: text(40)\n    shown: text(80)\n    email: email?\n    index (email)\n",
    ) + "backfill core.Buyer.shown = called || \"!\"\nservice clerk {\n  read core.Buyer\n}\n";
    let history = sealed(&second, "shown", &history, false);
    let history = sealed(&second, "shown_required", &history, true);
    let compiled = polity::compile(&after(&second, &history), &polity::Options::default());
    let artifacts = compiled.artifacts.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
    let mut counts = [0; 3];
    for folder in ["main/migrations/", "main/tiers/middle/migrations/"] {
        let files: Vec<&str> = artifacts.iter().filter_map(|(path, _)| path.strip_prefix(folder)).collect();
        // It looks into the folders below as well, where each version would be there twice.
        assert!(files.iter().all(|file| !file.contains('/')), "{files:#?}");
        let scripts = || files.iter().filter(|file| file.ends_with(".sql"));
        let versions: Vec<File> = scripts().map(|file| read(file.trim_end_matches(".sql"))).collect();
        let once: BTreeSet<&File> = versions.iter().collect();
        assert_eq!(once.len(), versions.len(), "{files:#?}");
        assert!(scripts().all(|file| file.starts_with('R') || file[1..].starts_with("0000")), "{files:#?}");
        for file in scripts() {
            let text = project::text(&artifacts, &format!("{folder}{file}"));
            let configuration = artifacts.get(&format!("{folder}{file}.conf")).unwrap_or_default();
            let configuration = String::from_utf8_lossy(configuration);
            let says = |line: &str| configuration.lines().any(|own| own == line);
            assert!(
                configuration.lines().all(|line| [
                    "executeInTransaction=false",
                    "placeholderReplacement=false"
                ]
                .contains(&line))
            );
            // An undo begins its own transaction, as does what runs beside writes.
            let is_beside = text.contains("SET statement_timeout = 0;") || text.contains("\nBEGIN;\n");
            assert_eq!(says("executeInTransaction=false"), is_beside, "{folder}{file}");
            // What a tenant's text asks for is given as placeholders; in the shared one there is none to ask for.
            let is_shared = folder == "main/migrations/";
            assert_eq!(
                says("placeholderReplacement=false"),
                is_shared && text.contains("${"),
                "{folder}{file}"
            );
            let asked = text.split("${").skip(1).filter_map(|rest| Some(rest.split_once('}')?.0));
            assert!(is_shared || asked.clone().all(|name| name.starts_with("tenant_")), "{folder}{file}");
            counts[0] += usize::from(is_beside);
            counts[1] += usize::from(says("placeholderReplacement=false"));
            counts[2] += usize::from(!is_shared && asked.count() > 0);
        }
        assert!(versions.contains(&File::Versioned(vec![2, 20])), "{versions:?}");
        assert!(versions.contains(&File::Versioned(vec![3])), "{versions:?}");
    }
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    // The administrator's stand apart, for a run of their own, under the number before which they run.
    let admins: Vec<&str> =
        artifacts.iter().filter_map(|(path, _)| path.strip_prefix("main/admin/")).collect();
    assert_eq!(admins, ["V00001__initial.sql", "V00002__shown.sql"]);
}

/// Scripts run behind all versions, in the order of their descriptions, which is that of the source.
#[test]
fn scripts_are_repeatable_in_the_order_of_the_source() {
    let artifacts = project::build(SCRIPTS);
    let scripts: Vec<File> = artifacts
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("main/migrations/R"))
        .map(|rest| read(format!("R{rest}").trim_end_matches(".sql")))
        .collect();
    let expected = ["0001_after_core_zebra", "0002_after_core_ape"];
    assert_eq!(scripts, expected.map(|name| File::Repeatable(name.to_owned())));
}
