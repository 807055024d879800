//! A source as lines, of which an edit replaces some.

/// An entity of a source.
#[derive(Clone)]
pub struct Entity {
    /// Such as `s0.Thing1`.
    pub path: String,
    /// The line of its head.
    pub head: usize,
    /// The line of its closing brace.
    pub end: usize,
}

/// A field of an entity that stands in a line of its own.
#[derive(Clone)]
pub struct Field {
    pub line: usize,
    pub name: String,
    /// The part behind the colon.
    pub ty: String,
}

#[derive(Clone)]
pub struct Text {
    pub lines: Vec<String>,
}

impl Text {
    pub fn of(source: &str) -> Self {
        Self { lines: source.lines().map(str::to_owned).collect() }
    }

    pub fn entities(&self) -> Vec<Entity> {
        let (mut schema, mut found) = ("", Vec::new());
        for (at, line) in self.lines.iter().enumerate() {
            if let Some(rest) = line.strip_prefix("schema ") {
                schema = rest.split(' ').next().unwrap_or_default();
            }
            let head = line.strip_prefix("global ").unwrap_or(line);
            if let Some(name) = head.strip_prefix("entity ").and_then(|rest| rest.split(' ').next()) {
                let end = self.lines[at..].iter().position(|line| line == "}").map_or(at, |end| at + end);
                found.push(Entity { path: format!("{schema}.{name}"), head: at, end });
            }
        }
        found
    }

    pub fn fields(&self, entity: &Entity) -> Vec<Field> {
        let lines = (entity.head + 1)..entity.end;
        let field = |line: usize| {
            let (name, ty) = self.lines[line].trim().split_once(": ")?;
            let is_name = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
            is_name.then(|| Field { line, name: name.to_owned(), ty: ty.to_owned() })
        };
        lines.filter_map(field).collect()
    }

    /// Returns the source with lines before that one.
    pub fn with(&self, at: usize, more: &[String]) -> Self {
        let mut lines = self.lines.clone();
        lines.splice(at..at, more.iter().map(|line| format!("  {line}")));
        Self { lines }
    }

    /// Returns the source with another line in place of one.
    pub fn replaced(&self, at: usize, line: &str) -> Self {
        let mut lines = self.lines.clone();
        line.clone_into(&mut lines[at]);
        Self { lines }
    }

    /// Returns the source without some lines.
    pub fn without(&self, from: usize, to: usize) -> Self {
        let mut lines = self.lines.clone();
        lines.drain(from..=to);
        Self { lines }
    }

    /// Returns the source with a line behind all others.
    pub fn then(&self, line: &str) -> Self {
        let mut lines = self.lines.clone();
        lines.push(line.to_owned());
        Self { lines }
    }

    /// Returns the source with another word in place of one, in some lines.
    pub fn renamed(&self, lines: std::ops::Range<usize>, from: &str, to: &str) -> Self {
        let mut text = self.clone();
        for line in &mut text.lines[lines] {
            *line = words(line, from, to);
        }
        text
    }

    pub fn source(&self) -> String {
        self.lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// Puts a word in place of another.
fn words(line: &str, from: &str, to: &str) -> String {
    let is_of_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find(from) {
        let (before, after) = (&rest[..at], &rest[at + from.len()..]);
        let is_word = !before.ends_with(is_of_word) && !after.starts_with(is_of_word);
        out.push_str(before);
        out.push_str(if is_word { to } else { from });
        rest = after;
    }
    out + rest
}
