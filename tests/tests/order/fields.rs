//! The fields and clauses of a random entity that concern nobody else.

use super::draws::Draws;
use super::plan::{Entity, Fate, Key, Partition, Plan};

/// Lines of an entity, a statement each.
pub type Lines = Vec<String>;

/// The key, how rows lie, and how long they stay.
pub fn of_rows(entity: &Entity, lines: &mut Lines) {
    let is_whole = entity.key_fields().len() == 1;
    let (ty, default) = match entity.key {
        Key::Uuid => ("uuid", " = uuid_v7()".to_owned()),
        Key::Text => ("text(20)", String::new()),
        Key::Identity => ("bigint", " = identity()".to_owned()),
        Key::Sequence => ("bigint", format!(" = next(s{}.numbers)", entity.schema)),
    };
    lines.push(format!("id: {ty}{}{default}", if is_whole { " key" } else { "" }));
    if !is_whole {
        let fields: Vec<&str> = entity.key_fields().into_iter().map(|(name, _)| name).collect();
        lines.push(format!("key ({})", fields.join(", ")));
    }
    if entity.partition == Some(Partition::Month) || entity.fate.is_some() {
        lines.push("at: timestamp = now()".to_owned());
    }
    match entity.partition {
        Some(Partition::Month) => lines.push("partition by month (at) ahead 1".to_owned()),
        Some(Partition::Hash) => lines.push("partition by hash (id) into 2".to_owned()),
        Some(Partition::List) => {
            lines.push("kind: Status".to_owned());
            lines.push("partition by list (kind)".to_owned());
        }
        None => {}
    }
    match entity.fate {
        Some(Fate::Delete) => lines.push("retain 90d after at".to_owned()),
        Some(Fate::Anonymize) => {
            lines.push("nick: text(20)? #personal".to_owned());
            lines.push("label: text(20) #personal anonymized as \"—\"".to_owned());
            lines.push("retain 90d after at then anonymize".to_owned());
        }
        None => {}
    }
    if entity.fate.is_some() && !entity.leaves_by_partition() {
        lines.push("index (at)".to_owned());
    }
}

/// Fields that may stand in any entity.
pub fn of_own(draws: &mut Draws, plan: &Plan, at: usize, lines: &mut Lines) {
    let entity = &plan.entities[at];
    let mut add = |draws: &mut Draws, of: usize, more: &[&str]| {
        if draws.one_in(of) {
            lines.extend(more.iter().map(|line| (*line).to_owned()));
        }
    };
    add(draws, 4, &["/// How it stands.", "status: Status = open", "index fresh (id) where status = open"]);
    add(draws, 5, &["mood: Mood?"]);
    add(draws, 5, &["amount: decimal(10, 2) = 0 min 0 max 1000"]);
    add(draws, 6, &["tags: text[]", "moods: Mood[]?"]);
    add(draws, 6, &["prefs: json = {}", "index (prefs) using gin"]);
    add(draws, 6, &["home: Address inline"]);
    add(draws, 8, &["work: Address?", "spare: Address? inline"]);
    add(draws, 5, &["first: text(20)", "last: text(20)", "full: text computed (first || \" \" || last)"]);
    add(
        draws,
        6,
        &["/// It's \"said\" here.", "word: text(30)? matches \"^[a-z]+$\"", "index (lower(word))"],
    );
    add(draws, 6, &["title: text(30)", "index (title) using trigram"]);
    add(draws, 6, &["born: date", "check grown (born < 2015-01-01 or born > 2020-01-01)"]);
    add(draws, 8, &["mail: email? #personal", "tongue: language = \"fr\""]);
    add(draws, 8, &["with { fillfactor: 80 }"]);
    add(draws, 5, &["code: text(12)", &format!("unique ({})", with_partition(entity, "code"))]);
    add(draws, 8, &[&format!("number: bigint = next(s{}.numbers)", draws_schema(plan, at))]);
    if entity.partition.is_none() || plan.major >= 17 {
        let overlap = format!("no overlap [from, to) per ({})", with_partition(entity, "room"));
        add(draws, 8, &["room: int", "from: date", "to: date", &overlap]);
    }
    if !entity.append_only {
        add(draws, 5, &["include Stamps"]);
        add(draws, 6, &["version: int = 1 optimistic"]);
        add(draws, 6, &["gone_at: timestamp? soft_delete", "index (gone_at) where gone_at is null"]);
    }
    if plan.encrypts && matches!(entity.key, Key::Uuid | Key::Text) {
        add(draws, 3, &["card: text(20)? encrypted with pii searchable", "pin: bytes? encrypted with pii"]);
    }
    if entity.append_only {
        lines.push("append only".to_owned());
    }
    if let Some(log) = plan.log
        && draws.one_in(2)
    {
        let operations = draws.one(&["insert, update, delete", "delete", "insert"]);
        lines.push(format!("audit ({operations}) into s{log}.Log"));
    }
}

/// The sequence of the next schema, so that one leads out of its own.
fn draws_schema(plan: &Plan, at: usize) -> usize {
    (plan.entities[at].schema + 1) % plan.schemas
}

/// A column with what its table is partitioned by, as uniqueness there wants it.
fn with_partition(entity: &Entity, column: &str) -> String {
    match entity.partition {
        Some(Partition::Month) => format!("{column}, at"),
        Some(Partition::Hash) => format!("{column}, id"),
        Some(Partition::List) => format!("{column}, kind"),
        None => column.to_owned(),
    }
}
