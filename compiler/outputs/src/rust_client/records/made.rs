//! `new`, which fills in all that the client knows, and the type of what it needs.

use smol_str::SmolStr;
use syn::{Expr, ImplItem, Item, Stmt};

use super::Record;
use crate::rust_client::defaults::{Given, given};
use crate::rust_client::tree::{self, Function, This};
use polity_model::{Field, FieldId};
use polity_text::quoting::markdown;

impl Record<'_> {
    /// `new`, and the record of what it needs, where it needs something; `None` where no value can be told apart.
    pub(super) fn made(&self, name: &str, idents: &[SmolStr]) -> Option<(Option<Item>, ImplItem)> {
        let input = self.writer.layout.input(self.writer.module, self.thing)?;
        let (needs, values) = self.parts(idents);
        let made = tree::literal_of(tree::path("Self"), values);
        let inputs =
            if needs.is_empty() { Vec::new() } else { vec![("new".into(), tree::ty(tree::path(input)))] };
        let limited = self.writer.limited.fields(self.fields);
        let checks = if limited { ", and checks the whole" } else { "" };
        let new = Function {
            attrs: tree::docs(&[format!("Fills in what the client knows{checks}.")]),
            vis: tree::public(),
            constant: false,
            name: "new",
            this: This::None,
            inputs,
            output: Some(tree::generic(
                "Result",
                [tree::named_ty("Self"), tree::named_ty("polity_runtime::Invalid")],
            )),
            body: body(made, !self.computed(idents).is_empty(), limited),
        };
        let mut attrs = tree::docs(&[format!(
            "What [`{name}::new`] needs: all that the client does not fill in by itself."
        )]);
        attrs.push(tree::list_attribute("derive", tree::word_list(&["Clone"])));
        let input = (!needs.is_empty()).then(|| tree::structure(attrs, input, needs));
        Some((input, new.build()))
    }

    /// The fields that a caller gives, and the value of each field.
    fn parts(&self, idents: &[SmolStr]) -> (Vec<syn::Field>, Vec<(SmolStr, Expr)>) {
        let mut needs = Vec::new();
        let mut values = Vec::new();
        let computed = self.computed(idents);
        for (id, field, ident) in self.each(idents) {
            if computed.iter().any(|(name, _)| *name == ident) {
                // `compute` puts the value there before anybody sees this one.
                values.push((SmolStr::new(ident), tree::call(tree::path("Default::default"), [])));
                continue;
            }
            let is_left = self
                .entity
                .is_some_and(|entity| self.writer.platform.is_required_until_anonymized(entity, id));
            if is_left {
                values.push((SmolStr::new(ident), self.required(id, field, ident, &mut needs)));
                continue;
            }
            let value = match given(self.writer, field, self.entity.map(|entity| (entity, id))) {
                Given::ByClient(value) => value,
                Given::ByCaller => {
                    needs.push(tree::field(
                        tree::docs(&markdown::lines(&field.named.docs)),
                        ident,
                        self.field_ty(id, field),
                    ));
                    tree::member("new", ident)
                }
            };
            values.push((SmolStr::new(ident), value));
        }
        (needs, values)
    }
}

impl Record<'_> {
    /// The value of a field that a row lacks once it is anonymized, and never before.
    fn required(&self, id: FieldId, field: &Field, ident: &str, needs: &mut Vec<syn::Field>) -> Expr {
        let mut required = field.clone();
        required.ty.optional = false;
        let value = match given(self.writer, &required, self.entity.map(|entity| (entity, id))) {
            Given::ByClient(value) => value,
            Given::ByCaller => {
                let docs = tree::docs(&markdown::lines(&field.named.docs));
                needs.push(tree::field(docs, ident, self.field_ty(id, &required)));
                tree::member("new", ident)
            }
        };
        tree::call(tree::path("Some"), [value])
    }
}

/// Computes and checks what was made, where that is asked for.
fn body(made: Expr, computes: bool, validates: bool) -> Vec<Stmt> {
    let call = |name: &str| tree::run(tree::attempt(tree::method(tree::named("made"), name, [])));
    let steps: Vec<_> = [(computes, "compute"), (validates, "validate")]
        .into_iter()
        .filter(|(is_there, _)| *is_there)
        .map(|(_, name)| call(name))
        .collect();
    if steps.is_empty() {
        return vec![tree::give(tree::call(tree::path("Ok"), [made]))];
    }
    let mut body = vec![tree::bind("made", computes, made)];
    body.extend(steps);
    body.push(tree::give(tree::call(tree::path("Ok"), [tree::named("made")])));
    body
}
