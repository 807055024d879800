//! Purposes, and the clauses of entities, keyspaces and services that name them.

use super::Resolver;
use crate::codes::is_country;
use crate::purposes::{Basis, ProcessingPurpose, PurposeId, Recipient, Transfer};
use polity_syntax::ast::{self, ItemKind};
use polity_text::diagnostics::codes::{E0201, E0203, E0207, E0341};
use polity_text::diagnostics::{Diagnostic, did_you_mean};
use polity_text::source::Span;

impl Resolver<'_> {
    /// Every purpose that is declared, before anything names one.
    pub(super) fn purposes(&mut self) {
        let declared = self.declared;
        for (item, _) in &declared.others {
            let ItemKind::Purpose { name, title, basis } = &item.kind else { continue };
            if let Some(first) = self.platform.purposes.iter().find(|p| p.named.name == name.text) {
                let first = first.named.span;
                self.declared_twice(name, first);
                continue;
            }
            let Some(basis) = self.basis(name, basis.as_ref()) else { continue };
            let named = super::declare::named(name, None, &item.docs, None, &mut self.found);
            let title = title.as_ref().map(|title| title.value.clone()).unwrap_or_default();
            self.platform.purposes.push(ProcessingPurpose { named, title, basis });
        }
    }

    fn basis(&mut self, name: &ast::Name, basis: Option<&ast::Name>) -> Option<Basis> {
        let all = Basis::ALL.map(Basis::word);
        let Some(said) = basis else {
            self.error(
                Diagnostic::new(E0207, name.span, format!("on which legal basis is `{}`?", name.text))
                    .help(format!("write `basis` and one of {}", all.join(", "))),
            );
            return None;
        };
        let found = Basis::ALL.into_iter().find(|basis| basis.word() == said.text);
        if found.is_none() {
            let help =
                did_you_mean(&said.text, all).unwrap_or_else(|| format!("it is one of {}", all.join(", ")));
            self.error(
                Diagnostic::new(
                    E0201,
                    said.span,
                    format!("`{}` is no legal basis of GDPR Art. 6", said.text),
                )
                .help(help),
            );
        }
        found
    }

    /// `purpose orders, support`: each once.
    pub(super) fn named_purposes<'n>(
        &mut self,
        names: impl IntoIterator<Item = &'n ast::Name>,
    ) -> Vec<(PurposeId, Span)> {
        let mut all: Vec<(PurposeId, Span)> = Vec::new();
        for name in names {
            let Some(at) = self.platform.purposes.iter().position(|p| p.named.name == name.text) else {
                let known = self.platform.purposes.iter().map(|p| p.named.name.as_str());
                let help = did_you_mean(&name.text, known)
                    .unwrap_or_else(|| format!("declare it: `purpose {} \"…\" basis contract`", name.text));
                self.error(
                    Diagnostic::new(E0201, name.span, format!("there is no purpose `{}`", name.text))
                        .help(help),
                );
                continue;
            };
            let id = PurposeId(at as u32);
            match all.iter().find(|(other, _)| *other == id) {
                Some((_, first)) => self.error(
                    Diagnostic::new(E0203, name.span, format!("`{}` is said twice", name.text))
                        .also(*first, "said here first")
                        .help("keep one of the two"),
                ),
                None => all.push((id, name.span)),
            }
        }
        all
    }

    /// The recipients of a service: each once, and nobody beside none.
    pub(super) fn recipients(&mut self, said: &[(Option<&ast::Recipient>, Span)]) -> Vec<Recipient> {
        let of = |said: Option<&ast::Recipient>| {
            said.map(|said| {
                (said.name.value.clone(), said.transfer.as_ref().map(|t| t.country.value.clone()))
            })
        };
        for (at, (recipient, span)) in said.iter().enumerate() {
            if let Some((_, first)) = said[..at].iter().find(|(other, _)| of(*other) == of(*recipient)) {
                self.error(
                    Diagnostic::new(E0203, *span, "the service says this recipient twice")
                        .also(*first, "said here first")
                        .help("keep one of the two"),
                );
            }
        }
        let none = said.iter().find(|(recipient, _)| recipient.is_none());
        let some = said.iter().find(|(recipient, _)| recipient.is_some());
        if let (Some((_, none)), Some((_, some))) = (none, some) {
            self.error(
                Diagnostic::new(E0341, *none, "the service passes data on, and to nobody")
                    .also(*some, "it passes data on here")
                    .help("leave out one of the two"),
            );
        }
        said.iter().map(|(recipient, span)| self.recipient(*recipient, *span)).collect()
    }

    /// `recipient "Stripe" transfer to "US" under "…"`, or `recipient none`.
    fn recipient(&mut self, said: Option<&ast::Recipient>, span: Span) -> Recipient {
        let Some(said) = said else { return Recipient::Nobody(span) };
        let transfer = said.transfer.as_ref().and_then(|transfer| self.transfer(transfer));
        Recipient::Somebody { name: said.name.value.clone(), transfer, span }
    }

    fn transfer(&mut self, transfer: &ast::Transfer) -> Option<Transfer> {
        let country = &transfer.country;
        if !is_country(&country.value) {
            self.error(
                Diagnostic::new(E0201, country.span, format!("`{}` is no country", country.value))
                    .help("write its two letters of ISO 3166-1: `transfer to \"US\"`"),
            );
        }
        let Some(under) = &transfer.under else {
            self.error(
                Diagnostic::new(E0207, country.span, "on what is the transfer based?")
                    .note("GDPR Art. 44 to 49 ask for an adequacy decision, safeguards or a derogation")
                    .help("write `under` and what it is: `transfer to \"US\" under \"standard contractual clauses\"`"),
            );
            return None;
        };
        Some(Transfer { country: country.value.clone(), under: under.value.clone() })
    }
}
