//! Everything that stands on each table: keys, references, exclusions, indexes, partitions and checks.

use polity_model::entity::{Column, OnDelete, PartitionKind, Reference};
use polity_model::expr::ExprKind;
use polity_model::{Entity, Expr, Field, FieldId, Platform, Scalar, TypeKind};
use polity_tests::engines::Postgres;

use super::{Place, lines, sorted};

impl Place<'_> {
    /// Keys, references, indexes, partitions and checks are those of the model. Returns how many checks have a name
    /// that follows from it.
    pub(super) fn constraints_agree(&self, db: &mut Postgres) -> usize {
        let mut judged = 0;
        for entity in self.entities() {
            let table = self.table(entity.id);
            assert_eq!(sorted(db, &constraints_of(&table, 'p')), [names(entity, &entity.key)], "{table}");
            let mut references: Vec<String> = self
                .platform
                .references(entity.id)
                .filter(|r| r.enforced)
                .map(|r| self.reference(entity, r))
                .collect();
            references.sort();
            assert_eq!(sorted(db, &constraints_of(&table, 'f')), references, "{table}");
            assert_eq!(sorted(db, &constraints_of(&table, 'x')).len(), entity.no_overlaps.len(), "{table}");
            indexes_agree(db, entity, &table, self.platform.retain(entity.id).is_some());
            let key = lines(db, &format!("select coalesce(pg_get_partkeydef('{table}'::regclass), '')"));
            assert_eq!(key.join(""), partition(entity), "{table}");
            judged += self.checks_agree(db, entity, &table);
        }
        judged
    }

    /// A reference as [`constraints_of`] shows it.
    fn reference(&self, entity: &Entity, reference: &Reference) -> String {
        let gives_way = match reference.on_delete {
            None => "a".to_owned(),
            Some((OnDelete::Restrict, _)) => "r".to_owned(),
            Some((OnDelete::Cascade, _)) => "c".to_owned(),
            // The tenant's column stays as it is.
            Some((OnDelete::SetNull, _)) if entity.tenant.is_some() => {
                let own: Vec<FieldId> =
                    reference.fields.iter().copied().filter(|id| Some(*id) != entity.tenant).collect();
                format!("n of {}", names(entity, &own))
            }
            Some((OnDelete::SetNull, _)) => "n".to_owned(),
        };
        format!("{} -> {} {gives_way}", names(entity, &reference.fields), self.table(reference.target))
    }

    fn checks_agree(&self, db: &mut Postgres, entity: &Entity, table: &str) -> usize {
        let checks = lines(
            db,
            &format!(
                "select conname from pg_constraint where conrelid = '{table}'::regclass and contype = 'c'"
            ),
        );
        let by_hand = entity.checks.iter().filter_map(|check| check.name.as_ref()).map(ToString::to_string);
        let of_fields = entity.fields.iter().flat_map(|field| checks_of(self.platform, field, ""));
        let wanted: Vec<String> = by_hand.chain(of_fields).collect();
        for name in &wanted {
            let name = format!("{}_{name}", entity.named.stored);
            assert!(checks.contains(&name), "{table} has no check {name} among {checks:?}");
        }
        wanted.len()
    }
}

fn names(entity: &Entity, ids: &[FieldId]) -> String {
    ids.iter().map(|id| entity.field(*id).named.stored.to_string()).collect::<Vec<_>>().join(",")
}

/// Reads the constraints of a kind: their columns, and whereto a reference goes and how it gives way.
fn constraints_of(table: &str, kind: char) -> String {
    let columns = |of: &str| {
        format!(
            "(select string_agg(attname, ',' order by place) from unnest({of}) with ordinality k(n, place)
                join pg_attribute on attrelid = conrelid and attnum = n)"
        )
    };
    let (key, emptied) = (columns("conkey"), columns("confdelsetcols"));
    format!(
        "select {key} || case when contype = 'f' then ' -> ' || confrelid::regclass || ' ' || confdeltype::text else '' end
                || coalesce(' of ' || {emptied}, '')
           from pg_constraint where conrelid = '{table}'::regclass and contype = '{kind}'"
    )
}

/// The index of the key, and those of exclusions, are no index or unique constraint of the model. That of an entity that
/// `retains` has one more where its own do not serve.
fn indexes_agree(db: &mut Postgres, entity: &Entity, table: &str, retains: bool) {
    let indexes = |unique: bool| {
        format!(
            "select coalesce((select string_agg(pg_get_indexdef(indexrelid, n, false)
                                 || case when indoption[n - 1] & 1 = 1 then ' desc' else '' end, ',' order by n)
                                from generate_series(1, indnkeyatts) n), '')
                    || case when indpred is null then '' else ' where' end
               from pg_index where indrelid = '{table}'::regclass and indisunique = {unique} and not indisprimary
                and not indisexclusion"
        )
    };
    let mut plain: Vec<String> =
        entity.indexes.iter().map(|i| shown(entity, &i.columns, &i.filter)).collect();
    let mut unique: Vec<String> =
        entity.uniques.iter().map(|u| shown(entity, &u.columns, &u.filter)).collect();
    plain.sort();
    unique.sort();
    let found = sorted(db, &indexes(false));
    for index in &plain {
        assert!(found.contains(index), "{table} has no index ({index}) among {found:?}");
    }
    // Retention looks its rows up by an index of its own where the model has none.
    assert!(found.len() <= plain.len() + usize::from(retains), "{table}: {found:?} {plain:?}");
    assert_eq!(sorted(db, &indexes(true)), unique, "{table}");
}

fn shown(entity: &Entity, columns: &[Column], filter: &Option<Expr>) -> String {
    let columns: Vec<String> = columns
        .iter()
        .map(|column| {
            let ExprKind::Field(path) = &column.expr.kind else {
                panic!("{}: {:?}", entity.named.stored, column.expr)
            };
            let name = entity.field(path.root).named.stored.to_string();
            if column.descending { format!("{name} desc") } else { name }
        })
        .collect();
    columns.join(",") + if filter.is_some() { " where" } else { "" }
}

fn partition(entity: &Entity) -> String {
    entity.partition.as_ref().map_or_else(String::new, |partition| {
        let kind = match partition.kind {
            PartitionKind::Hash { .. } => "HASH",
            PartitionKind::List => "LIST",
            PartitionKind::Range(_) => "RANGE",
        };
        format!("{kind} ({})", names(entity, &partition.fields).replace(',', ", "))
    })
}

/// The names of the checks that a field's type and modifiers ask for.
fn checks_of(platform: &Platform, field: &Field, prefix: &str) -> Vec<String> {
    let column = format!("{prefix}{}", field.named.stored);
    if let (Some(_), TypeKind::Struct(id)) = (field.inline, &field.ty.kind) {
        let inner = platform[*id].fields.iter();
        return inner.flat_map(|inner| checks_of(platform, inner, &format!("{column}_"))).collect();
    }
    let mut found = Vec::new();
    match &field.ty.kind {
        TypeKind::Enum(_) => found.push("values"),
        TypeKind::Struct(_) | TypeKind::Map(_) => found.push("shape"),
        TypeKind::List(element) if !element.optional => found.push("elements"),
        TypeKind::Scalar(
            Scalar::Email
            | Scalar::Phone
            | Scalar::Country
            | Scalar::Currency
            | Scalar::Language
            | Scalar::Password,
        ) => found.push("format"),
        TypeKind::Scalar(Scalar::Sealed) => found.push("sealed"),
        TypeKind::Scalar(Scalar::BlindIndex) => found.push("length"),
        _ => {}
    }
    for constraints in platform.constraints_of(field) {
        found.extend(constraints.min.iter().map(|_| "min"));
        found.extend(constraints.max.iter().map(|_| "max"));
        found.extend(constraints.matches.iter().map(|_| "matches"));
        found.extend(constraints.checks.iter().map(|_| "check"));
    }
    found.iter().map(|suffix| format!("{column}_{suffix}")).collect()
}
