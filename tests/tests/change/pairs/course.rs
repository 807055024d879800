//! A platform on its way from one source to another: the databases of all its places, the shared one first.

use polity_catalog::relational::Catalog;
use polity_engines::postgres_describe::Scope;

use super::super::support::Lineage;
use super::super::undo::with_admins;
use super::Counts;
use super::home::Home;

pub struct Course {
    /// The databases of tenants, which go before the shared one.
    homes: Vec<Home>,
    pub lineage: Lineage,
}

impl Course {
    /// Installs the first source everywhere, and fills the tables.
    ///
    /// # Errors
    /// The first file that fails, with what the server said.
    pub fn begin(mut lineage: Lineage, first: &str, counts: &mut Counts) -> Result<Self, String> {
        let read = lineage.read(first);
        let homes = Home::all(&mut lineage, read.plan());
        let mut course = Self { homes, lineage };
        course.each(|home, lineage| home.apply(lineage, &read))?;
        course.each(|home, lineage| {
            home.fill(lineage);
            *counts.entry(format!("rows {}", whose(home))).or_default() += home.rows.count();
            Ok(())
        })?;
        Ok(course)
    }

    /// Does something everywhere, with the shared place first.
    fn each(
        &mut self,
        mut done: impl FnMut(&mut Home, &mut Lineage) -> Result<(), String>,
    ) -> Result<(), String> {
        let lineage = &mut self.lineage;
        self.homes.iter_mut().try_for_each(|home| done(home, lineage))
    }

    /// Leads all places to what new clients need, or to the end: each first against rows that do not fit, then without them. Whether
    /// there was anything to do.
    ///
    /// # Errors
    /// Whatever is lost, differs or is not as it was said.
    pub fn part(&mut self, second: &str, contract: bool, counts: &mut Counts) -> Result<bool, String> {
        let open = self.lineage.read(second);
        let name = if contract { "contract" } else { "second" };
        if !self.lineage.seal_open(open.open(), name, contract) {
            return Ok(false);
        }
        let read = self.lineage.read(second);
        if !contract {
            read.open(); // it is asked for next, and has all else
        }
        for at in 0..self.homes.len() {
            let (home, lineage) = (&mut self.homes[at], &mut self.lineage);
            let changes = home.changes(open.open(), contract);
            for file in &changes {
                *counts.entry(format!("phase: {}", file.phase.word())).or_default() += 1;
            }
            let misfits = home.misfits(lineage, &changes)?;
            if !misfits.is_empty() {
                *counts.entry(format!("misfits {}", whose(home))).or_default() += 1;
                if home.apply(lineage, &read).is_ok() {
                    return Err(format!("rows do not fit, and nothing stops: {misfits:?}"));
                }
                self.each(|home, lineage| home.has_its_rows(lineage))?;
                self.homes[at].empty(&mut self.lineage, &misfits);
                self.each(|home, lineage| {
                    home.counts_anew(lineage);
                    Ok(())
                })?;
            }
            let (home, lineage) = (&mut self.homes[at], &mut self.lineage);
            let watched = home.watch(lineage, &read, &changes);
            let (strayed, files) =
                watched.map_err(|said| format!("{} of its tables emptied: {said}", misfits.len()))?;
            if !strayed.is_empty() {
                return Err(format!("{}:\n{}", home.name(), strayed.join("\n")));
            }
            *counts.entry(format!("files {}", whose(home))).or_default() += files;
            if files > 0 {
                self.homes.iter_mut().for_each(Home::is_changed);
            }
        }
        self.each(|home, lineage| home.has_its_rows(lineage))?;
        Ok(true)
    }

    /// Takes the second migration back everywhere, and goes the way once more.
    ///
    /// # Errors
    /// Whatever is lost or differs.
    pub fn back_and_forth(&mut self, second: &str, counts: &mut Counts) -> Result<(), String> {
        self.homes.iter_mut().for_each(Home::is_changed);
        for home in self.homes.iter_mut().rev() {
            home.take_back(&self.lineage)?;
            *counts.entry(format!("undone {}", whose(home))).or_default() += 1;
        }
        let stays =
            |home: &Home, lineage: &Lineage| with_admins(&home.sealed(lineage, 1), &home.sealed(lineage, 2));
        self.are("taken back", false, stays)?;
        let back = self.each(|home, lineage| home.has_its_rows(lineage));
        back.map_err(|said| format!("taken back: {said}"))?;
        self.homes.iter_mut().for_each(Home::is_changed);
        let read = self.lineage.read(second);
        let again = self.each(|home, lineage| home.apply(lineage, &read));
        again.map_err(|said| format!("again, once it was taken back: {said}"))
    }

    /// Compares all places with what was sealed last.
    ///
    /// # Errors
    /// The differences, a line each.
    pub fn are_as_sealed(&mut self) -> Result<(), String> {
        self.are("sealed, then described", true, |home, lineage| home.sealed(lineage, u32::MAX))
    }

    /// Compares all places with the source.
    ///
    /// # Errors
    /// The differences, a line each.
    pub fn are_as_said(&mut self, second: &str) -> Result<(), String> {
        let read = self.lineage.read(second);
        self.are("lowered, then described", true, |home, _| home.lowered(&read).clone())
    }

    fn are(
        &mut self,
        what: &str,
        in_order: bool,
        catalog: impl Fn(&Home, &Lineage) -> Catalog,
    ) -> Result<(), String> {
        let expected: Vec<Catalog> = self.homes.iter().map(|home| catalog(home, &self.lineage)).collect();
        let all = self.homes.iter().zip(&expected);
        let beside: Vec<Scope> =
            all.filter(|(home, _)| home.is_beside()).map(|(_, catalog)| Scope::of(catalog)).collect();
        let mut expected = expected.iter();
        self.each(|home, lineage| {
            let catalog = expected.next().expect("each has one");
            home.is(lineage, what, catalog, &beside, in_order)
        })
    }
}

/// The owner of a place, for counts.
fn whose(home: &Home) -> &'static str {
    match (home.is_shared(), home.is_beside()) {
        (true, _) => "of all",
        (_, true) => "of tenants with schemas",
        _ => "of tenants with databases",
    }
}
