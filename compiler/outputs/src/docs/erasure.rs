//! How a person is erased, step by step, and what needs another step.

use serde::Serialize;

use super::map::{Place, shown};
use polity_engines::engine_of;
use polity_engines::surface::Faced;
use polity_govern::erasure::{Action, Keys, Plan, Rows};
use polity_model::governance::EncryptionKey;
use polity_model::{AuditLog, EntityId, FieldId, Store, StoreId, Value};

#[derive(Serialize)]
pub(super) struct Erasure<'a> {
    pub(super) people: &'a [Erased],
    /// The commands that erase everything of a tenant, where tenants share stores; in the order in which they are run.
    pub(super) tenant: &'a [Command],
    pub(super) remains: &'a [Remains],
}

#[derive(Serialize)]
pub(super) struct Erased {
    pub(super) person: String,
    /// In the order in which they are run.
    pub(super) commands: Vec<Command>,
    /// The means, in Markdown, by which these stores show the person what they hold.
    pub(super) shown: Vec<String>,
    /// Whether a log says who was erased.
    pub(super) logged: bool,
    /// In the order in which things go.
    pub(super) steps: Vec<Step>,
}

#[derive(Serialize)]
pub(super) struct Command {
    pub(super) store: String,
    pub(super) command: String,
}

#[derive(Serialize)]
pub(super) struct Step {
    pub(super) store: String,
    pub(super) place: String,
    pub(super) action: &'static str,
    pub(super) why: String,
}

/// Data that an erasure leaves for a time, or work that it leaves for somebody.
#[derive(Serialize)]
pub(super) struct Remains {
    pub(super) place: String,
    pub(super) what: String,
    pub(super) until: String,
}

pub(super) fn people(valid: &Faced<'_>) -> Vec<Erased> {
    let plans = valid.erasure_plans();
    plans
        .iter()
        .map(|plan| Erased {
            person: valid.entity_path(plan.subject),
            commands: commands(valid, plan),
            shown: shown_by(valid, plan),
            logged: visited(valid, plan).any(|store| engine_of(&valid[store]).about().logs_erasures),
            steps: steps(valid, plan),
        })
        .collect()
}

/// The stores in the order in which they are visited, some more than once: keys go last.
fn visited<'v>(valid: &'v Faced<'_>, plan: &'v Plan) -> impl Iterator<Item = StoreId> + 'v {
    let keys = valid.stores.iter().map(|store| store.id);
    let keys = keys.filter(|store| plan.keys.iter().any(|keys| valid[keys.keyspace].store == *store));
    plan.turns.iter().copied().chain(keys)
}

/// The commands, one of a store that knows of holds first: nothing may go anywhere before it has been asked.
fn commands(valid: &Faced<'_>, plan: &Plan) -> Vec<Command> {
    let knows_holds = |store: &StoreId| engine_of(&valid[*store]).about().logs_erasures;
    let is_late = visited(valid, plan).next().is_some_and(|first| !knows_holds(&first));
    let asked = visited(valid, plan).find(knows_holds).filter(|_| is_late);
    asked
        .into_iter()
        .chain(visited(valid, plan))
        .map(|store| {
            let store = &valid[store];
            let command = valid.surfaces[store.id].persons[&plan.subject].erase.clone();
            Command { store: store.named.name.to_string(), command }
        })
        .collect()
}

fn shown_by(valid: &Faced<'_>, plan: &Plan) -> Vec<String> {
    let mut shown: Vec<String> = Vec::new();
    for store in visited(valid, plan) {
        let by = &valid.surfaces[store].persons[&plan.subject].shown_by;
        if !shown.contains(by) {
            shown.push(by.clone());
        }
    }
    shown
}

/// The commands that erase everything of a tenant from the stores that tenants share: rows before keys.
pub(super) fn offboarding(valid: &Faced<'_>) -> Vec<Command> {
    if valid.tenancy.is_none() {
        return Vec::new();
    }
    let rows =
        |store: &&polity_model::Store| valid.entities_in(store.id).any(|entity| entity.tenant.is_some());
    let keys =
        |store: &&polity_model::Store| valid.keyspaces.iter().any(|k| k.store == store.id && !k.global);
    let stores = valid.stores.iter().filter(rows).chain(valid.stores.iter().filter(keys));
    let command = |store: &polity_model::Store| {
        let command = valid.surfaces[store.id].offboard.clone()?;
        Some(Command { store: store.named.name.to_string(), command })
    };
    stores.filter_map(command).collect()
}

fn steps(valid: &Faced<'_>, plan: &Plan) -> Vec<Step> {
    let rows = plan.rows.iter().rev().map(|rows| Step {
        store: valid[valid[rows.entity].store].named.name.to_string(),
        place: valid.entity_path(rows.entity),
        action: match rows.action {
            Action::Delete => "delete",
            Action::Anonymize => "anonymize",
            Action::Keep => "keep",
            Action::Forget => "forget",
        },
        why: why(valid, plan, rows),
    });
    let pseudonyms = plan.pseudonyms.iter().filter_map(|(entity, id)| of_pseudonym(valid, *entity, *id));
    let views = plan.views.iter().map(|view| Step {
        store: valid[valid[*view].store].named.name.to_string(),
        place: valid[*view].named.name.to_string(),
        action: "refresh",
        why: "its rows are stored".to_owned(),
    });
    let trails = plan.trails.iter().map(|log| of_trail(valid, &valid[*log]));
    let outboxes = valid.stores.iter().filter_map(|store| of_outbox(valid, plan, store));
    let keys = plan.keys.iter().map(|keys| of_keys(valid, keys));
    let secrets = subject_keys(valid).map(|key| Step {
        store: provider_of_persons(key),
        place: format!("{}, the person's own", key.named.name),
        action: "destroy the person's key",
        why: "what is encrypted with it is unreadable from then on, in backups and logs too".to_owned(),
    });
    rows.chain(pseudonyms).chain(views).chain(trails).chain(outboxes).chain(keys).chain(secrets).collect()
}

fn of_trail(valid: &Faced<'_>, log: &AuditLog) -> Step {
    let (action, why) = match &log.payloads {
        Some(kept) => (
            "keep values",
            format!("for {} after each change, because {}; then they go", kept.duration, kept.because),
        ),
        None if log.chained.is_some() => {
            ("erase values", "who changed what and when stays, and the chain still proves it".to_owned())
        }
        None => ("erase values", "who changed what and when stays".to_owned()),
    };
    Step { store: valid[log.store].named.name.to_string(), place: valid.log_path(log.id), action, why }
}

/// The messages about the person that wait to be published.
fn of_outbox(valid: &Faced<'_>, plan: &Plan, store: &Store) -> Option<Step> {
    let place = valid.surfaces[store.id].outbox.as_ref()?.to_string();
    let mut entities = plan.found_rows().map(|rows| &valid[rows.entity]);
    entities.any(|entity| entity.store == store.id && !entity.publishes.is_empty()).then(|| Step {
        store: store.named.name.to_string(),
        place,
        action: "delete messages",
        why: "those about the person that are not published yet".to_owned(),
    })
}

fn of_pseudonym(valid: &Faced<'_>, entity: EntityId, id: FieldId) -> Option<Step> {
    let field = valid[entity].field(id);
    let (target, of) = valid.pseudonymous(entity, id)?.of()?;
    let (path, of) = (valid.entity_path(target), &valid[target].field(of).named.name);
    let name = &field.named.name;
    Some(Step {
        store: valid[valid[entity].store].named.name.to_string(),
        place: valid.entity_path(entity),
        action: "keep",
        why: format!(
            "where only `{name}` names the person: it is a keyed hash of `{path}.{of}`, from which nothing leads to anybody after these steps"
        ),
    })
}

fn of_keys(valid: &Faced<'_>, keys: &Keys) -> Step {
    let keyspace = &valid[keys.keyspace];
    let (action, why) = match (keys.by.is_empty(), keys.held.is_empty()) {
        (false, true) => ("delete keys", "the key names the person or what is the person's"),
        (true, false) => ("remove from values", "the value refers to the person or to what is the person's"),
        _ => ("delete keys", "key and value name the person or what is the person's"),
    };
    Step {
        store: valid[keyspace.store].named.name.to_string(),
        place: format!("{} ({})", keyspace.named.name, shown(&keyspace.pattern)),
        action,
        why: why.to_owned(),
    }
}

/// How many of the entities on a long way to a person a reason names.
const TOLD: usize = 3;

fn why(valid: &Faced<'_>, plan: &Plan, rows: &Rows) -> String {
    // The places on a long way have lines of their own, which say the rest of it.
    let told = if rows.path.len() > TOLD + 1 { TOLD } else { rows.path.len() };
    let path: Vec<String> = rows.path[..told].iter().map(|id| valid.entity_path(*id)).collect();
    let leads = match (path.as_slice(), rows.path.last()) {
        ([], _) if rows.entity == plan.subject => "it is the person".to_owned(),
        (path, Some(last)) if told < rows.path.len() => format!(
            "refers to {}, which leads to {} over {} more",
            path.join(", which refers to "),
            valid.entity_path(*last),
            rows.path.len() - 1 - told
        ),
        ([], _) => "a reference that gives way".to_owned(),
        (path, _) => format!("refers to {}", path.join(", which refers to ")),
    };
    match rows.action {
        Action::Delete => leads,
        Action::Anonymize => format!("{leads}; `then anonymize` keeps the row"),
        Action::Keep => format!("{leads}; nothing in it is personal once that names nobody"),
        Action::Forget => "it is about somebody else: the reference is emptied".to_owned(),
    }
}

/// Lists what an erasure leaves in each store that holds something of a person, in keys that end by themselves, with
/// the roots of pseudonyms and with each service.
pub(super) fn remains(valid: &Faced<'_>, places: &[Place]) -> Vec<Remains> {
    let mut remains = Vec::new();
    for store in valid.stores.iter().filter(|store| places.iter().any(|place| place.in_store == store.id)) {
        let name = &store.named.name;
        remains.push(match valid.backup_retain(store.id) {
            Some(kept) => Remains {
                place: format!("backups of {name}"),
                what: "hold whoever was there; after a restore, the log of erasures is replayed before anybody connects"
                    .to_owned(),
                until: format!("{kept} after the erasure"),
            },
            None => Remains {
                place: format!("backups of {name}"),
                what: "the source declares none; where there are any, they hold whoever was there".to_owned(),
                until: "their end, which nobody has written down".to_owned(),
            },
        });
        remains.extend(engine_of(store).about().remains.iter().map(|(what, until)| Remains {
            place: name.to_string(),
            what: (*what).to_owned(),
            until: (*until).to_owned(),
        }));
    }
    for keyspace in &valid.keyspaces {
        let is_reached =
            valid.erasure_plans().iter().any(|plan| plan.keys.iter().any(|k| k.keyspace == keyspace.id));
        if let (Some(end), false, false) =
            (keyspace.ends(), is_reached, valid.labels_of_keyspace(keyspace.id).is_empty())
        {
            remains.push(Remains {
                place: format!("{} ({})", keyspace.named.name, shown(&keyspace.pattern)),
                what: "holds no key of a person, so nobody is found in it; it ends by itself".to_owned(),
                until: if end.is_of_entries() {
                    format!("{end}, when the jobs of {} have run", valid[keyspace.store].named.name)
                } else {
                    end.to_string()
                },
            });
        }
    }
    for key in &valid.encryption_keys {
        if valid.pseudonyms().any(|(_, _, hashed)| hashed.key == Some(key.id)) {
            let root = format!("root of the pseudonyms of {}", key.named.name);
            remains.push(Remains {
                place: root,
                what: "whoever has it and the key of a person, as it stands in backups and in the log of erasures, can tell which rows are of that person"
                    .to_owned(),
                until: "the backups end, and what is older in the log is deleted; or the root is destroyed".to_owned(),
            });
        }
    }
    for service in &valid.services {
        remains.push(Remains {
            place: format!("service {}", service.named.name),
            what: "what it passed on to others, and what it keeps in memory or in files".to_owned(),
            until: "whoever runs it has told the recipients (GDPR Art. 19)".to_owned(),
        });
    }
    remains
}

fn subject_keys<'v>(valid: &'v Faced<'_>) -> impl Iterator<Item = &'v EncryptionKey> {
    valid.encryption_keys.iter().filter(|key| valid.said_of_persons(key).is_some())
}

/// `vault transit/pii.<id>`: the key of a person stands beside the name of all, as docs/language.md says.
fn provider_of_persons(key: &EncryptionKey) -> String {
    let provider = provider(key);
    let separator = if provider.starts_with("aws_kms") { '/' } else { '.' };
    format!("{provider}{separator}<id>")
}

/// `vault transit/pii`
fn provider(key: &EncryptionKey) -> String {
    match key.settings.base.get("provider").map(|setting| &setting.value) {
        Some(Value::Tagged { tag, arguments, .. }) => {
            let arguments: Vec<&str> = arguments
                .iter()
                .filter_map(|argument| match argument {
                    Value::Text(text) | Value::Word(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            format!("{tag} {}", arguments.join(" ")).trim_end().to_owned()
        }
        Some(Value::Word(word)) => word.to_string(),
        _ => "where keys are kept".to_owned(),
    }
}
