//! Rows that are deleted softly are still there: who asks for it means it, and who forgets it is told.

use crate::Governed;
use polity_model::governance::Grant;
use polity_model::{EntityId, Lineage, Thing, View};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0893, W0893};

/// `with deleted` where nothing is, and views that show rows which are deleted.
pub fn soft_delete(platform: &Governed, found: &mut Vec<Diagnostic>) {
    let grants = platform.services.iter().flat_map(|service| &service.grants);
    found.extend(grants.filter_map(|grant| without_deleted(platform, grant)));
    found.extend(platform.views.iter().filter_map(|view| shows_deleted(platform, view)));
}

fn without_deleted(platform: &Governed, grant: &Grant) -> Option<Diagnostic> {
    let span = grant.deleted?;
    let softly = |entity: EntityId| {
        let entity = &platform[entity];
        entity.soft_delete().is_some()
            && platform[entity.store].about.is_some_and(|engine| engine.hides_deleted)
    };
    let mut things = platform.spelled_out(grant).into_iter();
    let is_meant = things.any(|privilege| matches!(privilege.on, Thing::Entity(entity) if softly(entity)));
    (grant.verb != "read" || !is_meant).then(|| {
        Diagnostic::new(E0893, span, "nothing is left out that this would bring back")
            .note("`read` leaves out rows of PostgreSQL that say `soft_delete`, and nothing else does")
            .help("leave out `with deleted`")
    })
}

/// A view whose SQL never names the field that says whether a row is deleted.
fn shows_deleted(platform: &Governed, view: &View) -> Option<Diagnostic> {
    let forgotten = view.reads.iter().find_map(|entity| {
        let field = platform[*entity].soft_delete()?;
        (!view.uses.contains(&Lineage::Field(*entity, field))).then_some((*entity, field))
    });
    let (entity, field) = forgotten?;
    let (entity, field) = (&platform[entity], platform[entity].field(field));
    let message = format!("`{}` shows rows of `{}` that are deleted", view.named.name, entity.named.name);
    Some(
        Diagnostic::new(W0893, view.named.span, message)
            .also(field.named.span, "deleting a row only sets this")
            .help(format!(
                "say `WHERE {} IS NULL` in its SQL, or name the column otherwise",
                field.named.stored
            )),
    )
}
