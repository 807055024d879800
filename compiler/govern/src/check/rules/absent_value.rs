//! A field that is never absent is computed of what is never absent.

use super::values::{Given, values};
use crate::Governed;
use polity_model::Type;
use polity_model::inference::Presence;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0345;
use polity_text::source::Span;

pub fn absent_value(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for value in values(platform).filter(|value| !value.field.ty.optional) {
        let (span, why) = match value.inference.value.presence {
            Presence::Always => continue,
            Presence::Unless(span) => (span, "this may be absent"),
            Presence::Never(span) => (span, "this is null"),
        };
        let name = &value.field.named.name;
        let optional = platform.type_name(&Type { optional: true, ..value.field.ty.clone() });
        let mut problem = Diagnostic::new(
            E0345,
            value.expr.span,
            format!("`{name}` is never absent, but this value may be"),
        );
        if span != value.expr.span {
            problem = problem.also(span, why);
        }
        let help = match value.given {
            Given::Computed => {
                format!("write `{name}: {optional}`, or say what stands in with `coalesce(…, …)`")
            }
            Given::Written => "write a value that is there in every row".to_owned(),
        };
        let ty = value.field.ty_span;
        let problem = problem.also(ty, "the field's type").help(help);
        found.push(match value.given {
            Given::Computed => problem.edit(Span { start: ty.end, ..ty }, "?"),
            Given::Written => problem,
        });
    }
}
