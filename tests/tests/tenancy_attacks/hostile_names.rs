//! Names and tenants in which a shell, psql or SQL could read more than text, through every script that moves a tenant.

use std::process::Command;

use polity::artifact::Artifacts;
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::promotion::told;

/// Each would touch a file, end a here-document or a quote, or stand for a variable of the scripts.
const WORST: [&str; 6] = [
    r#"a'b"c$(touch pwned)`touch pwned`;\!:x:'y'"#,
    r#"SQL $polity$ SQL1 $polity1$"#,
    r#":seal:'seal':"seal" :may_lose"#,
    r#"\o pwned \! touch pwned \. %s -- /*"#,
    r#"${FROM} $TO $1 \g | touch pwned"#,
    r#"'; touch pwned; ' <<SQL #"#,
];

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn platform(tier: &str) -> String {
    let [a, b, c, d, e, f] = WORST.map(quoted);
    format!(
        r#"
platform odd {{ environments: [dev] }}
tenancy by tenant_id: text(80)
tier standard {{ isolation: row }}
tier premium {{ isolation: schema }}
tier enterprise {{ isolation: database }}
tenant acme: {tier} {{ id: "acme" }}
store main: postgres 15 {{ database: "a'b$(touch pwned)`x`;\\!:x:'y'" }}
schema core as {b} in main {{
  global entity Country as {c} {{ code: text(2) key }}
  sequence numbers as {d}
  entity Patient as {a} {{
    id: bigint key = next(numbers)
    email: text(60) unique #personal as {c}
    country: -> Country on delete restrict as {e}
    friend: -> Patient? on delete set null as {d}
    subject
    index (country)
    index (friend)
    audit (insert, update, delete) into audit.Trail
  }}
  entity Visit as {f} {{
    id: uuid = uuid_v7()
    at: timestamp = now() as {a}
    key (id, at)
    partition by month (at) ahead 1
    retain 5y after at
  }}
}}
schema audit as {f} in main {{
  audit log Trail as {e} {{ partition by month ahead 1; retain 10y; chained }}
}}
"#
    )
}

fn ident(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn install(db: &Postgres, artifacts: &Artifacts, folder: &str, migrator: &str) {
    for (role, file) in [("postgres", "roles.sql"), (migrator, "schema.sql")] {
        let path = format!("{folder}/{file}");
        db.script_as(role, &project::text(artifacts, &path)).unwrap_or_else(|e| panic!("{path}: {e}"));
    }
}

/// A script in a folder of its own, in which nothing may appear.
fn run(
    shell: &str,
    script: &str,
    step: &str,
    from: (&Postgres, &str),
    to: (&Postgres, &str),
) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let (bin, source) = from.0.for_scripts(from.1).expect("psql is there");
    let (_, target) = to.0.for_scripts(to.1).expect("psql is there");
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), script).expect("ours");
    let mut command = Command::new(shell);
    command.arg(file.path()).arg(step).current_dir(folder.path());
    command.env("PATH", format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default()));
    let result = told(command.env("FROM", source).env("TO", target).output().expect("both are installed"));
    let left = std::fs::read_dir(folder.path()).expect("ours").count();
    assert_eq!(left, 0, "{shell} {step}: a command was run");
    result
}

#[test]
fn nothing_gets_out_of_its_place() {
    for (shell, tier) in
        [("dash", "enterprise"), ("bash", "enterprise"), ("dash", "premium"), ("bash", "premium")]
    {
        let artifacts = project::build(&platform(tier));
        let Some(mut shared) = Postgres::server() else { return };
        install(&shared, &artifacts, "main", "odd_migrator");
        let (schema, other) = (ident(WORST[1]), WORST[0].replace('\'', "''"));
        let tenant = "acme";
        let (patient, visit, country) = (ident(WORST[0]), ident(WORST[5]), ident(WORST[2]));
        let rows = |of: &str| {
            format!(
                "insert into {schema}.{country} values ('SN') on conflict do nothing;
                 insert into {schema}.{patient} (tenant_id, {}, {}) values ('{of}', E'x\\\\.\\n\\\\.', 'SN');
                 insert into {schema}.{visit} (tenant_id) values ('{of}');",
                ident(WORST[2]),
                ident(WORST[4])
            )
        };
        shared.script_as("odd_migrator", &rows(tenant)).expect("fills");
        shared.script_as("odd_migrator", &rows(&other)).expect("fills");
        let count = |schema: &str| {
            format!(
                "select (select count(*) from {schema}.{patient}), (select count(*) from {schema}.{visit})"
            )
        };
        let folder = "main/tenants/acme";
        let is_apart = tier == "enterprise";
        let migrator = if is_apart { "odd_acme_migrator" } else { "odd_migrator" };
        let mut own = if is_apart { Some(shared.another()) } else { None };
        install(own.as_ref().unwrap_or(&shared), &artifacts, folder, migrator);
        let script = project::text(&artifacts, &format!("{folder}/promote.sh"));
        let step = |own: &Option<Postgres>, shared: &Postgres, step: &str| {
            run(shell, &script, step, (shared, "odd_migrator"), (own.as_ref().unwrap_or(shared), migrator))
        };
        for done in ["freeze", "copy", "thaw", "freeze", "copy"] {
            step(&own, &shared, done).unwrap_or_else(|e| panic!("{shell} {tier} {done}: {e}"));
        }
        assert!(step(&own, &shared, "copy").unwrap_err().contains("copied there already"));
        step(&own, &shared, "remove").unwrap_or_else(|e| panic!("{shell} {tier} remove: {e}"));
        assert_eq!(shared.run(&count(&schema)).unwrap(), "1|1", "the other one's");
        let there = if is_apart { schema.clone() } else { ident(&format!("acme_{}", WORST[1])) };
        let db = own.as_mut().unwrap_or(&mut shared);
        assert_eq!(db.run(&count(&there)).unwrap(), "1|1");
        if let Some(own) = &own {
            let global = project::text(&artifacts, &format!("{folder}/copy_global.sh"));
            run(shell, &global, "", (&shared, "odd_migrator"), (own, migrator))
                .expect("copies what all share");
        }
        drop(own);
    }
}
