//! Items: what stands at the top of a file or inside a schema.

mod headers;
mod variants;

use pest::iterators::Pairs;
use smol_str::SmolStr;

use headers::Case;

use super::faults::{After, is_clause, word};
use super::forms::{ITEMS, form};
use super::{Kids, Pair, Reader, Rule};
use crate::ast::{Body, Docs, Item, ItemKind, Name, Removed, Statement, Text, TypeKind};
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
        let kids = &mut kids;
        let global = kids.take(Rule::global).map(|pair| self.span(&pair));
        Some(match rule {
            Rule::service => self.service(kids, shape)?,
            Rule::platform | Rule::tier | Rule::encryption_key => {
                self.block_of_settings(rule, kids, shape)?
            }
            Rule::store => self.store(kids, shape)?,
            Rule::schema => self.schema(kids, shape)?,
            Rule::entity => {
                let (header, _) = self.header(kids, Case::Upper)?;
                ItemKind::Entity { global, header, body: self.block(kids, shape) }
            }
            Rule::enum_item => self.enumeration(kids)?,
            Rule::struct_item => {
                let (header, _) = self.header(kids, Case::Upper)?;
                ItemKind::Struct { header, body: self.block(kids, shape) }
            }
            Rule::type_item => self.constrained_type(kids)?,
            Rule::view => {
                let (header, materialized) = self.header(kids, Case::Upper)?;
                ItemKind::View { header, materialized, body: self.block(kids, shape) }
            }
            Rule::sql_after => self.sql_after(kids)?,
            Rule::sql_once => self.sql_once(kids)?,
            Rule::sequence => self.sequence(kids)?,
            Rule::audit_log => {
                let (header, _) = self.header(kids, Case::Upper)?;
                ItemKind::AuditLog { header, body: self.clauses(kids, shape) }
            }
            Rule::keyspace => {
                let (header, _) = self.header(kids, Case::Upper)?;
                ItemKind::Keyspace { global, header, body: self.clauses(kids, shape) }
            }
            Rule::channel => {
                let (header, _) = self.header(kids, Case::Upper)?;
                ItemKind::Channel { global, header, body: self.clauses(kids, shape) }
            }
            Rule::tenancy => self.tenancy(kids)?,
            Rule::tenant => self.tenant(kids, shape)?,
            Rule::label_item => self.label_item(kids)?,
            Rule::policy => self.policy(kids, shape)?,
            Rule::use_policy => self.use_policy(kids)?,
            Rule::waive => self.waive(kids)?,
            Rule::purpose_item => self.purpose_item(kids)?,
            Rule::rust_item => ItemKind::Rust { body: self.block(kids, shape) },
            Rule::backfill => self.backfill(kids)?,
            Rule::removed => ItemKind::Removed(self.removed(kids)?),
            Rule::unmanaged => self.unmanaged(kids)?,
            Rule::accept_item => self.accept_item(kids)?,
            _ => return None,
        })
    }

    /// An item that is a name and a block, and no more.
    fn block_of_settings(
        &mut self,
        rule: Rule,
        kids: &mut Kids<'_>,
        shape: &'static str,
    ) -> Option<ItemKind> {
        let name = self.lower(kids.next()?);
        if rule == Rule::tier {
            self.check_word(&name, "tier");
        }
        let body = self.block(kids, shape);
        Some(match rule {
            Rule::platform => ItemKind::Platform { name, body },
            Rule::tier => ItemKind::Tier { name, body },
            _ => ItemKind::EncryptionKey { name, body },
        })
    }

    fn service(&mut self, kids: &mut Kids<'_>, shape: &'static str) -> Option<ItemKind> {
        let name = self.lower(kids.next()?);
        self.check_word(&name, "service");
        Some(ItemKind::Service { name, body: self.clauses(kids, shape) })
    }

    fn store(&mut self, kids: &mut Kids<'_>, shape: &'static str) -> Option<ItemKind> {
        let name = self.lower(kids.next()?);
        self.colon(kids, &name, "postgres 15");
        let engine = self.name(&kids.next()?);
        let version = kids.take(Rule::number).map(|pair| self.version(&pair));
        let version = version.or_else(|| self.version_in_stray(kids));
        Some(ItemKind::Store { name, engine, version, body: self.block(kids, shape) })
    }

    fn schema(&mut self, kids: &mut Kids<'_>, shape: &'static str) -> Option<ItemKind> {
        let (header, _) = self.header(kids, Case::Lower)?;
        if let Some(stray) = kids.take(Rule::stray) {
            self.stray_header(&stray, shape);
        }
        Some(ItemKind::Schema { header, items: Vec::new() })
    }

    fn enumeration(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let (header, _) = self.header(kids, Case::Upper)?;
        let (values, broken) = self.variants(kids);
        Some(ItemKind::Enum { header, values, broken })
    }

    fn constrained_type(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let (header, _) = self.header(kids, Case::Upper)?;
        let ty = self.ty(kids.next()?)?;
        // `type Address = { … }` is read as the struct that it is.
        if matches!(ty.kind, TypeKind::Record(_)) {
            let TypeKind::Record(body) = ty.kind else { return None };
            let Name { text: name, span } = &header.name;
            let start = self.text.get(..span.start as usize).and_then(|text| text.rfind("type")).unwrap_or(0);
            self.push(
                Diagnostic::new(codes::E0303, ty.span, "a record has a name by `struct`")
                    .help(format!("write `struct {name} {{ … }}`"))
                    .edit(Span::new(self.file, start, span.start as usize), "struct ")
                    .edit(Span { start: span.end, end: ty.span.start, ..*span }, " ")
                    .certain(),
            );
            return Some(ItemKind::Struct { header, body });
        }
        Some(ItemKind::Type { header, ty, modifiers: self.modifiers(kids) })
    }

    fn sql_after(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let mut after = Vec::new();
        while let Some(path) = kids.take(Rule::path) {
            after.push(self.path(&path));
        }
        Some(ItemKind::SqlAfter { after, sql: self.text(&kids.next()?) })
    }

    fn sql_once(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let name = self.stored_text(&kids.next()?);
        Some(ItemKind::SqlOnce { name, sql: self.text(&kids.next()?) })
    }

    fn sequence(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let (header, _) = self.header(kids, Case::Lower)?;
        Some(ItemKind::Sequence { header, from: kids.next().map(|pair| self.literal(&pair)) })
    }

    fn tenancy(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let column = self.lower(kids.next()?);
        Some(ItemKind::Tenancy { column, ty: self.ty(kids.next()?)? })
    }

    fn tenant(&mut self, kids: &mut Kids<'_>, shape: &'static str) -> Option<ItemKind> {
        let name = self.lower(kids.next()?);
        self.colon(kids, &name, "tier");
        let tier = self.name(&kids.next()?);
        Some(ItemKind::Tenant { name, tier, body: self.block(kids, shape) })
    }

    fn label_item(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let name = self.lower(kids.next()?);
        let mut parents = Vec::new();
        while let Some(parent) = kids.take(Rule::name) {
            parents.push(self.name(&parent));
        }
        Some(ItemKind::Label { name, parents, title: self.next_words(kids) })
    }

    fn purpose_item(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let name = self.lower(kids.next()?);
        let title = kids.take(Rule::string).map(|pair| self.words(&pair));
        let basis = kids.take(Rule::basis).and_then(|pair| self.next_name(&mut Kids::of(pair)));
        Some(ItemKind::Purpose { name, title, basis })
    }

    fn policy(&mut self, kids: &mut Kids<'_>, shape: &'static str) -> Option<ItemKind> {
        let name = self.lower(kids.next()?);
        let title = kids.take(Rule::string).map(|pair| self.words(&pair));
        Some(ItemKind::Policy { name, title, body: self.block(kids, shape) })
    }

    fn use_policy(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let name = self.path(&kids.next()?);
        Some(ItemKind::UsePolicy { name, body: kids.next().map(|pair| self.body(pair)) })
    }

    fn waive(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let (rule, on) = (self.path(&kids.next()?), self.path(&kids.next()?));
        let until = self.literal(&kids.next()?);
        Some(ItemKind::Waive { rule, on, until, because: self.because(kids.next()?)? })
    }

    fn backfill(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let field = self.path(&kids.next()?);
        Some(ItemKind::Backfill { field, value: self.expr(kids.next()?)? })
    }

    fn unmanaged(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let object = self.next_words(kids)?;
        let place = self.path_in(kids, Rule::in_place);
        Some(ItemKind::Unmanaged { object, place, because: self.because(kids.next()?)? })
    }

    fn accept_item(&mut self, kids: &mut Kids<'_>) -> Option<ItemKind> {
        let (risk, on) = (self.name(&kids.next()?), self.path(&kids.next()?));
        Some(ItemKind::Accept { risk, on, because: self.because(kids.next()?)? })
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
                    .help(format!("write `{}: {what}`", name.text))
                    .edit(Span { start: name.span.end, ..name.span }, ":")
                    .certain(),
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
