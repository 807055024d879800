//! Items: what stands at the top of a file or inside a schema.

use pest::iterators::Pairs;
use smol_str::SmolStr;

use super::faults::{After, is_clause, word};
use super::forms::{ITEMS, form};
use super::{Kids, Pair, Reader, Rule};
use crate::ast::{Body, Docs, Header, Item, ItemKind, Materialized, Name, Removed, Statement, Text, Variant};
use polity_text::diagnostics::{Diagnostic, codes};
use polity_text::source::Span;

impl Reader<'_> {
    /// The item of a unit, with the documentation before it.
    pub(super) fn item(&mut self, pairs: Pairs<'_, Rule>) -> Option<Item> {
        let mut docs = Docs::default();
        let mut lines = Vec::new();
        let mut item = None;
        for pair in pairs {
            match pair.as_rule() {
                Rule::doc => lines.push(pair),
                Rule::leftover => {
                    self.unread_rest(&pair, After::Item);
                }
                _ => {
                    docs = join_docs(&lines);
                    item = Some(pair);
                }
            }
        }
        let pair = item?;
        let span = self.span(&pair);
        let text = pair.as_str();
        let kind = self.item_kind(pair).unwrap_or_else(|| super::broken(text));
        Some(Item { docs, span, kind })
    }

    fn item_kind(&mut self, pair: Pair<'_>) -> Option<ItemKind> {
        let rule = pair.as_rule();
        let keyword = word(pair.as_str());
        let keyword = if keyword == "global" { word(pair.as_str()[6..].trim_start()) } else { keyword };
        let shape = form(ITEMS, keyword).unwrap_or("");
        let mut kids = Kids::of(pair);
        let global = kids.take(Rule::global).map(|pair| self.span(&pair));
        Some(match rule {
            Rule::platform => {
                let name = self.lower(kids.next()?);
                ItemKind::Platform { name, body: self.block(&mut kids, shape) }
            }
            Rule::store => {
                let name = self.lower(kids.next()?);
                self.colon(&mut kids, &name, "postgres 15");
                let engine = self.name(&kids.next()?);
                let version = kids.take(Rule::number).map(|pair| self.version(&pair));
                let version = version.or_else(|| self.version_in_stray(&kids));
                ItemKind::Store { name, engine, version, body: self.block(&mut kids, shape) }
            }
            Rule::schema => {
                let (header, _) = self.header(&mut kids, Case::Lower)?;
                if let Some(stray) = kids.take(Rule::stray) {
                    self.stray_header(&stray, shape);
                }
                ItemKind::Schema { header, items: Vec::new() }
            }
            Rule::entity => {
                let (header, _) = self.header(&mut kids, Case::Upper)?;
                ItemKind::Entity { global, header, body: self.block(&mut kids, shape) }
            }
            Rule::enum_item => {
                let (header, _) = self.header(&mut kids, Case::Upper)?;
                let (values, broken) = self.variants(&mut kids);
                ItemKind::Enum { header, values, broken }
            }
            Rule::struct_item => {
                let (header, _) = self.header(&mut kids, Case::Upper)?;
                ItemKind::Struct { header, body: self.block(&mut kids, shape) }
            }
            Rule::type_item => {
                let (header, _) = self.header(&mut kids, Case::Upper)?;
                let ty = self.ty(kids.next()?)?;
                ItemKind::Type { header, ty, modifiers: self.modifiers(&mut kids) }
            }
            Rule::view => {
                let (header, materialized) = self.header(&mut kids, Case::Upper)?;
                ItemKind::View { header, materialized, body: self.block(&mut kids, shape) }
            }
            Rule::sql_after => {
                let mut after = Vec::new();
                while let Some(path) = kids.take(Rule::path) {
                    after.push(self.path(&path));
                }
                ItemKind::SqlAfter { after, sql: self.text(&kids.next()?) }
            }
            Rule::sql_once => {
                let name = self.stored_text(&kids.next()?);
                ItemKind::SqlOnce { name, sql: self.text(&kids.next()?) }
            }
            Rule::sequence => {
                let (header, _) = self.header(&mut kids, Case::Lower)?;
                ItemKind::Sequence { header, from: kids.next().map(|pair| self.literal(&pair)) }
            }
            Rule::audit_log => {
                let (header, _) = self.header(&mut kids, Case::Upper)?;
                ItemKind::AuditLog { header, body: self.clauses(&mut kids, shape) }
            }
            Rule::keyspace => {
                let (header, _) = self.header(&mut kids, Case::Upper)?;
                ItemKind::Keyspace { global, header, body: self.clauses(&mut kids, shape) }
            }
            Rule::channel => {
                let (header, _) = self.header(&mut kids, Case::Upper)?;
                ItemKind::Channel { global, header, body: self.clauses(&mut kids, shape) }
            }
            Rule::tenancy => {
                let column = self.lower(kids.next()?);
                ItemKind::Tenancy { column, ty: self.ty(kids.next()?)? }
            }
            Rule::tier => {
                let name = self.lower(kids.next()?);
                ItemKind::Tier { name, body: self.block(&mut kids, shape) }
            }
            Rule::tenant => {
                let name = self.lower(kids.next()?);
                self.colon(&mut kids, &name, "tier");
                let tier = self.name(&kids.next()?);
                ItemKind::Tenant { name, tier, body: self.block(&mut kids, shape) }
            }
            Rule::label_item => {
                let name = self.lower(kids.next()?);
                let mut parents = Vec::new();
                while let Some(parent) = kids.take(Rule::name) {
                    parents.push(self.name(&parent));
                }
                ItemKind::Label { name, parents, title: kids.next().map(|pair| self.text(&pair)) }
            }
            Rule::encryption_key => {
                let name = self.lower(kids.next()?);
                ItemKind::EncryptionKey { name, body: self.block(&mut kids, shape) }
            }
            Rule::policy => {
                let name = self.lower(kids.next()?);
                let title = kids.take(Rule::string).map(|pair| self.text(&pair));
                ItemKind::Policy { name, title, body: self.block(&mut kids, shape) }
            }
            Rule::use_policy => {
                let name = self.path(&kids.next()?);
                ItemKind::UsePolicy { name, body: kids.next().map(|pair| self.body(pair)) }
            }
            Rule::waive => {
                let (rule, on) = (self.path(&kids.next()?), self.path(&kids.next()?));
                let until = self.literal(&kids.next()?);
                ItemKind::Waive { rule, on, until, because: self.because(kids.next()?)? }
            }
            Rule::service => {
                let name = self.lower(kids.next()?);
                ItemKind::Service { name, body: self.block(&mut kids, shape) }
            }
            Rule::rust_item => ItemKind::Rust { body: self.block(&mut kids, shape) },
            Rule::backfill => {
                let field = self.path(&kids.next()?);
                ItemKind::Backfill { field, value: self.expr(kids.next()?)? }
            }
            Rule::removed => ItemKind::Removed(self.removed(&mut kids)?),
            _ => return None,
        })
    }

    /// The name and what stands between it and the block.
    fn header(&mut self, kids: &mut Kids<'_>, case: Case) -> Option<(Header, Option<Materialized>)> {
        let name = kids.next()?;
        let name = match case {
            Case::Upper => self.upper(name),
            Case::Lower => self.lower(name),
        };
        let mut header = Header {
            name,
            stored: None,
            place: None,
            from: None,
            was: None,
            labels: Vec::new(),
            incomplete: false,
        };
        let mut materialized = None;
        while let Some(rule) = kids.rule() {
            let part = match rule {
                Rule::as_text
                | Rule::in_place
                | Rule::from_path
                | Rule::was
                | Rule::label
                | Rule::materialized => kids.next()?,
                _ => break,
            };
            let (span, word) = (self.span(&part), part.as_str().split(' ').next().unwrap_or("").to_owned());
            let again = match rule {
                Rule::as_text => {
                    let stored = self.as_text(part);
                    set(&mut header.stored, stored)
                }
                Rule::in_place => {
                    let place = part.into_inner().next().map(|path| self.path(&path));
                    set(&mut header.place, place)
                }
                Rule::from_path => {
                    let from = part.into_inner().next().map(|path| self.path(&path));
                    set(&mut header.from, from)
                }
                Rule::was => {
                    let was = self.was(part);
                    set(&mut header.was, was)
                }
                Rule::label => {
                    let label = self.label(&part);
                    let again = header.labels.iter().any(|known| known.text == label.text);
                    header.labels.push(label);
                    again
                }
                _ => {
                    let every = part.into_inner().next().map(|pair| self.literal(&pair));
                    set(&mut materialized, Some(Materialized { span, every }))
                }
            };
            if again {
                self.said_twice(&word, span);
            }
        }
        header.incomplete = kids.rule() == Some(Rule::stray);
        Some((header, materialized))
    }

    fn variants(&mut self, kids: &mut Kids<'_>) -> (Vec<Variant>, bool) {
        if let Some(stray) = kids.take(Rule::stray) {
            self.stray_header(&stray, form(ITEMS, "enum").unwrap_or(""));
        }
        let mut broken = false;
        let mut variants = Vec::new();
        let mut docs = Vec::new();
        let Some(pair) = kids.take(Rule::variants) else { return (variants, true) };
        for pair in pair.into_inner() {
            let span = self.span(&pair);
            match pair.as_rule() {
                Rule::doc => docs.push(pair),
                Rule::variant | Rule::removed => {
                    match self.variant(pair, join_docs(&docs), span) {
                        Some(variant) => variants.push(variant),
                        None => broken = true,
                    }
                    docs.clear();
                }
                rule => {
                    broken = true;
                    if rule == Rule::rest {
                        self.unread_rest(&pair, After::Variant);
                    } else {
                        self.unread_variant(&pair);
                    }
                    docs.clear();
                }
            }
        }
        self.dangling(&docs);
        (variants, broken)
    }

    fn variant(&mut self, pair: Pair<'_>, docs: Docs, span: Span) -> Option<Variant> {
        if pair.as_rule() == Rule::removed {
            let removed = self.removed(&mut Kids::of(pair))?;
            let name = removed.path.names.into_iter().next()?;
            return Some(Variant {
                docs,
                name,
                stored: None,
                was: None,
                labels: Vec::new(),
                span,
                removed: Some(removed.because),
            });
        }
        let mut kids = Kids::of(pair);
        let name = self.name(&kids.next()?);
        self.check_variant(&name);
        let mut variant =
            Variant { docs, name, stored: None, was: None, labels: Vec::new(), span, removed: None };
        while let Some(part) = kids.next() {
            let (span, word) = (self.span(&part), part.as_str().split(' ').next().unwrap_or("").to_owned());
            let again = match part.as_rule() {
                Rule::as_text => {
                    let stored = self.as_text(part);
                    set(&mut variant.stored, stored)
                }
                Rule::was => {
                    let was = self.was(part);
                    set(&mut variant.was, was)
                }
                _ => {
                    variant.labels.push(self.label(&part));
                    false
                }
            };
            if again {
                self.said_twice(&word, span);
            }
        }
        Some(variant)
    }

    pub(super) fn removed(&mut self, kids: &mut Kids<'_>) -> Option<Removed> {
        let what = kids.take(Rule::removed_what).map(|pair| self.name(&pair));
        let path = self.path(&kids.next()?);
        Some(Removed { what, path, because: self.because(kids.next()?)? })
    }

    /// A block of clauses: a member with the name of one has a colon too many.
    fn clauses(&mut self, kids: &mut Kids<'_>, form: &'static str) -> Body {
        let mut body = self.block(kids, form);
        for stated in &mut body.statements {
            if let Statement::Setting(setting) = &stated.kind
                && is_clause(&setting.name.text)
            {
                self.clause_with_colon(&setting.name);
                stated.kind = Statement::Broken;
            }
        }
        body
    }

    /// The colon between the name of a store or tenant and what it is.
    fn colon(&mut self, kids: &mut Kids<'_>, name: &Name, what: &str) {
        if !kids.has(Rule::colon) {
            self.push(
                Diagnostic::new(codes::E0114, name.span, format!("a colon is missing after `{}`", name.text))
                    .help(format!("write `{}: {what}`", name.text)),
            );
        }
    }

    /// The version in `redis "7"` or `redis v7`, so that nobody is told that it is missing.
    fn version_in_stray(&self, kids: &Kids<'_>) -> Option<Text> {
        let stray = kids.0.peek().filter(|pair| pair.as_rule() == Rule::stray)?;
        let digits = stray.as_str().trim_start_matches(['"', 'v']);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        (end > 0).then(|| Text { value: SmolStr::new(&digits[..end]), span: self.span(&stray) })
    }

    /// A name that must be `lower_snake`.
    pub(super) fn lower(&mut self, pair: Pair<'_>) -> Name {
        let name = self.name(&pair);
        self.check_lower(&name);
        name
    }

    /// A name that must be `UpperCamel`.
    fn upper(&mut self, pair: Pair<'_>) -> Name {
        let name = self.name(&pair);
        self.check_upper(&name);
        name
    }
}

enum Case {
    Upper,
    Lower,
}

/// Sets what is not set yet; true where it was.
fn set<T>(slot: &mut Option<T>, value: Option<T>) -> bool {
    let again = slot.is_some();
    if !again {
        *slot = value;
    }
    again
}

/// The lines of `///` as one text.
pub(super) fn join_docs(lines: &[Pair<'_>]) -> Docs {
    match lines {
        [] => SmolStr::default(),
        [line] => SmolStr::new(doc_line(line)),
        _ => SmolStr::new(lines.iter().map(doc_line).collect::<Vec<_>>().join("\n")),
    }
}

fn doc_line<'i>(line: &Pair<'i>) -> &'i str {
    let text = line.as_str().strip_prefix("///").unwrap_or_default();
    text.strip_prefix(' ').unwrap_or(text).trim_end()
}
