//! Schemas that take what two others take: documents as they were, and as they are to be.

use super::objects::Collection;
use super::schema::{BsonType, Items, Number, Others, Property, Schema};

impl Collection {
    /// Whether it takes every document that another takes, as far as that can be told.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        self.schema.includes(&other.schema) && self.checks.iter().all(|check| other.checks.contains(check))
    }

    /// Returns the collection that takes its own documents, and those of before.
    #[must_use]
    pub fn joined(&self, before: &Self) -> Self {
        if self.includes(before) {
            return self.clone();
        }
        let is_in_both = |check: &&serde_json::Value| before.checks.contains(check);
        Self {
            name: self.name.clone(),
            schema: self.schema.joined(&before.schema),
            checks: self.checks.iter().filter(is_in_both).cloned().collect(),
            encrypted: self.encrypted.clone(),
        }
    }
}

impl Schema {
    /// Whether it takes every value that another takes, as far as that can be told.
    #[must_use]
    pub fn includes(&self, other: &Self) -> bool {
        if !other.any_of.is_empty() {
            return other.any_of.iter().all(|one| self.includes(one));
        }
        if !self.any_of.is_empty() {
            return self.any_of.iter().any(|one| one.includes(other));
        }
        self.takes_type_of(other)
            && (self.allowed.is_empty()
                || (!other.allowed.is_empty() && other.allowed.is_subset(&self.allowed)))
            && bound(&self.minimum, &other.minimum, |own, its| own == its || is_less(own, its))
            && bound(&self.maximum, &other.maximum, |own, its| own == its || is_less(its, own))
            && bound(&self.multiple_of, &other.multiple_of, |own, its| own == its)
            && bound(&self.min_length, &other.min_length, |own, its| own <= its)
            && bound(&self.max_length, &other.max_length, |own, its| own >= its)
            && bound(&self.min_items, &other.min_items, |own, its| own <= its)
            && bound(&self.max_items, &other.max_items, |own, its| own >= its)
            && self.patterns.iter().all(|pattern| other.patterns.contains(pattern))
            && self.takes_items_of(other)
            && self.takes_properties_of(other)
    }

    /// Returns the schema that takes its own values, and those of before.
    #[must_use]
    pub fn joined(&self, before: &Self) -> Self {
        if self.includes(before) {
            return self.clone();
        }
        if before.includes(self) {
            return before.clone();
        }
        if self.is_closed() && before.is_closed() {
            return self.joined_document(before);
        }
        let mut any_of = self.alternatives().to_vec();
        any_of.extend(before.alternatives().iter().filter(|one| !self.includes(one)).cloned());
        Self { any_of, ..Self::default() }
    }

    fn alternatives(&self) -> &[Self] {
        if self.any_of.is_empty() { std::slice::from_ref(self) } else { &self.any_of }
    }

    /// Whether it is one of documents that have no fields but those that it names.
    fn is_closed(&self) -> bool {
        self.bson_type == Some(BsonType::Object) && self.others == Others::Refused && self.any_of.is_empty()
    }

    /// The document with the fields of both, of which those are required that both require.
    fn joined_document(&self, before: &Self) -> Self {
        let mut joined = Self { nullable: self.nullable || before.nullable, ..self.clone() };
        for (name, property) in &mut joined.properties {
            let Some(old) = before.properties.get(name) else {
                property.required = false;
                property.needs.retain(|needed| !before.properties.contains_key(needed));
                continue;
            };
            property.required &= old.required;
            property.needs.retain(|needed| old.needs.contains(needed));
            property.schema = property.schema.joined(&old.schema);
        }
        for (name, old) in &before.properties {
            let property = || Property { schema: old.schema.clone(), ..Property::default() };
            joined.properties.entry(name.clone()).or_insert_with(property);
        }
        joined
    }

    fn takes_type_of(&self, other: &Self) -> bool {
        let Some(own) = self.bson_type else { return true };
        let is_number = |of: BsonType| {
            matches!(of, BsonType::Int | BsonType::Long | BsonType::Double | BsonType::Decimal)
        };
        let takes = |its| own == its || (own == BsonType::Number && is_number(its));
        other.bson_type.is_some_and(takes) && (self.nullable || !other.nullable)
    }

    fn takes_items_of(&self, other: &Self) -> bool {
        match (&self.items, &other.items) {
            (Items::Any, _) => true,
            (Items::Each(own), Items::Each(its)) => own.includes(its),
            (own, its) => own == its,
        }
    }

    fn takes_properties_of(&self, other: &Self) -> bool {
        let known =
            self.properties.iter().all(|(name, own)| match (other.properties.get(name), &other.others) {
                (Some(its), _) => {
                    (its.required || !own.required)
                        && own.needs.iter().all(|needed| its.needs.contains(needed))
                        && own.schema.includes(&its.schema)
                }
                (None, _) if own.required => false,
                (None, Others::Refused) => true,
                (None, _) if !own.needs.is_empty() => false,
                (None, Others::Any) => own.schema.includes(&Self::default()),
                (None, Others::Each(its)) => own.schema.includes(its),
            });
        let mut unknown = other.properties.iter().filter(|(name, _)| !self.properties.contains_key(*name));
        known
            && match (&self.others, &other.others) {
                (Others::Any, _) => true,
                (Others::Refused, its) => *its == Others::Refused && unknown.next().is_none(),
                (Others::Each(own), its) => {
                    unknown.all(|(_, its)| own.includes(&its.schema))
                        && match its {
                            Others::Any => own.includes(&Self::default()),
                            Others::Refused => true,
                            Others::Each(its) => own.includes(its),
                        }
                }
            }
    }
}

/// Whether a bound is not there, or takes what another bound takes.
fn bound<B>(own: &Option<B>, other: &Option<B>, takes: impl Fn(&B, &B) -> bool) -> bool {
    match (own, other) {
        (None, _) => true,
        (Some(own), Some(its)) => takes(own, its),
        (Some(_), None) => false,
    }
}

/// Whether a number is less than another. Rounding never turns two around, so those that are less when they are rounded are.
fn is_less(one: &Number, other: &Number) -> bool {
    let rounded = |number: &Number| number.to_string().parse::<f64>();
    match (one, other) {
        (Number::Whole(one), Number::Whole(other)) => one < other,
        _ => rounded(one).is_ok_and(|one| rounded(other).is_ok_and(|other| one < other)),
    }
}
