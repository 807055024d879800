//! A fragment of SQL, `sql("…")`, where it stands: the columns that are in sight there, and what PostgreSQL does not take in
//! such a place.

use std::ops::ControlFlow;

use smol_str::SmolStr;
use sqlparser::ast::{Expr, Function, FunctionArguments, Query, Value, ValueWithSpan, Visitor};

use super::super::Resolver;
use super::super::exprs::{Cx, Purpose};
use super::offsets::Offsets;
use super::seen::{folded, named_arguments, parts};
use super::{expression, said};
use crate::written_sql::{Measured, Refusal, walk};
use polity_text::diagnostics::codes::{E0314, E0544};
use polity_text::diagnostics::{Diagnostic, nearest};
use polity_text::source::Span;

/// A fragment as it was read, and the text that is printed of it: that of the tree, so that nothing else of what was
/// written (a remark, a parenthesis too many) reaches a store.
pub(in crate::resolve) struct Fragment {
    pub expr: Expr,
    pub text: SmolStr,
    /// The text as the source has it, escapes resolved.
    pub written: SmolStr,
}

/// A name in a fragment.
pub(in crate::resolve) struct Sighted<'c> {
    /// The columns of the row, by their stored names.
    pub columns: &'c [SmolStr],
    /// The stored names of fields by the names that the source has for them, where these differ.
    pub renamed: &'c [(SmolStr, SmolStr)],
    /// The name of the table, which as a name is the row as a whole.
    pub table: Option<&'c str>,
}

impl Resolver<'_> {
    /// Reads a fragment, which is one expression and nothing more.
    pub(in crate::resolve) fn fragment(&mut self, text: &str, span: Span) -> Option<Fragment> {
        let read = expression(&self.platform, text, span).and_then(|expr| {
            let printed = expr.to_string();
            // It must mean the same when it is read again.
            match Measured::of(&printed).and_then(Measured::expression) {
                Ok(again) if again == expr => {
                    Ok(Fragment { expr, text: printed.into(), written: text.into() })
                }
                Ok(_) | Err(Refusal::Excess(_)) => {
                    let message = "this expression cannot be written again as it was read";
                    Err(Diagnostic::new(E0314, span, message)
                        .help("write it with other functions or operators"))
                }
                Err(Refusal::Syntax(error)) => {
                    let message =
                        format!("this expression cannot be written again as it was read: {}", said(&error));
                    Err(Diagnostic::new(E0314, span, message)
                        .help("write it with other functions or operators"))
                }
            }
        });
        read.map_err(|refusal| self.error(refusal)).ok()
    }

    /// Holds what a fragment names and calls against the place where it stands.
    pub(in crate::resolve) fn judge_place(
        &mut self,
        fragment: &Fragment,
        span: Span,
        cx: Cx,
        sight: &Sighted,
    ) -> bool {
        let mut judge =
            Judge { purpose: cx.purpose, sight, arguments: Vec::new(), within: 0, found: Vec::new() };
        let _ = walk(&fragment.expr, &mut judge);
        let is_sound = judge.found.is_empty();
        let mut told: Vec<String> = Vec::new();
        for Fault { message, help, instead } in judge.found {
            if !told.contains(&message) {
                let problem = Diagnostic::new(E0544, span, message.clone()).help(help);
                let place = instead.and_then(|(at, text)| Some((fragment.place(at, span)?, text)));
                self.error(match place {
                    Some((place, text)) => problem.edit(place, text),
                    None => problem,
                });
                told.push(message);
            }
        }
        is_sound
    }
}

impl Fragment {
    /// The place of a part in the source, where the text stands there as it is read: without escapes and cut indents.
    fn place(&self, part: sqlparser::tokenizer::Span, whole: Span) -> Option<Span> {
        let quotes = (whole.end - whole.start) as usize - self.written.len();
        if ![2, 6].contains(&quotes) {
            return None;
        }
        let offsets = Offsets::of(&self.written);
        let within = |at| Some(whole.start + (quotes / 2 + offsets.byte(at)?) as u32);
        Some(Span { start: within(part.start)?, end: within(part.end)?, ..whole })
    }
}

/// Something that PostgreSQL does not take where it stands.
struct Fault {
    message: String,
    help: String,
    /// The text that the help proposes in place of a part.
    instead: Option<(sqlparser::tokenizer::Span, String)>,
}

struct Judge<'s, 'c> {
    purpose: Purpose,
    sight: &'s Sighted<'c>,
    /// Where names of arguments stand (`f(days => 1)`), which are no columns.
    arguments: Vec<sqlparser::tokenizer::Span>,
    /// How many queries stand around.
    within: usize,
    found: Vec<Fault>,
}

impl Judge<'_, '_> {
    fn refuse(&mut self, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Fault { message: message.into(), help: help.into(), instead: None });
    }

    fn name(&mut self, names: &[String], last: sqlparser::tokenizer::Span) {
        let place = self.purpose.noun();
        let [first, rest @ ..] = names else { return };
        if rest.is_empty() && WORDS.contains(&first.as_str()) {
            if !self.purpose.is_of_moment() {
                self.refuse(
                    format!("`{first}` is another for each session, which {place} cannot ask"),
                    "leave it out",
                );
            }
            return;
        }
        match self.purpose {
            Purpose::Default => {
                let column = names.join(".");
                self.refuse(
                    format!("a default sees no columns, and this names `{column}`"),
                    "write `computed (…)` for a value that follows from others",
                );
            }
            Purpose::OnUpdate => match rest {
                [] if ["new", "old"].contains(&first.as_str()) => {}
                [column] if ["new", "old"].contains(&first.as_str()) => {
                    self.column(column, &format!("{first}."), last)
                }
                _ => {
                    let name = names.last().map_or("", String::as_str);
                    self.refuse(
                        format!(
                            "an update sees a row before and after it, and this names `{}`",
                            names.join(".")
                        ),
                        format!("say which row is meant: `new.{name}` or `old.{name}`"),
                    );
                }
            },
            _ => match rest {
                [] if self.sight.table == Some(first.as_str()) && self.purpose.sees_row() => {}
                [] => self.column(first, "", last),
                [column] if self.sight.table == Some(first.as_str()) => {
                    self.column(column, &format!("{first}."), last)
                }
                _ => self.refuse(
                    format!("{place} sees its own row only, and this names `{}`", names.join(".")),
                    "name columns of the row without a table",
                ),
            },
        }
    }

    fn column(&mut self, name: &str, before: &str, at: sqlparser::tokenizer::Span) {
        if self.sight.columns.iter().any(|column| column == name) {
            return;
        }
        let renamed = self.sight.renamed.iter().find(|(own, _)| own == name);
        let (help, meant) = match renamed {
            Some((_, stored)) => {
                (format!("SQL knows it by its stored name, `{before}{stored}`"), Some(stored.as_str()))
            }
            None => match nearest(name, self.sight.columns.iter().map(SmolStr::as_str)) {
                Some(near) => (format!("did you mean `{near}`?"), Some(near)),
                None => ("columns have their stored names here".to_owned(), None),
            },
        };
        let instead = meant.map(|meant| (at, meant.to_owned()));
        self.found.push(Fault { message: format!("there is no column `{name}` here"), help, instead });
    }

    fn call(&mut self, function: &Function) {
        self.arguments.extend(named_arguments(function).map(|ident| ident.span));
        let names: Vec<String> = parts(&function.name).iter().flatten().map(folded).collect();
        let name = match &names[..] {
            [name] => name.as_str(),
            [schema, name] if schema == "pg_catalog" => name.as_str(),
            _ => return,
        };
        let place = self.purpose.noun();
        let given = !matches!(&function.args, FunctionArguments::None);
        if self.within > 0 {
        } else if function.over.is_some() || ONLY_WINDOWS.contains(&name) && given {
            self.refuse(
                format!("{place} has one row, and `{name}` looks at several"),
                "leave it out, and write a view",
            );
        } else if super::super::lineage::is_aggregate(name) && given {
            self.refuse(
                format!("{place} has one row, and `{name}` is made of several"),
                "leave it out, and write a view",
            );
        } else if SETS.contains(&name) {
            self.refuse(
                format!("{place} is one value, and `{name}` gives several rows"),
                "write what gives one value",
            );
        }
    }
}

impl Visitor for Judge<'_, '_> {
    type Break = ();

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        if self.within == 0 && !self.purpose.takes_queries() {
            let place = self.purpose.noun();
            self.refuse(
                format!("PostgreSQL takes no query in {place}"),
                "name columns of the row, or write a trigger in `sql after`",
            );
        }
        self.within += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<()> {
        self.within -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<()> {
        match expr {
            _ if self.within > 0 => {}
            Expr::Identifier(ident) if !self.arguments.contains(&ident.span) => {
                self.name(&[folded(ident)], ident.span)
            }
            Expr::CompoundIdentifier(idents) => {
                if let Some(last) = idents.last() {
                    self.name(&idents.iter().map(folded).collect::<Vec<_>>(), last.span);
                }
            }
            Expr::Wildcard(_) | Expr::QualifiedWildcard(..) if !self.purpose.sees_row() => {
                let place = self.purpose.noun();
                self.refuse(format!("{place} names single columns"), "name each");
            }
            _ => {}
        }
        // A call in a query of its own is judged by PostgreSQL alone.
        if let Expr::Function(function) = expr {
            self.call(function);
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<()> {
        if let Value::Placeholder(name) = &value.value {
            let place = self.purpose.noun();
            self.refuse(format!("nobody gives {place} a parameter `{name}`"), "write the value itself");
        }
        ControlFlow::Continue(())
    }
}

impl Purpose {
    /// The place for a message.
    pub(in crate::resolve) fn noun(self) -> &'static str {
        match self {
            Purpose::Default => "a default",
            Purpose::OnUpdate => "`on update`",
            Purpose::Anonymized => "`anonymized as`",
            Purpose::Backfill => "a backfill",
            Purpose::Computed => "a computed field",
            Purpose::Check => "a check",
            Purpose::Index => "an index",
            Purpose::Predicate => "a condition of an index",
        }
    }

    /// Whether a statement of its own runs it, in which a query may stand.
    fn takes_queries(self) -> bool {
        matches!(self, Purpose::OnUpdate | Purpose::Anonymized | Purpose::Backfill)
    }

    /// Whether the row as a whole may be named.
    fn sees_row(self) -> bool {
        matches!(self, Purpose::OnUpdate | Purpose::Anonymized | Purpose::Backfill | Purpose::Check)
    }

    /// Whether it is asked for once, so that another answer later does no harm.
    fn is_of_moment(self) -> bool {
        matches!(
            self,
            Purpose::Default | Purpose::OnUpdate | Purpose::Anonymized | Purpose::Backfill | Purpose::Check
        )
    }
}

/// Words that the parser reads as columns.
const WORDS: &[&str] = &[
    "current_catalog",
    "current_role",
    "current_schema",
    "current_user",
    "session_user",
    "system_user",
    "user",
];

/// Functions that only windows have.
const ONLY_WINDOWS: &[&str] = &[
    "cume_dist",
    "dense_rank",
    "first_value",
    "lag",
    "last_value",
    "lead",
    "nth_value",
    "ntile",
    "percent_rank",
    "rank",
    "row_number",
];

/// Functions of PostgreSQL that give a set of rows.
const SETS: &[&str] = &[
    "generate_series",
    "generate_subscripts",
    "json_array_elements",
    "json_array_elements_text",
    "json_each",
    "json_each_text",
    "json_object_keys",
    "json_populate_recordset",
    "json_to_recordset",
    "jsonb_array_elements",
    "jsonb_array_elements_text",
    "jsonb_each",
    "jsonb_each_text",
    "jsonb_object_keys",
    "jsonb_path_query",
    "jsonb_populate_recordset",
    "jsonb_to_recordset",
    "regexp_matches",
    "regexp_split_to_table",
    "string_to_table",
    "unnest",
];
