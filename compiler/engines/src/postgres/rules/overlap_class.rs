//! `no overlap … per (…)` compares values for which GiST has an operator class.

use super::super::lower::types::{column_type, is_array, is_jsonb};
use super::entities;
use polity_govern::Stored;
use polity_model::{Scalar, Store, Type};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0533;

/// A column of `per` of a type that `btree_gist` does not know.
pub(super) fn overlap_class(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in entities(platform, store) {
        for column in entity.no_overlaps.iter().flat_map(|overlap| &overlap.per) {
            if !has_class(platform, store, &column.ty) {
                let stored = column_type(platform, &column.ty);
                let message = format!("`per` cannot compare values of the type {stored}");
                found.push(
                    Diagnostic::new(E0533, column.span, message)
                        .note("an exclusion constraint needs an operator class of GiST with `=`")
                        .help("name a text, a number, a uuid, an enum or a moment, or give the value a key of its own"),
                );
            }
        }
    }
}

/// Whether `btree_gist` has an operator class for the type.
pub(super) fn has_class(platform: &Stored, store: &Store, ty: &Type) -> bool {
    if is_array(platform, ty) || is_jsonb(platform, ty) {
        return false;
    }
    match platform.scalar(ty) {
        Some(Scalar::GeoPoint | Scalar::GeoLine | Scalar::GeoPolygon | Scalar::Vector { .. }) => false,
        // From btree_gist 1.7 on, which comes with PostgreSQL 15.
        Some(Scalar::Bool) => store.version.major() >= 15,
        _ => true,
    }
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
    fn a_period_says_its_ends_and_compares_what_can_be_compared() {
        let entity = |ty: &str, clause: &str| {
            format!(
                "entity A {{ id: uuid key; f: date; t: date?; x: {ty}; r: {{ a: date, b: date }} inline; {clause} }}"
            )
        };
        for ty in ["json", "text[]", "map<int>", "{ a: int }", "{ a: int }[]"] {
            assert_eq!(codes(15, &entity(ty, "no overlap [f, t) per (x)")), ["E0533"], "{ty}");
        }
        assert_eq!(codes(14, &entity("bool", "no overlap [f, t] per (x)")), ["E0533"]);
        assert_eq!(codes(15, &entity("bool", "no overlap [f, t] per (x)")), [""; 0]);
        for period in ["[r.a, r.b)", "[r.a, r.b] per (r.a)", "named [f, r.b) where x > 1"] {
            assert_eq!(codes(15, &entity("int", &format!("no overlap {period}"))), [""; 0], "{period}");
        }
        for period in ["(f, t)", "(f, t]"] {
            assert_eq!(codes(15, &entity("int", &format!("no overlap {period}"))), ["E0340"], "{period}");
        }
        assert_eq!(codes(15, &entity("{ a: date, b: date }", "no overlap [x.a, x.b)")), ["E0319", "E0319"]);
    }
}
