//! The texts of a catalog in which PostgreSQL spells something otherwise once it has another name, such as a type.

use super::super::sql::Qualified;
use polity_catalog::relational::{
    Catalog, ColumnValue, ConstraintRule, FunctionBody, Name, Object, Target, TypeKind,
};
use smol_str::SmolStr;

/// Returns the ways in which the name of a type may be spelled.
pub(super) fn spelled(name: &Name) -> Vec<String> {
    let quoted = Qualified(name).to_string();
    let plain = format!("{}.{}", name.schema, name.name);
    if quoted == plain { vec![quoted] } else { vec![quoted, plain] }
}

/// Returns a catalog in which these texts are others wherever PostgreSQL prints what it has read. The body of a function that it keeps
/// as a text stays.
pub(super) fn respelled(catalog: &Catalog, pairs: &[(String, String)]) -> Catalog {
    let change = |text: &mut String| {
        for (from, to) in pairs {
            if text.contains(from.as_str()) {
                *text = replaced(text, from, to);
            }
        }
    };
    let of_object = |object: &Object| {
        let mut object = object.clone();
        each(&mut object, &change);
        object
    };
    catalog.objects().map(of_object).collect()
}

/// Calls `change` with each text.
fn each(object: &mut Object, change: &impl Fn(&mut String)) {
    let short = |text: &mut SmolStr| {
        let mut long = text.to_string();
        change(&mut long);
        *text = long.into();
    };
    match object {
        Object::Type(ty) => of_type(&mut ty.kind, &short, change),
        Object::Column(column) => {
            short(&mut column.ty);
            if let ColumnValue::Default(sql) | ColumnValue::Generated(sql) = &mut column.value {
                change(sql);
            }
        }
        Object::Constraint(one) => match &mut one.rule {
            ConstraintRule::Check(sql) => change(sql),
            ConstraintRule::Exclude(exclusion) => {
                exclusion.elements.iter_mut().for_each(|(sql, _)| change(sql));
                exclusion.filter.iter_mut().for_each(change);
            }
            ConstraintRule::PrimaryKey(_) | ConstraintRule::Unique(_) | ConstraintRule::ForeignKey(_) => {}
        },
        Object::Index(index) => {
            index.columns.iter_mut().for_each(|column| change(&mut column.sql));
            index.filter.iter_mut().for_each(change);
        }
        Object::Function(function) => {
            for argument in &mut function.arguments {
                short(&mut argument.ty);
                argument.default.iter_mut().for_each(short);
            }
            function.returns.iter_mut().for_each(short);
            if let FunctionBody::Atomic(sql) = &mut function.body {
                change(sql);
            }
        }
        Object::View(view) => change(&mut view.query),
        Object::Trigger(trigger) => trigger.condition.iter_mut().for_each(change),
        Object::Policy(policy) => policy.using.iter_mut().chain(&mut policy.check).for_each(change),
        Object::Rule(rule) => change(&mut rule.condition),
        Object::Grant(grant) => {
            if let Target::Function(signature) = &mut grant.on {
                signature.arguments.iter_mut().for_each(short);
            }
        }
        Object::Role(_)
        | Object::Schema(_)
        | Object::Extension(_)
        | Object::Sequence(_)
        | Object::Table(_)
        | Object::DefaultPrivileges(_)
        | Object::Job(_) => {}
    }
}

fn of_type(kind: &mut TypeKind, short: &impl Fn(&mut SmolStr), change: &impl Fn(&mut String)) {
    match kind {
        TypeKind::Enum(_) => {}
        TypeKind::Composite(members) => members.iter_mut().for_each(|(_, ty)| short(ty)),
        TypeKind::Domain(domain) => {
            short(&mut domain.base);
            domain.default.iter_mut().chain(domain.checks.values_mut()).for_each(change);
        }
    }
}

/// Puts a text in place of another that is no part of a longer name.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '"' | '.');
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let is_whole = !before.ends_with(is_of_name) && !after.starts_with(is_of_name);
        out.push_str(before);
        out.push_str(if is_whole { to } else { from });
        rest = after;
    }
    out + rest
}
