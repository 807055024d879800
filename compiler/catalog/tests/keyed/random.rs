//! Objects of random shape.

use polity_catalog::keyed::{
    Access, Beginning, Channel, Companion, Configuration, Databases, Eviction, Field, Flag, Former, Fragment,
    Function, Key, KeyPattern, Keyspace, Library, Life, Limit, Module, Object, Parameter, Part, Protocol,
    Rights, Role, Shape, Snapshot, Type, User, Value,
};
use proptest::prelude::*;
use smol_str::SmolStr;

/// A name, now and then one that JSON has to escape.
fn name() -> impl Strategy<Value = SmolStr> {
    prop_oneof![3 => "[a-d]", 1 => ".*"].prop_map(SmolStr::from)
}

fn few<T: std::fmt::Debug>(one: impl Strategy<Value = T>) -> impl Strategy<Value = Vec<T>> {
    prop::collection::vec(one, 0..4)
}

fn leaf() -> impl Strategy<Value = Shape> {
    prop_oneof![
        Just(Shape::Boolean),
        any::<u8>().prop_map(|bits| Shape::Integer { bits }),
        any::<(u16, u16)>().prop_map(|(precision, scale)| Shape::Decimal { precision, scale }),
        Just(Shape::Text),
        any::<u32>().prop_map(|length| Shape::Char { length }),
        Just(Shape::ObjectId),
        Just(Shape::GeoPolygon),
        any::<u32>().prop_map(|dimensions| Shape::Vector { dimensions }),
        few(name()).prop_map(Shape::OneOf),
        Just(Shape::Any),
    ]
}

fn ty() -> impl Strategy<Value = Type> {
    let limits = (
        any::<bool>(),
        prop::option::of(name()),
        prop::option::of(name()),
        prop::option::of(any::<u32>()),
        prop::option::of(any::<u32>()),
        prop::option::of(name()),
    );
    let limited = |shape, limits: (bool, Option<SmolStr>, Option<SmolStr>, Option<u32>, Option<u32>, _)| {
        let (optional, min, max, min_length, max_length, pattern) = limits;
        Type { shape, optional, min, max, min_length, max_length, pattern }
    };
    let flat = (leaf(), limits).prop_map(move |(shape, limits)| limited(shape, limits));
    flat.prop_recursive(3, 12, 3, |ty| {
        prop_oneof![
            ty.clone().prop_map(|ty| Shape::List(Box::new(ty)).into()),
            ty.clone().prop_map(|ty| Shape::Map(Box::new(ty)).into()),
            few(field(ty)).prop_map(|fields| Shape::Record(fields).into()),
        ]
    })
}

fn field(ty: impl Strategy<Value = Type>) -> impl Strategy<Value = Field> {
    (name(), ty, name()).prop_map(|(name, ty, comment)| Field { name, ty, comment })
}

fn parameter() -> impl Strategy<Value = Parameter> {
    (name(), ty(), any::<bool>()).prop_map(|(name, ty, hashed)| Parameter { name, ty, hashed })
}

fn part() -> impl Strategy<Value = Part> {
    let flat = prop_oneof![
        name().prop_map(Part::Literal),
        parameter().prop_map(Part::Parameter),
        (parameter(), prop::option::of(name()))
            .prop_map(|(parameter, only)| Part::Tenant { parameter, only }),
    ];
    flat.prop_recursive(2, 8, 3, |part| few(part).prop_map(Part::HashTag))
}

pub(super) fn key() -> impl Strategy<Value = Key> {
    few(part()).prop_map(|parts| Key { parts })
}

fn value() -> impl Strategy<Value = Value> {
    let fields = || few(field(ty()));
    prop_oneof![
        ty().prop_map(Value::String),
        fields().prop_map(Value::Json),
        fields().prop_map(Value::Document),
        fields().prop_map(Value::Hash),
        (fields(), few(name()), prop::option::of(name()))
            .prop_map(|(fields, groups, dead_letters)| Value::Stream { fields, groups, dead_letters }),
        ty().prop_map(Value::List),
        ty().prop_map(Value::Set),
        (ty(), ty(), any::<bool>()).prop_map(|(of, score, descending)| Value::SortedSet {
            of: Box::new(of),
            score: Box::new(score),
            descending
        }),
        ty().prop_map(Value::Geo),
        ty().prop_map(Value::Bloom),
        Just(Value::Counter),
        Just(Value::HyperLogLog),
        Just(Value::TimeSeries),
        Just(Value::Limiter),
    ]
}

fn life() -> impl Strategy<Value = Life> {
    let from = prop_oneof![Just(Beginning::FirstWrite), Just(Beginning::LastWrite)];
    (any::<u64>(), from).prop_map(|(milliseconds, from)| Life { milliseconds, from })
}

fn limit() -> impl Strategy<Value = Limit> {
    prop_oneof![
        Just(Limit::Tenant),
        any::<(u64, u64, bool)>().prop_map(|(count, milliseconds, sliding)| Limit::Window {
            count,
            milliseconds,
            sliding
        }),
    ]
}

fn former() -> impl Strategy<Value = Vec<Former>> {
    let one = (any::<u32>(), key(), value(), prop::option::of(life()));
    let one =
        one.prop_map(|(database, key, value, life)| Former { database, key, companion: None, value, life });
    prop::collection::vec(one, 0..2)
}

fn keyspace() -> impl Strategy<Value = Keyspace> {
    let role = prop_oneof![Just(Role::Processing), Just(Role::Dead)];
    let companion = prop::option::of((role, key()).prop_map(|(role, key)| Companion { role, key }));
    let bounds = (prop::option::of(life()), prop::option::of(limit()), prop::option::of(any::<u64>()));
    (name(), any::<u32>(), key(), companion, value(), bounds, name(), former()).prop_map(
        |(name, database, key, companion, value, (life, limit, max_length), comment, former)| Keyspace {
            name,
            database,
            key,
            companion,
            value,
            life,
            limit,
            max_length,
            former,
            comment,
        },
    )
}

fn function() -> impl Strategy<Value = Function> {
    let flag = prop_oneof![Just(Flag::NoWrites), Just(Flag::AllowCrossSlotKeys)];
    let flags = prop::collection::btree_set(flag, 0..3);
    (name(), name(), prop::option::of(name()), flags, few(name()), few(name()), ".*", name()).prop_map(
        |(library, name, keyspace, flags, keys, arguments, callback, comment)| Function {
            library,
            name,
            keyspace,
            flags,
            keys,
            arguments,
            callback,
            comment,
        },
    )
}

fn rights() -> impl Strategy<Value = Rights> {
    let access = prop_oneof![Just(Access::Read), Just(Access::Write), Just(Access::ReadWrite)];
    let pattern = (access, name()).prop_map(|(access, glob)| KeyPattern { access, glob });
    (few(pattern), few(name()), few(name())).prop_map(|(keys, channels, commands)| Rights {
        keys,
        channels,
        commands,
    })
}

fn configuration() -> impl Strategy<Value = Configuration> {
    let databases = prop_oneof![Just(Databases::Cluster), any::<u32>().prop_map(Databases::Numbered)];
    let snapshot = any::<(u32, u32)>().prop_map(|(seconds, changes)| Snapshot { seconds, changes });
    let eviction = prop_oneof![Just(Eviction::Noeviction), Just(Eviction::VolatileTtl)];
    let module = prop_oneof![Just(Module::TimeSeries), Just(Module::Bloom)];
    let protocol = prop_oneof![Just(Protocol::Tls1_2), Just(Protocol::Tls1_3)];
    let tls = prop::collection::btree_set(protocol, 0..3);
    let memory = prop::option::of(any::<u64>());
    let replicated = (prop::option::of(name()), prop::option::of(any::<u32>()));
    (databases, few(snapshot), any::<bool>(), eviction, memory, few(module), tls, replicated).prop_map(
        |(databases, snapshots, appends, eviction, max_memory, modules, tls, (master_user, quorum))| {
            Configuration {
                databases,
                snapshots,
                appends,
                eviction,
                max_memory,
                modules,
                master_user,
                quorum,
                tls,
            }
        },
    )
}

pub(super) fn object() -> impl Strategy<Value = Object> {
    let channel =
        (name(), key(), ty(), name()).prop_map(|(name, key, ty, comment)| Channel { name, key, ty, comment });
    let library = (name(), ".*").prop_map(|(name, code)| Library { name, code });
    let fragment = (name(), name(), prop::option::of(name()), ".*")
        .prop_map(|(library, name, keyspace, code)| Fragment { library, name, keyspace, code });
    let user = (name(), any::<bool>(), rights(), few(rights()))
        .prop_map(|(name, enabled, rights, selectors)| User { name, enabled, rights, selectors });
    prop_oneof![
        configuration().prop_map(Object::from),
        keyspace().prop_map(Object::from),
        channel.prop_map(Object::from),
        library.prop_map(Object::from),
        fragment.prop_map(Object::from),
        function().prop_map(Object::from),
        user.prop_map(Object::from),
    ]
}
