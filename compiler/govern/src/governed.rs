//! A platform with everything that follows from it, derived once.

use super::access::Privilege;
use super::effects::Effects;
use super::erasure::{self, Plan};
use super::labels::Labels;
use polity_model::Platform;
use polity_model::governance::Service;
use polity_model::policy::Application;

/// A platform, and beside it what labels, rules, services and references come to. There is one, and nobody has a copy.
#[derive(Debug, Default)]
pub struct Governed {
    platform: Platform,
    pub(super) decided: Decided,
}

/// The conclusions about one platform.
#[derive(Debug, Default)]
pub(super) struct Decided {
    /// The words and the keyed hashes that rules add to the source.
    pub effects: Effects,
    /// The labels that everything carries.
    pub labels: Labels,
    /// The effects of rules, in the order in which they were found.
    pub applications: Vec<Application>,
    settled: Settled,
}

/// The conclusions that stand on labels and on the effects of rules.
#[derive(Debug, Default)]
enum Settled {
    /// Rules are still at work: whatever is concluded now may change.
    Open,
    /// Nothing is there to conclude from.
    #[default]
    Nothing,
    As {
        /// The privileges of each service.
        privileges: Vec<Vec<Privilege>>,
        plans: Vec<Plan>,
    },
}

impl std::ops::Deref for Governed {
    type Target = Platform;
    fn deref(&self) -> &Platform {
        &self.platform
    }
}

impl Governed {
    /// A platform of which nothing is concluded yet.
    pub(super) fn open(platform: Platform) -> Self {
        let effects = Effects::none(&platform);
        Self { platform, decided: Decided { effects, settled: Settled::Open, ..Decided::default() } }
    }

    /// Derives what stands on labels and on the effects of rules, once both rest.
    pub(super) fn settle(&mut self) {
        self.decided.settled = Settled::As {
            privileges: self.platform.services.iter().map(|service| self.spell_out(service)).collect(),
            plans: erasure::plans(self),
        };
    }

    /// The effects of all rules, in the order in which they were found.
    #[must_use]
    pub fn applications(&self) -> &[Application] {
        &self.decided.applications
    }

    /// Every privilege of a service, as [`Governed::spelled_out`] spells its lines out. A service that does anything in the
    /// store that counts the requests of tenants may count them.
    #[must_use]
    pub fn privileges(&self, service: &Service) -> &[Privilege] {
        self.settled().0.get(service.id.index()).map_or(&[], Vec::as_slice)
    }

    /// One plan for each entity that says `subject`, in the order of the source.
    #[must_use]
    pub fn erasure_plans(&self) -> &[Plan] {
        self.settled().1
    }

    fn settled(&self) -> (&[Vec<Privilege>], &[Plan]) {
        match &self.decided.settled {
            Settled::As { privileges, plans } => (privileges, plans),
            Settled::Nothing => (&[], &[]),
            Settled::Open => panic!("{UNSETTLED}"),
        }
    }
}

/// A mistake of ours: a rule compares facts by way of what is concluded after all rules.
const UNSETTLED: &str = "asked for before rules had their effect; derive it from the platform as it stands";
