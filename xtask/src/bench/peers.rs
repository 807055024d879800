//! The times of other tools for the same entities, in the same run: `cargo xtask bench --peers`. The tools are
//! installed once, in pinned versions and a folder of their own; that needs npm and the registries.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::measure::{self, Cost};
use super::workload::{self, references, status};
use super::{N, Other, build_command, clear};
use crate::{Result, workspace};

const PRISMA: &str = "7.10.1";
const PROST: &str = "0.14.4";

const ROUNDS: usize = 15;

/// Installs the others and times each, in turns with Polity, so that what else the machine does falls on all alike.
pub(super) fn measure(polity: &Path, scratch: &Path) -> Result<Vec<Other>> {
    let folder = workspace().join("target/bench-peers");
    let (npm, cargo) = (folder.join("prisma"), folder.join("prost"));
    install_prisma(&npm)?;
    install_prost(&cargo)?;

    put(&npm.join("schema.prisma"), &prisma(N))?;
    let mut validate = Command::new(npm.join("node_modules/.bin/prisma"));
    validate.current_dir(&npm).args(["validate", "--schema", "schema.prisma"]);
    // It asks whether there is a newer version, and fetches an engine that `validate` never starts.
    validate.env("CHECKPOINT_DISABLE", "1").env("PRISMA_SCHEMA_ENGINE_BINARY", "/bin/true");

    put(&cargo.join("bench.proto"), &proto(N))?;
    let mut prost = Command::new(cargo.join("target/release/prost-peer"));
    prost.current_dir(&cargo);

    let (source, out) = (scratch.join("source"), scratch.join("out"));
    workload::write(N, &source)?;
    let (mut ours, mut prosts, mut validates) = (Vec::new(), Vec::new(), Vec::new());
    eprintln!("N={N}, in turns");
    for _ in 0..ROUNDS {
        clear(&out);
        ours.push(measure::run(&mut build_command(polity, &source, &out))?.0);
        prosts.push(measure::run(&mut prost)?.0);
        validates.push(measure::run(&mut validate)?.0);
    }
    clear(scratch);
    let other = |name: String, costs: Vec<Cost>, share: f64| Other {
        name,
        milliseconds: Cost::best(costs).milliseconds,
        share,
        beside: Some(Cost::best(ours.iter().copied()).milliseconds),
    };
    Ok(vec![
        other(format!("prost-build {PROST} with protox"), prosts, 0.3),
        other(format!("Prisma validate {PRISMA}"), validates, 0.05),
    ])
}

fn put(path: &Path, text: &str) -> Result {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|e| format!("cannot write {}: {e}", path.display()))
}

fn install(command: &mut Command, folder: &PathBuf) -> Result {
    let name = command.get_program().to_string_lossy().into_owned();
    eprintln!("installing with {name} into {}", folder.display());
    match command.current_dir(folder).status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{name} failed ({status})")),
        Err(e) => Err(format!("cannot run {name}: {e}")),
    }
}

fn install_prisma(folder: &PathBuf) -> Result {
    let package = format!("{{ \"private\": true, \"dependencies\": {{ \"prisma\": \"{PRISMA}\" }} }}\n");
    put(&folder.join("package.json"), &package)?;
    // Its scripts would fetch engines for databases.
    install(Command::new("npm").args(["install", "--ignore-scripts", "--no-audit", "--no-fund"]), folder)
}

/// prost-build reads what protoc compiled; protox does that without a process of its own.
fn install_prost(folder: &PathBuf) -> Result {
    let manifest = format!(
        "[package]\nname = \"prost-peer\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nprost-build = \"={PROST}\"\nprotox = \"=0.10.0\"\n\n\
         [profile.release]\nlto = \"fat\"\ncodegen-units = 1\n\n[workspace]\n"
    );
    let program = "fn main() -> Result<(), Box<dyn std::error::Error>> {\n    \
                   let files = protox::compile([\"bench.proto\"], [\".\"])?;\n    \
                   Ok(prost_build::Config::new().out_dir(\".\").compile_fds(files)?)\n}\n";
    put(&folder.join("Cargo.toml"), &manifest)?;
    put(&folder.join("src/main.rs"), program)?;
    let mut cargo = Command::new(env!("CARGO"));
    install(cargo.args(["build", "--release", "--quiet", "--target-dir", "target"]), folder)
}

/// Prisma wants both ends of a reference.
fn prisma(n: usize) -> String {
    let mut back = vec![String::new(); n];
    for i in 0..n {
        let (parent, owner) = references(i);
        let _ = writeln!(back[parent], "  children{i} Entity{i:05}[] @relation(\"parent{i}\")");
        let _ = writeln!(back[owner], "  owned{i} Entity{i:05}[] @relation(\"owner{i}\")");
    }
    let mut text = String::from("datasource db {\n  provider = \"postgresql\"\n}\n");
    for (i, back) in back.iter().enumerate() {
        if i.is_multiple_of(10) {
            let _ = write!(text, "\nenum {} {{\n  draft\n  pending\n  active\n", status(i));
            text.push_str("  suspended\n  archived\n}\n");
        }
        let (parent, owner) = references(i);
        let optional = if i == 0 { "?" } else { "" };
        let _ = write!(
            text,
            r#"
/// Business entity number {i}
model Entity{i:05} {{
  id          String   @id @default(uuid()) @db.Uuid
  code        String   @unique @db.VarChar(32)
  title       String   @db.VarChar(200)
  description String?
  quantity    Int      @default(0)
  big_count   BigInt
  amount      Decimal  @db.Decimal(12, 2)
  rate        Decimal? @db.Decimal(8, 4)
  active      Boolean  @default(true)
  payload     Json?
  created_at  DateTime @default(now())
  status      {status} @default(draft)
  parent_id   String?  @db.Uuid
  owner_id    String{optional} @db.Uuid
  parent Entity{parent:05}? @relation("parent{i}", fields: [parent_id], references: [id], onDelete: NoAction, onUpdate: NoAction)
  owner Entity{owner:05}{optional} @relation("owner{i}", fields: [owner_id], references: [id], onDelete: NoAction, onUpdate: NoAction)
{back}
  @@index([status, created_at])
  @@index([owner_id])
  @@index([parent_id])
  @@map("entity_{i:05}")
}}
"#,
            status = status(i),
        );
    }
    text
}

/// The types alone, which is all that prost-build makes.
fn proto(n: usize) -> String {
    let mut text = String::from("syntax = \"proto3\";\npackage bench;\n");
    for i in 0..n {
        if i.is_multiple_of(10) {
            let _ = write!(text, "\nenum {} {{\n", status(i));
            for (at, value) in ["DRAFT", "PENDING", "ACTIVE", "SUSPENDED", "ARCHIVED"].iter().enumerate() {
                let _ = writeln!(text, "  {}_{value} = {at};", status(i).to_uppercase());
            }
            text.push_str("}\n");
        }
        let _ = write!(text, "\n// Business entity number {i}\nmessage Entity{i:05} {{\n");
        let status = status(i);
        let fields = [
            ("string", "id"),
            ("string", "code"),
            ("string", "title"),
            ("optional string", "description"),
            ("int32", "quantity"),
            ("int64", "big_count"),
            ("string", "amount"),
            ("optional string", "rate"),
            ("bool", "active"),
            ("optional string", "payload"),
            ("int64", "created_at"),
            (status.as_str(), "status"),
            ("optional string", "parent_id"),
            ("string", "owner_id"),
        ];
        for (at, (ty, name)) in fields.iter().enumerate() {
            let _ = writeln!(text, "  {ty} {name} = {};", at + 1);
        }
        text.push_str("}\n");
    }
    text
}
