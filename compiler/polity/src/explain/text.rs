//! An explanation for people.

use std::fmt;

use super::Explanation;
use polity_text::diagnostics::printable::in_one_line;

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let article = if self.kind == "entity" { "an" } else { "a" };
        writeln!(f, "{} is {article} {} ({})", self.path, self.kind, in_one_line(&self.at))?;
        for line in self.docs.lines() {
            writeln!(f, "  {}", in_one_line(line))?;
        }
        let stored = self.stored.iter().map(|s| {
            let ty = if s.r#type.is_empty() { String::new() } else { format!(": {}", s.r#type) };
            (format!("{} ({}), `{}`{ty}", s.store, s.engine, s.name), String::new())
        });
        section(f, "stored", "nowhere", stored)?;
        let labels = self.labels.iter().map(|l| {
            let of = if l.of.is_empty() { String::new() } else { format!("`{}` ", l.of) };
            (format!("{of}{}, {}", l.label, l.from), String::new())
        });
        section(f, "labels", "none", labels)?;
        let protections = self.protections.iter().map(|s| (s.what.clone(), s.from.clone()));
        section(f, "protected", "by nothing but who may reach the store", protections)?;
        let access = self.access.iter().map(|a| {
            let across = if a.across_tenants { ", across tenants" } else { "" };
            (format!("{} may {}{across}", a.service, a.may.join(", ")), a.from.clone())
        });
        section(
            f,
            "who may",
            if self.has_services {
                "no service, and no other role of the application"
            } else {
                "no service; the application's own role may what the store's tables allow"
            },
            access,
        )?;
        let lives = self.lives.iter().map(|s| (s.what.clone(), s.from.clone()));
        section(f, "lives", "as long as what it stands in", lives)?;
        let copies = self.copies.iter().map(|c| {
            let read = if c.read_by.is_empty() {
                String::new()
            } else {
                format!("; read by {}", c.read_by.join(", "))
            };
            (format!("{}: {}; gone: {}{read}", c.to, c.how, c.ends), c.from.clone())
        });
        section(f, "copies", "none", copies)?;
        let erased = self.erased.iter().map(|s| (s.what.clone(), s.from.clone()));
        section(f, "erased", "it is about nobody", erased)
    }
}

/// A heading, and a line for each thing with where it comes from.
fn section(
    f: &mut fmt::Formatter<'_>,
    heading: &str,
    nothing: &str,
    lines: impl Iterator<Item = (String, String)>,
) -> fmt::Result {
    writeln!(f, "\n{heading}:")?;
    let mut empty = true;
    for (what, from) in lines {
        empty = false;
        match from.as_str() {
            "" => writeln!(f, "  {}", in_one_line(&what))?,
            from => writeln!(f, "  {}  ({})", in_one_line(&what), in_one_line(from))?,
        }
    }
    if empty { writeln!(f, "  {nothing}") } else { Ok(()) }
}
