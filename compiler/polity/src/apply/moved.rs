//! Tenants whose places are not those that the source has for them: they were moved to another tier, or left the source.

use super::ledger::{self, Registered};
use super::plan::{Plan, Said, Tenant};
use super::{Moment, problem};
use crate::Diagnostic;
use crate::live::Connection;
use polity_text::tokens;

/// A place of a tenant that the source does not have.
pub(super) struct Astray<'p> {
    registered: &'p Registered,
    /// The tier that the source has for the tenant; none where it does not name the tenant.
    tier: Option<&'p str>,
}

/// The tokens that a tenant is known by: rows, names and accounts were made with them.
const IDENTITY: &[&str] = &["tenant_id", "tenant_prefix", "tenant_role"];

/// Refuses a tenant whose place was made with another id, or under other names, than the source says; and one that is to have a
/// second place of the names of the first.
pub(super) fn judge(plan: &Plan, registered: &[Registered]) -> Result<(), Diagnostic> {
    for tenant in &plan.tenants {
        let place = &plan.places[tenant.place];
        let id = tenant.value(tokens::ID);
        for made in registered {
            if made.tenant != tenant.name && made.value("tenant_id") != Some(id) {
                continue;
            }
            if made.tenant != tenant.name && !made.tenant.is_empty() {
                let message =
                    format!("`{}` has the id of `{}`, which has a place already", tenant.name, made.tenant);
                return Err(problem(message).help("a tenant keeps the name that its place was made with"));
            }
            if made.place != place.name {
                // Whether a tenant has the database to itself stands nowhere once its tier is gone.
                let before = plan.places.iter().find(|known| known.name == made.place);
                let is_alike = before.is_none_or(|before| before.is_apart == place.is_apart);
                if is_alike && made.value("tenant_prefix") == Some(tenant.value(tokens::PREFIX)) {
                    return Err(collides(made, &place.name));
                }
                continue;
            }
            for token in IDENTITY {
                let said = tenant.parameters.iter().find(|(name, _)| name == token);
                if let Some((made, (_, said))) = made.value(token).zip(said)
                    && made != said
                {
                    let message = format!(
                        "the place of `{}` was made with `{token}` {made}, and the source says {said}",
                        tenant.name
                    );
                    return Err(problem(message).help("say in the source what the place was made with"));
                }
            }
        }
    }
    Ok(())
}

fn collides(made: &Registered, place: &str) -> Diagnostic {
    let (tenant, before) = (&made.tenant, &made.place);
    let message =
        format!("`{tenant}` has a place of the same names in {before}, and the source has it in {place}");
    problem(message).help(format!(
        "give the tier the name that it had, or offboard `{tenant}` there first: {before} and {place} cannot stand beside each other"
    ))
}

/// Returns the places that the source does not have for their tenants. One that no line of the source ever named is none of them.
pub(super) fn astray<'p>(plan: &'p Plan, registered: &'p [Registered]) -> Vec<Astray<'p>> {
    let found = |made: &'p Registered| {
        let said = |said: &&Said| said.name == made.tenant || made.value("tenant_id") == Some(&*said.id);
        let of_source = plan.said.iter().find(said);
        let is_listed =
            |tenant: &&Tenant| tenant.name == made.tenant && plan.places[tenant.place].name == made.place;
        let is_there = plan.tenants.iter().any(|tenant| is_listed(&tenant))
            || of_source.is_some_and(|said| said.place.as_ref() == Some(&made.place));
        let is_known = plan.places.iter().any(|place| place.name == made.place);
        let is_astray = match of_source {
            Some(_) => !is_there,
            None => !is_there && (made.was_named || !is_known),
        };
        is_astray.then(|| Astray { registered: made, tier: of_source.map(|said| &*said.tier) })
    };
    registered.iter().filter(|made| !made.tenant.is_empty()).filter_map(found).collect()
}

/// Returns the places that the source does not have for their tenants, in words, where the login may read the ledger.
pub fn misplaced(plan: &Plan, live: &mut Connection) -> Vec<String> {
    let registered = ledger::read(live, &plan.store).unwrap_or_default();
    let refused = judge(plan, &registered).err().map(|refused| refused.message);
    let astray = astray(plan, &registered);
    refused.into_iter().chain(astray.iter().map(Astray::in_words)).collect()
}

impl Astray<'_> {
    fn in_words(&self) -> String {
        let Registered { tenant, place, .. } = self.registered;
        match self.tier {
            Some(tier) => {
                format!("`{tenant}` has a place in {place}, and the source has it in the tier `{tier}`")
            }
            None => format!("`{tenant}` has a place in {place}, and the source does not name it"),
        }
    }

    /// Returns the moment that a run tells of it.
    pub(super) fn moment(&self) -> Moment {
        let Registered { tenant, place, .. } = self.registered;
        let before = place.split_once('/').map_or("", |(_, tier)| tier);
        let help = match self.tier {
            Some(tier) => format!(
                "its rows stay in {place} until they are moved: `promote_from_{before}.sh` of the tier `{tier}` where there is one, then `offboard.sql` of `{before}`; or say `{tenant}: {before}` in the source again"
            ),
            None => format!(
                "`offboard.sql` of the tier `{before}` ends it, with all of its rows; or name `{tenant}` in the source again"
            ),
        };
        Moment::Misplaced { place: place.clone(), tenant: Some(tenant.clone()), text: self.in_words(), help }
    }
}
