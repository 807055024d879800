//! A key says where it is kept, and in production that is no file.

use crate::Governed;
use polity_model::governance::EncryptionKey;
use polity_model::settings::keys::PROVIDERS;
use polity_model::{Setting, Value};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0837;

pub fn encryption_keys(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for key in &platform.encryption_keys {
        let settings = || {
            let base = std::iter::once((None, key.settings.base.get("provider")));
            base.chain(
                key.settings.environments.iter().map(|(id, overlay)| (Some(*id), overlay.get("provider"))),
            )
        };
        settings().filter_map(|(_, setting)| setting).for_each(|setting| arguments(setting, found));
        let mut environments: Vec<_> = platform.environments.iter().map(|e| Some(e.id)).collect();
        if environments.is_empty() {
            environments.push(None);
        }
        if let Some(environment) =
            environments.iter().find(|e| !key.settings.resolved(**e).contains_key("provider"))
        {
            let name = environment.map_or("", |id| platform[id].name.as_str());
            found.push(missing(key, name));
        }
        if let Some(at) = platform.said_of_persons(key) {
            let secrets = settings().filter_map(|(_, setting)| setting).filter(
                |setting| matches!(&setting.value, Value::Tagged { tag, .. } if tag == "kubernetes_secret"),
            );
            found.extend(secrets.map(|setting| {
                let message =
                    format!("the keys of all persons for `{}` would be in one Secret", key.named.name);
                Diagnostic::new(E0837, setting.value_span, message)
                    .also(at, "there is one for each person")
                    .note("a person is forgotten by destroying that person's key, and this is everybody's")
                    .help(format!(
                        "keep them where each has a name: `provider: vault(\"transit/{}\")`",
                        key.named.name
                    ))
            }));
        }
        for environment in platform.environments.iter().filter(|environment| environment.production) {
            let resolved = key.settings.resolved(Some(environment.id));
            let Some(setting) = resolved.get("provider") else { continue };
            if matches!(&setting.value, Value::Tagged { tag, .. } if tag == "file") {
                let message = format!("key `{}` is kept in a file in `{}`", key.named.name, environment.name);
                let help = format!(
                    "keep it where it cannot be copied: `in {} {{ provider: vault(\"transit/{}\") }}`",
                    environment.name, key.named.name
                );
                let diagnostic = Diagnostic::new(E0837, setting.value_span, message)
                    .also(environment.span, "one for production")
                    .help(help);
                if !found.contains(&diagnostic) {
                    found.push(diagnostic);
                }
            }
        }
    }
}

fn missing(key: &EncryptionKey, environment: &str) -> Diagnostic {
    let name = &key.named.name;
    Diagnostic::new(E0837, key.named.span, format!("key `{name}` has no provider in `{environment}`"))
        .help(format!("say where it is kept: `provider: vault(\"transit/{name}\")`"))
}

/// `vault("transit/pii")`: what stands in the parentheses.
fn arguments(setting: &Setting, found: &mut Vec<Diagnostic>) {
    let (tag, given) = match &setting.value {
        Value::Word(tag) => (tag, &[][..]),
        Value::Tagged { tag, arguments, .. } => (tag, &arguments[..]),
        _ => return,
    };
    // One that does not exist is told with the other settings.
    let Some((_, wanted)) = PROVIDERS.iter().find(|(name, _)| name == tag) else { return };
    let are_texts = given.iter().all(|value| matches!(value, Value::Text(text) if !text.is_empty()));
    if given.len() != wanted.len() || !are_texts {
        let shown: Vec<String> = wanted.iter().map(|what| format!("\"{what}\"")).collect();
        let message = format!("`{tag}` does not say where the key is kept");
        found.push(
            Diagnostic::new(E0837, setting.value_span, message)
                .help(format!("write `provider: {tag}({})`", shown.join(", "))),
        );
    }
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    #[test]
    fn the_keys_of_single_persons_are_not_in_one_secret() {
        let told = |scope: &str, provider: &str| {
            let source = format!(
                "platform shop {{ environments: [dev] }}\n\
                 encryption key pii {{ scope: {scope}, provider: {provider} }}\n\
                 store main: postgres 15 {{ database: \"shop\" }}\n\
                 entity User in main {{ id: uuid key; name: text encrypted with pii; subject; }}\n"
            );
            let found = polity::check(&Sources::single("test.polity", &source), None);
            found.into_iter().filter(|d| d.code.to_string() == "E0837").map(|d| d.message).collect::<Vec<_>>()
        };
        let secret = "kubernetes_secret(\"pii\", \"key\")";
        assert_eq!(told("subject", secret), ["the keys of all persons for `pii` would be in one Secret"]);
        assert_eq!(told("platform", secret), [""; 0]);
        assert_eq!(told("subject", "vault(\"transit/pii\")"), [""; 0]);
    }
}
