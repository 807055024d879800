//! A source that was read once with what was sealed before it, for whoever asks it for several things.

use std::cell::OnceCell;
use std::rc::Rc;

use polity::apply::Plan;
use polity::history::{Open, open, sealed};
use polity::{Diagnostic, Sources, Valid};

use super::support::Lineage;
use crate::describe::support::{Place, places};

/// A source with what was sealed before it, and whatever somebody asked of both.
pub struct Read {
    text: String,
    /// The number of files that were sealed.
    count: usize,
    sources: Sources,
    open: OnceCell<(Option<Open>, Vec<Diagnostic>)>,
    valid: OnceCell<Valid>,
    plan: OnceCell<Plan>,
    places: OnceCell<Vec<Place>>,
}

impl Read {
    /// Returns what is said of the source and its open change.
    pub fn found(&self) -> &[Diagnostic] {
        &self.opened().1
    }

    /// Returns the open change of a source that is valid.
    pub fn open(&self) -> &Open {
        let (open, found) = self.opened();
        open.as_ref().unwrap_or_else(|| panic!("{found:#?}"))
    }

    fn opened(&self) -> &(Option<Open>, Vec<Diagnostic>) {
        self.open.get_or_init(|| open(&self.sources, None))
    }

    fn valid(&self) -> &Valid {
        if let Some((Some(open), _)) = self.open.get() {
            return open.valid();
        }
        self.valid.get_or_init(|| {
            let (valid, found) = sealed(&self.sources, None);
            valid.unwrap_or_else(|| panic!("{found:#?}"))
        })
    }

    /// Returns the files that were sealed, as a program runs them that keeps account of it.
    pub fn plan(&self) -> &Plan {
        self.plan.get_or_init(|| Plan::of(self.valid(), "main").expect("it was sealed"))
    }

    /// Returns the places that the source has, the shared one first.
    pub fn places(&self) -> &[Place] {
        self.places.get_or_init(|| places(self.valid()))
    }
}

impl Lineage {
    /// Reads a source with what was sealed so far, unless that is what was read last.
    pub fn read(&self, text: &str) -> Rc<Read> {
        let count = self.history.len();
        let mut last = self.read.borrow_mut();
        match &*last {
            Some(read) if read.text == text && read.count == count => Rc::clone(read),
            _ => {
                let (sources, text) = (self.sources(text), text.to_owned());
                let (open, valid) = (OnceCell::new(), OnceCell::new());
                let (plan, places) = (OnceCell::new(), OnceCell::new());
                let read = Rc::new(Read { text, count, sources, open, valid, plan, places });
                *last = Some(Rc::clone(&read));
                read
            }
        }
    }
}
