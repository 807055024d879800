//! The settings of stores as they were sealed, for the plan to say what changes for whoever runs the servers.

use std::collections::{BTreeMap, BTreeSet};

use smol_str::{SmolStr, format_smolstr};

use crate::{Platform, Record, Value};

/// The settings of each store by name, `settings.max_connections`, with their values as text. Behind a store's name stands
/// an environment whose settings these are: `main in prod`.
pub type SealedSettings = BTreeMap<SmolStr, BTreeMap<SmolStr, SmolStr>>;

/// A setting of a store that is not as it was sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlteredSetting {
    /// `main`, or `main in prod`
    pub place: SmolStr,
    pub name: SmolStr,
    /// Nothing where it was not said, or is said no longer.
    pub was: Option<SmolStr>,
    pub is: Option<SmolStr>,
}

/// Returns the settings of all stores as they are to be sealed: those that hold everywhere, and in each environment those
/// that are not the same there.
pub(crate) fn to_seal(platform: &Platform) -> SealedSettings {
    let mut sealed = SealedSettings::new();
    for store in &platform.stores {
        let name = &store.named.name;
        let mut base = written(&platform.settings_of(store.id, None));
        base.insert("version".into(), format_smolstr!("{}", store.version));
        for environment in &platform.environments {
            let mut there = written(&platform.settings_of(store.id, Some(environment.id)));
            there.retain(|setting, value| base.get(setting) != Some(value));
            if !there.is_empty() {
                sealed.insert(format_smolstr!("{name} in {}", environment.name), there);
            }
        }
        sealed.insert(name.clone(), base);
    }
    sealed
}

/// Compares settings, in the order of places and names.
#[must_use]
pub fn altered(old: &SealedSettings, new: &SealedSettings) -> Vec<AlteredSetting> {
    let mut found = Vec::new();
    let places: BTreeSet<&SmolStr> = old.keys().chain(new.keys()).collect();
    for place in places {
        let (was, is) = (old.get(place), new.get(place));
        let names: BTreeSet<&SmolStr> = was.into_iter().chain(is).flat_map(BTreeMap::keys).collect();
        for name in names {
            let of = |settings: Option<&BTreeMap<SmolStr, SmolStr>>| settings?.get(name).cloned();
            let (was, is) = (of(was), of(is));
            if was != is {
                found.push(AlteredSetting { place: place.clone(), name: name.clone(), was, is });
            }
        }
    }
    found
}

/// The settings of a record with their values as text, those of records in it behind their names.
fn written(settings: &Record) -> BTreeMap<SmolStr, SmolStr> {
    let mut out = BTreeMap::new();
    add("", settings, &mut out);
    out
}

fn add(before: &str, settings: &Record, out: &mut BTreeMap<SmolStr, SmolStr>) {
    for (name, setting) in settings.iter() {
        // Nobody reads them.
        if name == "annotations" {
            continue;
        }
        let path = if before.is_empty() { SmolStr::new(name) } else { format_smolstr!("{before}.{name}") };
        match &setting.value {
            Value::Record(record) => add(&path, record, out),
            value => {
                out.insert(path, text(value).into());
            }
        }
    }
}

/// A value as text. Of a secret it is where it lives.
fn text(value: &Value) -> String {
    let list = |values: &[Value]| values.iter().map(text).collect::<Vec<_>>().join(", ");
    let record = |record: &Record| {
        let settings = record.iter().map(|(name, setting)| format!("{name}: {}", text(&setting.value)));
        settings.collect::<Vec<_>>().join(", ")
    };
    match value {
        Value::Null | Value::Broken => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(value) => value.to_string(),
        Value::Decimal(text) | Value::Word(text) => text.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Duration(duration) => duration.to_string(),
        Value::Size(bytes) => format!("{bytes} bytes"),
        Value::Percent(percent) => format!("{percent}%"),
        Value::Date { year, month, day } => format!("{year:04}-{month:02}-{day:02}"),
        Value::Tagged { tag, version, arguments, record: of } => {
            let mut out = tag.to_string();
            version.iter().for_each(|version| out.push_str(&format!(" {version}")));
            if !arguments.is_empty() {
                out.push_str(&format!("({})", list(arguments)));
            }
            let of = record(of);
            if of.is_empty() { out } else { format!("{out} {{ {of} }}") }
        }
        Value::List(values) => format!("[{}]", list(values)),
        Value::Record(of) => format!("{{ {} }}", record(of)),
        Value::Rate { count, per } => format!("{count} per {per}"),
        Value::Secret { name, key } => format!("secret({name:?}, {key:?})"),
        Value::EnvironmentVariable(name) => format!("env({name:?})"),
    }
}
