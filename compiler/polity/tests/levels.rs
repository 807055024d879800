//! Every setting of every catalogue at every level: where it may stand it changes the files that bring its effect about,
//! and anywhere else it is an error that names the right levels. The catalogues themselves are gone through, so that no
//! setting can be forgotten.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use polity::artifact::Artifacts;
use polity::source::Sources;
use polity::{Options, check};
use polity_catalog::Catalog;
use polity_engines::ENGINES;
use polity_model::Isolation;
use polity_model::engine::About;
use polity_model::settings::catalogue::{COMMON, Kind, PLATFORM, Spec};
use polity_model::settings::client::RUST;
use polity_model::settings::keys::KEY;
use polity_model::settings::levels::{Level, Levels};
use polity_model::settings::tenants::{TENANT, TIER};

#[test]
fn settings_of_postgresql_stores() {
    judge_stores("postgres");
}

#[test]
fn settings_of_mongodb_stores() {
    judge_stores("mongodb");
}

#[test]
fn settings_of_redis_stores() {
    judge_stores("redis");
}

#[test]
fn every_engine_is_among_these() {
    let names: Vec<&str> = ENGINES.known.iter().map(|engine| engine.name).collect();
    assert_eq!(names, ["postgres", "mongodb", "redis"], "a new engine needs a test like those above");
}

#[test]
fn settings_of_no_store() {
    for (specs, block) in [
        (PLATFORM, Block::Platform),
        (TIER, Block::Tier),
        (TENANT, Block::Tenant),
        (KEY, Block::Key),
        (RUST, Block::Rust),
    ] {
        judge(&specs.iter().collect::<Vec<_>>(), &[block], None);
    }
}

fn judge_stores(engine: &str) {
    let engine = ENGINES.find(engine).expect("there is one");
    let settings: Vec<&Spec> = COMMON.iter().chain(engine.settings).collect();
    judge(
        &settings,
        &[Block::Store, Block::StoreOfTier, Block::StoreOfTenant, Block::Platform],
        Some(engine),
    );
}

/// Checks that a setting inside of a record may stand only where the record may.
#[test]
fn a_record_stands_wherever_a_part_of_it_does() {
    fn judge(spec: &Spec) {
        for inner in parts(spec.kind) {
            assert!(spec.levels.contains(inner.levels), "`{}` in `{}`", inner.name, spec.name);
            judge(inner);
        }
    }
    let stores = ENGINES.known.iter().flat_map(|engine| engine.settings);
    [PLATFORM, COMMON, TIER, TENANT, KEY, RUST].into_iter().flatten().chain(stores).for_each(judge);
}

fn parts(kind: Kind) -> Vec<&'static Spec> {
    match kind {
        Kind::Record(specs) => specs.iter().collect(),
        Kind::Tagged(tags) => tags.iter().flat_map(|(_, specs)| *specs).collect(),
        _ => Vec::new(),
    }
}

// ---- Settings ----

/// A setting that holds no others, or a word that others belong to.
#[derive(Debug, Clone)]
struct Leaf {
    /// The names that lead to it.
    path: Vec<&'static str>,
    /// The texts around its value: `backup: { every: ` and ` }`.
    around: (String, String),
    /// The text that has to stand there without it: the word that it belongs to.
    without: String,
    kind: Kind,
    levels: Levels,
    is_structural: bool,
}

fn leaves(specs: impl IntoIterator<Item = &'static Spec>) -> Vec<Leaf> {
    let mut all = Vec::new();
    for spec in specs {
        let outermost = Leaf {
            path: Vec::new(),
            around: (String::new(), String::new()),
            without: String::new(),
            kind: spec.kind,
            levels: spec.levels,
            is_structural: spec.is_structural,
        };
        collect(spec, &outermost, &mut all);
    }
    all
}

fn collect(spec: &Spec, below: &Leaf, all: &mut Vec<Leaf>) {
    let mut path = below.path.clone();
    path.push(spec.name);
    let (before, after) = &below.around;
    let around = (format!("{before}\"{}\": ", spec.name), after.clone());
    let leaf = Leaf {
        path,
        around,
        without: below.without.clone(),
        kind: spec.kind,
        levels: spec.levels,
        is_structural: spec.is_structural,
    };
    match spec.kind {
        Kind::Record(specs) => {
            let inside = Leaf { around: (format!("{}{{ ", leaf.around.0), format!(" }}{after}")), ..leaf };
            specs.iter().for_each(|inner| collect(inner, &inside, all));
        }
        Kind::Tagged(tags) => {
            for (tag, specs) in tags {
                let without = format!("{}{tag}{after}", leaf.around.0);
                let around = (format!("{}{tag} {{ ", leaf.around.0), format!(" }}{after}"));
                let inside = Leaf { around, without, ..leaf.clone() };
                specs.iter().for_each(|inner| collect(inner, &inside, all));
            }
            all.push(leaf);
        }
        _ => all.push(leaf),
    }
}

impl Leaf {
    /// As the source writes it, with each of some values.
    fn written(&self, engine: Option<&About>) -> Vec<String> {
        let (before, after) = &self.around;
        values(self.path[self.path.len() - 1], self.kind, engine)
            .iter()
            .map(|value| format!("{before}{value}{after}"))
            .collect()
    }
}

/// Some values of a setting, of which one at least is not what holds where nothing is said.
fn values(name: &str, kind: Kind, engine: Option<&About>) -> Vec<String> {
    let only = |text: &str| vec![text.to_owned()];
    match (name, kind) {
        ("prefix", _) => only("\"other_{tenant}_\""),
        ("id", _) => only("\"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b99\""),
        ("keys", _) => only("{ pii: tenant }"),
        ("environments", _) => only("[dev, prod, third]"),
        ("production", _) => only("[dev]"),
        ("chart", _) => match engine.map(|engine| engine.name) {
            Some("postgres") => only("\"bitnami/postgresql\""),
            Some(name) => vec![format!("\"bitnami/{name}\"")],
            None => Vec::new(),
        },
        ("provider", _) => only("aws_kms(\"alias/other\")"),
        ("runtime", _) => only("path(\"../../elsewhere\")"),
        (_, Kind::Bool) => vec!["true".into(), "false".into()],
        (_, Kind::Integer(low, high)) => {
            [2, low, high].iter().filter(|n| (low..=high).contains(n)).map(i64::to_string).collect()
        }
        (_, Kind::Word(words)) => words.iter().map(|word| (*word).to_owned()).collect(),
        (_, Kind::Tagged(tags)) => tags.iter().map(|(tag, _)| (*tag).to_owned()).collect(),
        (_, Kind::List(element)) => values(name, *element, engine).iter().map(|v| format!("[{v}]")).collect(),
        (_, Kind::OneOf(kinds)) => kinds.iter().flat_map(|kind| values(name, *kind, engine)).collect(),
        (_, Kind::Anything) => only("{ note: \"carried\" }"),
        (_, kind) => vec![polity_model::settings::catalogue::example(kind)],
    }
}

// ---- Places ----

/// A block of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Block {
    Platform,
    Store,
    Tier,
    StoreOfTier,
    Tenant,
    StoreOfTenant,
    Key,
    Rust,
}

impl Block {
    const ALL: [Self; 8] = [
        Self::Store,
        Self::Tier,
        Self::Tenant,
        Self::Key,
        Self::Rust,
        Self::Platform,
        Self::StoreOfTier,
        Self::StoreOfTenant,
    ];

    fn level(self, isolation: Isolation, engine: Option<&About>) -> Level {
        let of_store = match isolation {
            Isolation::Schema if engine.is_some_and(|engine| !engine.has_schemas) => Isolation::Row,
            other => other,
        };
        match self {
            Self::Platform => Level::Platform,
            Self::Store => Level::Store,
            Self::Tier => Level::Tier(isolation),
            Self::StoreOfTier => Level::Tier(of_store),
            Self::Tenant => Level::Tenant(isolation),
            Self::StoreOfTenant => Level::Tenant(of_store),
            Self::Key => Level::Key,
            Self::Rust => Level::Rust,
        }
    }

    /// The settings that may stand in it.
    fn knows(self, engine: Option<&About>) -> Vec<&'static Spec> {
        let own: &[&'static [Spec]] = match self {
            Self::Platform => &[PLATFORM, COMMON],
            Self::Store | Self::StoreOfTier | Self::StoreOfTenant => {
                let engine = engine.or(ENGINES.find("postgres"));
                return COMMON.iter().chain(engine.into_iter().flat_map(|engine| engine.settings)).collect();
            }
            Self::Tier => &[TIER],
            Self::Tenant => &[TENANT],
            Self::Key => &[KEY],
            Self::Rust => &[RUST],
        };
        own.iter().copied().flatten().collect()
    }

    /// The settings that it has in any case, each with its name and its text.
    fn always(self, isolation: Isolation) -> Vec<(&'static str, String)> {
        match self {
            Self::Platform => {
                vec![
                    ("environments", "environments: [dev, prod]".into()),
                    ("production", "production: [prod]".into()),
                ]
            }
            Self::Tier => vec![("isolation", format!("isolation: {}", isolation.name()))],
            Self::Tenant => vec![("id", "id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\"".into())],
            Self::Key => vec![("provider", "provider: aws_kms(\"alias/pii\")".into())],
            _ => Vec::new(),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Place {
    block: Block,
    isolation: Isolation,
    in_environment: bool,
}

impl Place {
    fn all() -> impl Iterator<Item = Self> {
        let isolations = |block| match block {
            Block::Tier | Block::StoreOfTier | Block::Tenant | Block::StoreOfTenant => {
                vec![Isolation::Row, Isolation::Schema, Isolation::Database]
            }
            _ => vec![Isolation::Database],
        };
        Block::ALL.into_iter().flat_map(move |block| {
            isolations(block).into_iter().flat_map(move |isolation| {
                [false, true].map(|in_environment| Self { block, isolation, in_environment })
            })
        })
    }

    /// A platform that says this here.
    fn source(self, said: &str, engine: Option<&About>) -> String {
        let engines = [("main", "postgres 15"), ("documents", "mongodb 7"), ("cache", "redis 7")];
        let has = |store: &str| {
            engines
                .iter()
                .any(|(name, version)| *name == store && engine.is_none_or(|e| version.starts_with(e.name)))
        };
        let store =
            engines.iter().map(|(name, _)| *name).find(|name| has(name)).expect("the engine is in the list");
        let block = |block: Block| {
            let said = if self.block == block { said } else { "" };
            let mut all: Vec<String> = block
                .always(self.isolation)
                .into_iter()
                .filter(|(name, _)| self.in_environment || !said.starts_with(&format!("\"{name}\":")))
                .map(|(_, text)| text)
                .collect();
            all.push(if self.in_environment && !said.is_empty() {
                format!("in prod {{ {said} }}")
            } else {
                said.into()
            });
            all.join("\n")
        };
        // In a tier and a tenant the environment stands around the store.
        let of_store = |block: Block| match (self.block == block, self.in_environment) {
            (false, _) => String::new(),
            (true, false) => format!("  store {store} {{ {said} }}"),
            (true, true) => format!("  in prod {{ store {store} {{ {said} }} }}"),
        };
        let mut out =
            format!("platform shop {{\n{}\n}}\nrust {{ {} }}\n", block(Block::Platform), block(Block::Rust));
        for (name, version) in engines.iter().filter(|(name, _)| has(name)) {
            let settings = if *name == store { block(Block::Store) } else { String::new() };
            out += &format!("store {name}: {version} {{\n{settings}\n}}\n");
        }
        out += &format!(
            "tenancy by tenant_id: uuid\n\
             tier small {{\n{}\n{}\naccept client_enforced because \"one library adds the tenant\"\n}}\n\
             tenant acme: small {{\n{}\n{}\n}}\n\
             encryption key pii {{\n{}\n}}\n",
            block(Block::Tier),
            of_store(Block::StoreOfTier),
            block(Block::Tenant),
            of_store(Block::StoreOfTenant),
            block(Block::Key),
        );
        let contents = [
            (
                "main",
                "schema core in main { entity Note { id: uuid key = uuid_v7(); text: text(80) encrypted with pii } }\n\
                 service writer { write core.Note }\n",
            ),
            (
                "documents",
                "entity Page in documents { id: uuid key = uuid_v7(); title: text(80) encrypted with pii }\n\
                 service editor { write documents.Page }\n",
            ),
            (
                "cache",
                "keyspace Draft in cache { pattern \"draft:{id: uuid}\"; value text; ttl 1h }\n\
                 service drafter { read cache.Draft }\n",
            ),
        ];
        out.extend(contents.iter().filter(|(name, _)| has(name)).map(|(_, text)| *text));
        out
    }
}

// ---- Effects ----

/// Judges settings of one catalogue everywhere; `own` are the blocks that it belongs to.
fn judge(specs: &[&'static Spec], own: &[Block], engine: Option<&About>) {
    let settings = leaves(specs.iter().copied());
    let mut faults = Vec::new();
    let mut is_in_files: HashMap<Vec<&str>, bool> = HashMap::new();
    let mut structural: BTreeMap<Vec<&str>, (bool, bool)> = BTreeMap::new();
    for place in Place::all() {
        let known = place.block.knows(engine);
        let is_known = |name: &str| known.iter().any(|spec| spec.name == name);
        let is_own = |name: &str| is_known(name) && own.contains(&place.block);
        let mut without = HashMap::new();
        for leaf in settings.iter().filter(|leaf| is_own(leaf.path[0]) && leaf.levels.fits(place, engine)) {
            let asked = is_in_files.get(&leaf.path).copied();
            match effect(leaf, place, engine, asked, &mut without) {
                Ok(effect) => {
                    is_in_files.entry(leaf.path.clone()).or_insert(effect.in_files);
                    let one = structural.entry(leaf.path.clone()).or_insert((leaf.is_structural, false));
                    one.1 |= effect.in_catalogs;
                }
                Err(fault) => faults.push(format!("{} in {place:?}: {fault}", leaf.path.join("."))),
            }
        }
        // Another setting of that name is judged with its own catalogue.
        let here = specs.iter().copied().filter(|spec| is_own(spec.name) || !is_known(spec.name));
        let here: Vec<&Spec> = here.collect();
        faults
            .extend(missing_errors(&here, place, engine, is_own).map(|fault| format!("{place:?}: {fault}")));
    }
    for (path, (said, found)) in structural {
        // A setting that every store may have changes the catalog of some engine, and need not change that of each.
        let is_common = COMMON.iter().any(|spec| spec.name == path[0]);
        if said != found && !(is_common && said) {
            faults.push(format!(
                "{}: said to be structural: {said}; changes a catalog: {found}",
                path.join(".")
            ));
        }
    }
    assert!(faults.is_empty(), "{} of these:\n{}", faults.len(), faults.join("\n"));
}

/// The places that a setting changes.
struct Effect {
    /// Whether these are files of its own (SQL, a script, the configuration of a server).
    in_files: bool,
    /// Whether a catalog is among them.
    in_catalogs: bool,
}

/// Says what a setting that may stand there changes. Where it changed files of its own at the first level, it is asked to at
/// every other, since nothing else brings its effect about.
fn effect(
    leaf: &Leaf,
    place: Place,
    engine: Option<&About>,
    asked: Option<bool>,
    without: &mut HashMap<String, Compiled>,
) -> Result<Effect, String> {
    if !without.contains_key(&leaf.without) {
        let compiled = compiled(&place.source(&leaf.without, engine))?;
        without.insert(leaf.without.clone(), compiled);
    }
    let (mut changed, mut errors, mut in_catalogs) = (BTreeSet::new(), Vec::new(), false);
    for said in leaf.written(engine) {
        match compiled(&place.source(&said, engine)) {
            Ok(with) => {
                changed.extend(differences(&without[&leaf.without].artifacts, &with.artifacts));
                in_catalogs |= without[&leaf.without].catalogs != with.catalogs;
            }
            Err(said) => errors.push(said),
        }
        if changed.iter().any(|path| !is_configuration(path)) && in_catalogs >= leaf.is_structural {
            return Ok(Effect { in_files: true, in_catalogs });
        }
        if asked == Some(false) && !changed.is_empty() {
            break;
        }
    }
    let in_files = changed.iter().any(|path| !is_configuration(path));
    match changed.is_empty() {
        true => Err(format!("changes nothing; {errors:?}")),
        false if asked == Some(true) && !in_files => Err(format!("changes configuration only: {changed:?}")),
        false => Ok(Effect { in_files, in_catalogs }),
    }
}

fn is_configuration(path: &str) -> bool {
    [
        "overrides/",
        "tenants/",
        "tiers/",
        "helm/values",
        "helm/tenants/",
        "helm/tiers/",
        "helm/README.md",
        "helm/files/",
    ]
    .iter()
    .any(|folder| path.starts_with(folder))
}

/// A source, compiled.
struct Compiled {
    artifacts: Artifacts,
    /// The catalogs of all places of all stores, each after the name of the store and of the tenant.
    catalogs: Vec<(String, Option<String>, Catalog)>,
}

fn compiled(source: &str) -> Result<Compiled, String> {
    // Pages for people are no effect, and not free.
    let options = Options { skip: vec!["docs".to_owned()], ..Options::default() };
    let (governed, mut found) = polity::govern(&Sources::single("levels.polity", source), None);
    let valid = polity::gate(governed, polity_engines::rules_of, &mut found);
    let errors = found.iter().filter(|d| d.is_error()).map(|d| format!("{} {}", d.code, d.message));
    let valid = valid.ok_or_else(|| errors.collect::<Vec<_>>().join("; "))?;
    let of_store = |store| {
        polity_engines::engine_of(store).lower(&valid, store).into_iter().map(move |placed| {
            let tenant = placed.tenant.map(|tenant| tenant.named.name.to_string());
            (store.named.name.to_string(), tenant, placed.catalog)
        })
    };
    let catalogs = valid.stores.iter().flat_map(of_store).collect();
    Ok(Compiled { artifacts: polity::emit(&valid, &options), catalogs })
}

/// The files that differ.
fn differences(without: &Artifacts, with: &Artifacts) -> Vec<String> {
    let paths: BTreeSet<&str> = without.iter().chain(with.iter()).map(|(path, _)| path).collect();
    let differs = |path: &&str| without.get(path) != with.get(path);
    paths.into_iter().filter(differs).map(str::to_owned).collect()
}

/// Says what is wrong with the errors about settings that may not stand there. All are written at once; what may stand
/// there is left out, but for what is inside of it.
fn missing_errors(
    specs: &[&'static Spec],
    place: Place,
    engine: Option<&About>,
    is_own: impl Fn(&str) -> bool,
) -> Option<String> {
    let mut expected: BTreeMap<String, Levels> = BTreeMap::new();
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // A word has one record at a time.
    for turn in 0..most_tags(specs) {
        let mut said = Vec::new();
        for spec in specs {
            let may = is_own(spec.name) && spec.levels.fits(place, engine);
            said.extend(forbidden(spec, may, turn, place, engine, &mut expected));
        }
        if said.is_empty() {
            continue;
        }
        let source = place.source(&said.join("\n"), engine);
        for diagnostic in check(&Sources::single("levels.polity", &source), None) {
            let span = diagnostic.primary.as_ref().map(|label| label.span);
            let name =
                span.map_or("", |span| source[span.start as usize..span.end as usize].trim_matches('"'));
            if diagnostic.code.as_str() == "E0411" {
                found.entry(name.to_owned()).or_default().push(diagnostic.help.unwrap_or_default());
            }
        }
    }
    let wrong: Vec<String> = expected
        .iter()
        .filter_map(|(name, levels)| {
            let Some(told) = found.get(name) else { return Some(format!("no error about `{name}`")) };
            let (names, store) = (levels.names(), "it is about one store: `store NAME {");
            let is_right = |help: &String| {
                names.iter().any(|level| help.contains(level.as_str()))
                    || !is_own(name) && help.starts_with(store)
            };
            (!told.iter().any(is_right)).then(|| format!("about `{name}` {told:?} names none of {names:?}"))
        })
        .collect();
    let more: Vec<&String> = found.keys().filter(|name| !expected.contains_key(*name)).collect();
    (!wrong.is_empty() || !more.is_empty()).then(|| format!("{}; errors about {more:?}", wrong.join("; ")))
}

/// A setting as the source writes it where it may not stand, or where something inside of it may not.
fn forbidden(
    spec: &Spec,
    may: bool,
    turn: usize,
    place: Place,
    engine: Option<&About>,
    expected: &mut BTreeMap<String, Levels>,
) -> Option<String> {
    if !may {
        expected.insert(spec.name.to_owned(), spec.levels);
        let value = values(spec.name, spec.kind, engine).into_iter().next();
        return Some(format!("\"{}\": {}", spec.name, value.unwrap_or_else(|| "\"text\"".to_owned())));
    }
    let (tag, specs) = match spec.kind {
        Kind::Record(specs) => ("", specs),
        Kind::Tagged(tags) => *tags.get(turn)?,
        _ => return None,
    };
    let inside: Vec<String> = specs
        .iter()
        .filter_map(|inner| forbidden(inner, inner.levels.fits(place, engine), turn, place, engine, expected))
        .collect();
    (!inside.is_empty()).then(|| format!("\"{}\": {tag} {{ {} }}", spec.name, inside.join("; ")))
}

fn most_tags(specs: &[&Spec]) -> usize {
    let tags = |spec: &&Spec| if let Kind::Tagged(tags) = spec.kind { tags.len() } else { 1 };
    specs.iter().map(tags).max().unwrap_or(0)
}

trait Fits {
    /// Whether a setting with these levels may stand there.
    fn fits(self, place: Place, engine: Option<&About>) -> bool;
}

impl Fits for Levels {
    fn fits(self, place: Place, engine: Option<&About>) -> bool {
        self.has(place.block.level(place.isolation, engine))
            && (!place.in_environment || self.has_environments())
    }
}
