//! A computed column does not compare or change texts that no field has a part in: PostgreSQL computes them when the column is
//! made, before it knows their collation, and refuses the column.

use super::entities;
use polity_govern::Stored;
use polity_model::expr::{BinaryOp, ExprKind, Function};
use polity_model::{Expr, Scalar, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0534;

/// `"abc" matches "^a"`, `lower("A") = "a"` within `computed (…)`; what is known at build time is written as a constant.
pub(super) fn constant_text(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        for computed in entity.fields.iter().filter_map(|field| field.computed.as_ref()) {
            let mut constant = None;
            computed.walk(&mut |part| {
                if constant.is_none() && needs_collation(platform, part) && is_constant(part) {
                    constant = Some(part.span);
                }
            });
            if let Some(span) = constant {
                found.push(
                    Diagnostic::new(E0534, span, "no field has a part in this")
                        .note("PostgreSQL cannot compute a text of constants in a generated column")
                        .help("write its value instead"),
                );
            }
        }
    }
}

/// Whether the result depends on how texts are ordered or changed.
fn needs_collation(platform: &Stored, expr: &Expr) -> bool {
    let is_text = |operand: &Expr| platform.scalar(&operand.ty).is_none_or(Scalar::is_text);
    match &expr.kind {
        ExprKind::Call { function, .. } => matches!(function, Function::Lower | Function::Upper),
        ExprKind::Binary { op, left, .. } => match op {
            BinaryOp::Matches => true,
            BinaryOp::Equal
            | BinaryOp::NotEqual
            | BinaryOp::Less
            | BinaryOp::LessEqual
            | BinaryOp::Greater
            | BinaryOp::GreaterEqual => is_text(left),
            BinaryOp::And
            | BinaryOp::Or
            | BinaryOp::Add
            | BinaryOp::Subtract
            | BinaryOp::Multiply
            | BinaryOp::Divide
            | BinaryOp::Modulo
            | BinaryOp::Concat => false,
        },
        ExprKind::Between { operand, .. } | ExprKind::In { operand, .. } => is_text(operand),
        _ => false,
    }
}

fn is_constant(expr: &Expr) -> bool {
    let mut varies = false;
    expr.walk(&mut |part| {
        varies |= matches!(part.kind, ExprKind::Field(_) | ExprKind::Sql { .. } | ExprKind::Broken)
    });
    !varies
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    /// The codes of the errors of a platform with these items in `core`.
    fn codes(major: u32, items: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\nstore main: postgres {major} {{ database: \"shop\", \
             extensions: [btree_gist] }}\nstore docs: mongodb 7 {{ database: \"shop\" }}\n\
             entity Doc in docs {{ id: uuid key }}\nschema core in main {{\n{items}\n}}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        found.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect()
    }

    #[test]
    fn a_field_has_a_part_in_what_is_compared() {
        for computed in [
            "bool computed (\"abc\" matches \"^a\")",
            "bool computed (lower(\"A\") = \"a\" and n > 1)",
            "text computed (upper(coalesce(\"a\", \"b\")))",
        ] {
            let entity = format!("entity A {{ id: uuid key; n: int; c: {computed} }}");
            assert_eq!(codes(15, &entity), ["E0534"], "{computed}");
        }
        for computed in ["text computed (upper(t))", "bool computed (t = \"a\")", "bool computed (n > 1)"] {
            let entity = format!("entity A {{ id: uuid key; n: int; t: text; c: {computed} }}");
            assert_eq!(codes(15, &entity), [""; 0], "{computed}");
        }
    }
}
