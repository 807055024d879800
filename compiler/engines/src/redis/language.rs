//! The set of keys that a pattern makes, segment by segment, so that whether two sets meet is decided and not guessed.
//!
//! A `:` stands only between segments, since it is encoded in the value of a parameter. So two patterns meet where
//! they have as many segments, and each segment of one can be the same text as that of the other.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use foldhash::{HashMap, HashMapExt};

use super::keys;
use polity_catalog::keyed::{Key, Parameter, Piece, Shape, Type};

/// A part of a key between two `:`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Segment {
    Text(String),
    /// The texts that any of these sequences makes.
    Open(Vec<Vec<Item>>),
}

/// Takes one character of its class, or one and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Item {
    of: Class,
    many: bool,
}

/// A set of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Class {
    ascii: u128,
    beyond: Beyond,
}

/// Which characters that are not ASCII are in a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Beyond {
    None,
    One(char),
    All,
}

/// More combinations of words than this are taken for any text, which errs on the side of an error.
const MOST_ALTERNATIVES: usize = 256;

/// Returns the segments of the keys of a grammar.
pub(super) fn segments(key: &Key) -> Vec<Segment> {
    let mut done = Vec::new();
    let mut here = Segment::Text(String::new());
    for piece in key.pieces() {
        match piece {
            Piece::Text(text) => {
                let mut pieces = text.split(':');
                here.text(pieces.next().unwrap_or_default());
                for piece in pieces {
                    done.push(std::mem::replace(&mut here, Segment::Text(piece.to_owned())));
                }
            }
            Piece::Parameter { parameter, .. } => here.parameter(values(parameter)),
        }
    }
    done.push(here);
    done
}

/// A key that both make: the shortest there is, of a value that is not empty where there is one.
pub(super) fn common_key(a: &[Segment], b: &[Segment]) -> Option<String> {
    if a.len() != b.len() {
        return None;
    }
    let common: Option<Vec<String>> = a.iter().zip(b).map(|(a, b)| a.common(b)).collect();
    common.map(|segments| segments.join(":"))
}

/// A key of a grammar that the glob of another one matches: there each parameter is a `*`, which stands for any
/// text, nothing and `:` too.
pub(super) fn key_in_glob(glob: &Key, keys: &[Segment]) -> Option<String> {
    let globs = glob_items(glob);
    let keys = whole(keys);
    globs
        .iter()
        .flat_map(|glob| keys.iter().map(move |key| (glob, key)))
        .find_map(|(glob, key)| meet(glob, key))
}

/// With and without something in the place of each `*`.
fn glob_items(glob: &Key) -> Vec<Vec<Item>> {
    let mut all = vec![Vec::new()];
    for piece in glob.pieces() {
        match piece {
            Piece::Text(text) => all.iter_mut().for_each(|items| items.extend(exactly(text))),
            Piece::Parameter { .. } => {
                let empty = if all.len() < MOST_ALTERNATIVES { all.clone() } else { Vec::new() };
                let star = Item { of: Class { ascii: !0, beyond: Beyond::All }, many: true };
                all.iter_mut().for_each(|items| items.push(star));
                all.extend(empty);
            }
        }
    }
    all
}

/// The texts of all segments and the `:` between them.
fn whole(segments: &[Segment]) -> Vec<Vec<Item>> {
    let mut all: Vec<Vec<Item>> = vec![Vec::new()];
    for (i, segment) in segments.iter().enumerate() {
        let texts = match segment {
            Segment::Text(text) => vec![exactly(text)],
            Segment::Open(texts) if texts.len() * all.len() <= MOST_ALTERNATIVES => texts.clone(),
            Segment::Open(_) => vec![any()],
        };
        let colon = exactly(if i == 0 { "" } else { ":" });
        all = all
            .iter()
            .flat_map(|before| texts.iter().map(|text| [&before[..], &colon, text].concat()))
            .collect();
    }
    all
}

/// Whether somebody who reads a key can tell where the parameter ends when `next` follows: all its values are of one
/// length, or none holds that character.
pub(super) fn ends_before(parameter: &Parameter, next: char) -> bool {
    let values = values(parameter);
    let mut lengths = values.iter().map(Vec::len);
    let first = lengths.next();
    let has_one_length = lengths.all(|l| Some(l) == first) && values.iter().flatten().all(|i| !i.many);
    has_one_length || values.iter().flatten().all(|i| i.of.and(Class::of(next)).example().is_none())
}

impl Segment {
    /// A text that both can be.
    pub(super) fn common(&self, other: &Self) -> Option<String> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => (a == b).then(|| a.clone()),
            (Self::Text(a), Self::Open(b)) | (Self::Open(b), Self::Text(a)) => {
                let a = exactly(a);
                b.iter().find_map(|b| meet(&a, b))
            }
            (Self::Open(a), Self::Open(b)) => {
                a.iter().flat_map(|a| b.iter().map(move |b| (a, b))).find_map(|(a, b)| meet(a, b))
            }
        }
    }

    fn text(&mut self, text: &str) {
        match self {
            Self::Text(before) => before.push_str(text),
            Self::Open(all) => all.iter_mut().for_each(|items| items.extend(exactly(text))),
        }
    }

    fn parameter(&mut self, values: Vec<Vec<Item>>) {
        let before = match self {
            Self::Text(text) => vec![exactly(text)],
            Self::Open(all) => std::mem::take(all),
        };
        let values = if values.len() * before.len() > MOST_ALTERNATIVES { vec![any()] } else { values };
        let all =
            before.iter().flat_map(|before| values.iter().map(move |value| [&before[..], value].concat()));
        *self = Self::Open(all.collect());
    }
}

/// Walks both at once. State `n` of a sequence: `n` items are done, and the last of them may go on where it takes many.
fn meet(a: &[Item], b: &[Item]) -> Option<String> {
    type State = (usize, usize);
    let mut came: HashMap<State, (State, char)> = HashMap::new();
    let mut queue = VecDeque::from([(0, 0)]);
    while let Some(state) = queue.pop_front() {
        if state == (a.len(), b.len()) {
            let mut text = Vec::new();
            let mut here = state;
            while let Some((before, c)) = came.get(&here) {
                text.push(*c);
                here = *before;
            }
            return Some(text.iter().rev().collect());
        }
        for (next_a, class_a) in steps(a, state.0) {
            for (next_b, class_b) in steps(b, state.1) {
                let next = (next_a, next_b);
                if let Some(c) = class_a.and(class_b).example()
                    && next != state
                    && !came.contains_key(&next)
                {
                    came.insert(next, (state, c));
                    queue.push_back(next);
                }
            }
        }
    }
    None
}

fn steps(items: &[Item], state: usize) -> impl Iterator<Item = (usize, Class)> {
    let onward = items.get(state).map(|item| (state + 1, item.of));
    let again =
        state.checked_sub(1).and_then(|i| items.get(i)).filter(|i| i.many).map(|item| (state, item.of));
    onward.into_iter().chain(again)
}

/// The forms that the values of a parameter have in a key, the pleasant ones first. Where a type cannot be said
/// exactly, these are more than it has, never fewer.
fn values(parameter: &Parameter) -> Vec<Vec<Item>> {
    if parameter.hashed {
        return vec![
            form("v9.hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"),
            form("v9+.hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh"),
        ];
    }
    of_type(&parameter.ty)
}

fn of_type(ty: &Type) -> Vec<Vec<Item>> {
    match &ty.shape {
        Shape::OneOf(words) => words.iter().map(|word| exactly(&keys::encoded(word))).collect(),
        Shape::Boolean => vec![exactly("true"), exactly("false")],
        Shape::Uuid => vec![form("hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh")],
        Shape::ObjectId => vec![form("hhhhhhhhhhhhhhhhhhhhhhhh")],
        Shape::Integer { .. } => vec![form("9+"), form("-9+")],
        Shape::Decimal { .. } => vec![form("9+"), form("-9+"), form("9+.9+"), form("-9+.9+")],
        // RFC 3339 has years from 0000 to 9999.
        Shape::Date => vec![form("9999-99-99")],
        Shape::Country => vec![form("AA")],
        Shape::Currency => vec![form("AAA")],
        Shape::Phone => vec![[exactly("+"), form("9+")].concat()],
        // `[^@]+@[^@]+\.[^@]+`, more than all addresses.
        Shape::Email => {
            let part = || any_but(":{}*?[]\\@");
            vec![[part(), exactly("@"), part(), exactly("."), part()].concat()]
        }
        Shape::Text => vec![any(), Vec::new()],
        _ => vec![any()],
    }
}

/// `9` is a digit, `h` a hexadecimal one, `A` a capital, any other character itself; `+` repeats what is before it.
fn form(text: &str) -> Vec<Item> {
    let mut items: Vec<Item> = Vec::new();
    for c in text.chars() {
        let of = match c {
            '+' => {
                if let Some(last) = items.last_mut() {
                    last.many = true;
                }
                continue;
            }
            '9' => Class::any_of("0123456789"),
            'h' => Class::any_of("0123456789abcdef"),
            'A' => Class::any_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
            c => Class::of(c),
        };
        items.push(Item { of, many: false });
    }
    items
}

/// Any text that is not empty, encoded: all but what the encoding takes away; `%` comes back as its sign.
fn any() -> Vec<Item> {
    any_but(":{}*?[]\\")
}

fn any_but(taken: &str) -> Vec<Item> {
    let taken = Class::any_of(taken);
    vec![Item { of: Class { ascii: !taken.ascii, beyond: Beyond::All }, many: true }]
}

fn exactly(text: &str) -> Vec<Item> {
    text.chars().map(|c| Item { of: Class::of(c), many: false }).collect()
}

impl Class {
    fn of(c: char) -> Self {
        if c.is_ascii() {
            Self { ascii: 1 << u32::from(c), beyond: Beyond::None }
        } else {
            Self { ascii: 0, beyond: Beyond::One(c) }
        }
    }

    fn any_of(ascii: &str) -> Self {
        let ascii = ascii.chars().fold(0, |all, c| all | Self::of(c).ascii);
        Self { ascii, beyond: Beyond::None }
    }

    fn and(self, other: Self) -> Self {
        let beyond = match (self.beyond, other.beyond) {
            (Beyond::All, both) | (both, Beyond::All) => both,
            (Beyond::One(a), Beyond::One(b)) if a == b => Beyond::One(a),
            _ => Beyond::None,
        };
        Self { ascii: self.ascii & other.ascii, beyond }
    }

    /// One of its characters, if there is one: a letter or a digit rather than a sign.
    fn example(self) -> Option<char> {
        let among = |first: char, last: char| {
            let upto_last = u128::MAX >> (127 - u32::from(last));
            let shared = self.ascii & upto_last & (u128::MAX << u32::from(first));
            (shared != 0).then(|| char::from(shared.trailing_zeros() as u8))
        };
        let ranges = [('a', 'z'), ('0', '9'), ('A', 'Z'), (' ', '~'), ('\0', '\x7f')];
        let own = ranges.into_iter().find_map(|(first, last)| among(first, last));
        own.or(match self.beyond {
            Beyond::None => None,
            Beyond::One(c) => Some(c),
            Beyond::All => Some('é'),
        })
    }
}
