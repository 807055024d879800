//! The generated crate says where its runtime comes from, in a way that cargo takes, and that is the same tomorrow.

use crate::Governed;
use polity_model::config::Version;
use polity_model::{Setting, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0403, E0412};

/// How each is written.
const FORMS: [(&str, &str); 3] = [
    ("version", "version 0.1"),
    ("git", "git(\"https://example.com/polity.git\", \"COMMIT\")"),
    ("path", "path(\"../runtime\")"),
];

/// A place that is not said whole, one that may be another crate tomorrow, and a secret in an address.
pub fn runtime(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let Some(setting) = platform.rust.settings.base.get("runtime") else { return };
    let (tag, version, arguments, is_plain) = match &setting.value {
        Value::Tagged { tag, version, arguments, record } => {
            (tag, version.as_ref(), &arguments[..], record.is_empty())
        }
        Value::Word(tag) => (tag, None, &[][..], true),
        // Not of the form: told with the other settings.
        _ => return,
    };
    let Some((_, form)) = FORMS.iter().find(|(known, _)| known == tag) else { return };
    let told = match (tag.as_str(), version, arguments) {
        _ if !is_plain => Err("nothing more is to be said of it"),
        ("version", Some(version), []) => requirement(version),
        ("git", None, [Value::Text(url), Value::Text(commit)]) => {
            if has_secret(url) {
                found.push(secret(setting));
                return;
            }
            address(url).and_then(|()| pinned(commit))
        }
        ("path", None, [Value::Text(path)]) => place(path),
        _ => Err("this is not how it is said"),
    };
    if let Err(why) = told {
        let message = format!("`{tag}` does not say where the runtime comes from");
        found.push(
            Diagnostic::new(E0412, setting.value_span, message)
                .here(why)
                .help(format!("write `runtime: {form}`")),
        );
    }
}

/// Up to three numbers, as cargo takes them.
fn requirement(version: &Version) -> Result<(), &'static str> {
    match version.0.len() {
        1..=3 => Ok(()),
        _ => Err("a version of a crate has three numbers at most"),
    }
}

fn address(url: &str) -> Result<(), &'static str> {
    let rest = ["https://", "ssh://", "file:///"].iter().find_map(|scheme| url.strip_prefix(scheme));
    match rest {
        _ if url.chars().any(|c| c.is_control() || c.is_whitespace()) => {
            Err("an address holds no blanks and no control characters")
        }
        Some(rest) if !rest.is_empty() => Ok(()),
        _ => Err("the address begins with `https://`, `ssh://` or `file:///`"),
    }
}

/// A branch or a tag is another commit as soon as somebody moves it.
fn pinned(commit: &str) -> Result<(), &'static str> {
    let is_hash =
        matches!(commit.len(), 40 | 64) && commit.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if is_hash { Ok(()) } else { Err("a commit is its whole hash, 40 digits, since branches and tags move") }
}

fn place(path: &str) -> Result<(), &'static str> {
    match path {
        "" => Err("the path is empty"),
        path if path.chars().any(char::is_control) => Err("a path holds no control characters"),
        _ => Ok(()),
    }
}

/// A password or a token in front of the host; the user of ssh is none.
fn has_secret(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    host.rsplit_once('@').is_some_and(|(user, _)| scheme != "ssh" || user.contains(':'))
}

fn secret(setting: &Setting) -> Diagnostic {
    Diagnostic::new(E0403, setting.value_span, "the address of the runtime holds a secret")
        .here("everybody who reads the source, or the generated crate, reads this")
        .help("leave it out; cargo asks git for credentials")
}
