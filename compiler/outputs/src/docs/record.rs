//! The record of processing activities, GDPR Art. 30(1), as far as the source knows it.

use serde::Serialize;

use super::map::Place;
use polity_engines::engine_of;
use polity_engines::surface::Faced;
use polity_govern::Stored;
use polity_model::governance::Service;
use polity_model::purposes::Recipient;
use polity_model::{Record, StoreId, Value};

#[derive(Serialize)]
pub(super) struct Processing {
    pub(super) platform: String,
    pub(super) description: String,
    /// The points that a person must add, by the letter of Art. 30(1) that asks for each.
    pub(super) to_be_added: Vec<String>,
    pub(super) data_subjects: Vec<DataSubject>,
    pub(super) purposes: Vec<Purpose>,
    pub(super) activities: Vec<Activity>,
    pub(super) recipients: Vec<PassedOn>,
    pub(super) stores: Vec<Kept>,
}

#[derive(Serialize)]
pub(super) struct DataSubject {
    pub(super) name: String,
    pub(super) description: String,
}

#[derive(Serialize)]
pub(super) struct Purpose {
    pub(super) name: String,
    pub(super) description: String,
    pub(super) basis: &'static str,
    /// The part of GDPR Art. 6 that the basis stands in.
    pub(super) article: &'static str,
}

#[derive(Serialize)]
pub(super) struct Activity {
    pub(super) place: String,
    /// Purposes by name.
    pub(super) purposes: Vec<String>,
    pub(super) description: String,
    pub(super) data_subjects: Vec<String>,
    pub(super) categories: Vec<String>,
    /// Services of the platform, each with what it may do.
    pub(super) used_by: Vec<String>,
    pub(super) time_limit: String,
}

/// Somebody outside of the platform to whom a service passes data on.
#[derive(Serialize)]
pub(super) struct PassedOn {
    pub(super) service: String,
    pub(super) name: String,
    /// A third country to which the data goes thereby.
    pub(super) country: Option<String>,
    /// The decision or the safeguards that the transfer is based on.
    pub(super) under: Option<String>,
}

#[derive(Serialize)]
pub(super) struct Kept {
    pub(super) name: String,
    pub(super) engine: &'static str,
    /// Where nothing is said, a person must add it.
    pub(super) region: String,
    /// Measures that generated files bring about.
    pub(super) security: Vec<String>,
    /// Measures that the source asks for and no generated file brings about.
    pub(super) asked: Vec<String>,
}

pub(super) fn of(valid: &Faced<'_>, places: &[Place]) -> Processing {
    let data_subjects = valid
        .subjects()
        .map(|id| DataSubject { name: valid.entity_path(id), description: valid[id].named.docs.to_string() });
    let activities = places.iter().map(|place| {
        let mut categories: Vec<String> = Vec::new();
        for label in place.fields.iter().flat_map(|field| &field.labels) {
            if !categories.contains(label) {
                categories.push(label.clone());
            }
        }
        Activity {
            place: place.path.clone(),
            purposes: place.purposes.clone(),
            description: place.docs.clone(),
            data_subjects: place.about.clone(),
            categories,
            used_by: place.used_by.clone(),
            time_limit: place.kept.clone(),
        }
    });
    let purposes = valid.purposes.iter().map(|purpose| Purpose {
        name: purpose.named.name.to_string(),
        description: purpose.title.to_string(),
        basis: purpose.basis.word(),
        article: purpose.basis.article(),
    });
    let stores = valid.stores.iter().filter(|store| places.iter().any(|place| place.in_store == store.id));
    Processing {
        platform: valid.name.to_string(),
        description: valid.docs.to_string(),
        to_be_added: to_be_added(valid, places),
        data_subjects: data_subjects.collect(),
        purposes: purposes.collect(),
        activities: activities.collect(),
        recipients: valid.services.iter().flat_map(passed_on).collect(),
        stores: stores
            .map(|store| Kept {
                name: store.named.name.to_string(),
                engine: engine_of(store).about().title,
                region: regions(valid, store.id).join(", "),
                security: security(valid, store.id),
                asked: asked(valid, store.id),
            })
            .collect(),
    }
}

/// The points of Art. 30(1) that the source leaves open, each with its letter.
fn to_be_added(valid: &Faced<'_>, places: &[Place]) -> Vec<String> {
    let mut open = vec![
        "(a) the controller, its representative and its data protection officer, with how to reach them"
            .to_owned(),
    ];
    let without: Vec<&str> =
        places.iter().filter(|place| place.purposes.is_empty()).map(|place| place.path.as_str()).collect();
    if without.len() == places.len() {
        open.push(
            "(b) the purposes, where the description of a place does not say them; and on what legal basis"
                .to_owned(),
        );
    } else if !without.is_empty() {
        open.push(format!("(b) the purposes of {}, and on what legal basis", without.join(", ")));
    }
    let silent: Vec<&str> = valid
        .services
        .iter()
        .filter(|service| service.recipients.is_empty())
        .map(|service| service.named.name.as_str())
        .collect();
    if valid.services.is_empty() || silent.len() == valid.services.len() {
        open.push("(d) recipients outside the platform: whoever its services pass data on to".to_owned());
        open.push("(e) safeguards of transfers to third countries".to_owned());
    } else if !silent.is_empty() {
        open.push(format!("(d), (e) whom {} pass data on to, in which countries and under which safeguards; or that they pass nothing on (`recipient none`)", silent.join(", ")));
    }
    open.push("(g) organisational measures".to_owned());
    open
}

fn passed_on(service: &Service) -> impl Iterator<Item = PassedOn> {
    service.recipients.iter().filter_map(|recipient| {
        let Recipient::Somebody { name, transfer, .. } = recipient else { return None };
        Some(PassedOn {
            service: service.named.name.to_string(),
            name: name.to_string(),
            country: transfer.as_ref().map(|transfer| transfer.country.to_string()),
            under: transfer.as_ref().map(|transfer| transfer.under.to_string()),
        })
    })
}

/// The regions in which a store stands, those of tenants with one of their own after their names.
fn regions(valid: &Faced<'_>, store: StoreId) -> Vec<String> {
    let mut regions = said_somewhere(valid, store, |settings| text(settings, "region"));
    let environments = valid.environments.iter().map(|environment| Some(environment.id));
    for environment in std::iter::once(None).chain(environments) {
        for tenant in valid.tenants_apart() {
            let Some(region) = text(&valid.tenant_settings(tenant, environment), "region") else { continue };
            let own = format!("{region} ({})", tenant.named.name);
            if !regions.contains(&region) && !regions.contains(&own) {
                regions.push(own);
            }
        }
    }
    regions
}

/// Encryption of disks and connections, which no generated file can switch on by itself.
fn asked(valid: &Faced<'_>, store: StoreId) -> Vec<String> {
    said_somewhere(valid, store, |settings| {
        let Some(Value::Record(encryption)) = settings.get("encryption").map(|s| &s.value) else {
            return None;
        };
        let said = ["at_rest", "in_transit"].into_iter().filter_map(|name| {
            Some(format!("encrypted {} ({})", name.replace('_', " "), text(encryption, name)?))
        });
        let said: Vec<String> = said.collect();
        (!said.is_empty()).then(|| said.join(", "))
    })
}

fn security(valid: &Faced<'_>, store: StoreId) -> Vec<String> {
    let mut measures: Vec<String> = Vec::new();
    for entity in valid.entities_in(store) {
        for place in valid.encrypted_places(entity.id) {
            let said = format!("fields encrypted with {}", valid[place.encrypted.key].named.name);
            if !measures.contains(&said) {
                measures.push(said);
            }
        }
    }
    for (entity, _, hashed) in valid.pseudonyms() {
        let Some(key) = hashed.key.filter(|_| valid[entity].store == store) else { continue };
        let said = format!("persons named by pseudonyms, keyed hashes by {}", valid[key].named.name);
        if !measures.contains(&said) {
            measures.push(said);
        }
    }
    if !valid.services.is_empty() {
        measures.push("each service may do what its lines say, and nothing else".to_owned());
    }
    if valid.tenancy.is_some() {
        measures.push(kept_apart(valid, store));
    }
    measures
}

/// States whether the client alone keeps the tenants apart, since not every engine can do so.
fn kept_apart(valid: &Faced<'_>, store: StoreId) -> String {
    match valid.kept_by_client(store) {
        Some(because) => {
            let apart = valid.tiers.iter().any(|tier| tier.is_apart());
            let which = if apart { "tenants that share it" } else { "tenants" };
            format!("{which} are kept apart by the client alone, accepted because {because}")
        }
        None => "tenants are kept apart".to_owned(),
    }
}

/// The texts that `say` gives for the settings in any environment, and for any tier or tenant, each once.
fn said_somewhere(platform: &Stored, store: StoreId, say: impl Fn(&Record) -> Option<String>) -> Vec<String> {
    let environments = platform.environments.iter().map(|environment| Some(environment.id));
    let mut said = Vec::new();
    let audiences = platform.audiences();
    for environment in std::iter::once(None).chain(environments) {
        for audience in &audiences {
            if let Some(text) = say(&platform.settings_seen(store, environment, *audience))
                && !said.contains(&text)
            {
                said.push(text);
            }
        }
    }
    said
}

fn text(settings: &Record, name: &str) -> Option<String> {
    match settings.get(name).map(|setting| &setting.value) {
        Some(Value::Text(text) | Value::Word(text)) => Some(text.to_string()),
        _ => None,
    }
}
