//! Labels and encryption keys, which fields name.

use super::Resolver;
use crate::governance::{EncryptionKey, Label};
use crate::{KeyId, LabelId};
use polity_syntax::ast::{self, ItemKind};
use polity_text::diagnostics::codes::{E0201, E0203, E0211};
use polity_text::diagnostics::{Diagnostic, did_you_mean};

/// The labels that every platform knows.
const LABELS: &[&str] = &[PERSONAL, "sensitive", "health", "financial", "card", "secret"];

const PERSONAL: &str = "personal";

impl<'t> Resolver<'t> {
    pub(crate) fn labels(&mut self, names: &[ast::Name]) -> Vec<LabelId> {
        names.iter().filter_map(|name| self.label(name)).collect()
    }

    pub(crate) fn label(&mut self, name: &ast::Name) -> Option<LabelId> {
        if let Some(label) = self.platform.labels.iter().find(|l| l.name == name.text).map(|label| label.id) {
            self.mention_label(name.span, label);
            return Some(label);
        }
        let known = self.platform.labels.iter().map(|l| l.name.as_str());
        let help =
            did_you_mean(&name.text, known).unwrap_or_else(|| format!("declare it: `label {}`", name.text));
        self.error(
            Diagnostic::new(E0201, name.span, format!("there is no label `#{}`", name.text)).help(help),
        );
        None
    }

    pub(super) fn all_labels(&mut self) {
        for (i, name) in LABELS.iter().enumerate() {
            let id = LabelId(i as u32);
            // Data concerning health is personal data, GDPR Art. 4(15).
            let above = LABELS.iter().position(|above| *name == "health" && *above == PERSONAL);
            let parents = above.map(|at| LabelId(at as u32)).into_iter().collect();
            self.platform.labels.push(Label { id, name: (*name).into(), parents, span: None });
        }
        let declared = self.declared;
        let labels = || {
            declared.others.iter().filter_map(|(item, _)| match &item.kind {
                ItemKind::Label { name, parents, .. } => Some((name, parents)),
                _ => None,
            })
        };
        for (name, _) in labels() {
            if let Some(first) = self.platform.labels.iter().find(|l| l.name == name.text) {
                let mut diagnostic =
                    Diagnostic::new(E0203, name.span, format!("label `{}` is declared twice", name.text));
                diagnostic = match first.span {
                    Some(span) => diagnostic.also(span, "declared here first").help("remove one of the two"),
                    None => diagnostic.help("every platform knows it; leave the declaration out"),
                };
                self.error(diagnostic);
                continue;
            }
            let id = LabelId(self.platform.labels.len() as u32);
            let label = Label { id, name: name.text.clone(), parents: Vec::new(), span: Some(name.span) };
            self.platform.labels.push(label);
        }
        for (name, parents) in labels() {
            let parents = self.labels(parents);
            if let Some(label) = self.platform.labels.iter_mut().find(|l| l.span == Some(name.span)) {
                label.parents = parents;
            }
        }
        self.label_cycles();
    }

    /// A label that is its own ancestor loses the parents that make it so.
    fn label_cycles(&mut self) {
        for i in 0..self.platform.labels.len() {
            let mut above = self.platform.labels[i].parents.clone();
            let mut seen = vec![false; self.platform.labels.len()];
            while let Some(label) = above.pop() {
                if label.index() == i {
                    if let Some(span) = self.platform.labels[i].span {
                        let name = self.platform.labels[i].name.clone();
                        self.error(
                            Diagnostic::new(E0211, span, format!("label `{name}` is its own ancestor"))
                                .help("leave out one of the parents"),
                        );
                    }
                    self.platform.labels[i].parents.clear();
                    break;
                }
                if !std::mem::replace(&mut seen[label.index()], true) {
                    above.extend(&self.platform[label].parents);
                }
            }
        }
    }

    pub(super) fn encryption_keys(&mut self) {
        let declared = self.declared;
        for (item, _) in &declared.others {
            let ItemKind::EncryptionKey { name, body } = &item.kind else { continue };
            if let Some(first) = self.platform.encryption_keys.iter().find(|k| k.named.name == name.text) {
                let first = first.named.span;
                self.declared_twice(name, first);
                continue;
            }
            let (settings, _) = self.settings(body, &[]);
            let id = KeyId(self.platform.encryption_keys.len() as u32);
            let named = super::declare::named(name, None, &item.docs, None, &mut self.found);
            self.platform.encryption_keys.push(EncryptionKey { id, named, settings });
        }
    }
}
