//! Random platforms: references between entities in two stores, and keys of a third that name their rows.

use std::fmt::Write;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::Index;

/// An entity, or the person where it is the first.
#[derive(Debug, Clone)]
pub struct Node {
    /// Whether it stands in MongoDB.
    pub is_document: bool,
    /// The one before it by way of which its rows are somebody's.
    parent: Index,
    /// An entity of which rows are merely referred to.
    other: Option<Index>,
    pub is_personal: bool,
    is_anonymized: bool,
    cascades: bool,
    is_audited: bool,
    /// Whether changes of its rows are published.
    publishes: bool,
    /// Whether a keyspace names its rows.
    pub is_named: bool,
}

#[derive(Debug, Clone)]
pub struct Graph(pub Vec<Node>);

pub fn graphs() -> impl Strategy<Value = Graph> {
    let flags = proptest::array::uniform6(any::<bool>());
    let node = (flags, any::<Index>(), of(any::<Index>()), 0..4u8);
    let node = node.prop_map(|(flags, parent, other, holds)| {
        let [is_document, is_anonymized, cascades, is_audited, is_named, publishes] = flags;
        let is_personal = holds > 0;
        Node {
            is_document,
            parent,
            other,
            is_personal,
            is_anonymized,
            cascades,
            is_audited,
            publishes,
            is_named,
        }
    });
    vec(node, 2..9).prop_map(|mut nodes| {
        nodes[0].is_personal = true;
        Graph(nodes)
    })
}

/// A row of one of the two people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub person: char,
    pub node: usize,
    pub number: usize,
}

impl Row {
    pub fn id(self) -> String {
        let Self { person, node, number } = self;
        format!("{}-{node:04}-4000-8000-{number:012}", person.to_string().repeat(8))
    }

    /// The word that stands in the row and nowhere else.
    pub fn token(self, place: &str) -> String {
        format!("{}{place}{}x{}z", self.person.to_string().repeat(3), self.node, self.number)
    }
}

impl Graph {
    pub fn path(&self, node: usize) -> String {
        if self.0[node].is_document { format!("docs.E{node}") } else { format!("core.E{node}") }
    }

    fn parent(&self, node: usize) -> usize {
        self.0[node].parent.index(node)
    }

    fn other(&self, node: usize) -> Option<usize> {
        self.0[node].other.map(|other| other.index(node))
    }

    /// Whether PostgreSQL enforces a reference between two.
    fn is_enforced(&self, from: usize, to: usize) -> bool {
        !self.0[from].is_document && !self.0[to].is_document
    }

    fn is_anonymized(&self, node: usize) -> bool {
        node > 0 && self.0[node].is_personal && self.0[node].is_anonymized
    }

    fn publishes(&self, node: usize) -> bool {
        self.0[node].publishes && !self.0[node].is_document
    }

    /// The rows of a person, those that are referred to first.
    pub fn rows(&self, person: char) -> Vec<Row> {
        let of =
            |node: usize| (0..if node == 0 { 1 } else { 2 }).map(move |number| Row { person, node, number });
        (0..self.0.len()).flat_map(of).collect()
    }

    /// The rows that a row refers to: its own person's, and the other's.
    pub fn refers(&self, row: Row) -> (Row, Option<Row>) {
        let at =
            |person: char, node: usize| Row { person, node, number: if node == 0 { 0 } else { row.number } };
        let stranger = if row.person == 'a' { 'b' } else { 'a' };
        (at(row.person, self.parent(row.node)), self.other(row.node).map(|node| at(stranger, node)))
    }

    pub fn source(&self) -> String {
        let mut source = String::from(
            "platform random { environments: [dev] }\nstore main: postgres 15 { database: \"random\" }\n\
             store docs: mongodb 7 { database: \"random\" }\nstore cache: redis 7 { persistence: [rdb] }\n\
             schema audit in main { audit log Trail as \"trail\" { partition by month ahead 1; retain 10y; chained } }\n",
        );
        let (documents, rows): (Vec<usize>, Vec<usize>) =
            (0..self.0.len()).partition(|node| self.0[*node].is_document);
        source.push_str("schema core in main {\n  entity Plain as \"plain\" { id: uuid key; audit (insert) into audit.Trail }\n");
        rows.into_iter().for_each(|node| self.entity(node, "", &mut source));
        source.push_str("}\n");
        documents.into_iter().for_each(|node| self.entity(node, " in docs", &mut source));
        let _ = writeln!(source, "struct Mail {{ user: -> {}, text: text }}", self.path(0));
        source.push_str("keyspace Queue in cache { pattern \"queue\"; value list of Mail }\n");
        for node in (0..self.0.len()).filter(|node| self.publishes(*node)) {
            let _ = writeln!(
                source,
                "channel C{node} in cache {{ pattern \"c{node}:{{id: uuid}}\"; value json {{ id: uuid, note: text(60)? }} }}"
            );
        }
        for node in (0..self.0.len()).filter(|node| self.0[*node].is_named) {
            let path = self.path(node);
            let _ = writeln!(
                source,
                "keyspace K{node} in cache {{ pattern \"k{node}:{{row: -> {path}}}\"; value json {{ note: text #personal }}; ttl 1h }}"
            );
        }
        source
    }

    fn entity(&self, node: usize, place: &str, out: &mut String) {
        let own = &self.0[node];
        let _ = writeln!(out, "entity E{node}{place} as \"e{node}\" {{\n  id: uuid key");
        if own.is_personal {
            out.push_str("  note: text(60) #personal\n");
        }
        if node == 0 {
            out.push_str("  subject\n");
        } else {
            self.references(node, out);
        }
        if self.is_anonymized(node) {
            out.push_str("  at: timestamp\n  index (at)\n  retain 5y after at then anonymize\n");
        }
        if own.is_audited && own.is_personal && !own.is_document {
            out.push_str("  audit (insert, update, delete) into audit.Trail\n");
        }
        if self.publishes(node) {
            let _ = writeln!(out, "  publish (insert, update, delete) to cache.C{node}");
        }
        out.push_str("}\n");
    }

    fn references(&self, node: usize, out: &mut String) {
        let (parent, stays) = (self.parent(node), self.is_anonymized(node));
        let delete = match (self.is_enforced(node, parent), stays, self.0[node].cascades) {
            (false, ..) => "",
            (true, true, _) => " on delete set null",
            (true, false, true) => " on delete cascade",
            (true, false, false) => " on delete restrict",
        };
        let absent = if stays { "?" } else { "" };
        let _ = writeln!(out, "  whose: -> {}{absent}{delete}\n  index (whose)", self.path(parent));
        let Some(other) = self.other(node) else { return };
        let delete = if self.is_enforced(node, other) { " on delete set null" } else { "" };
        let _ = writeln!(out, "  other: -> {}?{delete}\n  index (other)", self.path(other));
        out.push_str("  personal of whose\n");
    }

    /// The statement that writes a row.
    pub fn insert(&self, row: Row) -> String {
        let (mut columns, mut values) = (vec!["id"], vec![row.id()]);
        let node = &self.0[row.node];
        if node.is_personal {
            columns.push("note");
            values.push(row.token("row"));
        }
        if row.node > 0 {
            let (whose, other) = self.refers(row);
            columns.push("whose");
            values.push(whose.id());
            if let Some(other) = other {
                columns.push("other");
                values.push(other.id());
            }
        }
        if self.is_anonymized(row.node) {
            columns.push("at");
            values.push("2026-01-01 00:00:00+00".to_owned());
        }
        format!(
            "insert into core.e{} ({}) values ('{}');\n",
            row.node,
            columns.join(", "),
            values.join("', '")
        )
    }

    /// The document of a row.
    pub fn document(&self, row: Row) -> serde_json::Value {
        let uuid = |id: String| serde_json::json!({ "$uuid": id });
        let mut document = serde_json::json!({ "_id": uuid(row.id()) });
        if self.0[row.node].is_personal {
            document["note"] = row.token("row").into();
        }
        if row.node > 0 {
            let (whose, other) = self.refers(row);
            document["whose"] = uuid(whose.id());
            if let Some(other) = other {
                document["other"] = uuid(other.id());
            }
        }
        if self.is_anonymized(row.node) {
            document["at"] = serde_json::json!({ "$date": "2026-01-01T00:00:00Z" });
        }
        document
    }
}
