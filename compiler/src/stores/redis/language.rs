//! The set of keys that a pattern makes, as a small automaton, so that whether two sets meet is decided and not
//! guessed.

use std::collections::{HashMap, VecDeque};

use crate::model::keyspace::Part;
use crate::model::{Keyspace, Platform, Scalar, Type, TypeKind};

/// A sequence of items that each take one character, or one and more; or several such sequences, where a parameter
/// is one of a few words.
#[derive(Debug, Clone)]
pub(super) struct Language {
    alternatives: Vec<Vec<Item>>,
}

#[derive(Debug, Clone, Copy)]
struct Item {
    of: Class,
    many: bool,
}

/// A set of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Class {
    ascii: u128,
    /// All that are not ASCII.
    beyond: bool,
}

/// More combinations of words than this are taken for any text, which errs on the side of an error.
const MOST_ALTERNATIVES: usize = 256;

impl Language {
    /// The keys of a keyspace.
    pub(super) fn of(platform: &Platform, keyspace: &Keyspace) -> Self {
        let mut alternatives = vec![Vec::new()];
        for part in &keyspace.pattern.parts {
            match part {
                Part::Literal(text) => alternatives.iter_mut().for_each(|a| a.extend(text.chars().map(one))),
                Part::Parameter(i) => {
                    let parameter = &keyspace.pattern.parameters[*i];
                    let tag = keyspace.together_by.contains(i);
                    let words = if parameter.labels.is_empty() {
                        texts(platform, &parameter.ty)
                    } else {
                        vec![hashed()]
                    };
                    let words = if words.len() * alternatives.len() > MOST_ALTERNATIVES {
                        vec![any()]
                    } else {
                        words
                    };
                    let mut next = Vec::with_capacity(words.len() * alternatives.len());
                    for before in &alternatives {
                        for word in &words {
                            let mut items = before.clone();
                            items.extend(tag.then(|| one('{')));
                            items.extend(word);
                            items.extend(tag.then(|| one('}')));
                            next.push(items);
                        }
                    }
                    alternatives = next;
                }
            }
        }
        Self { alternatives }
    }
}

/// A key that both make, the shortest there is.
pub(super) fn common_key(a: &Language, b: &Language) -> Option<String> {
    a.alternatives
        .iter()
        .flat_map(|x| b.alternatives.iter().map(move |y| (x, y)))
        .find_map(|(x, y)| meet(x, y))
}

/// Walks both automata at once. State `n` of a sequence: `n` items are done, and the last of them may go on where it
/// takes many.
fn meet(a: &[Item], b: &[Item]) -> Option<String> {
    type State = (usize, usize);
    let mut came: HashMap<State, (State, char)> = HashMap::new();
    let mut queue = VecDeque::from([(0, 0)]);
    while let Some(state) = queue.pop_front() {
        if state == (a.len(), b.len()) {
            let mut key = Vec::new();
            let mut here = state;
            while let Some((before, c)) = came.get(&here) {
                key.push(*c);
                here = *before;
            }
            return Some(key.iter().rev().collect());
        }
        for (next_a, class_a) in steps(a, state.0) {
            for (next_b, class_b) in steps(b, state.1) {
                let next = (next_a, next_b);
                let shared =
                    Class { ascii: class_a.ascii & class_b.ascii, beyond: class_a.beyond && class_b.beyond };
                if let Some(c) = shared.example()
                    && next != (0, 0)
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

/// What the values of a type look like in a key.
fn texts(platform: &Platform, ty: &Type) -> Vec<Vec<Item>> {
    if let TypeKind::Enum(id) = &ty.kind {
        return platform[*id].values.iter().map(|v| encoded(&v.named.stored)).collect();
    }
    match platform.scalar(ty) {
        Some(Scalar::Bool) => vec![encoded("true"), encoded("false")],
        Some(Scalar::Uuid) => {
            let groups = [8, 4, 4, 4, 12];
            let hex = Class::of("0123456789abcdef");
            let mut items = Vec::new();
            for (i, group) in groups.into_iter().enumerate() {
                items.extend((i > 0).then(|| one('-')));
                items.extend(std::iter::repeat_n(Item { of: hex, many: false }, group));
            }
            vec![items]
        }
        Some(Scalar::SmallInt | Scalar::Int | Scalar::BigInt) => {
            vec![vec![Item { of: Class::of("-0123456789"), many: true }]]
        }
        Some(Scalar::Date) => {
            vec!["dddd-dd-dd".chars().map(|c| if c == 'd' { digit() } else { one(c) }).collect()]
        }
        Some(Scalar::Country) => vec![vec![upper(), upper()]],
        Some(Scalar::Currency) => vec![vec![upper(), upper(), upper()]],
        _ => vec![any()],
    }
}

/// Any text, encoded: all but what the encoding takes away; `%` comes back as its sign.
fn any() -> Vec<Item> {
    vec![Item { of: Class::of(":{}*?[]\\").others(), many: true }]
}

/// `v1.` and 22 characters of base64.
fn hashed() -> Vec<Item> {
    let base64 = Class::of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    let mut items = vec![one('v'), Item { of: digit().of, many: true }, one('.')];
    items.extend(std::iter::repeat_n(Item { of: base64, many: false }, 22));
    items
}

fn encoded(text: &str) -> Vec<Item> {
    let mut out = Vec::new();
    for c in text.chars() {
        if ":%{}*?[]\\".contains(c) {
            out.extend(format!("%{:02X}", u32::from(c)).chars().map(one));
        } else {
            out.push(one(c));
        }
    }
    out
}

fn one(c: char) -> Item {
    let mut text = [0; 4];
    Item { of: Class::of(c.encode_utf8(&mut text)), many: false }
}

fn digit() -> Item {
    Item { of: Class::of("0123456789"), many: false }
}

fn upper() -> Item {
    Item { of: Class::of("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), many: false }
}

impl Class {
    fn of(characters: &str) -> Self {
        let mut out = Self { ascii: 0, beyond: false };
        for c in characters.chars() {
            if c.is_ascii() {
                out.ascii |= 1 << u32::from(c);
            } else {
                // One that is not ASCII stands for all, which errs on the side of an error.
                out.beyond = true;
            }
        }
        out
    }

    fn others(self) -> Self {
        Self { ascii: !self.ascii, beyond: true }
    }

    /// A letter or a digit, where there is one.
    fn example(self) -> Option<char> {
        let pleasant = ('a'..='z').chain('0'..='9').chain('A'..='Z');
        let all = (0..128_u8).map(char::from);
        let found = pleasant.chain(all).find(|c| self.ascii & (1 << u32::from(*c)) != 0);
        found.or_else(|| self.beyond.then_some('é'))
    }
}
