//! The objects that scripts of a person make, as far as their names matter to others.

use smol_str::SmolStr;
use sqlparser::ast::{ObjectName, Statement};

use super::names::fit;
use polity_govern::Stored;
use polity_model::{Store, written_sql};
use polity_text::source::Span;

/// An object that a script makes.
#[derive(Debug, Clone)]
pub(in crate::postgres) struct Made {
    pub(in crate::postgres) kind: Kind,
    pub(in crate::postgres) schema: SmolStr,
    pub(in crate::postgres) name: SmolStr,
    /// Whether the script allows that it is there already.
    pub(in crate::postgres) gives_way: bool,
    pub(in crate::postgres) span: Span,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::postgres) enum Kind {
    /// A table, an index, a sequence, a view.
    Relation,
    /// A function, with the types of its arguments.
    Function(Vec<String>),
    /// A trigger of this table.
    Trigger(SmolStr),
}

/// Returns what the scripts of a store make, in their order. What has no schema stands in the one that a session of the
/// migrator writes to.
pub(in crate::postgres) fn made_in(platform: &Stored, store: &Store) -> Vec<Made> {
    let scripts = platform.scripts.iter().filter(|script| script.store == store.id);
    let statements = scripts.flat_map(|script| {
        let statements = written_sql::statements(&script.sql).unwrap_or_default();
        statements.into_iter().map(|statement| (statement, script.span))
    });
    statements.filter_map(|(statement, span)| made(&statement, span)).collect()
}

fn made(statement: &Statement, span: Span) -> Option<Made> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "no other statement makes something with such a name")]
    let (kind, name, beside, gives_way) = match statement {
        Statement::CreateTable(table) => {
            (Kind::Relation, &table.name, None, table.if_not_exists || table.or_replace)
        }
        Statement::CreateView(view) => {
            (Kind::Relation, &view.name, None, view.if_not_exists || view.or_replace)
        }
        Statement::CreateSequence { name, if_not_exists, .. } => (Kind::Relation, name, None, *if_not_exists),
        Statement::CreateIndex(index) => {
            (Kind::Relation, index.name.as_ref()?, Some(&index.table_name), index.if_not_exists)
        }
        Statement::CreateFunction(function) => {
            let arguments = function.args.iter().flatten();
            let types = arguments.map(|argument| argument.data_type.to_string().to_lowercase()).collect();
            (Kind::Function(types), &function.name, None, function.or_replace)
        }
        Statement::CreateProcedure { name, params, or_alter, .. } => {
            let types = params.iter().flatten().map(|param| param.data_type.to_string().to_lowercase());
            (Kind::Function(types.collect()), name, None, *or_alter)
        }
        Statement::CreateTrigger(trigger) => {
            let (schema, table) = parts(&trigger.table_name)?;
            let (_, name) = parts(&trigger.name)?;
            let schema = schema.unwrap_or_else(|| super::placement::PUBLIC.into());
            return Some(Made {
                kind: Kind::Trigger(table),
                schema,
                name,
                gives_way: trigger.or_replace,
                span,
            });
        }
        _ => return None,
    };
    let (schema, name) = parts(name)?;
    // An index stands in the schema of its table.
    let schema = schema.or_else(|| parts(beside?)?.0).unwrap_or_else(|| super::placement::PUBLIC.into());
    Some(Made { kind, schema, name: fit(&name, super::names::LIMIT), gives_way, span })
}

/// Returns the schema and the name that an identifier means.
fn parts(name: &ObjectName) -> Option<(Option<SmolStr>, SmolStr)> {
    let mut parts: Vec<SmolStr> = Vec::new();
    for part in &name.0 {
        let ident = part.as_ident()?;
        let quoted = ident.quote_style.is_some();
        parts.push(if quoted { ident.value.as_str().into() } else { ident.value.to_lowercase().into() });
    }
    let name = parts.pop()?;
    Some((parts.pop(), name))
}
