//! A renamed thing is known by its first name, so no two things have the same one, and names do not go round among things.

use foldhash::{HashMap, HashMapExt};
use smol_str::SmolStr;

use crate::Governed;
use polity_model::{Enum, Named};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0215;

/// Two entities, or two fields of an entity or a record, that were one thing by what `was` says: the ids of their ciphertexts would be
/// the same. Things that swap their names, which are not told from things that keep them. And a value of an enum that was called as
/// another is: rows know it by nothing else.
pub fn first_names(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let entities = platform.entities.iter().map(|entity| {
        let now = platform.entity_path(entity.id);
        let place = now.split_once('.').map_or("", |(place, _)| place);
        let before = entity.named.path_before(place).map(SmolStr::from);
        let first = platform.first_path(entity.id).into();
        Thing { named: &entity.named, now: SmolStr::from(now.as_str()), before, first }
    });
    judge(&entities.collect::<Vec<_>>(), found);
    let fields =
        platform.entities.iter().map(|e| &e.fields).chain(platform.structs.iter().map(|s| &s.fields));
    for fields in fields {
        let things = fields.iter().map(|field| Thing {
            named: &field.named,
            now: field.named.name.clone(),
            before: field.named.was.as_ref().map(|(was, _)| was.clone()),
            first: field.named.first_name().clone(),
        });
        judge(&things.collect::<Vec<_>>(), found);
    }
    platform.enums.iter().for_each(|values| of_values(values, found));
}

/// A thing among those from which its name tells it.
struct Thing<'p> {
    named: &'p Named,
    now: SmolStr,
    before: Option<SmolStr>,
    first: SmolStr,
}

fn judge(things: &[Thing<'_>], found: &mut Vec<Diagnostic>) {
    if things.iter().all(|thing| thing.before.is_none()) {
        return;
    }
    let swaps: Vec<Diagnostic> = swaps(things).collect();
    if swaps.is_empty() {
        shared(things, found);
    }
    found.extend(swaps);
}

/// Things that were one.
fn shared(things: &[Thing<'_>], found: &mut Vec<Diagnostic>) {
    let mut first: HashMap<&str, &Named> = HashMap::new();
    for Thing { named, first: name, .. } in things {
        let Some(other) = first.insert(name, named) else { continue };
        let (renamed, other) = if named.was.is_some() { (*named, other) } else { (other, *named) };
        let Some((name, span)) = &renamed.was else { continue };
        let message = format!("`{}` and `{}` were both `{name}`", other.name, renamed.name);
        found.push(
            Diagnostic::new(E0215, *span, message)
                .also(other.span, "the other one")
                .help("one of them is new: say `was` of the other only, and give the new one another name"),
        );
    }
}

/// Things each of which was called as another of them is, and so round; each round once.
fn swaps<'t>(things: &'t [Thing<'_>]) -> impl Iterator<Item = Diagnostic> + 't {
    let places: HashMap<&str, usize> =
        things.iter().enumerate().map(|(at, thing)| (thing.now.as_str(), at)).collect();
    let before = move |at: usize| {
        let before = things[at].before.as_ref()?;
        places.get(before.as_str()).copied()
    };
    (0..things.len()).filter_map(move |start| {
        let (mut round, mut at) = (vec![start], before(start)?);
        while at != start {
            // It is told of where the round has its first thing.
            if at < start || round.contains(&at) {
                return None;
            }
            round.push(at);
            at = before(at)?;
        }
        let (_, span) = things[start].named.was.as_ref().filter(|_| round.len() > 1)?;
        let said = round.iter().filter_map(|at| {
            let Thing { now, before, .. } = &things[*at];
            Some(format!("`{now}` was `{}`", before.as_ref()?))
        });
        let message = said.collect::<Vec<_>>().join(", and ");
        Some(Diagnostic::new(E0215, *span, message).also(things[round[1]].named.span, "the other one").help(
            "a name is free for another once the contract is sealed that ends it: give one of them a name that none has, \
             seal that and its contract, and go on with the others",
        ))
    })
}

/// Values each of which was called as another is, or was.
fn of_values(values: &Enum, found: &mut Vec<Diagnostic>) {
    let all: Vec<&Named> = values.values.iter().map(|value| &value.named).collect();
    for (at, named) in all.iter().enumerate() {
        let Some((name, span)) = &named.was else { continue };
        let was = |other: &Named| other.was.as_ref().is_some_and(|(was, _)| was == name);
        let is = |other: &Named| other.name == *name || other.stored == *name;
        let both = all[..at].iter().find(|other| was(other));
        let taken = || all.iter().enumerate().find(|(place, other)| *place != at && is(other));
        let (message, other) = match (both, taken()) {
            (Some(other), _) => (format!("`{}` and `{}` were both `{name}`", other.name, named.name), other),
            (None, Some((_, other))) => {
                (format!("`{}` was `{name}`, by which rows hold another value now", named.name), other)
            }
            (None, None) => continue,
        };
        found.push(Diagnostic::new(E0215, *span, message).also(other.span, "the other one").help(
            "rows would not tell one from the other: leave a `was` out of which the contract was sealed, \
             or give the value a name that was free before, seal that and its contract, and go on from there",
        ));
    }
}
