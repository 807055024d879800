//! `docs/`: where personal data is and what becomes of it, for machines and for people.
//!
//! | file | what |
//! |---|---|
//! | `data_map.json`, `data_map.md` | every place that holds labelled data: whose, how long, protected how, read by whom |
//! | `record_of_processing.json`, `record_of_processing.md` | the record of GDPR Art. 30, as far as the source knows it |
//! | `erasure.json`, `erasure.md` | how a person is erased, step by step, and what needs another step |

mod erasure;
mod map;
mod page;
mod record;

use polity_engines::artifact::Artifacts;
use polity_engines::options::Options;
use polity_engines::surface::Faced;

/// Writes nothing where nothing is labelled and nobody is a subject.
pub(super) fn emit(valid: &Faced<'_>, _options: &Options, artifacts: &mut Artifacts) {
    let places = map::places(valid);
    if places.is_empty() {
        return;
    }
    artifacts.add("docs/data_map.json", json(&map::DataMap { platform: &valid.name, places: &places }));
    artifacts.add("docs/data_map.md", page::data_map(valid, &places));
    let record = record::of(valid, &places);
    artifacts.add("docs/record_of_processing.json", json(&record));
    artifacts.add("docs/record_of_processing.md", page::record(valid, &record));
    let (people, tenant) = (erasure::people(valid), erasure::offboarding(valid));
    if !(people.is_empty() && tenant.is_empty()) {
        let remains = erasure::remains(valid, &places);
        let erasure = erasure::Erasure { people: &people, tenant: &tenant, remains: &remains };
        artifacts.add("docs/erasure.json", json(&erasure));
        artifacts.add("docs/erasure.md", page::erasure(valid, &erasure));
    }
}

fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}
