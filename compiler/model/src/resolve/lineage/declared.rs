//! The declared columns of a view against those that its query gives: names, types, lengths, and whether they may be
//! absent.

use foldhash::{HashMap, HashMapExt};

use super::super::placeholders::Places;
use super::super::sql::offsets::Offsets;
use super::scope::Column;
use super::values::{Misfit, Value, absent_where_required, holds};
use super::{Refused, TokenSpan};
use crate::{Field, FieldId, Platform, Scalar, Type, TypeKind, View};
use polity_syntax::ast;
use polity_text::diagnostics::codes::{E0540, E0541, E0542, E0543};
use polity_text::diagnostics::{Diagnostic, Help, did_you_mean};
use polity_text::source::Span;

pub(super) struct Declared<'a> {
    pub(super) platform: &'a Platform,
    pub(super) view: &'a View,
    /// Its query as it is written.
    pub(super) text: &'a ast::Text,
    pub(super) refused: &'a [Refused],
}

impl Declared<'_> {
    /// Returns all that does not fit, and the columns whose type the query does not tell.
    pub(super) fn judge(&self, given: Option<&[Column]>) -> (Vec<Diagnostic>, Vec<FieldId>) {
        let places = Places::of(self.text);
        let offsets = Offsets::of(&self.text.value);
        let at = |at: TokenSpan| match (offsets.byte(at.start), offsets.byte(at.end)) {
            (Some(start), Some(end)) if start < end => places.span(start, end),
            _ => self.text.span,
        };
        let mut found: Vec<Diagnostic> =
            self.refused.iter().map(|refused| refusal(refused, at(refused.at))).collect();
        let Some(given) = given else {
            let unknown = Value::unknown();
            for column in &self.view.columns {
                found.extend(self.column(column, &unknown, self.text.span));
            }
            return (found, self.all());
        };
        let mut by_name: HashMap<&str, Vec<&Column>> = HashMap::new();
        for column in given {
            by_name.entry(&column.name).or_default().push(column);
        }
        let mut untyped = Vec::new();
        for (i, column) in self.view.columns.iter().enumerate() {
            match by_name.get(column.named.stored.as_str()).map(Vec::as_slice) {
                None => found.push(self.missing(column, given)),
                Some([one]) => {
                    // What PostgreSQL does not take has no type.
                    let is_refused = !self.refused.is_empty() && one.value.is_untyped();
                    found.extend(self.column(column, &one.value, at(one.at)).filter(|_| !is_refused));
                    if one.value.is_untyped() {
                        untyped.push(FieldId(i as u32));
                    }
                }
                Some([first, second, ..]) => found.push(self.twice(column, at(first.at), at(second.at))),
                Some([]) => {}
            }
        }
        let is_missing = |column: &Field| !by_name.contains_key(column.named.stored.as_str());
        if self.view.columns.iter().any(is_missing) {
            return (found, untyped);
        }
        for column in given.iter().filter(|column| column.at != TokenSpan::empty()) {
            let is_declared = self.view.columns.iter().any(|known| known.named.stored == column.name);
            if !is_declared {
                found.push(self.undeclared(column, at(column.at)));
            }
        }
        (found, untyped)
    }

    fn all(&self) -> Vec<FieldId> {
        (0..self.view.columns.len()).map(|i| FieldId(i as u32)).collect()
    }

    fn missing(&self, column: &Field, given: &[Column]) -> Diagnostic {
        let name = &column.named.stored;
        let message = format!("the query of `{}` gives no column `{name}`", self.view.named.name);
        let names = || given.iter().map(|column| column.name.as_str()).filter(|name| is_name(name));
        let help = did_you_mean(name, names()).unwrap_or_else(|| {
            if names().next().is_some() && given.len() <= 20 {
                format!(
                    "it gives {}; or give one this name: `… AS {name}`",
                    names().collect::<Vec<_>>().join(", ")
                )
            } else {
                format!("give one this name: `… AS {name}`")
            }
        });
        Diagnostic::new(E0540, column.named.span, message).also(self.text.span, "the query").help(help)
    }

    fn twice(&self, column: &Field, first: Span, second: Span) -> Diagnostic {
        let name = &column.named.stored;
        let message = format!("the query of `{}` gives `{name}` more than once", self.view.named.name);
        let diagnostic = Diagnostic::new(E0540, column.named.span, message).also(first, "here");
        let diagnostic = if first == second { diagnostic } else { diagnostic.also(second, "and here") };
        diagnostic.help("list its columns, and give each a name of its own: `u.id AS user_id`")
    }

    fn undeclared(&self, column: &Column, at: Span) -> Diagnostic {
        let (name, view) = (&column.name, &self.view.named);
        let diagnostic = if is_name(name) {
            let ty = column.value.name(self.platform);
            let optional = if column.value.may_be_absent() { "?" } else { "" };
            let help = if column.value.is_untyped() {
                format!("declare `{name}` with its type, or leave it out of the query")
            } else {
                format!("declare `{name}: {ty}{optional}`, or leave it out of the query")
            };
            Diagnostic::new(E0540, at, format!("`{}` declares no column `{name}`", view.name)).help(help)
        } else {
            Diagnostic::new(E0540, at, "this column has no name")
                .help("give it the name of the column that is declared: `… AS name`")
        };
        diagnostic.also(view.span, "the view")
    }

    /// Holds one declared column against what the query gives.
    fn column(&self, column: &Field, value: &Value, at: Span) -> Option<Diagnostic> {
        if column.ty.kind == TypeKind::Broken || column.declared.pseudonymous.is_some() {
            return None;
        }
        let (name, declared) = (&column.named.name, self.platform.type_name(&column.ty));
        if let Err(misfit) = holds(self.platform, &column.ty, value) {
            let given = value.name(self.platform);
            let message = match misfit {
                Misfit::Unsure => format!(
                    "the type of `{name}` cannot be told from the query, and it is declared `{declared}`"
                ),
                Misfit::Other
                | Misfit::Cut
                | Misfit::Rounded
                | Misfit::TooLarge
                | Misfit::Values
                | Misfit::Zone => format!("`{name}` is declared `{declared}`, and the query gives `{given}`"),
            };
            let diagnostic = Diagnostic::new(E0541, column.ty_span, message).also(at, "given here");
            let diagnostic = match why(misfit) {
                Some(why) => diagnostic.note(why),
                None => diagnostic,
            };
            return Some(diagnostic.help(self.advice(misfit, column, value)));
        }
        if absent_where_required(&column.ty, value) {
            let message = format!("`{name}` is declared `{declared}`, and the query may give none");
            let help = format!(
                "write `{name}: {declared}?`, or give a value in its place: `coalesce(…, …) AS {name}`"
            );
            let help = Help::instead(format!("{declared}?"), help);
            return Some(Diagnostic::new(E0542, column.ty_span, message).also(at, "given here").help(help));
        }
        None
    }

    fn advice(&self, misfit: Misfit, column: &Field, value: &Value) -> String {
        let name = &column.named.name;
        let optional = if column.ty.optional || value.may_be_absent() { "?" } else { "" };
        let declare = value.source_type(self.platform).map(|ty| format!("declare `{name}: {ty}{optional}`"));
        let change = match (misfit, &column.ty.kind) {
            (Misfit::Cut, TypeKind::Scalar(Scalar::Text { max: Some(max) })) => {
                Some(format!("say in the query what is cut: `left(…, {max}) AS {name}`"))
            }
            (Misfit::Rounded, TypeKind::Scalar(Scalar::Decimal { scale, .. })) => {
                Some(format!("round in the query: `round(…, {scale}) AS {name}`"))
            }
            (Misfit::Zone, _) => Some(format!("say in which zone: `(… AT TIME ZONE 'UTC')::… AS {name}`")),
            (Misfit::Values, _) => None,
            _ => sql_name(&column.ty).map(|ty| format!("cast it in the query: `(…)::{ty} AS {name}`")),
        };
        match (declare, change) {
            (Some(declare), Some(change)) => format!("{declare}, or {change}"),
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => "declare the type that the query gives".to_owned(),
        }
    }
}

fn refusal(refused: &Refused, at: Span) -> Diagnostic {
    Diagnostic::new(E0543, at, refused.message.clone()).help(refused.help.clone())
}

/// Whether a column can be asked for by its name.
fn is_name(name: &str) -> bool {
    !name.is_empty() && name != "?column?"
}

fn why(misfit: Misfit) -> Option<&'static str> {
    match misfit {
        Misfit::Other => None,
        Misfit::Cut => Some("a longer text would be cut"),
        Misfit::Rounded => Some("digits would be rounded away"),
        Misfit::TooLarge => Some("a value that is too large would be an error whenever the view is read"),
        Misfit::Values => Some("nothing says that each value is one of that type"),
        Misfit::Zone => Some("which day and hour that is depends on the time zone of whoever reads it"),
        Misfit::Unsure => {
            Some("a cast to it would cut, round or read a moment in some time zone, without an error")
        }
    }
}

/// The type of a column in SQL, for advice.
fn sql_name(ty: &Type) -> Option<String> {
    let TypeKind::Scalar(scalar) = ty.kind else { return None };
    Some(match scalar {
        Scalar::Text { max: Some(max) } => format!("varchar({max})"),
        Scalar::Float => "double precision".to_owned(),
        Scalar::Timestamp => "timestamptz".to_owned(),
        Scalar::Json => "jsonb".to_owned(),
        Scalar::Bytes => "bytea".to_owned(),
        Scalar::Decimal { precision, scale } => format!("numeric({precision}, {scale})"),
        Scalar::Bool
        | Scalar::SmallInt
        | Scalar::Int
        | Scalar::BigInt
        | Scalar::Text { max: None }
        | Scalar::Uuid
        | Scalar::Inet
        | Scalar::Date
        | Scalar::Time
        | Scalar::Interval => scalar.word().to_owned(),
        Scalar::Char { .. }
        | Scalar::ObjectId
        | Scalar::Email
        | Scalar::Phone
        | Scalar::Url
        | Scalar::Country
        | Scalar::Currency
        | Scalar::Language
        | Scalar::GeoPoint
        | Scalar::GeoLine
        | Scalar::GeoPolygon
        | Scalar::Vector { .. }
        | Scalar::Password
        | Scalar::Sealed
        | Scalar::BlindIndex
        | Scalar::Pseudonym => return None,
    })
}
