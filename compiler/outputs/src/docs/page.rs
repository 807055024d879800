//! Markdown pages of the data map, the record of processing and the steps of erasure, for a person to read.

use std::fmt::Write;

use super::erasure::{Erased, Erasure};
use super::map::Place;
use super::record::{Activity, Kept, PassedOn, Processing, Purpose};
use polity_engines::surface::Faced;
use polity_text::quoting::markdown::{block, cell, code, inline, prose};
use polity_text::quoting::shell;

pub(super) fn data_map(valid: &Faced<'_>, places: &[Place]) -> String {
    let mut out = title(valid, "Where personal data is");
    out.push_str(
        "Every place that holds labelled data or rows of a person: whose it is, how long it is kept, and who uses it.\n",
    );
    for place in places {
        let _ = writeln!(out, "\n## {}\n", inline(&place.path));
        if !place.docs.is_empty() {
            let _ = writeln!(out, "{}\n", prose(&place.docs));
        }
        let _ = writeln!(
            out,
            "{} {} in `{}` ({}).\n",
            capital(place.kind),
            code(&place.stored_as),
            place.store,
            place.engine
        );
        let said = [
            ("Of", place.about.join(", ")),
            ("Kept", place.kept.clone()),
            ("Used by", place.used_by.join("; ")),
        ];
        for (what, said) in said {
            let said = if said.is_empty() { "nobody whom the source names".to_owned() } else { said };
            let _ = writeln!(out, "- {what}: {}", inline(&said));
        }
        if !place.purposes.is_empty() {
            let _ = writeln!(out, "- For: {}", inline(&place.purposes.join(", ")));
        }
        let rows = place.fields.iter().filter(|field| !field.labels.is_empty());
        let rows: Vec<Vec<String>> = rows
            .map(|field| {
                let protected = field.protected.join("; ");
                vec![field.name.clone(), field.r#type.clone(), field.labels.join(" "), protected]
            })
            .collect();
        table(&["field", "type", "labels", "protected"], &rows, &mut out);
    }
    out
}

pub(super) fn record(valid: &Faced<'_>, record: &Processing) -> String {
    let mut out = title(valid, "Record of processing activities");
    out.push_str("GDPR Art. 30(1), as far as the source knows it.\n");
    if !record.description.is_empty() {
        let _ = writeln!(out, "\n{}", prose(&record.description));
    }
    out.push_str("\n## To be added by a person\n\n");
    for what in &record.to_be_added {
        let _ = writeln!(out, "- {what}");
    }
    out.push_str("\n## Whom it is about\n");
    let rows: Vec<Vec<String>> =
        record.data_subjects.iter().map(|who| vec![who.name.clone(), who.description.clone()]).collect();
    if rows.is_empty() {
        out.push_str("\nThe source names nobody: no entity says `subject`.\n");
    } else {
        table(&["category", "description"], &rows, &mut out);
    }
    let rows = purposes(record);
    if !rows.is_empty() {
        out.push_str("\n## What for\n");
        table(&["purpose", "description", "legal basis"], &rows, &mut out);
    }
    out.push_str("\n## What is processed, and for how long\n");
    let head = ["place", "description", "purposes", "data subjects", "categories", "used by", "time limit"];
    table(&head, &activities(record), &mut out);
    let rows = recipients(record);
    if !rows.is_empty() {
        out.push_str("\n## Whom it is passed on to, outside of the platform\n");
        table(&["service", "recipient", "third country", "safeguards"], &rows, &mut out);
    }
    out.push_str("\n## Where it is kept, and how it is protected\n");
    let head = ["store", "engine", "region", "measures", "asked of whoever runs the store, and proven there"];
    table(&head, &stores(record), &mut out);
    out
}

fn purposes(record: &Processing) -> Vec<Vec<String>> {
    let row = |purpose: &Purpose| {
        let basis = format!("{} ({})", purpose.basis, purpose.article);
        vec![purpose.name.clone(), purpose.description.clone(), basis]
    };
    record.purposes.iter().map(row).collect()
}

fn activities(record: &Processing) -> Vec<Vec<String>> {
    let row = |activity: &Activity| {
        vec![
            activity.place.clone(),
            activity.description.clone(),
            activity.purposes.join(", "),
            activity.data_subjects.join(", "),
            activity.categories.join(" "),
            activity.used_by.join("; "),
            activity.time_limit.clone(),
        ]
    };
    record.activities.iter().map(row).collect()
}

fn recipients(record: &Processing) -> Vec<Vec<String>> {
    let row = |to: &PassedOn| {
        let [country, under] = [&to.country, &to.under].map(|text| text.clone().unwrap_or_default());
        vec![to.service.clone(), to.name.clone(), country, under]
    };
    record.recipients.iter().map(row).collect()
}

fn stores(record: &Processing) -> Vec<Vec<String>> {
    let row = |store: &Kept| {
        let region = if store.region.is_empty() { "to be added" } else { &store.region };
        let [security, asked] = [&store.security, &store.asked].map(|measures| measures.join("; "));
        vec![store.name.clone(), store.engine.to_owned(), region.to_owned(), security, asked]
    };
    record.stores.iter().map(row).collect()
}

pub(super) fn erasure(valid: &Faced<'_>, erasure: &Erasure) -> String {
    let mut out = title(valid, "How a person is erased");
    for person in erasure.people {
        let _ = writeln!(out, "## {}\n", inline(&person.person));
        out.push_str("Run these in order. Each takes what the one before it found; where one fails, the rest are not run, and all may be run\nagain at any time. A store stands here twice where another finds what it has to look for. The addresses\ncarry the logins that may erase, and a password that no list of processes may show stands in the environment; those of a\ntenant with a database or a server of its own lead there.\n\n");
        out.push_str(&block("sh", &commands(valid, person)));
        let shown = person.shown.join(", ");
        let _ =
            writeln!(out, "\nWhat a person may see (GDPR Art. 15, 20) is gathered in the same way: {shown}.");
        if person.logged {
            out.push_str("After a restore the commands are run again for each line of `polity.erasure_log`; within PostgreSQL\n`polity.replay_erasures()` does it. Where a hold keeps the person's data, the first command fails and the rest are not run;\nthey are run again once it is lifted (`polity.lift`) or has ended.\n");
        } else {
            out.push_str("No store of these keeps a log of erasures: who was erased is written down elsewhere, and after a restore the\ncommands are run again for each of them.\n");
        }
        out.push_str("\nWhat happens, in the order in which it happens within each store:\n");
        let rows: Vec<Vec<String>> = person
            .steps
            .iter()
            .map(|step| {
                vec![step.store.clone(), step.place.clone(), step.action.to_owned(), step.why.clone()]
            })
            .collect();
        table(&["store", "place", "step", "why"], &rows, &mut out);
        out.push('\n');
    }
    if !erasure.tenant.is_empty() {
        out.push_str("## A tenant\n\nAll that is a tenant's goes, and what all share stays. Where tenants share a store:\n\n");
        let mut commands = String::from("export POLITY_TENANT_ID='id of the tenant'\n");
        for command in erasure.tenant {
            let _ = writeln!(commands, "{}", command.command);
        }
        out.push_str(&block("sh", &commands));
        out.push_str("\nA tenant with schemas or a database of its own has an `offboard.sql` in its folder (`psql -v may_lose=on`, or it\nrefuses where there are rows), and `erase_tenant.js` drops its database where `POLITY_TENANT` names it; a server of its\nown goes as a whole. While a tenant is moved from one place to another, nothing of it is erased in either: end the move\nfirst, or give it up. The keys of the tenant are destroyed where keys are kept, which reaches what backups hold as\nciphertext.\n\n");
    }
    out.push_str("## What remains, and until when\n");
    let rows: Vec<Vec<String>> = erasure
        .remains
        .iter()
        .map(|remains| vec![remains.place.clone(), remains.what.clone(), remains.until.clone()])
        .collect();
    table(&["place", "what", "until"], &rows, &mut out);
    out
}

/// The shell commands that erase a person.
fn commands(valid: &Faced<'_>, person: &Erased) -> String {
    let mut out =
        format!("export POLITY_SUBJECT='key of the person' POLITY_ENTITY={}\n", shell::word(&person.person));
    if valid.tenancy.is_some() {
        out.push_str("export POLITY_TENANT_ID='id of the tenant'\n");
    }
    // In a shell of its own, which ends where a command fails: what comes next must not work with half of what was found.
    out.push_str("(\nset -eu\nfound='{}'\n");
    for command in &person.commands {
        let _ = writeln!(out, "{}", command.command);
    }
    out.push_str(")\n");
    out
}

fn title(valid: &Faced<'_>, what: &str) -> String {
    format!("# {what}\n\nGenerated by Polity from {}; do not edit.\n\n", inline(&valid.name))
}

fn table(head: &[&str], rows: &[Vec<String>], out: &mut String) {
    if rows.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n| {} |\n|{}", head.join(" | "), "---|".repeat(head.len()));
    for row in rows {
        let cells: Vec<String> = row.iter().map(|text| cell(text)).collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
