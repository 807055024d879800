//! ISMAIL's catalog held against its model, column by column. What a type becomes is written out here once more, so
//! that the emitter is not judged by itself.

use polity_govern::Governed;
use polity_model::entity::{Fate, OnDelete, PartitionKind};
use polity_model::expr::{ExprKind, Function};
use polity_model::{Entity, Expr, Field, Platform, Scalar, Type, TypeKind};
use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::installed;

fn model() -> Governed {
    let (mut platform, found) = polity::govern(&project::example_sources("ismail"), None);
    assert!(found.iter().all(|d| !d.is_error()), "{found:?}");
    platform.seal();
    platform
}

/// The entities of the PostgreSQL store, each with its table.
fn tables(platform: &Platform) -> Vec<(&Entity, String)> {
    let store = platform.stores.iter().find(|store| store.engine == "postgres").expect("a store");
    let tables = platform.entities_in(store.id).map(|entity| {
        let schema = &platform[entity.schema.expect("in a schema")];
        (entity, format!("{}.{}", schema.named.stored, entity.named.stored))
    });
    tables.collect()
}

fn lines(db: &mut Postgres, sql: &str) -> Vec<String> {
    let shown = db.run(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    shown.lines().map(str::to_owned).collect()
}

#[test]
fn columns_have_the_types_defaults_and_comments_of_the_model() {
    let Some(mut db) = installed(&project::example("ismail"), "ismail") else { return };
    let platform = model();
    let mut judged = 0;
    for (entity, table) in tables(&platform) {
        let mut wanted = Vec::new();
        for (_, field) in entity.in_order() {
            columns(&platform, field, "", false, &mut wanted);
        }
        if entity.retain.as_ref().is_some_and(|retain| retain.fate == Fate::Anonymize) {
            wanted.push(
                "anonymized_at|timestamp with time zone|f|f||When personal data was removed from the row; kept by \
                 Polity for `retain … then anonymize`."
                    .to_owned(),
            );
        }
        let found = lines(
            &mut db,
            &format!(
                "select concat_ws('|', attname, format_type(atttypid, atttypmod), attnotnull, attgenerated <> '',
                        case when attgenerated = '' then coalesce(pg_get_expr(adbin, adrelid), '') end,
                        replace(coalesce(col_description(attrelid, attnum), ''), E'\\n', ' '))
                   from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
                  where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum"
            ),
        );
        assert_eq!(found, wanted, "{table}");
        judged += wanted.len();
        let comment = db.run(&format!("select coalesce(obj_description('{table}'::regclass), '')"));
        assert_eq!(comment.expect("reads"), entity.named.docs.as_str(), "{table}");
    }
    assert!(judged > 150, "{judged} columns");
}

#[test]
fn keys_references_indexes_and_partitions_are_those_of_the_model() {
    let Some(mut db) = installed(&project::example("ismail"), "ismail") else { return };
    let platform = model();
    let mut judged = 0;
    for (entity, table) in tables(&platform) {
        let names = |ids: &[polity_model::FieldId]| {
            ids.iter().map(|id| entity.field(*id).named.stored.to_string()).collect::<Vec<_>>().join(",")
        };
        let of = |kind: char| {
            format!(
                "select (select string_agg(attname, ',' order by place) from unnest(conkey) with ordinality k(n, place)
                           join pg_attribute on attrelid = conrelid and attnum = n)
                        || case when contype = 'f' then ' -> ' || confrelid::regclass || ' ' || confdeltype::text else '' end
                   from pg_constraint where conrelid = '{table}'::regclass and contype = '{kind}' order by 1"
            )
        };
        assert_eq!(lines(&mut db, &of('p')), [names(&entity.key)], "{table}");

        let mut references: Vec<String> = entity
            .references
            .iter()
            .filter(|r| r.enforced)
            .map(|r| {
                let target = &platform[r.target];
                let schema = &platform[target.schema.expect("in a schema")].named.stored;
                let gives_way = match r.on_delete {
                    None => 'a',
                    Some((OnDelete::Restrict, _)) => 'r',
                    Some((OnDelete::Cascade, _)) => 'c',
                    Some((OnDelete::SetNull, _)) => 'n',
                };
                format!("{} -> {schema}.{} {gives_way}", names(&r.fields), target.named.stored)
            })
            .collect();
        references.sort();
        assert_eq!(lines(&mut db, &of('f')), references, "{table}");

        assert_eq!(lines(&mut db, &of('x')).len(), entity.no_overlaps.len(), "{table}");

        // The key's index, and those of exclusions, are no index or unique constraint of the model.
        let indexes = |unique: bool| {
            format!(
                "select coalesce((select string_agg(pg_get_indexdef(indexrelid, n, false)
                                     || case when indoption[n - 1] & 1 = 1 then ' desc' else '' end, ',' order by n)
                                    from generate_series(1, indnkeyatts) n), '')
                        || case when indpred is null then '' else ' where' end
                   from pg_index where indrelid = '{table}'::regclass and indisunique = {unique} and not indisprimary
                    and not indisexclusion order by 1"
            )
        };
        let shown = |columns: &[polity_model::entity::Column], filter: &Option<Expr>| {
            let columns: Vec<String> = columns
                .iter()
                .map(|column| {
                    let ExprKind::Field(path) = &column.expr.kind else {
                        panic!("{table}: {:?}", column.expr)
                    };
                    let name = entity.field(path.root).named.stored.to_string();
                    if column.descending { format!("{name} desc") } else { name }
                })
                .collect();
            columns.join(",") + if filter.is_some() { " where" } else { "" }
        };
        let mut plain: Vec<String> = entity.indexes.iter().map(|i| shown(&i.columns, &i.filter)).collect();
        let mut unique: Vec<String> = entity.uniques.iter().map(|u| shown(&u.columns, &u.filter)).collect();
        plain.sort();
        unique.sort();
        let found = lines(&mut db, &indexes(false));
        for index in &plain {
            assert!(found.contains(index), "{table} has no index ({index}) among {found:?}");
        }
        // Retention looks its rows up by an index of its own where the model has none.
        assert!(
            found.len() <= plain.len() + usize::from(entity.retain.is_some()),
            "{table}: {found:?} {plain:?}"
        );
        assert_eq!(lines(&mut db, &indexes(true)), unique, "{table}");

        let key = lines(&mut db, &format!("select coalesce(pg_get_partkeydef('{table}'::regclass), '')"));
        let partition = entity.partition.as_ref().map_or_else(String::new, |partition| {
            let kind = match partition.kind {
                PartitionKind::Hash { .. } => "HASH",
                PartitionKind::List => "LIST",
                PartitionKind::Range(_) => "RANGE",
            };
            format!("{kind} ({})", names(&partition.fields).replace(',', ", "))
        });
        assert_eq!(key.join(""), partition, "{table}");
        let checks = lines(
            &mut db,
            &format!(
                "select conname from pg_constraint where conrelid = '{table}'::regclass and contype = 'c'"
            ),
        );
        let by_hand = entity.checks.iter().filter_map(|check| check.name.as_ref()).map(ToString::to_string);
        let of_fields = entity.fields.iter().flat_map(|field| checks_of(&platform, field, ""));
        for name in by_hand.chain(of_fields) {
            let name = format!("{}_{name}", entity.named.stored);
            assert!(checks.contains(&name), "{table} has no check {name} among {checks:?}");
            judged += 1;
        }
    }
    assert!(judged > 60, "{judged} checks");
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

/// The columns of a field as the catalog shows them.
fn columns(platform: &Platform, field: &Field, prefix: &str, optional: bool, wanted: &mut Vec<String>) {
    let name = format!("{prefix}{}", field.named.stored);
    let optional = optional || field.ty.optional;
    if let (Some(_), TypeKind::Struct(id)) = (field.inline, &field.ty.kind) {
        for inner in &platform[*id].fields {
            columns(platform, inner, &format!("{name}_"), optional, wanted);
        }
        return;
    }
    let default = match &field.default {
        Some(default) if field.computed.is_none() => default_of(platform, &field.ty, default),
        _ => String::new(),
    };
    let generated = field.computed.is_some();
    let default = if generated { String::new() } else { format!("{default}|") };
    let mark = |yes: bool| if yes { "t" } else { "f" };
    wanted.push(format!(
        "{name}|{}|{}|{}|{default}{}",
        type_of(platform, &field.ty),
        mark(!optional),
        mark(generated),
        field.named.docs.replace('\n', " ")
    ));
}

fn type_of(platform: &Platform, ty: &Type) -> String {
    match &ty.kind {
        TypeKind::Constrained(id) => type_of(platform, &platform[*id].base),
        TypeKind::Enum(_) => "text".into(),
        TypeKind::Struct(_) | TypeKind::Map(_) => "jsonb".into(),
        TypeKind::List(element) => match &element.kind {
            TypeKind::Struct(_) | TypeKind::Map(_) | TypeKind::List(_) => "jsonb".into(),
            _ => format!("{}[]", type_of(platform, element)),
        },
        TypeKind::Reference { entity, field } => type_of(platform, &platform[*entity].field(*field).ty),
        TypeKind::Scalar(scalar) => match scalar {
            Scalar::Bool => "boolean".into(),
            Scalar::SmallInt => "smallint".into(),
            Scalar::Int => "integer".into(),
            Scalar::BigInt => "bigint".into(),
            Scalar::Float => "double precision".into(),
            Scalar::Decimal { precision, scale } => format!("numeric({precision},{scale})"),
            Scalar::Text { max: Some(max) } => format!("character varying({max})"),
            Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex => "bytea".into(),
            Scalar::Uuid => "uuid".into(),
            Scalar::Inet => "inet".into(),
            Scalar::Json => "jsonb".into(),
            Scalar::Date => "date".into(),
            Scalar::Time => "time without time zone".into(),
            Scalar::Timestamp => "timestamp with time zone".into(),
            Scalar::Interval => "interval".into(),
            Scalar::GeoPoint => "extensions.geography(Point,4326)".into(),
            Scalar::Text { max: None }
            | Scalar::Char { .. }
            | Scalar::Email
            | Scalar::Phone
            | Scalar::Url
            | Scalar::Country
            | Scalar::Currency
            | Scalar::Language
            | Scalar::Password => "text".into(),
            other => panic!("ISMAIL has no {other:?} in PostgreSQL"),
        },
        other => panic!("ISMAIL has no {other:?} in PostgreSQL"),
    }
}

fn default_of(platform: &Platform, ty: &Type, default: &Expr) -> String {
    let typed = |text: &str| {
        // A type's length is no part of what the catalog shows.
        let ty = type_of(platform, ty);
        format!("'{text}'::{}", ty.split('(').next().unwrap_or(&ty))
    };
    match &default.kind {
        ExprKind::Call { function: Function::Now, .. } => "now()".into(),
        ExprKind::Call { function: Function::UuidV7, .. } => "polity.uuid_v7()".into(),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Integer(digits) | ExprKind::Decimal(digits) => digits.to_string(),
        ExprKind::Text(text) => typed(text),
        ExprKind::EnumValue { of, value } => typed(&platform[*of].values[*value].named.stored),
        ExprKind::Record(members) if members.is_empty() => typed("{}"),
        ExprKind::List(items) if items.is_empty() => typed("{}"),
        ExprKind::Next(id) => {
            let sequence = &platform[*id];
            format!(
                "nextval('{}.{}'::regclass)",
                platform[sequence.schema].named.stored, sequence.named.stored
            )
        }
        other => panic!("ISMAIL has no default {other:?}"),
    }
}
