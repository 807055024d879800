//! What SQL by hand may not say: who may do what is derived from the source, and a line of SQL in passing must not
//! undo it. The search looks into the bodies of functions and into texts that could be executed. A list of what is
//! refused can never be whole; it is against mistakes, and against what nobody can read.

use sqlparser::tokenizer::Token;

use crate::model::written_sql;

/// The words that were found, and what to do instead.
#[derive(Debug)]
pub(super) struct Found {
    pub words: String,
    pub help: &'static str,
}

/// Names that SQL by hand leaves alone.
pub(super) struct Kept<'k> {
    /// The column that tells tenants apart.
    pub tenant: Option<&'k str>,
    /// Whether a schema holds the compiler's own functions for a tenant.
    pub is_own: &'k dyn Fn(&str) -> bool,
}

impl Kept<'_> {
    fn keeps(&self, schema: &str) -> bool {
        schema == "polity" || schema == "polity_key" || (self.is_own)(schema)
    }
}

const ROLES: &str = "roles and what they may do follow from the platform; leave the statement out";
const ROWS: &str = "row security follows from the platform; leave the statement out";
const VIEWS: &str = "declare the view in the source; said again by hand it would lose whose sight it has";
const SERVER: &str = "leave it out: it reaches past the database, where no policy holds";
const TEXTS: &str = "write the statement itself: SQL that is put together as it runs cannot be read here";
const SESSION: &str = "leave it out: the session's settings are what the statements around it need";

/// Sequences of words; any one of those between `|` stands for the place.
const FORBIDDEN: &[(&[&str], &str, &str)] = &[
    (
        &["security", "definer"],
        "SECURITY DEFINER",
        "a function runs with the rights of whoever calls it; leave it out",
    ),
    (&["create|alter|drop|set|reset", "role|user|group"], "ROLE", ROLES),
    (&["set", "local|session", "role|authorization"], "ROLE", ROLES),
    (&["create|alter|drop", "policy"], "POLICY", ROWS),
    (&["row", "level", "security"], "ROW LEVEL SECURITY", ROWS),
    (&["disable|replica|always", "trigger"], "TRIGGER", ROWS),
    (&["owner", "to"], "OWNER TO", ROLES),
    (&["alter", "default", "privileges"], "DEFAULT PRIVILEGES", ROLES),
    (&["reassign|drop", "owned"], "OWNED", ROLES),
    (&["security", "label"], "SECURITY LABEL", ROLES),
    (&["or", "replace", "view"], "OR REPLACE VIEW", VIEWS),
    (&["alter|drop", "view"], "VIEW", VIEWS),
    (&["alter|drop", "materialized", "view"], "VIEW", VIEWS),
    (&["create|alter|drop", "rule"], "RULE", ROWS),
    (&["or", "replace", "rule"], "RULE", ROWS),
    (&["create|alter|drop", "event", "trigger"], "EVENT TRIGGER", ROWS),
    (&["create|alter|drop", "extension"], "EXTENSION", "list it under `extensions` of the store"),
    (&["create|alter|drop", "server|subscription|publication"], "SERVER", SERVER),
    (&["create|alter|drop|import", "foreign"], "FOREIGN", SERVER),
    (&["create|alter|drop", "language"], "LANGUAGE", SERVER),
    (&["create|alter|drop", "trusted|procedural", "language"], "LANGUAGE", SERVER),
    (&["alter", "system|database"], "ALTER SYSTEM", "give the setting to the store in the source"),
    (&["reset|discard", "all"], "RESET ALL", SESSION),
];

/// Words that are refused wherever they stand, also where they name a setting or a function.
const WORDS: &[(&str, &str)] = &[
    ("row_security", ROWS),
    ("session_replication_role", ROWS),
    ("set_config", SESSION),
    ("query_to_xml", TEXTS),
    ("query_to_xml_and_xmlschema", TEXTS),
    ("ts_stat", TEXTS),
    ("pg_terminate_backend", SERVER),
    ("pg_cancel_backend", SERVER),
    ("pg_reload_conf", SERVER),
    ("pg_read_file", SERVER),
    ("pg_read_binary_file", SERVER),
    ("pg_stat_file", SERVER),
];

/// What such words begin with: large objects, which everybody may read, other servers, and files.
const STEMS: &[(&str, &str)] =
    &[("lo_", SERVER), ("dblink", SERVER), ("pg_ls_", SERVER), ("pg_file_", SERVER), ("pg_logical_", SERVER)];

/// The compiler's own triggers.
const TRIGGERS: &[&str] = &["aa_require_tenant", "zz_audit", "append_only"];

/// What a text is that stands within SQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Text {
    /// Nothing: it is what was written.
    Script,
    /// The body of a function or a block.
    Body,
    /// A value, which somebody could execute.
    Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Word {
    /// In small letters.
    Bare(String),
    Quoted(String),
    Text,
    Dot,
    End,
    Other,
}

impl Word {
    fn is(&self, word: &str) -> bool {
        matches!(self, Self::Bare(bare) if bare == word)
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Bare(name) | Self::Quoted(name) => Some(name),
            Self::Text | Self::Dot | Self::End | Self::Other => None,
        }
    }
}

pub(super) fn find(sql: &str, kept: &Kept) -> Option<Found> {
    find_in(sql, kept, Text::Script, 0)
}

fn find_in(sql: &str, kept: &Kept, text: Text, depth: usize) -> Option<Found> {
    // What cannot be read is reported by whoever parses it.
    let tokens = written_sql::tokens(sql).ok()?;
    let mut words: Vec<Word> = Vec::with_capacity(tokens.len());
    let mut begins = 0; // where the statement began
    for token in &tokens {
        let (word, inner) = match &token.token {
            Token::Word(word) if word.quote_style.is_some() => (Word::Quoted(word.value.clone()), None),
            Token::Word(word) => (Word::Bare(word.value.to_lowercase()), None),
            Token::DollarQuotedString(text) => (Word::Text, Some(&text.value)),
            Token::SingleQuotedString(text)
            | Token::EscapedStringLiteral(text)
            | Token::UnicodeStringLiteral(text)
            | Token::NationalStringLiteral(text) => (Word::Text, Some(text)),
            Token::Period => (Word::Dot, None),
            Token::SemiColon => (Word::End, None),
            _ => (Word::Other, None),
        };
        if let Some(inner) = inner.filter(|_| depth < 4) {
            let makes = |word: &str| words.get(begins).is_some_and(|first| first.is(word));
            let text = if makes("create") || makes("do") { Text::Body } else { Text::Value };
            if let Some(found) = find_in(inner, kept, text, depth + 1) {
                return Some(found);
            }
        }
        words.push(word);
        if let Some(found) = judge(&words, begins, kept, text) {
            return Some(found);
        }
        let opens = |word: &Word| ["begin", "then", "else", "loop"].iter().any(|opening| word.is(opening));
        if words.last().is_some_and(|word| *word == Word::End || opens(word)) {
            begins = words.len();
        }
    }
    words.push(Word::End);
    if let Some(found) = judge(&words, begins, kept, text) {
        return Some(found);
    }
    // In a text, `grant` alone may be a word like another.
    let grants = |verb: &str, link: &str| {
        let verb = words.iter().position(|word| word.is(verb))?;
        words[verb..].iter().any(|word| word.is(link)).then_some(())
    };
    let is_given = grants("grant", "to").is_some() || grants("revoke", "from").is_some();
    (text != Text::Script && is_given).then(|| found("GRANT", ROLES))
}

fn found(words: &str, help: &'static str) -> Found {
    Found { words: words.to_owned(), help }
}

/// What the newest word makes of those before it.
fn judge(words: &[Word], begins: usize, kept: &Kept, text: Text) -> Option<Found> {
    let last = words.last()?;
    let before = |n: usize| words.len().checked_sub(n + 1).and_then(|at| words.get(at));
    if let Some((_, said, help)) = FORBIDDEN.iter().find(|(pattern, ..)| ends_with(words, pattern)) {
        return Some(found(said, help));
    }
    let statement = &words[begins.min(words.len())..];
    let verb = |wanted: &str| statement.first().is_some_and(|first| first.is(wanted));
    if text != Text::Value && statement.len() == 1 {
        match last {
            Word::Bare(word) if text == Text::Script && ["grant", "revoke"].contains(&word.as_str()) => {
                return Some(found(&word.to_uppercase(), ROLES));
            }
            Word::Bare(word) if ["copy", "load"].contains(&word.as_str()) => {
                return Some(found(&word.to_uppercase(), SERVER));
            }
            _ => {}
        }
    }
    if let Word::Bare(word) = last {
        let stem = STEMS.iter().find(|(stem, _)| word.starts_with(stem));
        if let Some((_, help)) = WORDS.iter().find(|(known, _)| known == word).or(stem) {
            return Some(found(word, help));
        }
        if word == "leakproof" && (verb("create") || verb("alter")) && !before(1).is_some_and(|w| w.is("not"))
        {
            return Some(found("LEAKPROOF", ROWS));
        }
        if word == "authorization" && verb("create") {
            return Some(found("AUTHORIZATION", ROLES));
        }
        if word == "program" && verb("copy") {
            return Some(found("COPY … PROGRAM", SERVER));
        }
    }
    if let Some(name) = last.name()
        && (TRIGGERS.contains(&name) || kept.tenant == Some(name))
        && (verb("create") || verb("alter") || verb("drop"))
        && changes(statement, name, kept)
    {
        return Some(found(name, ROWS));
    }
    let own = |schema: Option<&str>| schema.filter(|schema| kept.keeps(schema)).map(str::to_owned);
    let schema = match last {
        Word::Dot => own(before(1).and_then(Word::name)),
        _ if before(1).is_some_and(|word| word.is("schema")) => own(last.name()),
        _ => None,
    };
    if let Some(schema) = schema {
        let help = "what stands in this schema is the compiler's own; leave it out";
        return Some(Found { words: schema, help });
    }
    // `EXECUTE` in a body takes a text, and only one that stands there can be read.
    if text == Text::Body {
        let is_literal = before(1) == Some(&Word::Text)
            && before(2).is_some_and(|word| word.is("execute"))
            && !(*last == Word::End || ["into", "using", "loop"].iter().any(|follows| last.is(follows)));
        let is_put_together = before(1).is_some_and(|word| word.is("execute"))
            && *last != Word::Text
            && !["function", "procedure", "on"].iter().any(|word| last.is(word));
        if is_literal || is_put_together {
            return Some(found("EXECUTE", TEXTS));
        }
    }
    None
}

/// Whether a statement changes the trigger or the column of that name, instead of only naming a column like it.
fn changes(statement: &[Word], name: &str, kept: &Kept) -> bool {
    let before = |n: usize| statement.len().checked_sub(n + 1).and_then(|at| statement.get(at));
    let after = |word: &str| {
        before(1).is_some_and(|w| w.is(word))
            || before(1).is_some_and(|w| w.is("exists")) && before(3).is_some_and(|w| w.is(word))
    };
    if kept.tenant == Some(name) {
        let alters = statement.first().is_some_and(|first| first.is("alter"));
        return alters && ["column", "alter", "drop", "rename"].iter().any(|word| after(word));
    }
    after("trigger")
}

fn ends_with(words: &[Word], pattern: &[&str]) -> bool {
    words.len() >= pattern.len()
        && pattern
            .iter()
            .zip(&words[words.len() - pattern.len()..])
            .all(|(pattern, word)| pattern.split('|').any(|p| word.is(p)))
}

#[cfg(test)]
mod tests {
    use super::{Kept, find};

    fn kept() -> Kept<'static> {
        Kept { tenant: Some("tenant_id"), is_own: &|schema| schema == "acme_polity" }
    }

    #[test]
    fn rights_by_hand_are_found_wherever_they_hide() {
        for sql in [
            "GRANT SELECT ON core.users TO public",
            "select 1; revoke all on core.users from app",
            "create /* x */ policy p on core.users",
            "ALTER TABLE core.users DISABLE ROW LEVEL SECURITY",
            "create function f() returns int language sql security definer as $$ select 1 $$",
            "do $$ begin execute 'grant all on core.users to public'; end $$",
            "do $x$ begin create role admin; end $x$",
            "set role postgres",
            "set session authorization postgres",
            "alter table core.users owner to app",
        ] {
            assert!(find(sql, &kept()).is_some(), "{sql}");
        }
    }

    #[test]
    fn row_security_is_not_undone_in_passing() {
        for sql in [
            "create or replace function polity.current_tenant() returns uuid language sql as $$ select null $$",
            "alter function \"polity\".current_tenant() immutable",
            "drop function acme_polity.retain()",
            "drop schema polity cascade",
            "insert into polity_key.signing values ('x')",
            "set polity.tenant_id = 'x'",
            "set row_security = off",
            "select set_config('row_security', 'off', false)",
            "set session_replication_role = replica",
            "alter table core.u disable trigger aa_require_tenant",
            "alter table core.u disable trigger all",
            "drop trigger if exists \"aa_require_tenant\" on core.u",
            "alter table core.u alter column tenant_id drop default",
            "alter table core.u alter tenant_id type text",
            "alter table core.u drop column if exists \"tenant_id\"",
            "alter table core.u rename column tenant_id to x",
            "create or replace view core.v as select * from core.u",
            "alter view core.v reset (security_invoker)",
            "drop view core.v",
            "drop rule no_merge on core.u",
            "alter function lower(text) leakproof",
            "create schema s authorization web",
            "reset all",
        ] {
            assert!(find(sql, &kept()).is_some(), "{sql}");
        }
    }

    #[test]
    fn nothing_reaches_past_the_database() {
        for sql in [
            "copy core.u to program 'cat'",
            "copy core.u from '/etc/passwd'",
            "do $$ begin copy core.u to '/tmp/x'; end $$",
            "select pg_read_file('/etc/passwd')",
            "select pg_catalog.lo_export(1, '/tmp/x')",
            "select pg_terminate_backend(1)",
            "load 'x'",
            "create extension if not exists dblink",
            "create server s foreign data wrapper postgres_fdw",
            "create foreign table core.ft (a int) server s",
            "select * from dblink('a', 'b') as t (a int)",
            "alter system set wal_level = minimal",
        ] {
            assert!(find(sql, &kept()).is_some(), "{sql}");
        }
    }

    #[test]
    fn sql_that_is_put_together_as_it_runs_is_none_that_can_be_read() {
        for sql in [
            "do $$ begin execute 'gr' || 'ant select on core.u to public'; end $$",
            "do $$ begin execute 'gr'\n'ant select on core.u to public'; end $$",
            "do $$ begin execute said; end $$",
            "do $$ begin execute format('alter table %s x', 'y'); end $$",
            "create function f() returns setof int language plpgsql as $$ begin return query execute said; end $$",
            "create function f() returns void language plpgsql as 'begin execute said; end'",
            "select query_to_xml('select 1', true, true, '')",
        ] {
            assert!(find(sql, &kept()).is_some(), "{sql}");
        }
        for sql in [
            "do $$ begin execute 'update core.u set a = $1' using 1; end $$",
            "create trigger t after insert on core.u for each row execute function core.f()",
            "insert into core.note values ('please execute the order')",
        ] {
            assert!(find(sql, &kept()).is_none(), "{sql}");
        }
    }

    #[test]
    fn ordinary_words_pass() {
        for sql in [
            "select u.role, u.policy from core.users u where u.state = 'grant pending'",
            "select \"grant\" from core.awards -- create role x",
            "select 'the grant goes on' as text",
            "insert into core.note values ('a copy of it'), ('drop the view from here')",
            "alter table core.u add column x int",
            "alter table core.u add constraint c unique (tenant_id, x)",
            "create index i on core.u (tenant_id, x)",
            "update core.u set a = 'x' where tenant_id is null",
            "create trigger t before update on core.u for each row execute function core.f()",
            "select program, load from core.u",
            "create function f(text) returns bool language sql not leakproof as $$ select true $$",
        ] {
            let found = find(sql, &kept());
            assert!(found.is_none(), "{sql}: {found:?}");
        }
    }
}
