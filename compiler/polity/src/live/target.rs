use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::{Refused, passfile};
use crate::io::regular::read_named;

/// A database and the login to it.
#[derive(Clone)]
pub struct Target {
    config: Config,
    /// `None` where the connection is not encrypted.
    roots: Option<MakeRustlsConnect>,
    /// The file that `PGPASSFILE` names.
    passwords: Option<Arc<str>>,
    /// Whether the login is another one than that of the URL, whose password may be another as well.
    is_other: bool,
}

/// A server that does not answer is given up after this time.
const PATIENCE: Duration = Duration::from_secs(15);

impl Target {
    /// Reads a URL.
    ///
    /// # Errors
    /// When it is none of PostgreSQL's, its `sslmode` lets a server choose, or the file of `sslrootcert` cannot be read.
    pub fn read(url: &str) -> Result<Self, Refused> {
        let refused = |message: String| Refused::says("the URL", message);
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(refused("it must begin with `postgres://`".to_owned()));
        }
        let Settings { url, mode, root } = Settings::of(url);
        // The error would repeat a part of the URL, which may be the password.
        let mut config: Config =
            url.parse().map_err(|_| refused("its form is none of PostgreSQL's".to_owned()))?;
        if let (None, Ok(password)) = (config.get_password(), std::env::var("PGPASSWORD")) {
            config.password(password);
        }
        config.application_name("polity").connect_timeout(PATIENCE);
        let is_encrypted = match mode.as_deref() {
            None => !config.get_hosts().iter().all(is_here),
            Some("disable") => false,
            Some("require" | "verify-ca" | "verify-full") => true,
            Some(other) => {
                let help = "`verify-full`, or `disable` on a network that nobody else uses";
                return Err(refused(format!(
                    "its `sslmode` is `{other}`, which lets a server choose; write {help}"
                )));
            }
        };
        config.ssl_mode(if is_encrypted { SslMode::Require } else { SslMode::Disable });
        let roots = if is_encrypted { Some(roots(root.as_deref()).map_err(refused)?) } else { None };
        let passwords = match std::env::var("PGPASSFILE") {
            Ok(file) => {
                let content = read_named(Path::new(&file)).map_err(|found| {
                    refused(format!("its password is in the file that PGPASSFILE names: {}", found.message))
                })?;
                Some(String::from_utf8_lossy(&content).into_owned())
            }
            Err(_) => None,
        };
        Ok(Self { config, roots, passwords: passwords.map(Into::into), is_other: false })
    }

    /// Returns another database of the same server, with the same login.
    #[must_use]
    pub fn database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.config.dbname(name);
        other
    }

    /// Returns another login of the same server, with its own password where `PGPASSFILE` has one, otherwise with the same.
    #[must_use]
    pub fn as_login(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.config.user(name);
        other.is_other = self.is_other || name != self.login();
        other
    }

    /// The name of the database.
    #[must_use]
    pub fn database_name(&self) -> &str {
        self.config.get_dbname().unwrap_or(self.login())
    }

    /// The name of the login.
    #[must_use]
    pub fn login(&self) -> &str {
        self.config.get_user().unwrap_or_default()
    }

    /// Returns the login, the server and the database, without the password.
    #[must_use]
    pub fn shown(&self) -> String {
        let host = self.host();
        let port = self.config.get_ports().first().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}@{host}{port}/{}", self.login(), self.database_name())
    }

    pub(super) fn config(&self) -> Config {
        let mut config = self.config.clone();
        let is_open = config.get_password().is_none() || self.is_other;
        if let Some(password) =
            self.passwords.as_ref().filter(|_| is_open).and_then(|file| self.password(file))
        {
            config.password(password);
        }
        config
    }

    /// Finds the password of the login in a file of passwords.
    fn password(&self, file: &str) -> Option<String> {
        let port = self.config.get_ports().first().copied().unwrap_or(5432).to_string();
        passfile::password(file, [&self.host(), &port, self.database_name(), self.login()])
    }

    fn host(&self) -> String {
        match self.config.get_hosts().first() {
            // Behind an `@` in a password, which a URL writes as `%40`.
            Some(Host::Tcp(host)) => host.rsplit('@').next().unwrap_or_default().to_owned(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            None => "localhost".to_owned(),
        }
    }

    pub(super) fn roots(&self) -> Option<MakeRustlsConnect> {
        self.roots.clone()
    }
}

/// The settings of a URL that `postgres` does not know as libpq does, taken out of it.
struct Settings {
    url: String,
    mode: Option<String>,
    /// The file of `sslrootcert`.
    root: Option<String>,
}

impl Settings {
    fn of(url: &str) -> Self {
        let (path, query) = url.split_once('?').unwrap_or((url, ""));
        let mut settings = Self { url: path.to_owned(), mode: None, root: None };
        let mut kept: Vec<&str> = Vec::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            match pair.split_once('=') {
                Some(("sslmode", mode)) => settings.mode = Some(mode.to_owned()),
                Some(("sslrootcert", root)) => {
                    settings.root = Some(root.replace("%2F", "/").replace("%2f", "/"))
                }
                _ => kept.push(pair),
            }
        }
        if !kept.is_empty() {
            settings.url = format!("{path}?{}", kept.join("&"));
        }
        settings
    }
}

/// Whether a server is on this machine, so that nobody is between.
fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => matches!(name.as_str(), "localhost" | "::1") || name.starts_with("127."),
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

/// Returns what judges certificates: by the roots in a file, or by those of this machine.
fn roots(file: Option<&str>) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut store = RootCertStore::empty();
    match file {
        Some(file) => {
            let unreadable = |reason: String| format!("the file `{file}` of its `sslrootcert` {reason}");
            let found = CertificateDer::pem_file_iter(Path::new(file))
                .and_then(Iterator::collect::<Result<Vec<_>, _>>)
                .map_err(|error| unreadable(format!("cannot be read: {error}")))?;
            if store.add_parsable_certificates(found).0 == 0 {
                return Err(unreadable("holds no certificate".to_owned()));
            }
        }
        None => drop(store.add_parsable_certificates(rustls_native_certs::load_native_certs().certs)),
    }
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(store)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_login_has_its_own_password_where_the_file_has_it() {
        let mut target = Target::read("postgres://app:first@127.0.0.1:5433/shop").expect("it is a URL");
        let password = |target: &Target| {
            target.config().get_password().map(|password| String::from_utf8_lossy(password).into_owned())
        };
        assert_eq!(password(&target.as_login("beta")).as_deref(), Some("first"));
        target.passwords = Some("127.0.0.1:5433:beta_shop:beta:second\n*:*:*:app:third\n".into());
        assert_eq!(password(&target).as_deref(), Some("first"), "the URL says it");
        assert_eq!(password(&target.as_login("beta").database("beta_shop")).as_deref(), Some("second"));
        assert_eq!(password(&target.as_login("beta")).as_deref(), Some("first"), "of another database");
    }
}
