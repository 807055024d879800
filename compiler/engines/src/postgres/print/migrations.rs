//! The first migration and its undo, in Flyway's naming, and the frame around whatever is sealed.

use std::fmt::Write;

use serde::Serialize;

use super::super::lower::audit::{Part, PartKind, Trail};
use super::super::lower::database::Database;
use super::super::lower::lowered::Lowered;
use super::super::lower::tenancy::sight::PROOF;
use super::super::lower::{erasure, maintenance, outbox};
use super::super::sql::statements::statements;
use super::super::sql::{Body, Ident, Literal, Name};
use super::{RESET, SET, SET_BESIDE, header, liquibase, undo::undo as undone};
use polity_catalog::relational::Dependencies;
use polity_model::Value;
use polity_templates::postgres::blocks;
use polity_text::tokens;

/// How the store wants its migrations named and framed.
pub(in crate::postgres) struct Style {
    digits: usize,
    frame: Frame,
}

/// The program that runs the files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    /// It puts each migration into a transaction, unless a file beside it says otherwise.
    Flyway,
    /// A changelog says what is a transaction, and which lines part statements.
    Liquibase,
    /// Any that sends a file as it stands: it begins and ends its transaction itself.
    Plain,
}

impl Style {
    pub(in crate::postgres) fn of(database: &Database) -> Self {
        let settings = database.platform.settings_of(database.store.id, None);
        let said = settings.get("migrations").map(|s| &s.value);
        let (Some(Value::Word(tag)) | Some(Value::Tagged { tag, .. })) = said else { return Self::BARE };
        let frame = match tag.as_str() {
            "liquibase" => Frame::Liquibase,
            "plain" => Frame::Plain,
            _ => Frame::Flyway,
        };
        let digits = match said {
            Some(Value::Tagged { record, .. }) => record.get("digits").map(|s| &s.value),
            _ => None,
        };
        match digits {
            Some(Value::Integer(digits)) => Self { digits: usize::try_from(*digits).unwrap_or(4), frame },
            _ => Self { digits: 4, frame },
        }
    }

    /// The frame for a program that begins and ends each transaction by itself.
    pub(in crate::postgres) const BARE: Self = Self { digits: 4, frame: Frame::Flyway };

    /// Whether a changelog lists the files.
    pub(in crate::postgres) fn has_changelog(&self) -> bool {
        self.frame == Frame::Liquibase
    }

    /// `V0001`
    pub(in crate::postgres) fn tag(&self, number: u32) -> String {
        format!("V{number:0width$}", width = self.digits)
    }

    /// `V0001__initial.sql`
    pub(in crate::postgres) fn file_name(&self, prefix: char, number: u32, name: &str) -> String {
        format!("{prefix}{number:0width$}__{name}.sql", width = self.digits)
    }

    /// `V0003.21__phones_index.sql`
    pub(in crate::postgres) fn part_name(&self, number: u32, part: &str, name: &str) -> String {
        format!("V{number:0width$}.{part}__{name}.sql", width = self.digits)
    }

    /// Frames what was sealed, or is to be.
    pub(in crate::postgres) fn sealed(
        &self,
        database: &Database,
        what: &str,
        body: &str,
        in_transaction: bool,
    ) -> String {
        let again = if in_transaction { AGAIN_WHOLE } else { AGAIN_BESIDE };
        let what = &format!("{what}\n\n{again}");
        if in_transaction {
            return self.frame(database, what, body);
        }
        self.spelled(database, format!("{}{SET_BESIDE}\n{body}{RESET}", header(database, what)))
    }

    /// Returns a text as the program reads it. Liquibase and its driver are told where statements end, since they know neither texts
    /// between dollars nor bodies of functions well enough, and it would read `${HOME}` as a parameter; what is a tenant's is spelled
    /// with its tier.
    pub(in crate::postgres) fn spelled(&self, database: &Database, text: String) -> String {
        if self.frame != Frame::Liquibase {
            return text;
        }
        let parts = statements(&text).into_iter().flat_map(|one| [one, ";\n", liquibase::PARTS, "\n"]);
        let text: String = parts.collect();
        match database.placement.tenant {
            None => text.replace("${", &format!("{}{{", tokens::DOLLAR)),
            Some(_) => text,
        }
    }

    /// Frames an undo. It is a transaction of its own whatever runs it: nothing may go where its first statement refuses.
    pub(in crate::postgres) fn undo(&self, database: &Database, what: &str, body: &str) -> String {
        let undo = Self { digits: self.digits, frame: Frame::Plain }.frame(database, what, body);
        self.spelled(database, undo)
    }

    /// `V0001__initial.sql.conf`: without it Flyway would read `${…}` in a text of the platform as its own, and run in a transaction
    /// what cannot be in one. Nobody else reads it.
    pub(in crate::postgres) fn configuration(
        &self,
        database: &Database,
        sql: &str,
        in_transaction: bool,
    ) -> Option<String> {
        // What is a tenant's holds no token but its own: all others are escaped.
        let is_literal = database.placement.tenant.is_none() && sql.contains("${");
        let lines = [
            (!in_transaction, "executeInTransaction=false\n"),
            (is_literal, "placeholderReplacement=false\n"),
        ];
        let text: String = lines.iter().filter(|(is_needed, _)| *is_needed).map(|(_, line)| *line).collect();
        (self.frame == Frame::Flyway && !text.is_empty()).then_some(text)
    }

    fn frame(&self, database: &Database, what: &str, body: &str) -> String {
        let mut out = header(database, what);
        out.reserve(body.len() + 1024);
        let is_plain = self.frame == Frame::Plain;
        if is_plain {
            out.push_str("BEGIN;\n\n");
        }
        let _ = write!(out, "{SET}\n{body}{RESET}");
        if is_plain {
            out.push_str("\nCOMMIT;\n");
        }
        self.spelled(database, out)
    }
}

/// The remarks on another try.
const AGAIN_WHOLE: &str = "Where a lock is not to be had it lets go of the others and tries again, five times in all; then it ends with 55P03, and nothing\nhas changed: run it again.";
const AGAIN_BESIDE: &str = "It may run again at any time, and goes on where it was stopped.";

/// `V0001__initial.sql`
pub(super) fn initial(database: &Database, style: &Style, body: &str) -> String {
    style.frame(
        database,
        "Creates the database. Run by the migrator, in one transaction, after roles.sql.",
        body,
    )
}

/// `R__0001_after_core_users.sql`: run again by Flyway whenever its text has changed.
pub(in crate::postgres) fn repeatable(database: &Database, style: &Style) -> Vec<(String, String)> {
    let frame = |sql: &str| {
        let body = format!("SET ROLE {};\n\n{sql}\n", Ident(&database.roles.owner));
        style.frame(
            database,
            "From the source. Run after the versioned migrations, and again when its text changes.",
            &body,
        )
    };
    let scripts = super::schema::repeatable(database).into_iter();
    scripts.map(|(name, sql)| (format!("R__{name}.sql"), frame(&sql))).collect()
}

/// `U0001__initial.sql`: takes back what the migration made, unless rows would be lost.
pub(super) fn undo(
    database: &Database,
    style: &Style,
    lowered: &Lowered,
    dependencies: &Dependencies<'_>,
) -> String {
    style.frame(
        database,
        "Takes the first migration back. Extensions and roles stay: they are the administrator's (roles.sql).",
        &undo_of_all(database, lowered, dependencies),
    )
}

/// The statements of that, for a migration that is sealed.
pub(in crate::postgres) fn first_undo(database: &Database, lowered: &Lowered) -> String {
    undo_of_all(database, lowered, &lowered.catalog.dependencies())
}

fn undo_of_all(database: &Database, lowered: &Lowered, dependencies: &Dependencies<'_>) -> String {
    // Whoever restores a backup needs to know who was erased.
    let log = erasure::is_needed(database).then(|| erasure::log(database));
    let held = holding(database).into_iter().map(|(name, _)| name).chain(log);
    let held: Vec<String> = held.map(|name| Literal(&name.to_string()).to_string()).collect();
    let undone = super::by_hand::drops(database) + &undone(lowered, dependencies, &database.roles);
    format!(
        "-- One statement, so that nothing goes where it refuses, whatever runs it.\n\
         -- Rows are lost only where somebody says that they may be: SET polity.undo_may_lose = on.\nDO {};\n\n",
        Body(&guarded(&held, &undone, database.tenancy.is_some()))
    )
}

/// Writes the block that does all this, unless one of these tables, each as a literal, holds rows. The tables are read before
/// the owner acts, by the migrator, which must see the rows of every tenant: row security holds the owner as well.
fn guarded(held: &[String], undone: &str, tenancy: bool) -> String {
    #[derive(Serialize)]
    struct Undo {
        held: String,
        /// The call that proves that no row is hidden, where rows can be.
        proof: Option<&'static str>,
        statements: String,
    }
    let list = match held {
        [] => String::new(),
        held => format!("\n        {}\n    ", held.join(",\n        ")),
    };
    let statements = undone.trim_end().lines().map(indented).collect();
    let proof = tenancy.then_some(PROOF);
    polity_templates::render(blocks::UNDO, Undo { held: list, proof, statements }).trim_end().to_owned()
}

fn indented(line: &str) -> String {
    if line.is_empty() { "\n".to_owned() } else { format!("    {line}\n") }
}

/// The tables of which rows would be lost, each with a condition on those that their retention has not reached.
pub(in crate::postgres) fn holding(database: &Database) -> Vec<(Name, Option<String>)> {
    let tables = database.tables.iter().map(|table| (table.name.clone(), maintenance::kept(database, table)));
    // The head of a chain holds its one row from the start, and seals are nothing without what they seal.
    let entries = |trail: &Trail| {
        let kept = maintenance::kept_entries(trail);
        let held = [PartKind::Entries, PartKind::Payload, PartKind::Anchor];
        let parts = trail.parts().into_iter().filter(|part| held.contains(&part.kind));
        let of = |part: Part| {
            let kept = kept.clone().filter(|_| part.kind != PartKind::Anchor);
            (part.name, kept)
        };
        parts.map(of).collect::<Vec<_>>()
    };
    let messages = database.outbox.iter().map(|outbox| (outbox.name.clone(), Some(outbox::kept())));
    tables.chain(database.trails.iter().flat_map(entries)).chain(messages).collect()
}
