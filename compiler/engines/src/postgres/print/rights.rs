//! Rights on objects.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::sql::{Ident, List, Qualified};
use super::Printer;
use super::functions::Called;
use polity_catalog::relational::{Grant, Privilege, Reach, Target};

impl<'l> Printer<'_, 'l> {
    /// The rights on one object, those of roles that have the same in one statement.
    pub(super) fn rights_on(&mut self, on: &Target) {
        let mut alike: Vec<(&'l Grant, Vec<&'l SmolStr>)> = Vec::new();
        for grant in self.parts.grants.get(on).into_iter().flatten() {
            let same = |(one, _): &&mut (&Grant, Vec<&SmolStr>)| {
                one.by == grant.by && one.privileges == grant.privileges
            };
            match alike.iter_mut().find(same) {
                Some((_, roles)) => roles.push(&grant.to),
                None => alike.push((grant, vec![&grant.to])),
            }
        }
        for (grant, roles) in alike {
            self.act_as(&grant.by);
            self.line(format_args!("GRANT {} ON {} TO {};", shown(grant), target(on), List(&roles)));
        }
    }

    /// The rights on tables and views, and on functions that are there already, by role. They come last, so that nothing
    /// is open before it is protected.
    pub(super) fn rights(&mut self) {
        let mut by_role: BTreeMap<(&SmolStr, &SmolStr), Vec<&'l Grant>> = BTreeMap::new();
        for (on, grants) in &self.parts.grants {
            let is_last = match on {
                Target::Relation(_) => true,
                Target::Function(_) | Target::Sequence(_) => !self.lowered.catalog.holds(on),
                Target::Schema(_) => false,
            };
            for grant in grants.iter().filter(|_| is_last) {
                by_role.entry((&grant.to, &grant.by)).or_default().push(grant);
            }
        }
        for ((role, by), grants) in by_role {
            self.act_as(by);
            self.remark(role);
            for grant in grants {
                self.line(format_args!(
                    "GRANT {} ON {} TO {};",
                    shown(grant),
                    target(&grant.on),
                    Ident(role)
                ));
            }
            self.out.push('\n');
        }
    }
}

/// The object as `GRANT` names it.
pub(super) fn target(on: &Target) -> String {
    match on {
        Target::Schema(name) => format!("SCHEMA {}", Ident(name)),
        Target::Sequence(name) => format!("SEQUENCE {}", Qualified(name)),
        Target::Function(signature) => format!("ROUTINE {}", Called(signature)),
        Target::Relation(name) => Qualified(name).to_string(),
    }
}

/// The privileges, each on a line of its own where one is by column.
pub(super) fn shown(grant: &Grant) -> String {
    let by_column = grant.privileges.values().any(|reach| *reach != Reach::Whole);
    let one = |(privilege, reach): (&Privilege, &Reach)| {
        let word = word(*privilege);
        match reach {
            Reach::Whole => word.to_owned(),
            Reach::Columns(columns) => format!("{word} ({})", List(columns)),
        }
    };
    let all: Vec<String> = grant.privileges.iter().map(one).collect();
    let end = if by_column { "\n   " } else { "" };
    all.join(if by_column { ",\n    " } else { ", " }) + end
}

/// The privilege as `GRANT` names it.
pub(super) fn word(privilege: Privilege) -> &'static str {
    match privilege {
        Privilege::Usage => "USAGE",
        Privilege::Create => "CREATE",
        Privilege::Execute => "EXECUTE",
        Privilege::Select => "SELECT",
        Privilege::Insert => "INSERT",
        Privilege::Update => "UPDATE",
        Privilege::Delete => "DELETE",
        Privilege::Truncate => "TRUNCATE",
        Privilege::References => "REFERENCES",
        Privilege::Trigger => "TRIGGER",
        Privilege::Maintain => "MAINTAIN",
    }
}
