//! The operations on the keys of a keyspace, each a function of the library.

use std::collections::BTreeSet;

use polity_catalog::keyed::{Flag, Function};
use polity_govern::Stored;
use polity_model::Keyspace;
use polity_model::keyspace::{DeadLetter, End, Limit, ValueShape};
use polity_text::quoting::lua;

/// Returns the functions of a keyspace.
pub(super) fn of(platform: &Stored, keyspace: &Keyspace) -> Vec<Function> {
    let operations = Operations::of(platform, keyspace);
    let Operations { ttl, max, life, .. } = &operations;
    let one = |name, arguments: &[&str], comment: &str, callback: String| {
        vec![operations.on(name, &["key"], arguments, comment, callback)]
    };
    match &keyspace.value {
        ValueShape::Limiter => keyspace.limit.as_ref().map_or_else(Vec::new, |l| operations.limiter(l)),
        ValueShape::Scalar(_) | ValueShape::Json(_) | ValueShape::Entity(_) => operations.string(),
        ValueShape::Document(_) => {
            let comment = format!("writes the document{life}");
            let put = one("put", &["document"], &comment, format!("put_document({ttl})"));
            put.into_iter().chain([operations.drop()]).collect()
        }
        ValueShape::Counter => {
            one("add", &["amount (1)"], &format!("adds, and gives the sum{life}"), format!("add({ttl})"))
        }
        ValueShape::Hash(_) => {
            let put = operations.write("put", &["field", "value", "…"], "sets the fields", ("HSET", 2));
            vec![put, operations.drop()]
        }
        ValueShape::Set(_) => vec![operations.write("add", &["member", "…"], "adds members", ("SADD", 1))],
        ValueShape::HyperLogLog => {
            vec![operations.write("add", &["element", "…"], "counts the elements", ("PFADD", 1))]
        }
        ValueShape::Bloom(_) => {
            vec![operations.write("add", &["element", "…"], "adds the elements", ("BF.MADD", 1))]
        }
        ValueShape::TimeSeries => {
            let comment = format!("adds a sample{life}");
            one("add", &["timestamp", "value"], &comment, format!("sample({ttl})"))
        }
        ValueShape::Geo(_) => {
            let arguments = ["longitude", "latitude", "member"];
            vec![operations.write("put", &arguments, "sets where the member is", ("GEOADD", 3))]
        }
        ValueShape::Bitmap => {
            vec![operations.write("set", &["offset", "bit"], "sets a bit", ("SETBIT", 2))]
        }
        ValueShape::SortedSet { by_time, descending, .. } => {
            let cut = if keyspace.max_length.is_some() { " and cuts the set to its length" } else { "" };
            let (what, score, call) = match by_time {
                true => ("moment", "milliseconds since 1970", "rank_by_time"),
                false => ("score", "score", "rank"),
            };
            let comment = format!("sets the member's {what}{cut}{life}");
            one("put", &[score, "member"], &comment, format!("{call}({ttl}, {max}, {descending})"))
        }
        ValueShape::List(_) => operations.queue(),
        ValueShape::Stream { groups, dead_letter, .. } => {
            let opens = (!groups.is_empty()).then(|| operations.open(groups));
            let buries = dead_letter.map(|dead_letter| operations.bury(dead_letter));
            std::iter::once(operations.append()).chain(opens).chain(buries).collect()
        }
        ValueShape::Broken => Vec::new(),
    }
}

/// Returns how long a key lives at least after a write, in milliseconds: the shortest reading of a month or a year,
/// since a time to live is an upper bound.
pub(super) fn ttl(keyspace: &Keyspace) -> Option<u64> {
    keyspace.ends().map(|end| end.after.at_least_milliseconds())
}

/// Returns the time to live in milliseconds and the greatest length, as Lua reads them: `nil` is none.
fn bounds(keyspace: &Keyspace) -> (String, String) {
    let ttl = ttl(keyspace).map_or_else(|| "nil".to_owned(), |ms| ms.to_string());
    let max = keyspace.max_length.map_or_else(|| "nil".to_owned(), |(n, _)| n.to_string());
    (ttl, max)
}

/// The operations of one keyspace, with its bounds as Lua reads them.
struct Operations<'p> {
    platform: &'p Stored,
    keyspace: &'p Keyspace,
    ttl: String,
    max: String,
    /// The end of a comment: `, for 24h.` or `; each entry ends after 24h.`.
    life: String,
}

impl<'p> Operations<'p> {
    fn of(platform: &'p Stored, keyspace: &'p Keyspace) -> Self {
        let (ttl, max) = bounds(keyspace);
        let of_entries = keyspace.ends().as_ref().is_some_and(End::is_of_entries);
        let life = match (keyspace.ttl, of_entries) {
            (None, _) => ".".to_owned(),
            (Some((ttl, _)), false) => format!(", for {ttl}."),
            (Some((ttl, _)), true) => format!("; each entry ends after {ttl}."),
        };
        Self { platform, keyspace, ttl, max, life }
    }

    fn on(&self, name: &str, keys: &[&str], arguments: &[&str], comment: &str, callback: String) -> Function {
        Function {
            library: self.platform.name.clone(),
            name: format!("{}_{name}", self.keyspace.named.stored).into(),
            keyspace: Some(self.keyspace.named.name.clone()),
            flags: BTreeSet::new(),
            keys: keys.iter().map(|key| (*key).into()).collect(),
            arguments: arguments.iter().map(|argument| (*argument).into()).collect(),
            callback,
            comment: comment.into(),
        }
    }

    /// Calls a command that takes groups of so many arguments.
    fn write(&self, name: &str, arguments: &[&str], comment: &str, call: (&str, u8)) -> Function {
        let (command, group) = call;
        let callback = format!("write({}, {}, {group})", lua::text(command), self.ttl);
        self.on(name, &["key"], arguments, &format!("{comment}{}", self.life), callback)
    }

    fn drop(&self) -> Function {
        self.on("drop", &["key"], &[], "deletes it.", "drop()".to_owned())
    }

    fn string(&self) -> Vec<Function> {
        let Self { ttl, life, .. } = self;
        let comment = format!("writes the value{life}");
        let put = self.on("put", &["key"], &["value"], &comment, format!("put({ttl})"));
        let claim = self.keyspace.ttl.is_some().then(|| {
            let comment = format!("writes the value unless there is one (1 or 0){life}");
            self.on("claim", &["key"], &["value"], &comment, format!("claim({ttl})"))
        });
        std::iter::once(put).chain(claim).chain([self.drop()]).collect()
    }

    fn limiter(&self, limit: &Limit) -> Vec<Function> {
        let callback = |operation: &str| {
            if limit.of_quota {
                return format!("{operation}_of_tenant()");
            }
            let kind = if limit.sliding { "sliding" } else { "fixed" };
            format!("{operation}_{kind}({}, {})", limit.count, limit.per.at_least_milliseconds())
        };
        // The caller knows the tier of a tenant that no line of the source names.
        let tier: &[&str] = if limit.of_quota { &["tier"] } else { &[] };
        let amount = [&["amount (1)"], tier].concat();
        let comment =
            "whether it is allowed (1 or 0), how many are left, and milliseconds until it would be.";
        let take = self.on("take", &["key"], &amount, comment, callback("take"));
        let comment = "how many are left now, and milliseconds until one more is.";
        let mut look = self.on("look", &["key"], tier, comment, callback("look"));
        look.flags.insert(Flag::NoWrites);
        vec![take, look]
    }

    fn queue(&self) -> Vec<Function> {
        let Self { ttl, max, life, .. } = self;
        let push = format!("adds at the end, or refuses with `FULL`{life}");
        let take = "moves the first to `processing` and gives its receipt and its value.";
        let requeue = "puts back, first in line, what a worker took and did not finish in time.";
        let both: &[&str] = &["queue", "processing"];
        vec![
            self.on("push", &["queue"], &["value", "…"], &push, format!("push({ttl}, {max})")),
            self.on("take", both, &["lease in ms"], take, format!("take({ttl})")),
            self.on(
                "done",
                &["processing"],
                &["receipt"],
                "forgets what was worked off.",
                "done()".to_owned(),
            ),
            self.on("requeue", both, &[], requeue, format!("requeue({ttl})")),
        ]
    }

    fn append(&self) -> Function {
        let Self { ttl, max, life, .. } = self;
        let comment = format!("appends an entry and cuts the stream to its length{life}");
        self.on("append", &["stream"], &["field", "value", "…"], &comment, format!("append({ttl}, {max})"))
    }

    fn open(&self, groups: &[smol_str::SmolStr]) -> Function {
        let groups: Vec<String> = groups.iter().map(|group| lua::text(group)).collect();
        let comment = "makes the groups that are missing, and gives how many that were.";
        self.on("open", &["stream"], &[], comment, format!("open({}, {})", self.ttl, groups.join(", ")))
    }

    fn bury(&self, dead_letter: DeadLetter) -> Function {
        let (ttl, max) = match dead_letter {
            DeadLetter::Beside => bounds(self.keyspace),
            DeadLetter::Keyspace(other, _) => bounds(&self.platform[other]),
        };
        let comment = "moves an entry that cannot be worked off to the dead letters: 1, or 0 where the group has it no \
                       more.";
        let keys = ["stream", "dead letter"];
        self.on("bury", &keys, &["group", "entry"], comment, format!("bury({ttl}, {max})"))
    }
}
