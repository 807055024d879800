//! A history in which two branches sealed: one side of it is kept, and what the other sealed is left to be sealed anew.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;

use super::read::{MERGED, RESTORE, judge, unreadable};
use super::{CHECKSUMS, MODEL, PENDING, Unreadable, checksums, sum};

/// A side of a conflict, as git calls them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Ours,
    Theirs,
}

/// The side that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The files by path, `checksums` among them.
    pub files: BTreeMap<String, String>,
    /// The names of the migrations that the other side sealed, in the order of their numbers.
    pub dropped: Vec<SmolStr>,
}

impl Kept {
    /// Keeps a side of `history/`, whose files may be in conflict; where `checksums` is in none, the side that it lists.
    ///
    /// # Errors
    /// When `checksums` is in conflict and no side was chosen, or what is kept is not as it was sealed.
    pub fn of<'f>(
        files: impl IntoIterator<Item = (&'f str, &'f str)>,
        side: Option<Side>,
    ) -> Result<Self, Vec<Unreadable>> {
        let mut files: BTreeMap<String, String> =
            files.into_iter().map(|(path, text)| (path.to_owned(), text.to_owned())).collect();
        let in_conflict = files.get(CHECKSUMS).is_some_and(|sums| is_in_conflict(sums));
        if in_conflict && side.is_none() {
            return Err(vec![unreadable(
                CHECKSUMS,
                "both branches sealed, and git left the choice open",
                MERGED,
            )]);
        }
        if let Some(side) = side {
            files.values_mut().for_each(|text| *text = one_side(text, side));
        }
        let Some(sums) = files.remove(CHECKSUMS) else {
            return Err(vec![unreadable(CHECKSUMS, "it is missing", RESTORE)]);
        };
        let (head, lines) = sums.split_once('\n').unwrap_or((&sums, ""));
        if head != sum(lines) {
            return Err(vec![unreadable(CHECKSUMS, "its first line is not the sum of the others", MERGED)]);
        }
        let listed: BTreeMap<&str, &str> =
            lines.lines().filter_map(|line| Some((line.split_once("  ")?.1, line))).collect();
        let (mut kept, mut dropped) = (BTreeMap::new(), BTreeSet::new());
        for (path, text) in files {
            if listed.contains_key(path.as_str()) {
                kept.insert(path, text);
            } else if let Some((folder, _)) = path.rsplit_once('/') {
                let migration = folder.rsplit('/').next().unwrap_or(folder).split_once("__");
                dropped.extend(migration.map(|(number, name)| (number.to_owned(), SmolStr::new(name))));
            }
        }
        // These git merges line by line, so they may hold what either side sealed; each seal writes them anew.
        let is_judged = |path: &str| path != MODEL && !path.ends_with(PENDING);
        let lines = listed.iter().filter(|(path, _)| is_judged(path)).map(|(_, line)| format!("{line}\n"));
        let lines: String = lines.collect();
        let judged = kept.iter().filter(|(path, _)| is_judged(path));
        judge(
            &format!("{}\n{lines}", sum(&lines)),
            &judged.map(|(path, text)| (path.clone(), text.clone())).collect(),
        )?;
        let sums = checksums(kept.iter().map(|(path, text)| (path.as_str(), text.as_str())));
        kept.insert(CHECKSUMS.to_owned(), sums);
        Ok(Self { files: kept, dropped: dropped.into_iter().map(|(_, name)| name).collect() })
    }
}

/// Whether git left marks of a conflict in a text.
pub(super) fn is_in_conflict(text: &str) -> bool {
    text.lines().any(|line| line.starts_with("<<<<<<<"))
}

/// Returns the lines of one side of each conflict, and those around it. What both had before, which git may show between them, is of
/// neither.
fn one_side(text: &str, side: Side) -> String {
    let (mut out, mut at) = (String::with_capacity(text.len()), None);
    for line in text.split_inclusive('\n') {
        let mark = |mark: &str| line.starts_with(mark);
        match at {
            None if mark("<<<<<<<") => at = Some(Some(Side::Ours)),
            Some(_) if mark("|||||||") => at = Some(None),
            Some(_) if mark("=======") => at = Some(Some(Side::Theirs)),
            Some(_) if mark(">>>>>>>") => at = None,
            None => out.push_str(line),
            Some(of) if of == Some(side) => out.push_str(line),
            Some(_) => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_of_each_conflict_is_taken() {
        let merged = "a\n<<<<<<< HEAD\nours\n||||||| base\nbefore\n=======\ntheirs\n>>>>>>> other\nb\n<<<<<<< HEAD\n=======\nc\n>>>>>>> other\n";
        assert_eq!(one_side(merged, Side::Ours), "a\nours\nb\n");
        assert_eq!(one_side(merged, Side::Theirs), "a\ntheirs\nb\nc\n");
        assert_eq!(one_side("a\n=======\n", Side::Ours), "a\n=======\n");
    }

    #[test]
    fn what_checksums_do_not_list_is_of_the_other_branch() {
        let own = [("main/V0002__a/20_expand.sql", "A"), ("model.json", "{}")];
        let sums = checksums(own.into_iter());
        let others = [("main/V0002__b/20_expand.sql", "B"), ("main/V0003__c/state.json", "C")];
        let with = |sums: &str, side| {
            let files = own.into_iter().chain(others).chain([(CHECKSUMS, sums)]);
            Kept::of(files, side)
        };
        let kept = with(&sums, None).expect("it is whole");
        assert_eq!(kept.dropped, ["b", "c"]);
        assert_eq!(kept.files.keys().collect::<Vec<_>>(), [CHECKSUMS, own[0].0, own[1].0]);
        let merged = format!("<<<<<<< HEAD\n{sums}=======\nother\n>>>>>>> other\n");
        assert_eq!(with(&merged, Some(Side::Ours)), Ok(kept));
        let refused = with(&merged, None).expect_err("nobody chose");
        assert!(refused[0].help.contains("--keep"), "{refused:?}");
        assert!(with(&merged, Some(Side::Theirs)).is_err(), "that side is not what was sealed");
        let edited = checksums([("main/V0002__a/20_expand.sql", "Z"), ("model.json", "{}")].into_iter());
        assert!(with(&edited, None).is_err(), "what was kept is not as it was sealed");
        let other_model = checksums([own[0], ("model.json", "other")].into_iter());
        assert_eq!(with(&other_model, None).expect("it is merged").files["model.json"], "{}");
    }
}
