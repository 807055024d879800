//! Blocks and the statements in them: fields, settings and clauses.

use super::faults::{After, word};
use super::forms::{CLAUSES, form};
use super::items::join_docs;
use super::{Kids, Pair, Reader, Rule};
use crate::diagnostics::{Diagnostic, codes};
use crate::source::Span;
use crate::syntax::ast::{
    Body, Clause, ClauseKind, Column, Expr, Fate, FateKind, Field, GrantTarget, Index, Literal, Name, Path,
    Retain, RollupColumn, Setting, Shape, ShapeKind, Stated, Statement, Take, Type, TypeKind,
};

/// The methods of an index. In `index WORD (…)` one of these is the method, any other word the index's name.
const INDEX_METHODS: &[&str] =
    &["btree", "hash", "gin", "gist", "brin", "geo", "text", "trigram", "vector", "wildcard"];

impl Reader<'_> {
    /// The block of an item, after what is stray in its header.
    pub(super) fn block(&mut self, kids: &mut Kids<'_>, form: &'static str) -> Body {
        if let Some(stray) = kids.take(Rule::stray) {
            self.stray_header(&stray, form);
        }
        kids.next().map(|pair| self.body(pair)).unwrap_or_default()
    }

    pub(super) fn body(&mut self, pair: Pair<'_>) -> Body {
        let span = self.span(&pair);
        let is_setting = pair.as_rule() == Rule::settings;
        let mut statements = Vec::new();
        let mut docs = Vec::new();
        let mut last = After::Setting;
        for pair in pair.into_inner() {
            if pair.as_rule() == Rule::doc {
                docs.push(pair);
                continue;
            }
            let documented = join_docs(&docs);
            docs.clear();
            let span = self.span(&pair);
            match pair.as_rule() {
                Rule::rest => {
                    self.unread_rest(&pair, last);
                    statements.push(Stated { docs: documented, span, kind: Statement::Broken });
                }
                Rule::junk => {
                    self.unread_statement(&pair, is_setting);
                    statements.push(Stated { docs: documented.clone(), span, kind: Statement::Broken });
                    if let Some(name) = self.name_of_broken_field(&pair) {
                        let ty = Type { span: name.span, kind: TypeKind::Broken, suffixes: Vec::new() };
                        let kind = Statement::Field(Field { name, ty, modifiers: Vec::new() });
                        statements.push(Stated { docs: documented, span, kind });
                    }
                }
                _ => {
                    last = match pair.as_rule() {
                        Rule::field => After::Field,
                        Rule::setting => After::Setting,
                        _ => After::Clause(word(pair.as_str())),
                    };
                    let mut hoisted = Vec::new();
                    let kind = self.statement(pair, &mut hoisted).unwrap_or(Statement::Broken);
                    statements.push(Stated { docs: documented, span, kind });
                    statements.append(&mut hoisted);
                }
            }
        }
        self.dangling(&docs);
        Body { statements, span: Some(span) }
    }

    fn statement(&mut self, pair: Pair<'_>, hoisted: &mut Vec<Stated>) -> Option<Statement> {
        match pair.as_rule() {
            Rule::field => {
                let mut kids = Kids::of(pair);
                let name = self.lower(kids.next()?);
                let ty = self.ty(kids.next()?)?;
                let modifiers = self.modifiers(&mut kids);
                Some(Statement::Field(Field { name, ty, modifiers }))
            }
            Rule::setting => {
                let mut kids = Kids::of(pair);
                let pair = kids.next()?;
                let name = self.entry_name(&pair);
                if pair.as_rule() == Rule::path {
                    self.check_setting(&name);
                }
                Some(Statement::Setting(Setting { name, value: self.value(&mut kids)? }))
            }
            _ => {
                self.comma_after(&pair);
                Some(Statement::Clause(self.clause(pair, hoisted)?))
            }
        }
    }

    /// A clause ends with its line or with `;`: a comma may stand only after its `}`, or where its own list ended
    /// because what follows begins another statement (`read a, write b`).
    fn comma_after(&mut self, pair: &Pair<'_>) {
        if matches!(pair.as_rule(), Rule::grant | Rule::take) {
            return;
        }
        let span = pair.as_span();
        let end = self.absolute(span.end());
        let after = self.text.as_bytes()[end.min(self.text.len())..]
            .iter()
            .position(|&b| b != b' ')
            .map_or(end, |n| end + n);
        if self.text.as_bytes().get(after) == Some(&b',') && !span.as_str().ends_with('}') {
            self.push(
                Diagnostic::new(
                    codes::E0124,
                    Span::new(self.file, after, after + 1),
                    "a comma does not end a clause",
                )
                .help("end it with its line, or with `;`"),
            );
        }
    }

    fn clause(&mut self, pair: Pair<'_>, hoisted: &mut Vec<Stated>) -> Option<Clause> {
        let keyword = self.keyword(&pair);
        let kind = match pair.as_rule() {
            Rule::value_clause => self.value_clause(Kids::of(pair), hoisted)?,
            Rule::apply => self.apply(pair)?,
            _ => self.clause_kind(pair)?,
        };
        Some(Clause { keyword, kind })
    }

    /// The span of a clause's first word, or words where it takes two to tell it.
    fn keyword(&self, pair: &Pair<'_>) -> Span {
        let text = pair.as_str();
        let words = match pair.as_rule() {
            Rule::no_overlap
            | Rule::partition
            | Rule::shard
            | Rule::order
            | Rule::append_only
            | Rule::compress
            | Rule::on_write
            | Rule::refresh_at
            | Rule::refresh_every
            | Rule::together
            | Rule::across => 2,
            _ => 1,
        };
        let mut end = 0;
        for _ in 0..words {
            end += text[end..].find(|c: char| c != ' ').unwrap_or(0);
            end += text[end..]
                .find(|c: char| !(c.is_ascii_alphanumeric() || c == '_'))
                .unwrap_or(text.len() - end);
        }
        let start = pair.as_span().start();
        self.at(start, start + end)
    }

    fn clause_kind(&mut self, pair: Pair<'_>) -> Option<ClauseKind> {
        let rule = pair.as_rule();
        let mut kids = Kids::of(pair);
        let kids = &mut kids;
        Some(match rule {
            Rule::include => ClauseKind::Include(self.next_path(kids)?),
            Rule::key => ClauseKind::Key(self.paths(kids)?),
            Rule::unique => {
                let name = kids.take(Rule::name).map(|pair| self.lower(pair));
                let columns = self.columns(kids)?;
                let (mut filter, mut stored) = (None, None);
                while let Some(part) = kids.next() {
                    let span = self.span(&part);
                    let again = if part.as_rule() == Rule::where_ {
                        filter.replace(self.inside(part)?).is_some()
                    } else {
                        stored.replace(self.as_text(part)?).is_some()
                    };
                    if again {
                        self.said_twice("where", span);
                    }
                }
                ClauseKind::Unique { name, columns, filter, stored }
            }
            Rule::ref_clause => {
                let fields = self.names(kids)?;
                let target = self.next_path(kids)?;
                let target_fields =
                    if kids.rule() == Some(Rule::names) { self.names(kids)? } else { Vec::new() };
                ClauseKind::Ref { fields, target, target_fields, modifiers: self.modifiers(kids) }
            }
            Rule::check => {
                let name = kids.take(Rule::name).map(|pair| self.lower(pair));
                ClauseKind::Check { name, expr: self.inside(kids.next()?)? }
            }
            Rule::no_overlap => {
                let (from, to) = (self.next_name(kids)?, self.next_name(kids)?);
                let per = match kids.take(Rule::per) {
                    Some(pair) => self.paths(&mut Kids::of(pair))?,
                    None => Vec::new(),
                };
                ClauseKind::NoOverlap { from, to, per, filter: self.filter(kids)? }
            }
            Rule::index => ClauseKind::Index(Box::new(self.index(kids)?)),
            Rule::partition => {
                let method = self.next_name(kids)?;
                let columns = if kids.rule() == Some(Rule::names) { self.paths(kids)? } else { Vec::new() };
                let (mut ahead, mut into) = (None, None);
                while let Some(part) = kids.next() {
                    let slot = if part.as_rule() == Rule::ahead { &mut ahead } else { &mut into };
                    *slot = Some(self.literal(&part.into_inner().next()?));
                }
                ClauseKind::PartitionBy { method, columns, ahead, into }
            }
            Rule::shard => ClauseKind::ShardBy { hashed: kids.has(Rule::hashed), columns: self.paths(kids)? },
            Rule::order => ClauseKind::OrderBy(self.columns(kids)?),
            Rule::subject => ClauseKind::Subject,
            Rule::retain => ClauseKind::Retain(self.retain(kids)?),
            Rule::audit => {
                let operations =
                    if kids.rule() == Some(Rule::names) { self.names(kids)? } else { Vec::new() };
                ClauseKind::Audit { operations, into: self.path_in(kids, Rule::into_path) }
            }
            Rule::append_only => ClauseKind::AppendOnly,
            Rule::publish => {
                ClauseKind::Publish { operations: self.names(kids)?, to: self.path_in(kids, Rule::to_path) }
            }
            Rule::compress => ClauseKind::CompressAfter(self.next_literal(kids)?),
            Rule::rollup => self.rollup(kids)?,
            Rule::time => ClauseKind::Time(self.next_path(kids)?),
            Rule::with => ClauseKind::With(self.body(kids.next()?)),
            Rule::take => {
                let mut taken = Vec::new();
                while let Some(pair) = kids.next() {
                    let mut kids = Kids::of(pair);
                    let path = self.next_path(&mut kids)?;
                    taken.push(Take { path, modifiers: self.modifiers(&mut kids) });
                }
                ClauseKind::Take(taken)
            }
            Rule::removed => ClauseKind::Removed(self.removed(kids)?),
            Rule::sql => ClauseKind::Sql(self.next_text(kids)?),
            Rule::chained => ClauseKind::Chained,
            Rule::pattern => ClauseKind::Pattern(self.next_text(kids)?),
            Rule::ttl => ClauseKind::Ttl(self.next_literal(kids)?),
            Rule::limit => {
                let (count, per) = (self.next_literal(kids)?, self.next_literal(kids)?);
                ClauseKind::Limit { count, per, sliding: kids.has(Rule::sliding) }
            }
            Rule::max_length => ClauseKind::MaxLength(self.next_literal(kids)?),
            Rule::database => ClauseKind::Database(self.next_literal(kids)?),
            Rule::together => ClauseKind::TogetherBy(self.names(kids)?),
            Rule::groups => {
                let mut groups = Vec::new();
                while kids.rule().is_some() {
                    groups.push(self.next_name(kids)?);
                }
                ClauseKind::Groups(groups)
            }
            Rule::dead_letter => ClauseKind::DeadLetter(self.next_path(kids)),
            Rule::on_write => ClauseKind::OnWrite(self.next_name(kids)?),
            Rule::refresh_at => ClauseKind::RefreshAt(self.next_literal(kids)?),
            Rule::refresh_every => ClauseKind::RefreshEvery(self.next_literal(kids)?),
            Rule::local => {
                let ttl = self.next_literal(kids)?;
                let max = kids.take(Rule::max).and_then(|pair| self.next_literal(&mut Kids::of(pair)));
                ClauseKind::Local { ttl, max }
            }
            Rule::in_environment => ClauseKind::InEnvironment {
                environment: self.next_name(kids)?,
                body: self.body(kids.next()?),
            },
            Rule::store_settings => {
                ClauseKind::StoreSettings { store: self.next_name(kids)?, body: self.body(kids.next()?) }
            }
            Rule::alert => {
                let expr = self.expr(kids.next()?)?;
                let lasting =
                    kids.take(Rule::lasting).and_then(|pair| self.next_literal(&mut Kids::of(pair)));
                let severity = kids.take(Rule::severity).and_then(|pair| self.next_name(&mut Kids::of(pair)));
                ClauseKind::Alert { expr, lasting, severity }
            }
            Rule::accept => {
                let what = self.next_name(kids)?;
                let place = self.path_in(kids, Rule::in_place);
                ClauseKind::Accept { what, place, because: self.because(kids.next()?)? }
            }
            Rule::parameter => {
                let name = self.lower(kids.next()?);
                let ty = self.ty(kids.next()?)?;
                let default = match kids.take(Rule::default) {
                    Some(pair) => Some(self.inside(pair)?),
                    None => None,
                };
                ClauseKind::Parameter { name, ty, default }
            }
            Rule::rule_clause => {
                let name = self.lower(kids.next()?);
                let cites = kids.take(Rule::string).map(|pair| self.text(&pair));
                ClauseKind::Rule { name, cites, body: self.block(kids, form(CLAUSES, "rule").unwrap_or("")) }
            }
            Rule::for_clause => ClauseKind::For { what: self.next_name(kids)?, filter: self.filter(kids)? },
            Rule::require => ClauseKind::Require(self.expr(kids.next()?)?),
            Rule::forbid => ClauseKind::Forbid(self.expr(kids.next()?)?),
            Rule::help => ClauseKind::Help(self.next_text(kids)?),
            Rule::severity => ClauseKind::Severity(self.next_name(kids)?),
            Rule::grant => {
                let verb = self.next_name(kids)?;
                let mut targets = Vec::new();
                while let Some(target) = kids.next() {
                    targets.push(self.target(Kids::of(target))?);
                }
                ClauseKind::Grant { verb, targets }
            }
            Rule::across => ClauseKind::AcrossTenants,
            _ => return None,
        })
    }

    fn index(&mut self, kids: &mut Kids<'_>) -> Option<Index> {
        let first = kids.take(Rule::name).map(|pair| self.name(&pair));
        let second = kids.take(Rule::name).map(|pair| self.name(&pair));
        let is_method = |name: &Name| INDEX_METHODS.contains(&name.text.as_str());
        let (name, mut method) = match (first, second) {
            (Some(word), None) if is_method(&word) => (None, Some(word)),
            (name, method) => (name, method),
        };
        if let Some(name) = &name {
            self.check_lower(name);
            self.near_method(name, method.is_some(), INDEX_METHODS);
        }
        let columns = self.columns(kids)?;
        let mut index = Index {
            name,
            method: None,
            columns,
            include: Vec::new(),
            filter: None,
            language: None,
            with: None,
            stored: None,
        };
        while let Some(part) = kids.next() {
            let span = self.span(&part);
            let rule = part.as_rule();
            let word = part.as_str().split([' ', '(', '"', '{']).next().unwrap_or("").to_owned();
            let mut inner = Kids::of(part);
            let again = match rule {
                Rule::where_ => index.filter.replace(self.expr(inner.next()?)?).is_some(),
                Rule::using => method.replace(self.next_name(&mut inner)?).is_some(),
                Rule::covering => {
                    let again = !index.include.is_empty();
                    index.include.extend(self.paths(&mut inner)?);
                    again
                }
                Rule::language => index.language.replace(self.next_text(&mut inner)?).is_some(),
                Rule::with => index.with.replace(self.body(inner.next()?)).is_some(),
                _ => index.stored.replace(self.next_text(&mut inner)?).is_some(),
            };
            if again {
                self.said_twice(&word, span);
            }
        }
        index.method = method;
        Some(index)
    }

    fn retain(&mut self, kids: &mut Kids<'_>) -> Option<Retain> {
        let duration = self.next_literal(kids)?;
        let after = self.path_in(kids, Rule::after);
        let then = match kids.take(Rule::then) {
            Some(pair) => {
                let fate = pair.into_inner().next()?;
                let span = self.span(&fate);
                let kind = match fate.as_str() {
                    "delete" => FateKind::Delete,
                    "anonymize" => FateKind::Anonymize,
                    _ => FateKind::ArchiveTo(self.next_path(&mut Kids::of(fate))?),
                };
                Some(Fate { span, kind })
            }
            None => None,
        };
        Some(Retain { duration, after, then })
    }

    fn rollup(&mut self, kids: &mut Kids<'_>) -> Option<ClauseKind> {
        let name_pair = kids.next()?;
        let keyword = self.span(&name_pair);
        let name = self.lower(name_pair);
        let (mut every, mut by, mut retain) = (None, Vec::new(), None);
        let mut columns = Vec::new();
        while let Some(part) = kids.next() {
            match part.as_rule() {
                Rule::every => every = self.next_literal(&mut Kids::of(part)),
                Rule::by => by = self.paths(&mut Kids::of(part))?,
                Rule::keep => retain = self.next_literal(&mut Kids::of(part)),
                _ => columns = self.rollup_columns(part),
            }
        }
        let Some(every) = every else {
            self.push(
                Diagnostic::new(codes::E0117, keyword, "a rollup needs the width of its buckets")
                    .help("write `rollup NAME every 1h by (…) { … }`"),
            );
            return None;
        };
        Some(ClauseKind::Rollup { name, every, by, retain, columns })
    }

    fn rollup_columns(&mut self, pair: Pair<'_>) -> Vec<RollupColumn> {
        let mut columns = Vec::new();
        let mut docs = Vec::new();
        for pair in pair.into_inner() {
            match pair.as_rule() {
                Rule::doc => {
                    docs.push(pair);
                    continue;
                }
                Rule::rollup_column => {
                    let documented = join_docs(&docs);
                    let mut kids = Kids::of(pair);
                    if let (Some(name), Some(expr)) = (kids.next(), kids.next()) {
                        let name = self.lower(name);
                        if let Some(expr) = self.expr(expr) {
                            columns.push(RollupColumn {
                                docs: documented,
                                name,
                                expr,
                                modifiers: self.modifiers(&mut kids),
                            });
                        }
                    }
                }
                Rule::rest => self.unread_rest(&pair, After::Field),
                _ => self.unread_statement(&pair, false),
            }
            docs.clear();
        }
        self.dangling(&docs);
        columns
    }

    fn apply(&mut self, pair: Pair<'_>) -> Option<ClauseKind> {
        let mut kids = Kids::of(pair);
        let modifiers = self.modifiers(&mut kids);
        match kids.next() {
            None => Some(ClauseKind::Apply(modifiers)),
            Some(clause) => {
                let mut hoisted = Vec::new();
                let clause = self.clause(clause, &mut hoisted)?;
                Some(ClauseKind::ApplyClause(Box::new(clause)))
            }
        }
    }

    /// `value …`. What belongs to a stream, in its block or after it, becomes clauses of the keyspace.
    fn value_clause(&mut self, mut kids: Kids<'_>, hoisted: &mut Vec<Stated>) -> Option<ClauseKind> {
        let shape = self.shape(kids.next()?, hoisted)?;
        while let Some(pair) = kids.next() {
            let span = self.span(&pair);
            let kind = Statement::Clause(self.clause(pair, &mut Vec::new())?);
            hoisted.push(Stated { docs: Default::default(), span, kind });
        }
        Some(ClauseKind::Value(shape))
    }

    fn shape(&mut self, pair: Pair<'_>, hoisted: &mut Vec<Stated>) -> Option<Shape> {
        let span = self.span(&pair);
        let mut kids = Kids::of(pair);
        let first = kids.next()?;
        let kind = match first.as_rule() {
            Rule::sorted => {
                let mut kids = Kids::of(first);
                let of = self.ty(kids.next()?)?;
                let by = match kids.take(Rule::sorted_by) {
                    Some(pair) => Some(self.ty(pair.into_inner().next()?)?),
                    None => None,
                };
                let descending = kids.take(Rule::direction).is_some_and(|pair| pair.as_str() == "desc");
                ShapeKind::SortedSet { of, by, descending }
            }
            Rule::of => {
                let mut kids = Kids::of(first);
                let kind = kids.next()?;
                let ty = self.ty(kids.next()?)?;
                match kind.as_str() {
                    "list" => ShapeKind::List(ty),
                    "set" => ShapeKind::Set(ty),
                    "geo" => ShapeKind::Geo(ty),
                    _ => ShapeKind::Bloom(ty),
                }
            }
            Rule::block_kind => {
                let mut body = self.body(kids.next()?);
                match first.as_str() {
                    "json" => ShapeKind::Json(body),
                    "document" => ShapeKind::Document(body),
                    "hash" => ShapeKind::Hash(body),
                    _ => {
                        let (clauses, fields) = std::mem::take(&mut body.statements)
                            .into_iter()
                            .partition::<Vec<_>, _>(|stated| is_of_stream(&stated.kind));
                        hoisted.extend(clauses);
                        body.statements = fields;
                        ShapeKind::Stream(body)
                    }
                }
            }
            Rule::bare_kind => match first.as_str() {
                "counter" => ShapeKind::Counter,
                "bitmap" => ShapeKind::Bitmap,
                "hyperloglog" => ShapeKind::HyperLogLog,
                _ => ShapeKind::TimeSeries,
            },
            _ => ShapeKind::Scalar(self.ty(first)?),
        };
        Some(Shape { span, kind })
    }

    fn target(&mut self, mut kids: Kids<'_>) -> Option<GrantTarget> {
        let pair = kids.next()?;
        let text = pair.as_str();
        let plain = text.strip_suffix(".*");
        let path = self.path_of(plain.unwrap_or(text), pair.as_span().start());
        let fields = if kids.rule() == Some(Rule::names) { self.names(&mut kids)? } else { Vec::new() };
        let mut target = GrantTarget { path, all: plain.is_some(), fields, except: Vec::new(), group: None };
        while let Some(part) = kids.next() {
            let rule = part.as_rule();
            let mut inner = Kids::of(part);
            if rule == Rule::as_group {
                target.group = self.next_name(&mut inner);
            } else {
                target.except.extend(inner.0.map(|label| self.label(&label)));
            }
        }
        Some(target)
    }

    fn columns(&mut self, kids: &mut Kids<'_>) -> Option<Vec<Column>> {
        let mut columns = Vec::new();
        for column in kids.take(Rule::columns)?.into_inner() {
            let mut inner = Kids::of(column);
            let expr = self.expr(inner.next()?)?;
            let mut column = Column { expr, descending: None, nulls_first: None, weight: None };
            while let Some(part) = inner.next() {
                let span = self.span(&part);
                let word = part.as_str().split(' ').next().unwrap_or("").to_owned();
                let again = match part.as_rule() {
                    Rule::direction => column.descending.replace(part.as_str() == "desc").is_some(),
                    Rule::nulls => column.nulls_first.replace(part.as_str().ends_with("first")).is_some(),
                    _ => {
                        let weight = self.next_literal(&mut Kids::of(part))?;
                        column.weight.replace(weight).is_some()
                    }
                };
                if again {
                    self.said_twice(&word, span);
                }
            }
            columns.push(column);
        }
        Some(columns)
    }

    /// `(a, b.c)`
    fn paths(&mut self, kids: &mut Kids<'_>) -> Option<Vec<Path>> {
        let names = kids.take(Rule::names)?.into_inner();
        Some(names.filter(|pair| pair.as_rule() == Rule::path).map(|pair| self.path(&pair)).collect())
    }

    /// `(a, b)`: plain names, so a dotted one is an error.
    fn names(&mut self, kids: &mut Kids<'_>) -> Option<Vec<Name>> {
        let mut names = Vec::new();
        for path in self.paths(kids)? {
            if path.names.len() > 1 {
                self.push(
                    Diagnostic::new(codes::E0117, path.span, "a plain name belongs here, without a dot")
                        .help("name a field of this thing itself"),
                );
            }
            names.extend(path.names.into_iter().next_back());
        }
        Some(names)
    }

    fn filter(&mut self, kids: &mut Kids<'_>) -> Option<Option<Expr>> {
        match kids.take(Rule::where_) {
            Some(pair) => self.inside(pair).map(Some),
            None => Some(None),
        }
    }

    fn next_path(&mut self, kids: &mut Kids<'_>) -> Option<Path> {
        kids.take(Rule::path).map(|pair| self.path(&pair))
    }

    fn next_name(&mut self, kids: &mut Kids<'_>) -> Option<Name> {
        kids.next().map(|pair| self.name(&pair))
    }

    fn next_text(&mut self, kids: &mut Kids<'_>) -> Option<crate::syntax::ast::Text> {
        kids.next().map(|pair| self.text(&pair))
    }

    fn next_literal(&mut self, kids: &mut Kids<'_>) -> Option<Literal> {
        kids.next().map(|pair| self.literal(&pair))
    }

    /// The path inside the next pair, if that is of this rule.
    fn path_in(&mut self, kids: &mut Kids<'_>, rule: Rule) -> Option<Path> {
        let pair = kids.take(rule)?;
        self.next_path(&mut Kids::of(pair))
    }
}

fn is_of_stream(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Clause(Clause { kind: ClauseKind::Groups(_) | ClauseKind::DeadLetter(_), .. })
    )
}
