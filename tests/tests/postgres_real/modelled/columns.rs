//! The columns of each table: names, types, defaults and comments, in their order.

use polity_model::entity::Fate;
use polity_model::expr::{ExprKind, Function};
use polity_model::{Expr, Field, Platform, Scalar, Type, TypeKind};
use polity_tests::engines::Postgres;

use super::{Place, lines};

impl Place<'_> {
    /// Columns have the types, defaults and comments of the model, and tables its comments. Returns how many columns
    /// there are.
    pub(super) fn columns_agree(&self, db: &mut Postgres) -> usize {
        let mut judged = 0;
        for entity in self.entities() {
            let table = self.table(entity.id);
            let mut wanted = Vec::new();
            for (id, field) in entity.in_order() {
                if Some(id) == entity.tenant {
                    wanted.push(tenant_column(self.platform, field));
                } else {
                    columns(self.platform, field, "", false, &mut wanted);
                }
            }
            if self.platform.retain(entity.id).is_some_and(|retain| retain.fate == Fate::Anonymize) {
                wanted.push(
                    "anonymized_at|timestamp with time zone|f|f||When personal data was removed from the row; kept by \
                     Polity for `retain … then anonymize`."
                        .to_owned(),
                );
            }
            assert_eq!(lines(db, &columns_of(&table)), wanted, "{table}");
            judged += wanted.len();
            let comment = db.run(&format!("select coalesce(obj_description('{table}'::regclass), '')"));
            assert_eq!(comment.expect("reads"), entity.named.docs.as_str(), "{table}");
        }
        judged
    }
}

/// Reads the columns of a table as this module writes them.
fn columns_of(table: &str) -> String {
    format!(
        "select concat_ws('|', attname, format_type(atttypid, atttypmod), attnotnull, attgenerated <> '',
                case when attgenerated = '' then coalesce(pg_get_expr(adbin, adrelid), '') end,
                replace(coalesce(col_description(attrelid, attnum), ''), E'\\n', ' '))
           from pg_attribute left join pg_attrdef on adrelid = attrelid and adnum = attnum
          where attrelid = '{table}'::regclass and attnum > 0 and not attisdropped order by attnum"
    )
}

/// The tenant's column, which the database itself fills.
fn tenant_column(platform: &Platform, field: &Field) -> String {
    let (name, ty) = (&field.named.stored, type_of(platform, &field.ty));
    format!("{name}|{ty}|t|f|polity.current_tenant()|{}", field.named.docs)
}

/// The columns of a field as the catalog shows them.
fn columns(platform: &Platform, field: &Field, prefix: &str, absent: bool, wanted: &mut Vec<String>) {
    let name = format!("{prefix}{}", field.named.stored);
    let optional = absent || field.ty.optional;
    if let (Some(_), TypeKind::Struct(id)) = (field.inline, &field.ty.kind) {
        for inner in &platform[*id].fields {
            columns(platform, inner, &format!("{name}_"), optional, wanted);
        }
        return;
    }
    let default = match &field.default {
        // A record that may be absent would otherwise be there in part.
        Some(default) if field.computed.is_none() && !absent => default_of(platform, &field.ty, default),
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
            Scalar::Bytes | Scalar::Sealed | Scalar::BlindIndex | Scalar::Pseudonym => "bytea".into(),
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
            other => panic!("no example has {other:?} in PostgreSQL"),
        },
        other => panic!("no example has {other:?} in PostgreSQL"),
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
        other => panic!("no example has the default {other:?}"),
    }
}
