//! The programs that work on a store from outside of it: what leads it on, maintains it, measures it and stands before it, for
//! whatever runs containers. Files are named as they stand in the output, and run in its folder.

/// The programs around a store, as one environment has them.
#[derive(Debug, Default)]
pub struct Operations {
    /// The word by which charts call stores of this kind: `database`.
    pub kind: &'static str,
    /// The program that brings the store to what the source says.
    pub migration: Program,
    /// The beginning of paths in the output: where one is there, a person leads the store on and not the program.
    pub by_hand: Option<String>,
    /// The program that runs a [`Job`](crate::surface::Job): its last argument is a statement or a command.
    pub runner: Program,
    /// The exporter of metrics.
    pub exporter: Program,
    /// The port on which the exporter listens.
    pub exporter_port: u16,
    /// The pooler, where one may stand before the store.
    pub pooler: Option<Program>,
}

/// A program in a container.
#[derive(Debug, Default)]
pub struct Program {
    /// Empty where no public image has the program.
    pub image: String,
    pub command: Vec<String>,
    pub arguments: Vec<Argument>,
    pub variables: Vec<(String, String)>,
    /// Variables that come from Secrets.
    pub secrets: Vec<(String, Entry)>,
    /// The files of the output that it reads, each a path or the beginning of some.
    pub files: Vec<String>,
}

/// An argument of a program.
#[derive(Debug)]
pub struct Argument {
    pub text: String,
    /// The file of the output without which it is left out.
    pub with: Option<String>,
}

impl From<String> for Argument {
    fn from(text: String) -> Self {
        Self { text, with: None }
    }
}

/// An entry of a Secret.
#[derive(Debug)]
pub struct Entry {
    pub of: Holder,
    pub name: String,
    /// Whether a tenant with a place of its own has one of its own.
    pub is_tenants: bool,
    /// A phrase: what it holds.
    pub docs: String,
}

/// The Secret that holds an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The one that the store's `url` names.
    Store,
    /// The one of those who migrate, maintain and measure; entries begin with the name of the store.
    Operators,
}

impl Entry {
    /// Returns the entry with the address of the store's server.
    pub(crate) fn host(is_tenants: bool) -> Self {
        let docs = "the name or address of the server".to_owned();
        Self { of: Holder::Store, name: "host".to_owned(), is_tenants, docs }
    }

    /// Returns an entry of the operators' Secret.
    pub(crate) fn of_operators(name: &str, docs: String) -> Self {
        Self { of: Holder::Operators, name: name.to_owned(), is_tenants: false, docs }
    }

    /// Returns the entry with the password of a login.
    pub(crate) fn password(whose: &str, login: &str, is_tenants: bool) -> Self {
        let docs = format!("the password of `{login}`");
        Self { is_tenants, ..Self::of_operators(&format!("{whose}-password"), docs) }
    }
}

/// Returns a text as a part of an address, in which nothing means anything more.
pub(crate) fn in_url(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let encoded = |byte: u8| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") };
    text.bytes().map(encoded).collect()
}

/// Returns whether connections to a store with these settings are encrypted.
pub(crate) fn is_encrypted(settings: &polity_model::Record) -> bool {
    use polity_model::Value;
    let Some(Value::Record(encryption)) = settings.get("encryption").map(|s| &s.value) else { return false };
    matches!(encryption.get("in_transit").map(|s| &s.value), Some(Value::Word(word)) if word != "none")
}
