//! The type of a fragment of SQL, `sql("…")`, against the one that is expected where it stands.

use std::rc::Rc;

use smol_str::SmolStr;
use sqlparser::ast::{Expr, Visitor};

use super::super::exprs::{Cx, Purpose};
use super::super::sql::{Fragment, Relation, Relations, Sighted, folded, parts, too_much};
use super::super::{Owner, Resolver};
use super::Tracer;
use super::routines::Routines;
use super::scope::{Column, Scope, Table, Traced};
use super::values::{Misfit, Value, fits_a_field, stored_values};
use super::work::{MOST, Work};
use crate::written_sql::walk;
use crate::{EntityId, Platform, Scalar, StoreId, StructId, Type, TypeKind};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0545;
use polity_text::source::Span;

/// The columns that a fragment may name.
#[derive(Default)]
pub(super) struct InSight {
    table: Table,
    names: Vec<SmolStr>,
    renamed: Vec<(SmolStr, SmolStr)>,
}

impl InSight {
    pub(super) fn of_entity(platform: &Platform, store: StoreId, id: EntityId) -> Self {
        let entity = &platform[id];
        let mut columns: Vec<Column> = stored_values(platform, store, Relation::Entity(id))
            .into_iter()
            .map(|(name, _, value)| Column::new(name, Traced::default(), value))
            .collect();
        // The tenant's column comes into every table that is not global.
        if let Some(tenancy) = platform.tenancy.as_ref().filter(|_| platform.is_scoped(id)) {
            let value = Value::of_type(platform, &tenancy.ty);
            columns.push(Column::new(tenancy.column.clone(), Traced::default(), value));
        }
        let renamed = entity
            .fields
            .iter()
            .map(|field| (field.named.name.clone(), platform.stored_name(store, &field.named)));
        Self::of(entity.named.stored.clone(), columns, renamed.collect())
    }

    fn of_struct(platform: &Platform, id: StructId) -> Self {
        let fields = &platform[id].fields;
        let column = |field: &crate::Field| {
            Column::new(field.named.stored.clone(), Traced::default(), Value::of_type(platform, &field.ty))
        };
        let renamed = fields.iter().map(|field| (field.named.name.clone(), field.named.stored.clone()));
        Self::of(SmolStr::default(), fields.iter().map(column).collect(), renamed.collect())
    }

    fn of(name: SmolStr, columns: Vec<Column>, renamed: Vec<(SmolStr, SmolStr)>) -> Self {
        let names = columns.iter().map(|column| column.name.clone()).collect();
        let renamed = renamed.into_iter().filter(|(name, stored)| name != stored).collect();
        Self { table: Table { name, columns: Rc::new(columns), ..Table::default() }, names, renamed }
    }
}

impl Resolver<'_> {
    /// Holds a fragment against the place where it stands and the type that is expected there. Returns whether its value may
    /// be absent, where that is certain.
    pub(in crate::resolve) fn judge_fragment(
        &mut self,
        fragment: &Fragment,
        span: Span,
        cx: Cx,
        expected: Option<&Type>,
    ) -> Option<bool> {
        let sight = match (cx.owner, cx.scope.store) {
            (Owner::Entity(id), Some(store)) => {
                // Other stores have no SQL, which a rule of theirs says.
                self.platform[store].about.filter(|engine| !engine.default_schema.is_empty())?;
                self.sight_of(id, store)
            }
            (Owner::Struct(id), _) => Rc::new(InSight::of_struct(&self.platform, id)),
            (Owner::Entity(_), None) => return None,
        };
        let sighted = Sighted {
            columns: &sight.names,
            renamed: &sight.renamed,
            table: Some(sight.table.name.as_str()).filter(|name| !name.is_empty()),
        };
        if !self.judge_place(fragment, span, cx, &sighted) {
            return None;
        }
        let work = Work::with(self.typed_left);
        work.turns_to(span);
        let found = typed(&self.platform, fragment, cx, &sight, expected, &work);
        if work.ended().is_some() && std::mem::take(&mut self.typed_left) > 0 {
            let excess = format!("it takes more than {MOST} steps to type all `sql(\"…\")` up to here");
            self.error(too_much(span, excess));
            return None;
        }
        self.typed_left = work.left();
        let is_sound = found.diagnostics.is_empty();
        self.found.extend(found.diagnostics.into_iter().map(|(message, help, note)| {
            let diagnostic = Diagnostic::new(E0545, span, message).help(help);
            match note {
                Some(note) => diagnostic.note(note),
                None => diagnostic,
            }
        }));
        is_sound.then_some(found.optional)?
    }
}

#[derive(Default)]
struct Typed {
    optional: Option<bool>,
    diagnostics: Vec<Told>,
}

/// A message, its help, and a note.
type Told = (String, String, Option<&'static str>);

const ZONE: &str = "which moment or day that is depends on the time zone and the date style of the session";

fn typed(
    platform: &Platform,
    fragment: &Fragment,
    cx: Cx,
    sight: &InSight,
    expected: Option<&Type>,
    work: &Work,
) -> Typed {
    let relations = Relations::default();
    let routines = Routines::default();
    let store = cx.scope.store.unwrap_or(StoreId(0));
    let tracer = Tracer::new(platform, &relations, &routines, work, store, &fragment.expr);
    let tables = match cx.purpose {
        Purpose::OnUpdate => {
            ["new", "old"].map(|name| Table { name: name.into(), ..sight.table.clone() }).into()
        }
        Purpose::Default => Vec::new(),
        Purpose::Anonymized
        | Purpose::Backfill
        | Purpose::Computed
        | Purpose::Check
        | Purpose::Index
        | Purpose::Predicate => vec![sight.table.clone()],
    };
    let value = tracer.value(&fragment.expr, &Scope::default().within(tables));
    let mut typed = Typed { optional: value.is_known_absent(), ..Typed::default() };
    let refused = tracer.refused.take();
    typed.diagnostics.extend(refused.into_iter().map(|refused| (refused.message, refused.help, None)));
    let zoned = tracer.zoned.take().into_iter().next();
    if let Some(what) = zoned.or_else(|| session_word(&fragment.expr, cx.purpose)) {
        let help =
            "say the zone: `now()`, `(… AT TIME ZONE 'UTC')::date`, `'2026-01-01 00:00+00'::timestamptz`";
        typed.diagnostics.push((
            format!("{what} is read in the zone of the session"),
            help.to_owned(),
            Some(ZONE),
        ));
        return typed;
    }
    if let Some(what) = tracer.unsteady.take().into_iter().next().filter(|_| is_kept(cx.purpose)) {
        let message = format!(
            "{} keeps what it gives, and {what} may give another value for the same row",
            cx.purpose.noun()
        );
        let help = "say the zone: `(… AT TIME ZONE 'UTC')`; join texts by `||`; or compute it in a view";
        typed.diagnostics.push((message, help.to_owned(), None));
        return typed;
    }
    let condition = Type::required(TypeKind::Scalar(Scalar::Bool));
    let is_condition = matches!(cx.purpose, Purpose::Check | Purpose::Predicate);
    let expected = expected.or(is_condition.then_some(&condition));
    let Some(expected) = expected.filter(|_| typed.diagnostics.is_empty()) else { return typed };
    typed.diagnostics.extend(misfit(platform, expected, &value));
    typed
}

fn misfit(platform: &Platform, expected: &Type, value: &Value) -> Option<Told> {
    let misfit = fits_a_field(platform, expected, value).err()?;
    let (wanted, given) = (platform.type_name(&Type::required(expected.kind.clone())), value.name(platform));
    let message = match misfit {
        Misfit::Cut => format!("`{wanted}` is expected, and this text is longer"),
        Misfit::Values => format!("`{wanted}` is expected, and this is none of its values"),
        Misfit::Other | Misfit::Rounded | Misfit::TooLarge | Misfit::Zone | Misfit::Unsure => {
            format!("`{wanted}` is expected, and this gives `{given}`")
        }
    };
    let note = (misfit == Misfit::Zone).then_some(ZONE);
    Some((message, "cast it, or write a value of that type".to_owned(), note))
}

fn is_kept(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Computed | Purpose::Index | Purpose::Predicate)
}

/// A word that asks for the time in the zone of the session. Where nothing may change from call to call, another rule
/// refuses all of these.
fn session_word(expr: &Expr, purpose: Purpose) -> Option<String> {
    struct Finds(Option<String>);
    impl Visitor for Finds {
        type Break = ();
        fn pre_visit_expr(&mut self, expr: &Expr) -> std::ops::ControlFlow<()> {
            if let Expr::Function(function) = expr {
                let name =
                    parts(&function.name).and_then(|parts| parts.last().map(folded)).unwrap_or_default();
                if ["current_date", "current_time", "localtime", "localtimestamp"].contains(&name.as_str()) {
                    self.0 = Some(format!("`{name}`"));
                    return std::ops::ControlFlow::Break(());
                }
            }
            std::ops::ControlFlow::Continue(())
        }
    }
    if is_kept(purpose) {
        return None;
    }
    let mut finds = Finds(None);
    let _ = walk(expr, &mut finds);
    finds.0
}
