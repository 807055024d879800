//! Every store runs on an engine and a version that the compiler writes for.

use crate::Governed;
use polity_text::diagnostics::codes::{E0207, E0404, E0405, E0902};
use polity_text::diagnostics::{Diagnostic, Help, did_you_mean};

/// An engine that is unknown, not lowered yet, or too old or too new.
pub fn engines(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for store in &platform.stores {
        let name = store.engine.as_str();
        let Some(engine) = store.about else {
            found.push(if platform.engines.later.contains(&name) {
                Diagnostic::new(E0902, store.engine_span, format!("the engine `{name}` is not lowered yet"))
                    .here("known to the language, but nothing is written for it")
                    .help(format!("engines that work: {}", engine_names(platform).join(", ")))
            } else {
                let known = engine_names(platform);
                let all = known.iter().copied().chain(platform.engines.later.iter().copied());
                let known_as = platform.engines.known.iter().find(|engine| engine.aliases.contains(&name));
                let help = match known_as {
                    Some(engine) => Help::write(engine.name),
                    None => did_you_mean(name, all)
                        .unwrap_or_else(|| format!("engines that work: {}", known.join(", "))),
                };
                Diagnostic::new(E0404, store.engine_span, format!("there is no engine `{name}`")).help(help)
            });
            continue;
        };
        if store.version.0.is_empty() {
            found.push(
                Diagnostic::new(E0207, store.engine_span, format!("which version of {}?", engine.title))
                    .note("what is written depends on it")
                    .help(format!(
                        "write the oldest that runs anywhere, such as `{name} {}`",
                        engine.majors.start()
                    )),
            );
            continue;
        }
        let majors = &engine.majors;
        let major = store.version.major();
        if major != 0 && !majors.contains(&major) {
            found.push(
                Diagnostic::new(
                    E0405,
                    store.engine_span,
                    format!(
                        "{} {} is not a version that artifacts are written for",
                        engine.title, store.version
                    ),
                )
                .help(format!("versions that work: {} to {}", majors.start(), majors.end())),
            );
        }
    }
}

fn engine_names(platform: &Governed) -> Vec<&'static str> {
    platform.engines.known.iter().map(|engine| engine.name).collect()
}
