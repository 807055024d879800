//! The links on the way to a folder.
//!
//! A path of the command line is the user's word, and a link on its way, such as `/tmp` on a Mac, is the user's too. But
//! a link that lies in the current folder, in the checkout around it, or in the project may be a stranger's.

use std::env;
use std::fs;
use std::io;
use std::path::{Component, Path, PathBuf};

use super::{failure, shown};
use polity_text::diagnostics::{Diagnostic, codes};

/// Refuses a way to files that are to be read if a link in the checkout leads out of it.
pub(crate) fn judge_input(path: &Path) -> Result<(), Diagnostic> {
    let checkout = checkout().map_err(|error| failure("find", Path::new("."), &error))?;
    let leads_out = |link: &Link| {
        link.stands_in.starts_with(&checkout)
            && link.leads_to.as_ref().is_some_and(|to| !to.starts_with(&checkout))
    };
    match links(Path::new(""), path).into_iter().find(leads_out) {
        Some(link) => Err(Diagnostic::global(
            codes::E1009,
            format!("`{}` is a symbolic link that leads out of `{}`", shown(&link.at), shown(&checkout)),
        )
        .note("a link of a project that is checked out is not followed to what lies outside of it")
        .help("name the folder where it really is")),
        None => Ok(()),
    }
}

/// Refuses a way that the user named to a folder which is to be written into, if it goes through a link in the
/// checkout, or in the project.
#[cfg(feature = "cli")]
pub(crate) fn judge_output(path: &Path, project: Option<&Path>) -> Result<(), Diagnostic> {
    let checkout = checkout().map_err(|error| failure("find", Path::new("."), &error))?;
    let project = project.and_then(|project| fs::canonicalize(project).ok());
    let grounds: Vec<PathBuf> = std::iter::once(checkout).chain(project).collect();
    let strange = |link: &Link| grounds.iter().any(|ground| link.stands_in.starts_with(ground));
    links(Path::new(""), path).into_iter().find(strange).map_or(Ok(()), |link| Err(through_a_link(&link.at)))
}

/// Refuses a way from `base` to a folder which is to be written into, if it goes through any link.
#[cfg(feature = "cli")]
pub(crate) fn judge_below(base: &Path, way: &Path) -> Result<(), Diagnostic> {
    links(base, way).first().map_or(Ok(()), |link| Err(through_a_link(&link.at)))
}

#[cfg(feature = "cli")]
fn through_a_link(at: &Path) -> Diagnostic {
    Diagnostic::global(
        codes::E1006,
        format!("a symbolic link stands at `{}`, where Polity writes", shown(at)),
    )
    .note("what Polity did not write is never replaced or followed")
    .help("move it away, or name with `--out` the folder to which it leads")
}

/// A symbolic link on a way.
struct Link {
    /// As the way names it.
    at: PathBuf,
    /// The folder that really holds it.
    stands_in: PathBuf,
    /// The path that it leads to in the end; `None` where that does not exist.
    leads_to: Option<PathBuf>,
}

/// The links among the parts of `way`, seen from `base`, as far as it exists.
fn links(base: &Path, way: &Path) -> Vec<Link> {
    let here = if base.as_os_str().is_empty() { Path::new(".") } else { base };
    let Ok(mut real) = fs::canonicalize(here) else { return Vec::new() };
    let (mut at, mut links) = (base.to_owned(), Vec::new());
    for part in way.components() {
        at.push(part);
        match part {
            Component::CurDir => {}
            Component::ParentDir => {
                real.pop();
            }
            Component::Prefix(_) | Component::RootDir => real.push(part),
            Component::Normal(name) => {
                let next = real.join(name);
                match fs::symlink_metadata(&next) {
                    Ok(there) if there.is_symlink() => {
                        let leads_to = fs::canonicalize(&next).ok();
                        links.push(Link { at: at.clone(), stands_in: real, leads_to: leads_to.clone() });
                        let Some(to) = leads_to else { break };
                        real = to;
                    }
                    Ok(_) => real = next,
                    Err(_) => break,
                }
            }
        }
    }
    links
}

/// The folder around the current one that version control keeps, or the current one where there is none.
fn checkout() -> io::Result<PathBuf> {
    let here = fs::canonicalize(env::current_dir()?)?;
    let kept = here.ancestors().find(|folder| fs::symlink_metadata(folder.join(".git")).is_ok());
    Ok(kept.unwrap_or(&here).to_owned())
}
