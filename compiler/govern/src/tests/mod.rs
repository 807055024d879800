//! Rules at work: each test is a platform and what is said of it.

mod caches;
mod conflicts;
mod labels;
mod packs;
mod pseudonyms;
mod rules;
mod sql;
mod stored;
mod view_indexes;
mod waivers;

use crate::Governed;
use polity_model::Date;
use polity_text::source::Sources;

const HEAD: &str = "platform shop { environments: [dev, prod]; production: [prod] }
store main: postgres 15 { database: \"shop\" }
store cache: redis 7 { in prod { encryption: { in_transit: tls_1_3 } } }
encryption key pii { algorithm: aes_256_gcm }
encryption key other { algorithm: aes_256_gcm }
label biometric: personal, health
";

const USER: &str = "schema core in main {
  entity User { id: uuid key; email: email #personal; born: date?; face: bytes #biometric; at: timestamp = now(); index (at); retain 2y after at }
  entity Note { id: uuid key; user: -> User? on delete set null; text: text(80); index (user) }
}
";

fn governed(source: &str, as_of: Option<Date>) -> (Governed, Vec<polity_text::diagnostics::Diagnostic>) {
    governed_on(&format!("{HEAD}{source}"), as_of)
}

/// A whole project.
pub(super) fn governed_text(text: &str) -> (Governed, Vec<polity_text::diagnostics::Diagnostic>) {
    governed_on(text, None)
}

fn governed_on(text: &str, as_of: Option<Date>) -> (Governed, Vec<polity_text::diagnostics::Diagnostic>) {
    let sources = Sources::single("shop.polity", text);
    let (tree, mut found) = polity_syntax::parse(&sources);
    let (platform, resolved) = polity_model::resolve(&tree, polity_engines::ENGINES);
    found.extend(resolved);
    let governed = super::govern(platform, as_of, &mut found);
    (governed, found)
}

/// One line a diagnostic: its code and message.
fn told(source: &str) -> String {
    told_on(source, None)
}

fn told_on(source: &str, as_of: Option<Date>) -> String {
    let (_, found) = governed(&format!("{USER}{source}"), as_of);
    let found = found.iter().filter(|d| d.code != polity_text::diagnostics::codes::W0808);
    let lines: Vec<String> = found.map(|d| format!("{} {}", d.code, d.message)).collect();
    lines.join("\n")
}

fn labels(platform: &Governed, path: &str) -> String {
    let (entity, field) = path.rsplit_once('.').unwrap();
    let entity = platform.entities.iter().find(|e| platform.entity_path(e.id) == entity).unwrap();
    let (id, _) = entity.fields().find(|(_, f)| f.named.name == field).unwrap();
    let names: Vec<&str> =
        platform.labels_of(entity.id, id).iter().map(|c| platform[c.label].name.as_str()).collect();
    names.join(" ")
}

fn rule(body: &str) -> String {
    format!("policy house {{\n parameter longest: duration = 5y\n rule r {{\n{body}\n}}\n}}\n")
}
