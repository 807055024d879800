//! The files that pods of a chart read. A chart carries them in groups, each small enough for a ConfigMap.

use polity_engines::artifact::Artifacts;
use polity_engines::engine_of;
use polity_engines::operations::Program;
use polity_engines::options::Options;
use polity_engines::surface::Faced;

/// The most that a ConfigMap is given: Kubernetes takes 1 MiB with everything around it.
const MOST: usize = 900 * 1024;

/// When the ConfigMap of a group is made.
#[derive(Debug, Clone, Copy)]
pub(super) enum When {
    /// Before the jobs of a release, which run before all else.
    Hook,
    /// With the release.
    Release,
}

/// The files of a program, by the names of their groups.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub names: Vec<String>,
    /// Whether one is larger than a ConfigMap may be, so that only an image can hold it.
    pub from_image: bool,
}

/// Returns what the stores write: what stands in `artifacts`, where this build writes the store, or is made again.
pub(super) fn of_stores(valid: &Faced<'_>, options: &Options, artifacts: &Artifacts) -> Artifacts {
    let mut out = Artifacts::default();
    for store in &valid.stores {
        let folder = format!("{}/", store.named.name);
        if options.wants(&store.named.name) {
            let own = artifacts.iter().filter(|(path, _)| path.starts_with(&folder));
            own.for_each(|(path, content)| out.add(path, content));
        } else {
            engine_of(store).emit(valid, store, options, &mut out);
        }
    }
    out
}

/// Whether some file of the output begins so.
pub(super) fn has(output: &Artifacts, beginning: &str) -> bool {
    output.iter().any(|(path, _)| path.starts_with(beginning))
}

/// Puts the files of a program into groups.
pub(super) fn groups(output: &Artifacts, program: &Program, name: &str) -> Groups {
    let of = divided(output, program);
    match of {
        Some(parts) => {
            Groups { names: (0..parts.len()).map(|at| group(name, at)).collect(), from_image: false }
        }
        None => Groups { names: Vec::new(), from_image: true },
    }
}

/// Writes the files of a program below `helm/files/`.
pub(super) fn emit(output: &Artifacts, program: &Program, name: &str, when: When, artifacts: &mut Artifacts) {
    let folder = match when {
        When::Hook => "hooks",
        When::Release => "release",
    };
    for (at, part) in divided(output, program).unwrap_or_default().into_iter().enumerate() {
        for (path, content) in part {
            artifacts.add(format!("helm/files/{folder}/{}/{path}", group(name, at)), content);
        }
    }
}

fn group(name: &str, at: usize) -> String {
    if at == 0 { name.to_owned() } else { format!("{name}-{}", at + 1) }
}

type Part<'a> = Vec<(&'a str, &'a [u8])>;

/// The files of a program in parts; `None` where one fits into none.
fn divided<'a>(output: &'a Artifacts, program: &Program) -> Option<Vec<Part<'a>>> {
    let mut parts: Vec<Part<'a>> = Vec::new();
    let mut room = 0;
    let is_read = |path: &str| program.files.iter().any(|beginning| path.starts_with(beginning));
    for (path, content) in output.iter().filter(|(path, _)| is_read(path)) {
        let size = path.len() + content.len();
        if size > MOST {
            return None;
        }
        if size > room {
            parts.push(Vec::new());
            room = MOST;
        }
        room -= size;
        parts.last_mut()?.push((path, content));
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups_of(sizes: &[usize]) -> (Groups, Vec<String>) {
        let mut output = Artifacts::default();
        for (at, size) in sizes.iter().enumerate() {
            output.add(format!("main/migrations/V{at:04}.sql"), vec![b' '; *size]);
        }
        output.add("main/schema.sql", "not read");
        let program = Program { files: vec!["main/migrations/V".to_owned()], ..Program::default() };
        let mut written = Artifacts::default();
        emit(&output, &program, "migrate", When::Hook, &mut written);
        let paths = written.iter().map(|(path, _)| path.to_owned()).collect();
        (groups(&output, &program, "migrate"), paths)
    }

    #[test]
    fn files_stand_in_as_many_groups_as_hold_them() {
        let (found, paths) = groups_of(&[MOST / 2, MOST / 3, MOST / 2]);
        assert_eq!(found.names, ["migrate", "migrate-2"]);
        assert_eq!(
            paths,
            [
                "helm/files/hooks/migrate-2/main/migrations/V0002.sql",
                "helm/files/hooks/migrate/main/migrations/V0000.sql",
                "helm/files/hooks/migrate/main/migrations/V0001.sql",
            ]
        );
    }

    #[test]
    fn a_file_that_no_group_holds_is_in_an_image_with_all_others() {
        let (found, paths) = groups_of(&[1, MOST + 1]);
        assert!(found.from_image && found.names.is_empty() && paths.is_empty());
    }
}
