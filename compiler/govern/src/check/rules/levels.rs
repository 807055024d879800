//! Every setting stands at a level where it has its effect.

use crate::Governed;
use polity_model::engine::{About, Engines};
use polity_model::settings::catalogue::{COMMON, Kind, PLATFORM, Spec};
use polity_model::settings::client::RUST;
use polity_model::settings::keys::KEY;
use polity_model::settings::levels::{Level, Levels};
use polity_model::settings::tenants::{TENANT, TIER};
use polity_model::{EnvironmentId, Isolation, Layered, Record, Setting, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0411;
use polity_text::source::Span;

/// A setting of this place that does nothing there, and one of another place.
pub fn levels(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for place in places(platform) {
        let mut judge = |record: &Record, environment: Option<EnvironmentId>| {
            let environment = environment.map(|id| platform[id].name.as_str());
            place.judge(record, &place.known, environment, found);
            let unknown = record.iter().filter(|(name, _)| !place.knows(name));
            found.extend(unknown.filter_map(|(name, setting)| place.misplaced(name, setting)));
        };
        judge(&place.layers.base, None);
        place.layers.environments.iter().for_each(|(id, overlay)| judge(overlay, Some(*id)));
    }
}

/// A block of settings.
pub(super) struct Place<'p> {
    pub(super) layers: &'p Layered,
    /// The settings that may stand in it, as far as the level allows.
    pub(super) known: Vec<&'static Spec>,
    pub(super) level: Level,
    /// The engines that a store can name.
    engines: Engines,
    /// The engine whose stores it is about.
    pub(super) engine: Option<&'static About>,
    /// How the tenants that it is about are kept apart.
    isolation: Option<Span>,
}

/// Every block of settings.
pub(super) fn places(platform: &Governed) -> Vec<Place<'_>> {
    let plain = |layers, level, known: Vec<&'static Spec>| Place {
        layers,
        known,
        level,
        engines: platform.engines,
        engine: None,
        isolation: None,
    };
    let mut places =
        vec![plain(&platform.settings, Level::Platform, PLATFORM.iter().chain(COMMON).collect())];
    for store in &platform.stores {
        let Some(engine) = store.about else { continue };
        let place = plain(&store.settings, Level::Store, of_store(engine));
        places.push(Place { engine: Some(engine), ..place });
    }
    places.extend(
        platform.encryption_keys.iter().map(|key| plain(&key.settings, Level::Key, KEY.iter().collect())),
    );
    places.push(plain(&platform.rust.settings, Level::Rust, RUST.iter().collect()));
    let tiers = platform
        .tiers
        .iter()
        .map(|tier| (tier, &tier.settings, TIER, &tier.stores, Level::Tier as fn(_) -> _));
    let tenants = platform.tenants.iter().map(|tenant| {
        (&platform[tenant.tier], &tenant.settings, TENANT, &tenant.stores, Level::Tenant as fn(_) -> _)
    });
    for (tier, settings, known, stores, level) in tiers.chain(tenants) {
        // Where nothing that can be understood is said, nothing more is told.
        let kept_apart = tier.isolation().unwrap_or(Isolation::Database);
        let isolation = tier.settings.base.get("isolation").map(|setting| setting.value_span);
        let place = plain(settings, level(kept_apart), known.iter().collect());
        places.push(Place { isolation, ..place });
        for (store, layers) in stores {
            let Some(engine) = platform[*store].about else { continue };
            // Without schemas, the tenants of a schema tier stand among those of row tiers.
            let shares = kept_apart == Isolation::Schema && !engine.has_schemas;
            let place =
                plain(layers, level(if shares { Isolation::Row } else { kept_apart }), of_store(engine));
            places.push(Place { engine: Some(engine), isolation, ..place });
        }
    }
    places
}

fn of_store(engine: &'static About) -> Vec<&'static Spec> {
    COMMON.iter().chain(engine.settings).collect()
}

impl Place<'_> {
    /// Whether the setting is one of another place, and so no misspelt one of this.
    pub(super) fn is_misplaced(&self, name: &str) -> bool {
        !self.knows(name) && self.elsewhere(name).is_some()
    }

    fn knows(&self, name: &str) -> bool {
        self.known.iter().any(|spec| spec.name == name)
    }

    fn judge(
        &self,
        record: &Record,
        known: &[&'static Spec],
        environment: Option<&str>,
        found: &mut Vec<Diagnostic>,
    ) {
        for (name, setting) in record {
            let Some(spec) = known.iter().find(|spec| spec.name == name) else { continue };
            if let Some(diagnostic) = self.wrong(setting, spec, environment) {
                found.push(diagnostic);
                continue;
            }
            match (spec.kind, &setting.value) {
                (Kind::Record(specs), Value::Record(inner)) => {
                    self.judge(inner, &specs.iter().collect::<Vec<_>>(), environment, found);
                }
                (Kind::Tagged(tags), Value::Tagged { record: inner, .. } | Value::Record(inner)) => {
                    let specs: Vec<_> = tags.iter().flat_map(|(_, specs)| specs.iter()).collect();
                    self.judge(inner, &specs, environment, found);
                }
                _ => {}
            }
        }
    }

    /// The error about a setting that has no effect where it stands.
    fn wrong(&self, setting: &Setting, spec: &Spec, environment: Option<&str>) -> Option<Diagnostic> {
        let (name, levels) = (spec.name, spec.levels);
        let mut help = format!("it has its effect in: {}", levels.names().join(", "));
        if !levels.has(self.level) {
            let depends = levels.depends_on_isolation(self.level);
            let here = self.level.name(depends);
            let diagnostic =
                Diagnostic::new(E0411, setting.name_span, format!("`{name}` has no effect in {here}"))
                    .here("would change nothing that runs");
            let diagnostic = match self.isolation.filter(|_| depends) {
                Some(span) => diagnostic.also(span, "these tenants share what it is about"),
                None => diagnostic,
            };
            return Some(diagnostic.help(help));
        }
        let environment = environment.filter(|_| !levels.has_environments())?;
        help.push_str(&format!("; say it outside of `in {environment}`"));
        let message = format!("`{name}` has no effect in one environment alone");
        Some(Diagnostic::new(E0411, setting.name_span, message).here("is the same in all of them").help(help))
    }

    fn misplaced(&self, name: &str, setting: &Setting) -> Option<Diagnostic> {
        let (levels, is_of_stores) = self.elsewhere(name)?;
        let message = format!("`{name}` has no effect in {}", self.level.name(false));
        let help = if is_of_stores && levels.has(self.level) {
            format!("it is about one store: `store NAME {{ {name}: … }}`")
        } else {
            format!("it has its effect in: {}", levels.names().join(", "))
        };
        Some(
            Diagnostic::new(E0411, setting.name_span, message)
                .here("would change nothing that runs")
                .help(help),
        )
    }

    /// The levels of a setting that this place does not know, and whether it is one of stores.
    fn elsewhere(&self, name: &str) -> Option<(Levels, bool)> {
        let named = |spec: &&Spec| spec.name == name;
        let of = |specs: Vec<&Spec>| specs.iter().map(|spec| spec.levels).reduce(Levels::and);
        let others = of([PLATFORM, TIER, TENANT, KEY, RUST].into_iter().flatten().filter(named).collect());
        // What stores of other engines have is no matter of levels.
        let engines =
            self.engines.known.iter().filter(|_| self.engine.is_none()).flat_map(|engine| engine.settings);
        let of_stores = of(COMMON.iter().chain(engines).filter(named).collect());
        let levels = of_stores.into_iter().chain(others).reduce(Levels::and)?;
        Some((levels, of_stores.is_some()))
    }
}
