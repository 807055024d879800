//! Values of types, in the one text that each has in a key: the examples of documents are real keys.

mod pattern;

use polity_catalog::keyed::{Shape, Type};
use regex_lite::Regex;

/// Returns a value of a type, before any encoding; `None` where none was found that all constraints let pass.
pub(super) fn of(ty: &Type) -> Option<String> {
    let candidates = match &ty.shape {
        Shape::OneOf(words) => words.first().map(|word| word.to_string()).into_iter().collect(),
        Shape::Boolean => vec!["true".to_owned()],
        Shape::Uuid => vec!["018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10".to_owned()],
        Shape::ObjectId => vec!["65ba3f80c1d2e3f4a5b6c7d8".to_owned()],
        Shape::Integer { .. } => number(ty, "42"),
        Shape::Decimal { precision, scale } if precision == scale => number(ty, "0.5"),
        Shape::Decimal { scale: 0, .. } => number(ty, "1"),
        Shape::Decimal { .. } => number(ty, "1.5"),
        Shape::Date => vec!["2027-01-31".to_owned()],
        Shape::Time => vec!["12:30:00".to_owned()],
        Shape::Timestamp => vec!["2027-01-31T12:00:00Z".to_owned()],
        Shape::Address => vec!["10.0.0.1".to_owned()],
        Shape::Email => vec!["awa@example.com".to_owned()],
        Shape::Phone => vec!["+221771234567".to_owned()],
        Shape::Url => vec!["https://example.com/".to_owned()],
        Shape::Country => vec!["SN".to_owned()],
        Shape::Currency => vec!["XOF".to_owned()],
        Shape::Language => vec!["fr".to_owned()],
        Shape::Char { length } => vec!["x".repeat(*length as usize)],
        _ => vec![text(ty)],
    };
    let patterns = ty.pattern.iter().flat_map(|pattern| pattern::samples(pattern));
    candidates.into_iter().chain(patterns).find(|text| fits(ty, text))
}

/// Returns a number, or where that is out of range one of its ends, without trailing zeros.
fn number(ty: &Type, usual: &str) -> Vec<String> {
    let ends = [&ty.min, &ty.max].into_iter().flatten();
    std::iter::once(usual).chain(ends.map(|end| end.as_str())).map(normalized).collect()
}

fn normalized(number: &str) -> String {
    if number.contains('.') { number.trim_end_matches('0').trim_end_matches('.') } else { number }.to_owned()
}

/// Returns a text that is neither too long nor too short.
fn text(ty: &Type) -> String {
    let most = ty.max_length.map_or(usize::MAX, |most| most as usize);
    let least = ty.min_length.map_or(0, |least| least as usize);
    let mut text: String = "example".chars().take(most).collect();
    while text.len() < least {
        text.push('e');
    }
    text
}

/// Whether a text passes what a type does not allow of its shape.
fn fits(ty: &Type, text: &str) -> bool {
    let length = text.chars().count();
    let within = |bound: &Option<smol_str::SmolStr>, holds: fn(f64, f64) -> bool| {
        let bound = bound.as_ref().and_then(|bound| bound.parse::<f64>().ok());
        bound.is_none_or(|bound| text.parse::<f64>().is_ok_and(|number| holds(number, bound)))
    };
    let exact = if let Shape::Char { length: exact } = ty.shape { length == exact as usize } else { true };
    exact
        && ty.min_length.is_none_or(|least| length >= least as usize)
        && ty.max_length.is_none_or(|most| length <= most as usize)
        && within(&ty.min, |number, least| number >= least)
        && within(&ty.max, |number, most| number <= most)
        && ty.pattern.as_ref().is_none_or(|one| Regex::new(one).is_ok_and(|regex| regex.is_match(text)))
}
