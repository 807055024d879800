//! Every line of a service gives it something, and what it gives can be given.

use crate::Governed;
use polity_model::governance::{Grant, Service};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0846, W0841, W0842};

/// Lines that give nothing, services without a line, and deletions of some fields of a row.
pub fn service_lines(platform: &Governed, found: &mut Vec<Diagnostic>) {
    for service in &platform.services {
        found.extend(service.grants.iter().filter_map(partial_deletion));
        found.extend(lines(platform, service));
        if service.grants.is_empty() {
            let message = format!("service `{}` may do nothing", service.named.name);
            found.push(
                Diagnostic::new(W0842, service.named.span, message)
                    .help("say what it may `read`, `write`, …, or remove it"),
            );
        }
        if let Some(span) = service.across_tenants.filter(|_| !platform.has_row_tier()) {
            let note = match platform.tenancy {
                None => "the platform declares no tenancy",
                Some(_) => "no tenants share rows: each has a database of its own, with roles of its own",
            };
            found.push(
                Diagnostic::new(W0841, span, "there is nothing to work across").note(note).help("remove it"),
            );
        }
    }
}

/// `delete X (a, b)` and `delete X except #label` read as if the rest of the row stayed.
fn partial_deletion(grant: &Grant) -> Option<Diagnostic> {
    let is_part = grant.verb == "delete"
        && !(grant.fields.is_empty() && grant.except.is_empty() && grant.except_fields.is_empty());
    is_part.then(|| {
        Diagnostic::new(E0846, grant.span, "whoever deletes, deletes the whole")
            .note("there is no right to delete some fields of a row, a document or a key")
            .help("name no fields; to empty fields, `write` them")
    })
}

fn lines(platform: &Governed, service: &Service) -> Vec<Diagnostic> {
    let given = |grant: &Grant| -> Vec<_> {
        platform.spelled_out(grant).into_iter().filter(|privilege| privilege.gives_something()).collect()
    };
    let nothing = service.grants.iter().filter(|grant| given(grant).is_empty());
    let nothing = nothing.map(|grant| {
        let note = if grant.except.is_empty() {
            if grant.except_fields.is_empty() {
                "there is nothing in it"
            } else {
                "`except` leaves out every field"
            }
        } else {
            "everything in it carries a label that `except` leaves out"
        };
        Diagnostic::new(W0841, grant.span, "this gives the service nothing").note(note).help("remove it")
    });
    let covered = platform.unused_privileges(service).into_iter().map(|(span, by)| {
        Diagnostic::new(W0841, span, "this gives the service nothing that it does not have already")
            .also(by, "this gives it as well")
            .help("remove it")
    });
    nothing.chain(covered).collect()
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    /// The diagnostics for a service with these lines: the code and the text that each is about.
    fn found(tenancy: &str, lines: &str) -> Vec<String> {
        let source = format!(
            "platform shop {{ environments: [dev] }}\n\
             store main: postgres 15 {{ database: \"shop\" }}\n\
             store cache: redis 7 {{ persistence: [rdb] }}\n\
             {tenancy}\n\
             schema core in main {{\n\
             entity User {{ id: uuid key; email: email; note: text #secret }}\n\
             entity Key {{ id: uuid key; value: text }} \n\
             }}\n\
             schema empty in main {{}}\n\
             keyspace Note in cache {{ pattern \"note:{{id: int}}\"; value text; ttl 1h }}\n\
             keyspace Token in cache {{ pattern \"token:{{id: int}}\"; value json {{ token: text #secret }}; ttl 1h }}\n\
             service api {{\n{lines}\n}}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        let about = |d: &polity_text::diagnostics::Diagnostic| {
            let label = d.primary.as_ref().map(|label| label.span);
            let text = label.map_or("", |s| &source[s.start as usize..s.end as usize]);
            format!("{} {text}", d.code)
        };
        found.iter().filter(|d| !d.code.to_string().ends_with("08")).map(about).collect()
    }

    fn lines(lines: &str) -> Vec<String> {
        found("", lines)
    }

    #[test]
    fn lines_that_others_cover_are_told() {
        assert_eq!(lines("read core.User, core.User (id)"), ["W0841 core.User"]);
        assert_eq!(lines("read core.User\nread core.User"), ["W0841 core.User"]);
        assert_eq!(lines("read core.*\nread core.User except #secret"), ["W0841 core.User"]);
        assert_eq!(
            lines("read core.User (id)\nread core.User (email)\nread core.User (id, note)"),
            ["W0841 core.User"]
        );
        assert_eq!(lines("read core.User (id)\nread core.User (email)"), Vec::<String>::new());
        assert_eq!(lines("read core.*\nwrite core.*\ndelete core.User"), Vec::<String>::new());
        assert_eq!(lines("read core.* except #secret\nread core.User"), Vec::<String>::new());
    }

    #[test]
    fn lines_of_which_nothing_is_left_are_told() {
        assert_eq!(lines("read core.User (id)\nread empty.*"), ["W0841 empty"]);
        assert_eq!(lines("read cache.Token except #secret\nread core.Key"), ["W0841 cache.Token"]);
        assert_eq!(lines("read cache.* except #secret"), Vec::<String>::new());
        assert_eq!(lines(""), ["W0842 api"]);
        assert_eq!(lines("read core.User\nacross tenants"), ["W0841 across tenants"]);
        let apart = "tenancy by tenant_id: uuid\ntier own { isolation: database }\n\
                     tenant acme: own { id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\" }";
        assert!(found(apart, "read core.User\nacross tenants").contains(&"W0841 across tenants".to_owned()));
    }

    #[test]
    fn whoever_deletes_deletes_the_whole() {
        assert_eq!(lines("delete core.User (id)"), ["E0846 core.User"]);
        assert_eq!(lines("delete core.* except #secret"), ["E0846 core"]);
        assert_eq!(lines("delete core.User"), Vec::<String>::new());
    }

    #[test]
    fn what_is_given_whole_or_not_at_all_is_left_out_by_its_labels() {
        let source = "platform shop { environments: [dev] }\n\
             store cache: redis 7 { persistence: [rdb] }\n\
             keyspace Note in cache { pattern \"note:{id: int}\"; value text; ttl 1h }\n\
             keyspace Token in cache { pattern \"token:{id: int}\"; value json { token: text #secret }; ttl 1h }\n\
             service api { read cache.* except #secret }\n";
        let built = polity::compile(&Sources::single("test.polity", source), &polity::Options::default());
        let artifacts = built.artifacts.unwrap_or_else(|| panic!("{:#?}", built.diagnostics));
        let acl = String::from_utf8_lossy(artifacts.get("cache/users.acl").unwrap_or_default()).into_owned();
        assert!(acl.contains("~note:") && !acl.contains("~token:"), "{acl}");
    }
}
