//! The patterns of keys: `rate_limit:login:{ip: inet #personal}`.

use smol_str::SmolStr;

use super::Resolver;
use super::names::Scope;
use crate::keyspace::{Parameter, Part, Pattern};
use crate::{EntityId, LabelId, Scalar, Type, TypeKind};
use polity_syntax::ast;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0203, E0303, E0317, E0335};
use polity_text::source::Span;

/// The most placeholders of one pattern: far more than anybody can tell apart.
const PLACEHOLDERS: usize = 32;

/// A placeholder as written, before its names are bound.
struct Placeholder {
    name: ast::Name,
    ty: Option<ast::Type>,
    labels: Vec<ast::Name>,
}

impl Resolver<'_> {
    /// Reads a pattern. In a cache, a placeholder that says no type takes that of the source's field of its name.
    pub(super) fn key_pattern(
        &mut self,
        text: &ast::Text,
        scope: Scope,
        source: Option<EntityId>,
    ) -> Pattern {
        let mut pattern = Pattern { parts: Vec::new(), parameters: Vec::new(), span: Some(text.span) };
        // Without parts: what could not be read is judged no further.
        let broken = pattern.clone();
        let mut is_broken = false;
        let places = Places::of(text);
        let mut literal = String::new();
        let mut rest = 0;
        while let Some(c) = text.value[rest..].chars().next() {
            let after = &text.value[rest + c.len_utf8()..];
            match c {
                '{' | '}' if after.starts_with(c) => {
                    literal.push(c);
                    rest += 2;
                }
                '{' => {
                    let Some(inside) = self.braces(after, rest, &places) else { return broken };
                    rest = inside.1 + 1;
                    self.end_literal(&mut literal, inside, &places, &mut pattern);
                    is_broken |= !self.placeholder(&text.value, inside, &places, scope, source, &mut pattern);
                    if self.has_too_many(&pattern, inside, &places) {
                        return broken;
                    }
                }
                c if c.is_control() || c == ' ' => {
                    self.bad_key(
                        places.span(rest, rest + c.len_utf8()),
                        "a key has no blanks and no control characters",
                        "leave it out",
                    );
                    return broken;
                }
                c => {
                    literal.push(c);
                    rest += c.len_utf8();
                }
            }
        }
        if !literal.is_empty() {
            pattern.parts.push(Part::Literal(literal.into()));
        }
        if pattern.parts.is_empty() && !is_broken {
            self.bad_key(
                text.span,
                "the pattern is empty",
                "write for example \"user:session:{user: -> core.User}\"",
            );
        }
        if is_broken { broken } else { pattern }
    }

    /// The bytes between a brace, which stands at `open`, and the one that closes it.
    fn braces(&mut self, after: &str, open: usize, places: &Places) -> Option<(usize, usize)> {
        let end = after.find('}');
        if end.is_none() {
            self.bad_key(
                places.span(open, open + 1),
                "a placeholder is never closed",
                "close it with `}`; a brace that stands for itself is written `{{`",
            );
        }
        end.map(|end| (open + 1, open + 1 + end))
    }

    /// Ends the text before a placeholder, of which there must be some where another placeholder stands before it.
    fn end_literal(
        &mut self,
        literal: &mut String,
        inside: (usize, usize),
        places: &Places,
        pattern: &mut Pattern,
    ) {
        if !literal.is_empty() {
            pattern.parts.push(Part::Literal(std::mem::take(literal).into()));
        } else if matches!(pattern.parts.last(), Some(Part::Parameter(_))) {
            self.bad_key(
                places.span(inside.0, inside.1),
                "two placeholders stand side by side",
                "put a `:` between them, or nobody can tell where the first value ends",
            );
        }
    }

    fn has_too_many(&mut self, pattern: &Pattern, inside: (usize, usize), places: &Places) -> bool {
        let too_many = pattern.parameters.len() > PLACEHOLDERS;
        if too_many {
            let at = places.span(inside.0, inside.1);
            let what = format!("a pattern has more than {PLACEHOLDERS} placeholders");
            let help = "make one value of several, or hold them in the value";
            self.error(Diagnostic::new(E0335, at, what).help(help));
        }
        too_many
    }

    fn bad_key(&mut self, span: Span, message: &str, help: &str) {
        self.error(Diagnostic::new(E0317, span, message).help(help));
    }

    /// Whether it could be read.
    fn placeholder(
        &mut self,
        text: &str,
        inside: (usize, usize),
        places: &Places,
        scope: Scope,
        source: Option<EntityId>,
        pattern: &mut Pattern,
    ) -> bool {
        let index = pattern.parameters.len();
        let read = match Reader::new(text, inside, places).placeholder() {
            Ok(read) => read,
            Err((span, message)) => {
                self.bad_key(
                    span,
                    &message,
                    "write `{name: type}`, for example `{user: -> core.User}` or `{ip: inet #personal}`",
                );
                return false;
            }
        };
        let span = places.span(inside.0, inside.1);
        if let Some(first) = pattern.parameters.iter().find(|p| p.name == read.name.text) {
            let message = format!("placeholder `{}` stands here twice", read.name.text);
            self.error(
                Diagnostic::new(E0203, read.name.span, message)
                    .also(first.span, "the first")
                    .help("rename one of the two"),
            );
        }
        let mut labels = self.labels(&read.labels);
        let ty = match &read.ty {
            Some(ty) => self.key_type(ty, scope),
            None => self.type_in_source(&read.name, source, &mut labels),
        };
        self.judge_key_type(&ty, span);
        pattern.parameters.push(Parameter { name: read.name.text, ty, labels, span });
        pattern.parts.push(Part::Parameter(index));
        true
    }

    /// The type of a placeholder that says none: in a cache that of the source's field, whose labels come with it.
    fn type_in_source(
        &mut self,
        name: &ast::Name,
        source: Option<EntityId>,
        labels: &mut Vec<LabelId>,
    ) -> Type {
        let Some(source) = source else {
            self.bad_key(
                name.span,
                &format!("what is `{}`?", name.text),
                &format!("say its type: `{{{}: text}}`; only a cache takes it from its source", name.text),
            );
            return Type::required(TypeKind::Broken);
        };
        match self.field_of(source, name) {
            Some(field) => {
                let field = self.platform[source].field(field);
                labels.extend(field.declared.labels.iter().map(|(label, _)| *label));
                field.ty.clone()
            }
            None => Type::required(TypeKind::Broken),
        }
    }

    /// Only what has one written form can be a segment of a key.
    fn judge_key_type(&mut self, ty: &Type, span: Span) {
        let possible = !ty.optional
            && match self.underlying(ty) {
                None | Some(TypeKind::Broken | TypeKind::Enum(_)) => true,
                Some(TypeKind::Scalar(scalar)) => !matches!(
                    scalar,
                    Scalar::Float
                        | Scalar::Json
                        | Scalar::Bytes
                        | Scalar::Interval
                        | Scalar::GeoPoint
                        | Scalar::GeoLine
                        | Scalar::GeoPolygon
                        | Scalar::Vector { .. }
                        | Scalar::Password
                ),
                Some(_) => false,
            }
            && !matches!(ty.kind, TypeKind::Union(_));
        if !possible {
            let name = self.platform.type_name(ty);
            self.error(
                Diagnostic::new(E0303, span, format!("`{name}` cannot be a segment of a key"))
                    .help("a segment is a single value that is always there: a number, a text, a uuid, a date, a reference"),
            );
        }
    }

    fn key_type(&mut self, ty: &ast::Type, scope: Scope) -> Type {
        let optional = !ty.suffixes.is_empty();
        let kind = match &ty.kind {
            ast::TypeKind::Named { path, arguments } => self.named_type(path, arguments, scope),
            ast::TypeKind::Reference(arms) => self.reference(arms, scope),
            _ => TypeKind::Broken,
        };
        Type { kind, optional }
    }
}

/// Where a character of a text's value stands in the file.
pub(super) struct Places {
    text: Span,
    /// Bytes of the opening quotes; `None` where escapes make the value differ from what is written.
    quotes: Option<u32>,
}

impl Places {
    pub(super) fn of(text: &ast::Text) -> Self {
        let written = (text.span.end - text.span.start) as usize;
        let quotes = match written.checked_sub(text.value.len()) {
            Some(2) => Some(1),
            Some(6) => Some(3),
            _ => None,
        };
        Self { text: text.span, quotes }
    }

    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let Some(quotes) = self.quotes else { return self.text };
        let at = |n: usize| self.text.start + quotes + n as u32;
        Span { file: self.text.file, start: at(start), end: at(end) }
    }
}

/// Reads `user: -> core.User #personal`.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    end: usize,
    places: &'a Places,
}

type Wrong = (Span, String);

impl<'a> Reader<'a> {
    fn new(text: &'a str, inside: (usize, usize), places: &'a Places) -> Self {
        Self { text, at: inside.0, end: inside.1, places }
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..self.end]
    }

    fn blanks(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blanks();
        let is_next = self.rest().starts_with(token);
        self.at += if is_next { token.len() } else { 0 };
        is_next
    }

    fn wrong<T>(&self, message: &str) -> Result<T, Wrong> {
        let end = self.end.max(self.at + 1).min(self.text.len());
        Err((self.places.span(self.at.min(end), end), message.to_owned()))
    }

    fn name(&mut self) -> Result<ast::Name, Wrong> {
        self.blanks();
        let length = self.rest().bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
        if length == 0 {
            return self.wrong("a name is expected here");
        }
        let (start, end) = (self.at, self.at + length);
        self.at = end;
        Ok(ast::Name { text: self.text[start..end].into(), span: self.places.span(start, end) })
    }

    fn path(&mut self) -> Result<ast::Path, Wrong> {
        let first = self.name()?;
        let mut names = vec![first];
        while self.rest().starts_with('.') {
            self.at += 1;
            names.push(self.name()?);
        }
        let span = names[0].span.to(names[names.len() - 1].span);
        Ok(ast::Path { names, span })
    }

    fn placeholder(&mut self) -> Result<Placeholder, Wrong> {
        let name = self.name()?;
        let ty = if self.eat(":") { Some(self.ty()?) } else { None };
        let mut labels = Vec::new();
        while self.eat("#") {
            labels.push(self.name()?);
        }
        self.blanks();
        if !self.rest().is_empty() {
            return self.wrong("this cannot be read");
        }
        Ok(Placeholder { name, ty, labels })
    }

    fn ty(&mut self) -> Result<ast::Type, Wrong> {
        let is_reference = self.eat("->");
        let path = self.path()?;
        let span = path.span;
        let mut arguments = Vec::new();
        if !is_reference && self.eat("(") {
            loop {
                let number = self.name()?;
                let kind = ast::LiteralKind::Integer(SmolStr::from(number.text.as_str()));
                arguments.push(ast::Literal { span: number.span, kind });
                if !self.eat(",") {
                    break;
                }
            }
            if !self.eat(")") {
                return self.wrong("a `)` is expected here");
            }
        }
        let suffixes = if self.eat("?") { vec![ast::Suffix::Optional] } else { Vec::new() };
        let kind = if is_reference {
            ast::TypeKind::Reference(vec![ast::Arm { path, stored: None }])
        } else {
            ast::TypeKind::Named { path, arguments }
        };
        Ok(ast::Type { span, kind, suffixes })
    }
}
