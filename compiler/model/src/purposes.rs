//! Purposes: what personal data is kept and used for, on which legal basis, and who outside of the platform receives it.

use smol_str::SmolStr;

use super::{Entity, Keyspace, Named, Platform};
use polity_text::source::Span;

/// A purpose of the processing (GDPR Art. 5(1)(b)): `purpose orders "Carrying out what somebody ordered" basis contract`.
#[derive(Debug, Clone)]
pub struct ProcessingPurpose {
    pub named: Named,
    /// The sentence behind the name, or empty.
    pub title: SmolStr,
    pub basis: Basis,
}

/// A purpose by its position in [`Platform::purposes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PurposeId(pub u32);

/// The ground on which processing is lawful, GDPR Art. 6(1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    Consent,
    Contract,
    LegalObligation,
    VitalInterests,
    PublicTask,
    LegitimateInterests,
}

impl Basis {
    pub const ALL: [Self; 6] = [
        Self::Consent,
        Self::Contract,
        Self::LegalObligation,
        Self::VitalInterests,
        Self::PublicTask,
        Self::LegitimateInterests,
    ];

    /// The word in the source.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Contract => "contract",
            Self::LegalObligation => "legal_obligation",
            Self::VitalInterests => "vital_interests",
            Self::PublicTask => "public_task",
            Self::LegitimateInterests => "legitimate_interests",
        }
    }

    /// The article that it stands in.
    #[must_use]
    pub fn article(self) -> &'static str {
        match self {
            Self::Consent => "Art. 6(1)(a)",
            Self::Contract => "Art. 6(1)(b)",
            Self::LegalObligation => "Art. 6(1)(c)",
            Self::VitalInterests => "Art. 6(1)(d)",
            Self::PublicTask => "Art. 6(1)(e)",
            Self::LegitimateInterests => "Art. 6(1)(f)",
        }
    }
}

/// Somebody outside of the platform to whom a service passes data on, or nobody.
#[derive(Debug, Clone)]
pub enum Recipient {
    /// `recipient none`
    Nobody(Span),
    /// `recipient "Stripe" transfer to "US" under "…"`
    Somebody { name: SmolStr, transfer: Option<Transfer>, span: Span },
}

/// A transfer to a third country, GDPR Art. 44 to 49.
#[derive(Debug, Clone)]
pub struct Transfer {
    /// ISO 3166-1 alpha-2.
    pub country: SmolStr,
    /// The adequacy decision or the safeguards on which it is based.
    pub under: SmolStr,
}

impl Platform {
    #[must_use]
    pub fn purpose(&self, id: PurposeId) -> &ProcessingPurpose {
        &self.purposes[id.0 as usize]
    }

    /// Purposes that what an entity holds is kept for, as the source says them.
    #[must_use]
    pub fn purposes_of(entity: &Entity) -> Vec<PurposeId> {
        entity.purposes.iter().map(|(purpose, _)| *purpose).collect()
    }

    /// Purposes that what a keyspace holds is kept for: its own, or for a copy without any those of its source.
    #[must_use]
    pub fn purposes_of_keyspace(&self, keyspace: &Keyspace) -> Vec<PurposeId> {
        match &keyspace.cache {
            Some(cache) if keyspace.purposes.is_empty() => Self::purposes_of(&self[cache.source]),
            _ => keyspace.purposes.iter().map(|(purpose, _)| *purpose).collect(),
        }
    }

    /// The names of purposes.
    #[must_use]
    pub fn purpose_names(&self, purposes: &[PurposeId]) -> Vec<String> {
        purposes.iter().map(|id| self.purpose(*id).named.name.to_string()).collect()
    }
}
