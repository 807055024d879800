//! The partitions of a table: those that are there from the start, by list, by hash or for all other rows, and the
//! beginning of the names of those that are made by ranges of time.

use smol_str::{SmolStr, format_smolstr};

use super::super::super::sql::{Literal, Name};
use super::super::names::{LIMIT, Names, Space, fit};
use super::super::placement::Placement;
use super::super::types::underlying;
use polity_model::TypeKind;
use polity_model::entity::{Entity, PartitionKind};

/// The most bytes before what tells a partition from the others of its table, so that the whole name stays within 63.
pub(in crate::postgres) const STEM: usize = 52;

/// The partitions of a table.
#[derive(Debug, Default)]
pub(in crate::postgres) struct Partitions {
    /// The names of those that are there from the start, each with its bounds: `FOR VALUES IN ('eu')`, `DEFAULT`.
    pub(in super::super) fixed: Vec<(Name, SmolStr)>,
    /// The beginning of the names of those that are ranges of time.
    pub(in super::super) stem: SmolStr,
}

impl Partitions {
    pub(super) fn lower(placement: &Placement, entity: &Entity, names: &mut Names) -> Self {
        let schema = placement.schema_of(entity);
        let space = || Space::Relations(schema.clone());
        let origin = format!("{}.{}", placement.schema_of(entity), entity.named.stored);
        let fixed = wanted(placement, entity).into_iter().map(|(wanted, bounds)| {
            // The indexes of a partition are named by PostgreSQL: by its name, their columns and their kind.
            let stem = names.stem(&[space()], &wanted, LIMIT, is_index);
            let stored = names.derived(space(), &stem, &format!("{origin}: {bounds}"), entity.named.span);
            (Name::new(schema.clone(), stored), bounds)
        });
        let fixed = fixed.collect();
        let stem = match entity.partition.as_ref().map(|partition| &partition.kind) {
            Some(PartitionKind::Range(_)) => stem_of_ranges(names, &schema, &entity.named.stored),
            _ => SmolStr::default(),
        };
        Self { fixed, stem }
    }
}

/// Returns the beginning of the names of partitions by ranges of time of a table, as which no name of the source goes on.
pub(in super::super) fn stem_of_ranges(names: &Names, schema: &SmolStr, table: &str) -> SmolStr {
    names.stem(&[Space::Relations(schema.clone())], table, STEM, is_period)
}

/// Returns the names that the partitions by list, by hash and for all other rows want, each with its bounds.
pub(in super::super) fn wanted(placement: &Placement, entity: &Entity) -> Vec<(SmolStr, SmolStr)> {
    let Some(partition) = &entity.partition else { return Vec::new() };
    let stem = fit(&fit(&entity.named.stored, LIMIT), STEM);
    let one = |suffix: &str, bounds: String| (fit(&format!("{stem}_{suffix}"), LIMIT), SmolStr::from(bounds));
    let mut wanted = match &partition.kind {
        PartitionKind::Range(_) => Vec::new(),
        PartitionKind::Hash { into } => (0..*into)
            .map(|i| one(&format!("p{i}"), format!("WITH (MODULUS {into}, REMAINDER {i})")))
            .collect(),
        PartitionKind::List => {
            let Some(field) = partition.fields.first() else { return Vec::new() };
            match underlying(placement.platform, &entity.field(*field).ty) {
                TypeKind::Enum(id) => placement.platform[*id]
                    .values
                    .iter()
                    .map(|v| one(&v.named.name, format!("IN ({})", Literal(&v.named.stored))))
                    .collect(),
                _ => ["true", "false"].map(|value| one(value, format!("IN ({value})"))).into(),
            }
        }
    };
    if partition.default.is_some() {
        wanted.push(one("default", "DEFAULT".to_owned()));
    }
    wanted
}

/// Whether what follows the name of a table is the period of a partition: `2026_12`, `2026w50`.
fn is_period(rest: &str) -> bool {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    digits >= 4 && rest[digits..].bytes().next().is_none_or(|next| matches!(next, b'_' | b'w'))
}

/// Whether what follows the name of a table ends like the name of an index that PostgreSQL names.
fn is_index(rest: &str) -> bool {
    let rest = rest.trim_end_matches(|c: char| c.is_ascii_digit());
    ["pkey", "key", "idx", "excl"]
        .iter()
        .any(|end| rest == *end || rest.ends_with(&format_smolstr!("_{end}")[..]))
}
