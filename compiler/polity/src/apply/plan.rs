//! The plan of a run: what was sealed of a store, read once for all its tenants, and what an account of a place still lacks.

use super::problem;
use crate::{Diagnostic, Valid};
use polity_engines::change::{Install, Runner, SealedFile, SealedPlace};
use polity_engines::engine_of;
use polity_model::TierId;
use polity_model::history::sum;
use polity_text::tokens;

/// The files that were sealed of a store, and its tenants in the source.
#[derive(Debug)]
pub struct Plan {
    pub store: String,
    /// The place that tenants share, then that of each tier.
    pub places: Vec<Place>,
    pub tenants: Vec<Tenant>,
    /// All tenants of the source, those that share tables among them.
    pub(super) said: Vec<Said>,
}

/// A tenant as the source has it.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) name: String,
    pub(super) id: String,
    pub(super) tier: String,
    /// The name of its place; none where it has none of its own.
    pub(super) place: Option<String>,
}

/// A place with the files that lead it on.
#[derive(Debug)]
pub struct Place {
    pub name: String,
    tier: Option<TierId>,
    /// Whether a tenant has the whole database to itself.
    pub is_apart: bool,
    pub(super) migrator: String,
    pub files: Vec<File>,
    /// The scripts that run behind all others, and again when their text changes.
    pub scripts: Vec<File>,
    /// The file of the catalog that all of it leads to.
    pub(super) catalog: String,
    pub(super) install: Option<Install>,
    /// The digest of the first so many files.
    digests: Vec<String>,
}

/// A file, as the messages that a server gets.
#[derive(Debug)]
pub struct File {
    pub number: u32,
    pub name: String,
    pub by_admin: bool,
    pub is_transaction: bool,
    pub sum: String,
    texts: Vec<String>,
    /// The queries that count rows that do not fit.
    counts: Vec<String>,
}

/// A tenant with a place of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tenant {
    pub name: String,
    /// The position of its place in the plan.
    pub place: usize,
    /// The values of the tokens, each by its name.
    pub parameters: Vec<(String, String)>,
    /// Whether a line of the source names it, or did.
    pub was_named: bool,
}

/// The account of a place: how many files ran there, and the digest of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Account {
    pub(super) files: usize,
    pub(super) digest: String,
    /// The digest of the scripts that ran last.
    pub(super) scripts: String,
}

impl Plan {
    /// Reads what was sealed of a store.
    ///
    /// # Errors
    /// When there is no such store, or nothing was sealed of it.
    pub fn of(valid: &Valid, store: &str) -> Result<Self, Diagnostic> {
        let found = valid.stores.iter().find(|known| known.named.name == store);
        let Some(found) = found else {
            let known: Vec<&str> = valid.stores.iter().map(|known| known.named.name.as_str()).collect();
            let help = format!("the stores are: {}", known.join(", "));
            return Err(problem(format!("there is no store `{store}`")).help(help));
        };
        let places: Vec<Place> = engine_of(found).sealed(valid, found).into_iter().map(Place::of).collect();
        if places.first().is_none_or(|place| place.files.is_empty()) {
            if valid.history.places.contains_key(store) {
                let message = format!(
                    "`polity apply` runs no migrations of {}, such as those of `{store}`",
                    found.engine
                );
                return Err(problem(message).help("its own tools run what `polity build` writes"));
            }
            let message = format!("nothing was sealed of the store `{store}`");
            return Err(problem(message).help("seal it first: `polity seal NAME`"));
        }
        let mut tenants = Vec::new();
        for (at, place) in places.iter().enumerate() {
            let own = valid.tenants.iter().filter(|tenant| Some(tenant.tier) == place.tier);
            tenants.extend(own.map(|tenant| {
                Tenant {
                    name: tenant.named.name.to_string(),
                    place: at,
                    parameters: valid
                        .parameters(tenant)
                        .into_iter()
                        .map(|(name, value)| (name.to_owned(), value))
                        .collect(),
                    was_named: true,
                }
            }));
        }
        let said = valid.tenants.iter().map(|tenant| Said {
            name: tenant.named.name.to_string(),
            id: tenant.id().to_owned(),
            tier: valid[tenant.tier].named.name.to_string(),
            place: places
                .iter()
                .find(|place| place.tier == Some(tenant.tier))
                .map(|place| place.name.clone()),
        });
        let said = said.collect();
        Ok(Self { store: store.to_owned(), places, tenants, said })
    }
}

impl Tenant {
    /// Whether two are one tenant, whoever names it.
    pub(super) fn is_alike(&self, other: &Self) -> bool {
        self.name == other.name && self.place == other.place && self.parameters == other.parameters
    }

    /// A value of a token.
    pub(super) fn value(&self, token: &str) -> &str {
        let name = tokens::name(token);
        self.parameters.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

impl Place {
    fn of(sealed: SealedPlace) -> Self {
        let files: Vec<File> = sealed.files.into_iter().map(File::of).collect();
        let mut digests = vec![String::new()];
        for file in &files {
            let before = digests.last().map_or("", String::as_str);
            digests.push(sum(&format!("{before}\n{} {}\n", file.sum, file.name)));
        }
        Self {
            name: sealed.place.to_string(),
            tier: sealed.tier,
            is_apart: sealed.is_apart,
            migrator: sealed.migrator.to_string(),
            files,
            scripts: sealed.repeatable.into_iter().map(File::of).collect(),
            catalog: sealed.catalog,
            install: sealed.install,
            digests,
        }
    }

    /// The account once this many files ran.
    pub(super) fn account(&self, files: usize, before: &Account) -> Account {
        Account { files, digest: self.digests[files].clone(), scripts: before.scripts.clone() }
    }

    /// The account of a place that has all of it.
    pub(super) fn complete(&self) -> Account {
        Account { scripts: self.scripts_digest(), ..self.account(self.files.len(), &Account::default()) }
    }

    /// The digest of its scripts; empty where it has none.
    pub(super) fn scripts_digest(&self) -> String {
        let lines: String = self.scripts.iter().map(|file| format!("{} {}\n", file.sum, file.name)).collect();
        if lines.is_empty() { lines } else { sum(&lines) }
    }

    /// Whether an account is one of these files, the first so many of them.
    pub(super) fn knows(&self, account: &Account) -> bool {
        self.digests.get(account.files).is_some_and(|digest| *digest == account.digest)
    }

    /// The files that did not run yet.
    pub(super) fn pending(&self, account: &Account) -> &[File] {
        self.files.get(account.files..).unwrap_or_default()
    }

    /// The scripts that ran with another text, or never, where any did.
    pub(super) fn pending_scripts(&self, account: &Account) -> &[File] {
        if account.scripts == self.scripts_digest() { &[] } else { &self.scripts }
    }
}

impl File {
    fn of(sealed: SealedFile) -> Self {
        let SealedFile { number, name, runs, is_transaction, texts, sum, counts } = sealed;
        let by_admin = runs == Runner::Admin;
        Self { number, name, by_admin, is_transaction, sum, texts, counts }
    }

    /// Returns the queries that count rows that do not fit, as the shared place has them, or a tenant's.
    pub(super) fn counts(&self, tenant: Option<&Tenant>) -> Vec<String> {
        let shown = |count: &String| match tenant {
            Some(tenant) => render(count, tenant).ok(),
            None => Some(count.clone()),
        };
        self.counts.iter().filter_map(shown).collect()
    }

    /// Returns the messages as the shared place gets them, or a tenant's.
    ///
    /// # Errors
    /// When the tenant lacks a value that stands in them.
    pub fn texts(&self, tenant: Option<&Tenant>) -> Result<Vec<String>, Diagnostic> {
        let Some(tenant) = tenant else { return Ok(self.texts.clone()) };
        self.texts.iter().map(|text| render(text, tenant)).collect()
    }
}

/// A text of a tier as a tenant has it.
pub(super) fn render(text: &str, tenant: &Tenant) -> Result<String, Diagnostic> {
    let values = tenant.parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    tokens::render(text, values)
        .map_err(|refused| problem(format!("the tenant `{}`: {refused}", tenant.name)))
}
