//! Finds the tables that a body of a function or a block reads and writes, by its words: nobody here can parse its
//! language. Whatever these leave open is answered with more: every table that is named is read, and a table of which
//! the columns that are written cannot be told is written as a whole.

#![allow(
    clippy::wildcard_enum_match_arm,
    reason = "most tokens are neither names nor texts, and none of the others hides one"
)]

use std::collections::BTreeSet;

use foldhash::HashSet;
use smol_str::SmolStr;
use sqlparser::tokenizer::Token;

use super::super::sql::{Relation, Relations};
use crate::{StoreId, written_sql};

/// Texts in texts that could be executed, deeper than anybody writes them.
const DEPTH: usize = 4;

#[derive(Debug, Default)]
pub(super) struct Body {
    pub(super) reads: BTreeSet<Relation>,
    pub(super) writes: Vec<Written>,
    /// Every name in it, those of functions among them.
    pub(super) words: HashSet<SmolStr>,
    /// The columns of its row that it writes, for a trigger.
    pub(super) row: Columns,
    /// Whether it makes tables that nobody here knows, which others may read.
    pub(super) makes_tables: bool,
    /// Whether it selects into something: to SQL that is a table, to PL/pgSQL a variable.
    pub(super) selects_into: bool,
}

/// A table that is written.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) relation: Relation,
    pub(super) columns: Columns,
}

/// Columns that are written.
#[derive(Debug, Default, Clone)]
pub(super) struct Columns {
    pub(super) named: BTreeSet<SmolStr>,
    /// Whether others may be as well.
    pub(super) all: bool,
}

impl Columns {
    pub(super) fn all() -> Self {
        Self { all: true, ..Self::default() }
    }
}

impl Body {
    pub(super) fn of(text: &str, store: StoreId, relations: &Relations) -> Self {
        let mut body = Self::default();
        // What cannot be read is no SQL either.
        body.look_into(&tokens(text).unwrap_or_default(), store, relations, DEPTH);
        body
    }

    /// Reads a statement, with the texts in it.
    pub(super) fn of_statement(tokens: &[Token], store: StoreId, relations: &Relations) -> Self {
        let mut body = Self::default();
        body.look_into(tokens, store, relations, DEPTH);
        body
    }

    fn look_into(&mut self, statement: &[Token], store: StoreId, relations: &Relations, depth: usize) {
        for token in statement {
            let inner = match token {
                Token::DollarQuotedString(text) => &text.value,
                Token::SingleQuotedString(text)
                | Token::EscapedStringLiteral(text)
                | Token::UnicodeStringLiteral(text)
                | Token::NationalStringLiteral(text) => text,
                _ => continue,
            };
            if depth > 0 {
                self.look_into(&tokens(inner).unwrap_or_default(), store, relations, depth - 1);
            }
        }
        Words { tokens: statement, store, relations }.look(self);
    }
}

/// Without blanks and comments.
fn tokens(text: &str) -> Option<Vec<Token>> {
    Some(written_sql::tokens(text).ok()?.into_iter().map(|token| token.token).collect())
}

/// The statement that a word stands in.
#[derive(Default)]
struct Begun {
    at: usize,
    /// Whether an `into` stands before the word.
    selects_into: bool,
}

struct Words<'t> {
    tokens: &'t [Token],
    store: StoreId,
    relations: &'t Relations,
}

impl Words<'_> {
    fn look(&self, body: &mut Body) {
        // Where `do update set` and the clauses of `merge` write.
        let mut target: Option<Vec<Relation>> = None;
        let mut begun = Begun::default();
        for at in 0..self.tokens.len() {
            match self.tokens.get(at.wrapping_sub(1)) {
                Some(Token::SemiColon) => begun = Begun { at, selects_into: false },
                Some(before) => begun.selects_into |= is(before, &["into"]),
                None => {}
            }
            body.words.extend(self.name(at).map(SmolStr::from));
            let before = if at > 0 && self.is(at - 1, &["only"]) { at - 1 } else { at };
            let verb = |verbs: &[&str]| before > 0 && self.is(before - 1, verbs);
            if let Some((found, end)) = self.table(at, verb(VERBS) || self.is_comma(before)) {
                let inserts = verb(&["into"]) && before > 1 && self.is(before - 2, &["insert", "merge"]);
                let updates = verb(&["update"]);
                let columns = match () {
                    () if inserts && self.is(before - 2, &["merge"]) => Some(Columns::default()),
                    () if inserts => Some(self.listed(end)),
                    () if updates => Some(self.assigned(end)),
                    () => None,
                };
                for relation in &found {
                    if !inserts {
                        body.reads.insert(*relation);
                    }
                    let columns = columns.clone();
                    body.writes.extend(columns.map(|columns| Written { relation: *relation, columns }));
                }
                if columns.is_some() {
                    target = Some(found);
                }
            }
            let columns = if self.is(at, &["update"]) && self.is(at + 1, &["set"]) {
                Some(self.assigned(at + 1))
            } else if self.is(at, &["insert"]) && !self.is(at + 1, &["into"]) {
                Some(self.listed(at + 1))
            } else {
                None
            };
            if let (Some(target), Some(columns)) = (&target, columns) {
                // `excluded`, and what `merge` joins, are what is there already or comes in.
                body.reads.extend(target);
                let written = |relation: &Relation| Written { relation: *relation, columns: columns.clone() };
                body.writes.extend(target.iter().map(written));
            }
            if self.is(at, &["returning"]) {
                body.reads.extend(target.iter().flatten());
            }
            self.look_at_row(at, &begun, &mut body.row);
            let makes = self.is(at, &["create"]) && (at + 1..at + 5).any(|next| self.is(next, &["table"]));
            body.makes_tables |= makes;
            body.selects_into |= self.is(at, &["into"]) && !(at > 0 && self.is(at - 1, &["insert", "merge"]));
        }
    }

    /// The tables that a name at a place may mean, and the place behind it.
    fn table(&self, at: usize, reads: bool) -> Option<(Vec<Relation>, usize)> {
        let name = self.name(at)?;
        if self.tokens.get(at + 1) == Some(&Token::Period) {
            let tables = self.relations.get(&(self.store, name.into()))?;
            return Some((vec![*tables.get(self.name(at + 2)?.as_str())?], at + 3));
        }
        // Without a schema, which `search_path` may give.
        if !reads || at > 0 && self.tokens[at - 1] == Token::Period {
            return None;
        }
        let schemas = self.relations.iter().filter(|((store, _), _)| *store == self.store);
        let mut found: Vec<Relation> =
            schemas.filter_map(|(_, tables)| tables.get(name.as_str()).copied()).collect();
        found.sort_unstable();
        (!found.is_empty()).then_some((found, at + 1))
    }

    /// The columns in parentheses behind the table of an `INSERT`, which may have an alias.
    fn listed(&self, mut at: usize) -> Columns {
        if self.is(at, &["as"]) {
            at += 2;
        } else if self.name(at).is_some() && self.tokens.get(at + 1) == Some(&Token::LParen) {
            at += 1;
        }
        let all = Columns::all();
        if self.tokens.get(at) != Some(&Token::LParen)
            || self.is(at + 1, &["select", "with", "values", "table"])
        {
            return all;
        }
        self.in_parentheses(at).map_or(all, |(named, _)| Columns { named, all: false })
    }

    /// The columns that `SET` gives values, behind the table of an `UPDATE`.
    fn assigned(&self, at: usize) -> Columns {
        let Some(set) = (at..at + 3).find(|at| self.is(*at, &["set"])) else {
            return Columns::all();
        };
        let mut columns = Columns::default();
        let mut at = set + 1;
        loop {
            if let Some(name) = self.name(at) {
                columns.named.insert(name.into());
            } else if let Some((named, end)) = self.in_parentheses(at) {
                columns.named.extend(named);
                at = end;
            } else {
                columns.all = true;
                return columns;
            }
            let mut depth = 0_usize;
            loop {
                at += 1;
                match self.tokens.get(at) {
                    Some(Token::LParen | Token::LBracket) => depth += 1,
                    Some(Token::RParen | Token::RBracket) if depth > 0 => depth -= 1,
                    Some(Token::Comma) if depth == 0 => break,
                    Some(Token::RParen | Token::RBracket | Token::SemiColon) | None => return columns,
                    Some(_) if depth == 0 && self.is(at, &["from", "where", "returning", "when"]) => {
                        return columns;
                    }
                    Some(_) => {}
                }
            }
            at += 1;
        }
    }

    /// The names in a list in parentheses, and the place of the one that closes it.
    fn in_parentheses(&self, open: usize) -> Option<(BTreeSet<SmolStr>, usize)> {
        if self.tokens.get(open) != Some(&Token::LParen) {
            return None;
        }
        let mut names = BTreeSet::new();
        let mut at = open + 1;
        loop {
            names.insert(self.name(at)?.into());
            at += 1;
            match self.tokens.get(at)? {
                Token::Comma => at += 1,
                Token::RParen => return Some((names, at)),
                _ => return None,
            }
        }
    }

    /// `new.x := …`, `select … into new.x`, and `return` of another row than `new`.
    fn look_at_row(&self, at: usize, begun: &Begun, row: &mut Columns) {
        if self.is(at, &["return"]) {
            let end = if self.is(at + 1, &["coalesce"]) { at + 3 } else { at + 1 };
            let passes_on = self.is(end, &["new", "old", "null", "query", "next"]);
            row.all |= !passes_on && !matches!(self.tokens.get(at + 1), Some(Token::SemiColon) | None);
        }
        if !self.is(at, &["new"]) {
            return;
        }
        let column = (self.tokens.get(at + 1) == Some(&Token::Period)).then(|| self.name(at + 2)).flatten();
        let end = if column.is_some() { at + 3 } else { at + 1 };
        let opens = at == begun.at || self.is(at - 1, &["begin", "then", "else", "loop"]);
        let is_assigned = match self.tokens.get(end) {
            Some(Token::Assignment) => true,
            Some(Token::Eq) => opens,
            Some(Token::LBracket) => true,
            _ => false,
        };
        if is_assigned || begun.selects_into {
            match column {
                Some(column) => drop(row.named.insert(column.into())),
                None => row.all = true,
            }
        }
    }

    /// A name as the store sees it.
    fn name(&self, at: usize) -> Option<String> {
        self.tokens.get(at).and_then(name)
    }

    fn is(&self, at: usize, words: &[&str]) -> bool {
        self.tokens.get(at).is_some_and(|token| is(token, words))
    }

    fn is_comma(&self, at: usize) -> bool {
        at > 0 && self.tokens[at - 1] == Token::Comma
    }
}

/// A name as the store sees it.
pub(super) fn name(token: &Token) -> Option<String> {
    match token {
        Token::Word(word) if word.quote_style.is_some() => Some(word.value.clone()),
        Token::Word(word) => Some(word.value.to_lowercase()),
        _ => None,
    }
}

/// Whether it is one of these words, without quotes.
pub(super) fn is(token: &Token, words: &[&str]) -> bool {
    match token {
        Token::Word(word) if word.quote_style.is_none() => {
            words.iter().any(|known| word.value.eq_ignore_ascii_case(known))
        }
        _ => false,
    }
}

/// The words that a table follows.
const VERBS: &[&str] = &["from", "join", "into", "update", "using", "table"];
