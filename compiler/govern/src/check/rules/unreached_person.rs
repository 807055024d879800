//! Where the source says who the persons are, what is personal leads to one.

use crate::Governed;
use crate::erasure::Unseen;
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0851;

pub fn unreached_person(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let Some(subject) = platform.subjects().next() else { return };
    for (entity, field) in platform.unreached(platform.erasure_plans()).entities {
        let entity = &platform[entity];
        let field = &entity.field(field).named;
        let gives_way = platform
            .references(entity.id)
            .find(|r| r.on_delete.is_some() && platform.reaches_subject(r.target));
        let mut problem = Diagnostic::new(
            E0851,
            field.span,
            format!(
                "nothing leads from `{}` to a person, so erasure leaves `{}`",
                entity.named.name, field.name
            ),
        )
        .also(platform[subject].named.span, "the person");
        if let Some(hashed) = entity.fields().find_map(|(id, _)| platform.pseudonymous(entity.id, id)) {
            problem = problem.also(hashed.span, "no eraser can follow a keyed hash");
        }
        if let Some((span, unseen)) = platform.unseen_inside(entity) {
            let (why, help) = match unseen {
                Unseen::List => (
                    "in a list, beside other persons, this is not followed",
                    "keep what is in the list in an entity of its own, which refers to the person",
                ),
                Unseen::Encrypted => (
                    "no store sees this: it is encrypted",
                    "encrypt the other members of the record, or refer to the person beside it",
                ),
                Unseen::Audited => (
                    "this is not followed where an audit trail is kept",
                    "refer to the person beside the record",
                ),
            };
            found.push(problem.also(span, why).help(help));
            continue;
        }
        problem = match gives_way {
            Some(reference) => problem
                .also(reference.span, "this reference only forgets the person")
                .help("write `on delete cascade`, or anonymize the row: `retain … then anonymize`"),
            None => problem.help(format!(
                "refer to the person, such as `of: -> {}`, or to what refers to it",
                platform.entity_path(subject)
            )),
        };
        found.push(problem);
    }
}
