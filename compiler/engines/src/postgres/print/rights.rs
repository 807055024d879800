//! Rights on objects.

use std::collections::BTreeMap;

use smol_str::SmolStr;

use super::super::sql::{Ident, List, Qualified};
use super::Printer;
use super::functions::Called;
use polity_catalog::relational::{Grant, Privilege, Reach, Target};

impl<'l> Printer<'_, 'l> {
    /// The rights on one object, those of roles that have the same in one statement.
    pub(in crate::postgres) fn rights_on(&mut self, on: &Target) {
        for (grant, roles) in alike(self.parts.grants.get(on).into_iter().flatten().copied()) {
            grant.by.iter().for_each(|by| self.act_as(by));
            statements(grant, &target(on), &List(&roles).to_string())
                .iter()
                .for_each(|sql| self.line(format_args!("{sql};")));
        }
    }

    /// The rights on tables and views, and on functions that are there already, by role. They come last, so that nothing
    /// is open before it is protected.
    pub(super) fn rights(&mut self) {
        let mut by_role: BTreeMap<(&'l SmolStr, &'l Option<SmolStr>), Vec<&'l Grant>> = BTreeMap::new();
        for (on, grants) in &self.parts.grants {
            let is_last = match on {
                Target::Relation(_) => true,
                Target::Function(_) | Target::Sequence(_) => !self.lowered.catalog.holds(on),
                Target::Database | Target::Schema(_) => false,
            };
            for grant in grants.iter().filter(|_| is_last) {
                by_role.entry((&grant.to, &grant.by)).or_default().push(grant);
            }
        }
        for ((role, by), grants) in by_role {
            by.iter().for_each(|by| self.act_as(by));
            self.remark(role);
            for grant in grants {
                let given = statements(grant, &target(&grant.on), &Ident(role).to_string());
                given.iter().for_each(|sql| self.line(format_args!("{sql};")));
            }
            self.out.push('\n');
        }
    }
}

/// The grants on one object, those of roles that have the same together.
pub(super) fn alike<'g>(grants: impl Iterator<Item = &'g Grant>) -> Vec<(&'g Grant, Vec<&'g SmolStr>)> {
    let mut groups: Vec<(&Grant, Vec<&SmolStr>)> = Vec::new();
    for grant in grants {
        let rights = |one: &'g Grant| (&one.by, &one.privileges, &one.grantable);
        match groups.iter_mut().find(|(one, _)| rights(one) == rights(grant)) {
            Some((_, roles)) => roles.push(&grant.to),
            None => groups.push((grant, vec![&grant.to])),
        }
    }
    groups
}

/// The statements that give rights; those that may be given on stand by themselves.
pub(in crate::postgres) fn statements(grant: &Grant, on: &str, roles: &str) -> Vec<String> {
    let grantable = |(privilege, _): &(&Privilege, &Reach)| grant.grantable.contains(*privilege);
    let (given_on, plain): (Vec<_>, Vec<_>) = grant.privileges.iter().partition(grantable);
    let parts = [(plain, ""), (given_on, " WITH GRANT OPTION")];
    let parts = parts.into_iter().filter(|(privileges, _)| !privileges.is_empty());
    parts
        .map(|(privileges, option)| format!("GRANT {} ON {on} TO {roles}{option}", shown(&privileges)))
        .collect()
}

/// The object as `GRANT` names it; a database by the place of its name, which only a server knows.
pub(in crate::postgres) fn target(on: &Target) -> String {
    match on {
        Target::Database => "DATABASE %I".to_owned(),
        Target::Schema(name) => format!("SCHEMA {}", Ident(name)),
        Target::Sequence(name) => format!("SEQUENCE {}", Qualified(name)),
        Target::Function(signature) => format!("ROUTINE {}", Called(signature)),
        Target::Relation(name) => Qualified(name).to_string(),
    }
}

/// The privileges, each on a line of its own where one is by column.
pub(in crate::postgres) fn shown(privileges: &[(&Privilege, &Reach)]) -> String {
    let by_column = privileges.iter().any(|(_, reach)| **reach != Reach::Whole);
    let one = |(privilege, reach): &(&Privilege, &Reach)| {
        let word = word(**privilege);
        match reach {
            Reach::Whole => word.to_owned(),
            Reach::Columns(columns) => format!("{word} ({})", List(columns)),
        }
    };
    let all: Vec<String> = privileges.iter().map(one).collect();
    let end = if by_column { "\n   " } else { "" };
    all.join(if by_column { ",\n    " } else { ", " }) + end
}

/// The privilege as `GRANT` names it.
pub(super) fn word(privilege: Privilege) -> &'static str {
    match privilege {
        Privilege::Usage => "USAGE",
        Privilege::Create => "CREATE",
        Privilege::Temporary => "TEMPORARY",
        Privilege::Connect => "CONNECT",
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
