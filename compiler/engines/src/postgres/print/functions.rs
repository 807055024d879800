//! Functions, with the right to call them, and triggers.

use std::fmt::{Display, Formatter, Result};

use super::super::sql::{Body, Ident, List, Qualified};
use super::Printer;
use super::tables::literals;
use polity_catalog::relational::{
    Argument, Event, Firing, Function, FunctionBody, Language, Name, ObjectId, Signature, Target, Trigger,
    Volatility,
};

impl<'l> Printer<'_, 'l> {
    /// A function that nobody may call but its owner, and those who are given the right.
    pub(in crate::postgres) fn function(&mut self, function: &'l Function) {
        self.function_as(function, "CREATE");
    }

    /// A function in place of one that may be there, where `create` is `CREATE OR REPLACE`.
    pub(in crate::postgres) fn function_as(&mut self, function: &'l Function, create: &'static str) {
        self.create_as(&function.owner, &function.name.schema);
        let signature = function.signature();
        self.remark(self.lowered.remark_on(&ObjectId::Function(signature.clone())));
        self.line(CreateFunction(function, create));
        let kind = if function.returns.is_some() { "FUNCTION" } else { "PROCEDURE" };
        self.line(format_args!("REVOKE ALL ON {kind} {} FROM PUBLIC;", Called(&signature)));
        self.rights_on(&Target::Function(signature));
        self.out.push('\n');
    }

    pub(super) fn triggers(&mut self) {
        for (table, triggers) in &self.parts.triggers {
            if let Some(owner) = self.parts.owners.get(table) {
                self.act_as(owner);
            }
            triggers.iter().for_each(|trigger| self.line(CreateTrigger(trigger)));
            self.out.push('\n');
        }
    }
}

/// `CREATE FUNCTION …;`, with the words before `FUNCTION`.
pub(in crate::postgres) struct CreateFunction<'a>(
    pub(in crate::postgres) &'a Function,
    pub(in crate::postgres) &'static str,
);

impl Display for CreateFunction<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let function = self.0;
        let kind = if function.returns.is_some() { "FUNCTION" } else { "PROCEDURE" };
        write!(f, "{} {kind} {}(", self.1, Qualified(&function.name))?;
        for (i, Argument { name, ty, default }) in function.arguments.iter().enumerate() {
            f.write_str(if i > 0 { ", " } else { "" })?;
            // One that a person wrote may have none.
            if !name.is_empty() {
                write!(f, "{} ", Ident(name))?;
            }
            f.write_str(ty)?;
            default.iter().try_for_each(|default| write!(f, " DEFAULT {default}"))?;
        }
        f.write_str(")")?;
        function.returns.iter().try_for_each(|returns| write!(f, " RETURNS {returns}"))?;
        f.write_str("\n    LANGUAGE ")?;
        f.write_str(match function.language {
            Language::Sql => "sql",
            Language::Plpgsql => "plpgsql",
        })?;
        f.write_str(match function.volatility {
            Volatility::Volatile => "",
            Volatility::Stable => " STABLE",
            Volatility::Immutable => " IMMUTABLE",
        })?;
        f.write_str(if function.parallel_safe { " PARALLEL SAFE" } else { "" })?;
        f.write_str(if function.strict { " STRICT" } else { "" })?;
        f.write_str(if function.leakproof { " LEAKPROOF" } else { "" })?;
        f.write_str(if function.security_definer { " SECURITY DEFINER" } else { "" })?;
        for (i, (name, value)) in function.settings.iter().enumerate() {
            write!(f, "{}SET {name} = {value}", if i == 1 { "\n    " } else { " " })?;
        }
        match &function.body {
            FunctionBody::Text(text) => write!(f, "\nAS {};", Body(text)),
            FunctionBody::Atomic(text) if text.trim_end().ends_with(';') => {
                write!(f, "\nBEGIN ATOMIC\n{}\nEND;", text.trim_end())
            }
            // One expression: `RETURN …`.
            FunctionBody::Atomic(text) => write!(f, "\n{};", text.trim_end()),
        }
    }
}

/// A function with the types of its arguments, as statements about it name it.
pub(in crate::postgres) struct Called<'a>(pub(in crate::postgres) &'a Signature);

impl Display for Called<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        write!(f, "{}({})", Qualified(&self.0.name), self.0.arguments.join(", "))
    }
}

/// `CREATE TRIGGER …;`
pub(in crate::postgres) struct CreateTrigger<'a>(pub(in crate::postgres) &'a Trigger);

impl Display for CreateTrigger<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        let trigger = self.0;
        write!(f, "CREATE TRIGGER {}\n    ", Ident(&trigger.name))?;
        f.write_str(if trigger.before { "BEFORE " } else { "AFTER " })?;
        for (i, event) in trigger.events.iter().enumerate() {
            write!(f, "{}{}", if i > 0 { " OR " } else { "" }, word(*event))?;
            if *event == Event::Update && !trigger.columns.is_empty() {
                write!(f, " OF {}", List(&trigger.columns))?;
            }
        }
        write!(f, " ON {}\n    ", Qualified(&trigger.table))?;
        let tables = [("OLD", &trigger.rows.old), ("NEW", &trigger.rows.new)];
        let named: Vec<_> = tables.iter().filter_map(|(word, name)| Some((word, name.as_ref()?))).collect();
        if !named.is_empty() {
            f.write_str("REFERENCING ")?;
            named.iter().try_for_each(|(word, name)| write!(f, "{word} TABLE AS {} ", Ident(name)))?;
        }
        f.write_str("FOR EACH ")?;
        f.write_str(if trigger.each_row { "ROW" } else { "STATEMENT" })?;
        trigger.condition.iter().try_for_each(|condition| write!(f, " WHEN ({condition})"))?;
        let function = Qualified(&trigger.function);
        write!(f, " EXECUTE FUNCTION {function}({});", literals(&trigger.arguments))?;
        fires(f, &trigger.table, "TRIGGER", &trigger.name, trigger.firing)
    }
}

/// The statement that says in which sessions a trigger or a rule fires, where that is not in all of clients.
pub(super) fn fires(f: &mut Formatter<'_>, table: &Name, kind: &str, name: &str, firing: Firing) -> Result {
    let word = match firing {
        Firing::Origin => return Ok(()),
        Firing::Replica => "ENABLE REPLICA",
        Firing::Always => "ENABLE ALWAYS",
        Firing::Disabled => "DISABLE",
    };
    write!(f, "\nALTER TABLE {} {word} {kind} {};", Qualified(table), Ident(name))
}

/// The keyword of an event.
pub(in crate::postgres) fn word(event: Event) -> &'static str {
    match event {
        Event::Insert => "INSERT",
        Event::Update => "UPDATE",
        Event::Delete => "DELETE",
        Event::Truncate => "TRUNCATE",
    }
}
