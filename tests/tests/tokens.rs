//! Tokens in the files of a tier: one table of texts and values, which `polity render`, `render.sh` and the compiler itself
//! render the same; and what no value can be is refused by each.

use std::path::Path;
use std::process::Command;

use polity_tests::project::{example, root, text};
use polity_text::tokens;

/// A text, the parameters, and what comes of it; `None` where it is refused.
const VECTORS: &[(&str, &[&str], Option<&str>)] = &[
    ("no token\n", &[], Some("no token\n")),
    ("${tenant_prefix}core.a", &["tenant_prefix=acme_"], Some("acme_core.a\n")),
    (
        "\"${tenant_prefix}Core\" '${tenant_id}'",
        &["tenant_prefix=a_", "tenant_id=7"],
        Some("\"a_Core\" '7'\n"),
    ),
    (
        "'${tenant_id}' $polity$ ${tenant_id} $polity$",
        &["tenant_id=018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10"],
        Some(
            "'018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10' $polity$ 018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10 $polity$\n",
        ),
    ),
    ("${tenant_role}.${tenant_dns}", &["tenant_role=north_agency"], Some("north_agency.north-agency\n")),
    (
        "${tenant_dollar}{tenant_id} ${x} $1 ${FROM:-}",
        &["tenant_id=a"],
        Some("${tenant_id} ${x} $1 ${FROM:-}\n"),
    ),
    ("${tenant_connections}", &["tenant_connections=500"], Some("500\n")),
    ("a${tenant_id}", &[], None),
    ("a${tenant_other}", &["tenant_id=a"], None),
    ("a", &["tenant_id="], None),
    ("a", &["tenant_id=A"], None),
    ("a", &["tenant_id=é"], None),
    ("a", &["tenant_id=a b"], None),
    ("a", &["tenant_id=a'"], None),
    ("a", &["tenant_id=a\""], None),
    ("a", &["tenant_id=a/b"], None),
    ("a", &["tenant_id=a&b"], None),
    ("a", &["tenant_id=a\\1"], None),
    ("a", &["tenant_id=a\nb"], None),
    ("a", &["tenant_id=a\n"], None),
    ("a", &["tenant_id=$(touch pwned)"], None),
    ("a", &["tenant_id=${tenant_id}"], None),
    ("a", &["tenant_id=a;DROP TABLE x"], None),
    ("a", &["tenant_id=_a"], None),
    ("a", &["tenant_id=-1"], None),
    ("a", &["tenant_id=a-b"], None),
    ("a", &["tenant_id=a2345678901234567890123456789012"], None),
    ("a", &["tenant_id=018F3C1E-5C1E-7B1A-9A57-0A4D4A3F2B10"], None),
    ("a", &["tenant_id=018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b1g"], None),
    ("a", &["tenant_id=1234567890123456789"], None),
    ("a", &["other=a"], None),
    ("a", &["tenant_=a"], None),
    ("a", &["tenant_a.b=a"], None),
];

#[test]
fn every_renderer_renders_the_same() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file.sql");
    let script = folder.path().join("render.sh");
    std::fs::write(&script, text(&example("spotify-ai-agent"), "tiers/render.sh")).expect("ours");
    for (source, parameters, expected) in VECTORS {
        let source = format!("{}\n", source.trim_end_matches('\n'));
        std::fs::write(&file, &source).expect("ours");
        let values = parameters.iter().map(|given| given.split_once('=').expect("a name and a value"));
        let own = tokens::render(&source, values).ok();
        assert_eq!(own.as_deref(), *expected, "{source} {parameters:?}");
        for shell in ["sh", "bash"] {
            let mut command = Command::new(shell);
            command.arg(&script).arg(&file).args(*parameters).current_dir(folder.path());
            assert_eq!(told(command).as_deref(), *expected, "{shell}: {source} {parameters:?}");
        }
        assert_eq!(std::fs::read_dir(folder.path()).expect("ours").count(), 2, "a command was run");
    }
}

/// Runs a program and returns its output; `None` where it fails, in which case it prints nothing.
fn told(mut command: Command) -> Option<String> {
    let done = command.output().expect("it is installed");
    let printed = String::from_utf8(done.stdout).expect("UTF-8");
    if !done.status.success() {
        assert_eq!(printed, "", "a part of a file is no file");
        return None;
    }
    Some(printed)
}

/// A tenant of the source adds its parameters, and other files only where it says something itself.
#[test]
fn a_tenant_adds_few_lines() {
    let files = example("spotify-ai-agent");
    let generated = root().join("generated/spotify-ai-agent");
    for (tenant, most_files, most_lines) in [
        ("demo_studio", 1, 10),
        ("north_agency", 1, 10),
        ("soundbridge", 8, 60),
        ("universal_archive", 8, 60),
    ] {
        let of_tenant = |path: &str| {
            path.contains(&format!("tenants/{tenant}/")) || path.contains(&format!("tenants/{tenant}-values"))
        };
        let own: Vec<&str> = files
            .iter()
            .map(|(path, _)| path)
            .filter(|path| of_tenant(path) && generated.join(path).exists())
            .collect();
        let lines: usize = own.iter().map(|path| lines(&generated.join(path))).sum();
        assert!(!own.is_empty() && own.len() <= most_files, "{own:?}");
        assert!(lines <= most_lines, "{tenant}: {lines} lines in {own:?}");
    }
}

/// Nothing but the parameters of a tenant is written for each: 200 tenants have no more than twice the text of one.
#[test]
fn two_hundred_tenants_are_no_more_than_twice_one() {
    let written = |isolation: &str, tenants: u32| -> usize {
        let mut source = format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
             store cache: redis 7 {{}}\ntenancy by tenant_id: text(40)\n\
             tier own {{ isolation: {isolation}; quota: {{ connections: 5 }}; accept client_enforced because \"one client\" }}\n\
             schema core in main {{ entity Item {{ id: uuid key = uuid_v7()\nname: text(40) #personal\nsubject }} }}\n\
             keyspace Draft in cache {{ pattern \"draft:{{id: int}}\"; value text; ttl 1h }}\n"
        );
        for tenant in 0..tenants {
            source.push_str(&format!("tenant t{tenant}: own {{}}\n"));
        }
        let compiled = polity_tests::project::compile(&source);
        let files = compiled.artifacts.unwrap_or_else(|| panic!("{:#?}", compiled.diagnostics));
        files.iter().map(|(_, content)| content.len()).sum()
    };
    for isolation in ["schema", "database"] {
        let (one, many) = (written(isolation, 1), written(isolation, 200));
        assert!(many <= 2 * one, "{isolation}: {many} bytes where one tenant has {one}");
    }
}

fn lines(path: &Path) -> usize {
    std::fs::read_to_string(path).expect("it is there").lines().count()
}
