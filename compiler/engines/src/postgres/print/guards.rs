//! Row security: tables that only policies open, and the policies.

use std::fmt::{Display, Formatter, Result};

use super::super::sql::{Ident, List, Qualified};
use super::Printer;
use super::functions::{fires, word};
use polity_catalog::relational::{Command, ObjectId, Policy, Rule};

impl Printer<'_, '_> {
    /// Comes when references are there: while the owner adds them it reads the partitions, and nothing may be hidden
    /// from it.
    pub(super) fn guards(&mut self) {
        for table in &self.parts.closed {
            self.act_as(&table.owner);
            let name = Qualified(&table.name);
            // No row for anybody whom no policy names, the owner among them: what a partition is when it is addressed itself.
            self.line(format_args!("ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;"));
            if !table.unforced {
                self.line(format_args!("ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"));
            }
            for policy in self.parts.policies.get(&table.name).into_iter().flatten() {
                self.line(CreatePolicy(policy));
            }
            for rule in self.parts.rules.get(&table.name).into_iter().flatten() {
                self.rule(rule);
            }
            self.out.push('\n');
        }
    }

    pub(in crate::postgres) fn rule(&mut self, rule: &Rule) {
        self.remark(self.lowered.remark_on(&ObjectId::Rule(rule.table.clone(), rule.name.clone())));
        self.line(CreateRule(rule));
    }
}

/// `CREATE RULE …;`
pub(in crate::postgres) struct CreateRule<'a>(pub(in crate::postgres) &'a Rule);

impl Display for CreateRule<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let Rule { table, name, on, condition, action, firing } = self.0;
        let (shown, on, of) = (Ident(name), word(*on), Qualified(table));
        let action = action.as_deref().unwrap_or("ALSO NOTHING");
        write!(f, "CREATE RULE {shown} AS ON {on} TO {of} WHERE {condition} DO {action};")?;
        fires(f, table, "RULE", name, *firing)
    }
}

/// `CREATE POLICY …;`
pub(in crate::postgres) struct CreatePolicy<'a>(pub(in crate::postgres) &'a Policy);

impl Display for CreatePolicy<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let policy = self.0;
        write!(f, "CREATE POLICY {} ON {}", Ident(&policy.name), Qualified(&policy.table))?;
        let mut words = Vec::new();
        if policy.restrictive {
            words.push("AS RESTRICTIVE".to_owned());
        }
        match policy.command {
            Command::All => {}
            Command::Select => words.push("FOR SELECT".to_owned()),
            Command::Insert => words.push("FOR INSERT".to_owned()),
            Command::Update => words.push("FOR UPDATE".to_owned()),
            Command::Delete => words.push("FOR DELETE".to_owned()),
        }
        if !policy.roles.is_empty() {
            words.push(format!("TO {}", List(&policy.roles)));
        }
        if !words.is_empty() {
            write!(f, "\n    {}", words.join(" "))?;
        }
        policy.using.iter().try_for_each(|sql| write!(f, "\n    USING ({sql})"))?;
        policy.check.iter().try_for_each(|sql| write!(f, "\n    WITH CHECK ({sql})"))?;
        f.write_str(";")
    }
}
