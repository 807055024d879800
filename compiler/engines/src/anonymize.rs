//! A row that is anonymized can lose every labelled value: a rule of every engine that anonymizes.

use polity_govern::Stored;
use polity_model::entity::{Column, Fate, Retain, Unique};
use polity_model::expr::{ExprKind, FieldPath, Function};
use polity_model::known::{self, Known};
use polity_model::{Entity, Expr, Field, FieldId, Store};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::{E0520, W0520};
use polity_text::source::Span;

/// Through how many computed fields a label is followed; those that are computed from each other end here.
const COMPUTED: u8 = 8;

/// A labelled field becomes something that is made of nothing that goes, and what is computed from one that is absent may be
/// absent as well. What is unique becomes something else in each row, and no check refuses what a row becomes.
pub(super) fn anonymize(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    for entity in platform.entities_in(store.id) {
        let Some(retain) = platform.retain(entity.id).filter(|r| r.fate == Fate::Anonymize) else { continue };
        let row = Row { platform, entity };
        for (_, field) in entity.fields().filter(|(id, field)| row.goes(*id, field)) {
            found.extend(field.anonymized.as_ref().and_then(|value| row.made_of_what_goes(value)));
        }
        found.extend(entity.fields().filter_map(|(_, field)| row.cannot_be_computed(field, retain)));
        found.extend(entity.uniques.iter().filter_map(|unique| row.twice(unique)));
        let own = entity.fields().flat_map(|(_, field)| field.constraints.checks.iter().map(|e| (e, e.span)));
        let checks = own.chain(entity.checks.iter().map(|check| (&check.expr, check.span)));
        found.extend(checks.filter_map(|(check, span)| row.refused(check, span)));
    }
}

/// A row of an entity once it is anonymized.
struct Row<'p> {
    platform: &'p Stored,
    entity: &'p Entity,
}

impl<'p> Row<'p> {
    fn goes(&self, id: FieldId, field: &Field) -> bool {
        // A blind index is absent where what it finds is.
        let found_by = self.platform.blind_index_of(self.entity.id, id).is_some();
        // What is computed is computed anew, but where MongoDB's drivers encrypt it.
        let computed = field.computed.is_some() && self.platform.encrypted(self.entity.id, id).is_none();
        let key = self.entity.key.contains(&id);
        !(computed || key || found_by) && self.platform.is_anonymized(self.entity.id, id)
    }

    /// The field that goes, where an expression reads one: as it is, or by way of what is computed from it.
    fn reads_what_goes(&self, expr: &'p Expr) -> Option<(FieldId, &'p Expr)> {
        self.reads_within(expr, COMPUTED)
    }

    fn reads_within(&self, expr: &'p Expr, depth: u8) -> Option<(FieldId, &'p Expr)> {
        let mut reads = None;
        expr.walk(&mut |e| {
            let ExprKind::Field(FieldPath { root, .. }) = &e.kind else { return };
            let field = self.entity.field(*root);
            let computed = field.computed.as_ref().filter(|_| depth > 0);
            let goes = self.goes(*root, field)
                || computed.is_some_and(|computed| self.reads_within(computed, depth - 1).is_some());
            if goes && reads.is_none() {
                reads = Some((*root, e));
            }
        });
        reads
    }

    /// Refuses a value that is made of a field that goes: its hash, or a part of it, would show that a guess is right.
    fn made_of_what_goes(&self, value: &'p Expr) -> Option<Diagnostic> {
        let (id, _) = self.reads_what_goes(value)?;
        let read = self.entity.field(id);
        let message = format!("what it becomes is made of `{}`, which has to go", read.named.name);
        Some(
            Diagnostic::new(E0520, value.span, message)
                .also(read.named.span, "labelled, so that nothing of it may stay")
                .note("a hash names a person as well: whoever guesses the value sees that the guess is right")
                .help("write a literal, or make it of `uuid_v4()`, `now()` and what carries no label"),
        )
    }

    /// Refuses a computed field that is required, where what it is computed from is absent.
    fn cannot_be_computed(&self, field: &'p Field, retain: &Retain) -> Option<Diagnostic> {
        let computed = field.computed.as_ref().filter(|_| !field.ty.optional)?;
        let (id, read) = self.reads_what_goes(computed)?;
        let is_there = !matches!(self.value(computed), Known::Null | Known::Open);
        let is_left = self.platform.is_required_until_anonymized(self.entity.id, id);
        if is_there || !is_left {
            return None;
        }
        let (name, of) = (&field.named.name, &self.entity.field(id).named.name);
        let message = format!("`{name}` is computed from `{of}`, which is absent once the row is anonymized");
        Some(Diagnostic::new(E0520, read.span, message).also(retain.span, "anonymized here").help(format!(
            "make `{name}` optional with `?`, or say what `{of}` becomes with `anonymized as …`"
        )))
    }

    /// Two rows that would hold the same once both are anonymized.
    fn twice(&self, unique: &'p Unique) -> Option<Diagnostic> {
        let own: Vec<&Column> = unique
            .columns
            .iter()
            .filter(|c| c.field().is_none_or(|f| Some(f) != self.entity.tenant))
            .collect();
        let (gone, kept): (Vec<&Column>, Vec<&Column>) =
            own.iter().partition(|column| self.reads_what_goes(&column.expr).is_some());
        let first = gone.first()?;
        // Null is not the same as null.
        let is_null =
            |column: &Column| unique.not_distinct.is_none() && self.value(&column.expr) == Known::Null;
        let apart = |column: &&Column| is_null(column) || self.differs(&column.expr);
        if gone.iter().any(apart) || self.tells_rows_apart(&kept, unique) {
            return None;
        }
        if unique.filter.as_ref().is_some_and(|filter| matches!(self.value(filter), Known::Bool(false))) {
            return None;
        }
        let (id, _) = self.reads_what_goes(&first.expr)?;
        let field = self.entity.field(id);
        let span = field.anonymized.as_ref().map_or(field.named.span, |value| value.span);
        let message = match own.len() {
            1 => format!("`{}` is unique, and two anonymized rows would hold the same", field.named.name),
            _ => "two anonymized rows would hold the same, and no two may".to_owned(),
        };
        Some(
            Diagnostic::new(E0520, span, message)
                .also(unique.span, "unique here")
                .help("make it optional with `?`, or build the value from `uuid_v4()`"),
        )
    }

    /// Whether what stays of a row is that of no other row.
    fn tells_rows_apart(&self, kept: &[&Column], unique: &Unique) -> bool {
        let has =
            |id: &FieldId| Some(*id) == self.entity.tenant || kept.iter().any(|c| c.field() == Some(*id));
        let key = &self.entity.key;
        let others =
            self.entity.uniques.iter().filter(|other| other.span != unique.span && other.filter.is_none());
        !key.is_empty() && key.iter().all(has)
            || others
                .map(|other| other.columns.iter().map(Column::field))
                .any(|mut fields| fields.all(|field| field.is_some_and(|id| has(&id))))
    }

    /// Whether an expression is worth something else in each row: by chance, or by what no two rows share.
    fn differs(&self, expr: &'p Expr) -> bool {
        let mut differs = false;
        expr.walk(&mut |e| {
            differs |= match &e.kind {
                ExprKind::Call { function: Function::UuidV4 | Function::UuidV7, .. } => true,
                ExprKind::Sql { text, .. } => text.contains("random") || text.contains("nextval"),
                ExprKind::Next(_) => true,
                ExprKind::Field(path) => match self.becomes(path.root) {
                    Some(value) => self.differs(value),
                    None => self.is_of_one_row(path.root),
                },
                _ => false,
            };
        });
        differs
    }

    /// The value that the source says a field becomes, unless that is an error already.
    fn becomes(&self, id: FieldId) -> Option<&'p Expr> {
        let field = self.entity.field(id);
        let value = field.anonymized.as_ref().filter(|_| self.goes(id, field))?;
        self.reads_what_goes(value).is_none().then_some(value)
    }

    fn is_of_one_row(&self, id: FieldId) -> bool {
        let tenant = self.entity.tenant;
        let alone = |fields: &mut dyn Iterator<Item = Option<FieldId>>| {
            let mut own = fields.filter(|field| *field != tenant || tenant.is_none());
            own.next() == Some(Some(id)) && own.next().is_none()
        };
        !self.goes(id, self.entity.field(id))
            && (alone(&mut self.entity.key.iter().map(|id| Some(*id)))
                || self.entity.uniques.iter().any(|u| alone(&mut u.columns.iter().map(Column::field))))
    }

    /// A check that refuses what the row becomes refuses it on every run, and every erasure with it.
    fn refused(&self, check: &'p Expr, span: Span) -> Option<Diagnostic> {
        let (id, read) = self.reads_what_goes(check)?;
        let field = self.entity.field(id);
        let (at, becomes) = match &field.anonymized {
            Some(value) => (value.span, "what it becomes"),
            None => (field.named.span, "becomes null"),
        };
        match self.value(check) {
            Known::Bool(false) => Some(
                Diagnostic::new(E0520, span, "this check refuses the row once it is anonymized")
                    .also(at, becomes)
                    .help("change what the field becomes, or what the check admits"),
            ),
            Known::Bool(true) | Known::Null => None,
            _ => Some(
                Diagnostic::new(
                    W0520,
                    span,
                    "whether a row passes this check once it is anonymized cannot be told",
                )
                .also(read.span, format!("`{}` is another then", field.named.name))
                .note("a row that does not pass can neither be anonymized by retention nor by an erasure")
                .help(format!("admit by itself what it becomes, as in `{} = … or …`", field.named.name)),
            ),
        }
    }

    fn value(&self, expr: &Expr) -> Known {
        known::value(expr, &|path| self.holds(path))
    }

    /// The value that a field of an anonymized row holds, as far as it is known.
    fn holds(&self, path: &FieldPath) -> Known {
        let field = self.entity.field(path.root);
        if !self.goes(path.root, field) {
            return if field.ty.optional || !path.steps.is_empty() { Known::Open } else { Known::There };
        }
        match self.becomes(path.root) {
            Some(value) => match self.value(value) {
                Known::Null => Known::Null,
                _ if !path.steps.is_empty() => Known::Open,
                held => held,
            },
            None if field.anonymized.is_none() && field.ty.optional => Known::Null,
            None => Known::Open,
        }
    }
}

#[cfg(test)]
mod tests {
    use polity_text::source::Sources;

    /// The errors, and W0520, about an entity with these members, in a platform with or without tenants.
    fn said(members: &str, tenancy: &str) -> String {
        let source = format!(
            "platform shop {{ environments: [dev] }}\n{tenancy}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
             schema core in main {{ entity Thing {{\n  id: uuid key\n  at: timestamp\n  index (at)\n\
             retain 5y after at then anonymize\n{members}\n}} }}\n"
        );
        let found = polity::check(&Sources::single("test.polity", &source), None);
        let of = |d: &&polity_text::diagnostics::Diagnostic| d.is_error() || d.code.to_string() == "W0520";
        let found: Vec<String> =
            found.iter().filter(of).map(|d| format!("{} {}", d.code, d.message)).collect();
        found.join("; ")
    }

    #[track_caller]
    fn says(members: &str, wanted: &str) {
        for tenancy in ["", "tenancy by tenant_id: uuid\ntier small { isolation: row }"] {
            let said = said(members, tenancy);
            assert!(
                said.contains(wanted) && said.is_empty() == wanted.is_empty(),
                "{members}\n{tenancy}\n{said}"
            );
        }
    }

    #[test]
    fn what_is_unique_alone_or_with_others_becomes_something_else_in_each_row() {
        let label = "#personal anonymized as";
        says(&format!("mail: text unique {label} \"x\""), "E0520 `mail` is unique");
        says(&format!("mail: text unique {label} text(uuid_v4())"), "");
        says(&format!("a: text {label} \"x\"\nb: text {label} \"y\"\nunique (a, b)"), "no two may");
        says(&format!("a: text {label} \"x\"\nb: text {label} text(uuid_v4())\nunique (a, b)"), "");
        says(&format!("a: text {label} \"x\"\nb: text? #personal\nunique (a, b)"), "");
        says(&format!("a: text {label} \"x\"\nb: text\nunique (a, b)"), "no two may");
        says(&format!("a: text {label} \"x\"\nb: text unique\nunique (a, b)"), "");
        says(&format!("a: text {label} \"x\"\nunique (a) where a != \"x\""), "");
        says(&format!("a: text {label} sql(\"'x' || id\")\nunique (a)"), "");
    }

    #[test]
    fn no_check_refuses_what_a_row_becomes() {
        let b = "b: text #personal anonymized as \"y\"";
        says(&format!("{b} check (length(b) > 3)"), "E0520 this check refuses");
        says(&format!("{b} check (length(b) > 0)"), "");
        says(&format!("{b}\nc: text?\ncheck (c is not null or b != \"y\")"), "W0520 whether a row passes");
        says(&format!("{b}\nc: text?\ncheck (c is null or b = \"y\")"), "");
        says(
            "b: text? #personal\nc: text? #personal\ncheck (b is not null or c is not null)",
            "E0520 this check",
        );
        says("b: text? #personal check (length(b) > 3)", "");
    }

    #[test]
    fn what_is_required_until_then_needs_no_word_but_where_something_is_computed_from_it() {
        says("a: text #personal\nb: text unique #personal check (length(b) > 3)\npassword: password", "");
        says("a: text #personal\nunique (a) nulls not distinct", "E0520 `a` is unique");
        says("a: text #personal\nb: text computed (lower(a))", "E0520 `b` is computed from `a`");
        says("a: text #personal\nb: text? computed (lower(a))", "");
        says("a: text #personal\nb: text computed (coalesce(a, \"\"))", "");
        says("a: text #personal anonymized as \"—\"\nb: text computed (lower(a))", "");
    }

    #[test]
    fn nothing_is_made_of_what_goes() {
        let made = "E0520 what it becomes is made of";
        says("a: text #personal anonymized as sql(\"md5(a)\")", made);
        says(
            "a: text #personal anonymized as sql(\"lower(b)\")\nb: text #personal anonymized as \"y\"",
            made,
        );
        let (a, b) =
            ("a: text #personal anonymized as sql(\"b\")", "b: text #personal anonymized as sql(\"a\")");
        says(&format!("{a}\n{b}\ncheck (a != b)\nunique (a, b)"), made);
        says("a: text #personal anonymized as sql(\"lower(b)\")\nb: text", "");
    }
}
