//! The tree of blocks and statements as text.

use super::super::parser::{Member, Shape};
use super::nodes::{Block, Entry, Node, Statement};
use super::tokens::{Kind, Token};

/// A block that was written on one line is broken up where its line would be longer.
const WIDTH: usize = 120;
/// A type that is longer does not push the column of the modifiers to the right.
const WIDEST_TYPE: usize = 30;
/// A line that is longer does not push the column of the remarks to the right.
const WIDEST_REMARKED: usize = 90;
const INDENT: usize = 2;

pub(super) fn print(file: &Block<'_>) -> String {
    let mut out = String::new();
    entries(&file.entries, 0, &mut out);
    out
}

/// A statement as text, in the cells that its block aligns: `name:`, the type, the rest.
struct Row {
    cells: Vec<String>,
    remark: Option<String>,
}

impl Row {
    fn text(&self) -> String {
        self.cells.join(" ")
    }

    fn is_tall(&self) -> bool {
        self.cells.iter().any(|cell| cell.contains('\n'))
    }
}

/// Every entry on lines of its own.
fn entries(entries: &[Entry<'_>], indent: usize, out: &mut String) {
    let mut rows: Vec<Row> = Vec::new();
    for entry in entries {
        match entry {
            Entry::Statement(statement) => rows.push(row(statement, indent)),
            Entry::Empty => {
                print_rows(&mut rows, indent, out);
                out.push('\n');
            }
            Entry::Comment(comment) => {
                print_rows(&mut rows, indent, out);
                line(indent, comment, out);
            }
        }
    }
    print_rows(&mut rows, indent, out);
}

fn line(indent: usize, text: &str, out: &mut String) {
    out.extend(std::iter::repeat_n(' ', indent));
    out.push_str(text.trim_end_matches(' '));
    out.push('\n');
}

/// Statements without an empty line or a comment between them: fields get columns, and so do remarks.
fn print_rows(rows: &mut Vec<Row>, indent: usize, out: &mut String) {
    let rows = std::mem::take(rows);
    let mut lines: Vec<(String, Option<String>)> = Vec::new();
    for group in rows.chunk_by(|a, b| is_field(a) && is_field(b)) {
        if !is_field(&group[0]) {
            lines.extend(group.iter().map(|row| (row.text(), row.remark.clone())));
            continue;
        }
        let names = width(group.iter().map(|row| row.cells[0].as_str()), usize::MAX);
        let types = group.iter().filter(|row| row.cells.len() > 2).map(|row| row.cells[1].as_str());
        let types = width(types, WIDEST_TYPE);
        for row in group {
            let mut text = padded(&row.cells[0], names);
            text.push(' ');
            match row.cells.get(2) {
                None => text.push_str(&row.cells[1]),
                Some(rest) => {
                    text.push_str(&padded(&row.cells[1], types));
                    text.push(' ');
                    text.push_str(rest);
                }
            }
            lines.push((text, row.remark.clone()));
        }
    }
    let is_remarked = |line: &(String, Option<String>)| line.1.is_some() && !line.0.contains('\n');
    for run in lines.chunk_by(|a, b| is_remarked(a) && is_remarked(b)) {
        let column = width(run.iter().map(|(text, _)| last_line(text)), WIDEST_REMARKED);
        for (text, remark) in run {
            match remark {
                None => line(indent, text, out),
                Some(remark) => {
                    let blanks = column.saturating_sub(last_line(text).chars().count()) + 2;
                    line(indent, &format!("{text}{}{remark}", " ".repeat(blanks)), out);
                }
            }
        }
    }
}

fn is_field(row: &Row) -> bool {
    row.cells.len() > 1 && !row.is_tall()
}

fn last_line(text: &str) -> &str {
    text.rsplit('\n').next().unwrap_or(text)
}

/// The widest of some texts, leaving out those that are wider than `most`.
fn width<'a>(texts: impl Iterator<Item = &'a str>, most: usize) -> usize {
    texts.map(|text| text.chars().count()).filter(|width| *width <= most).max().unwrap_or(0)
}

fn padded(text: &str, width: usize) -> String {
    let blanks = width.saturating_sub(text.chars().count());
    format!("{text}{}", " ".repeat(blanks))
}

fn row(statement: &Statement<'_>, indent: usize) -> Row {
    let mut writer = Writer::new(indent);
    let Member { ty, modifiers, .. } = statement.member;
    for node in &statement.nodes {
        if let Node::Token(token) = node {
            writer.cut_at(token.start, ty, modifiers);
        }
        writer.node(node, ty);
    }
    Row { cells: writer.finish(), remark: statement.remark.map(ToOwned::to_owned) }
}

/// Writes the nodes of one statement, and cuts them into cells.
struct Writer {
    cells: Vec<String>,
    cell: String,
    /// The indent of the statement, in columns.
    indent: usize,
    /// The indent of the line that is being written.
    line_indent: usize,
    /// The number of round and square brackets that are open.
    depth: usize,
    /// The kind of the last thing written, which decides whether a blank must follow.
    before: Before,
    column: usize,
    type_cut: bool,
    modifiers_cut: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// The line begins.
    Nothing,
    /// A bracket or a sign that glues.
    Glue,
    Other,
}

impl Writer {
    fn new(indent: usize) -> Self {
        Self {
            cells: Vec::new(),
            cell: String::new(),
            indent,
            line_indent: indent,
            depth: 0,
            before: Before::Nothing,
            column: indent,
            type_cut: false,
            modifiers_cut: false,
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.cells.push(self.cell);
        self.cells
    }

    /// Ends the cell where the type or the modifiers of a field begin.
    fn cut_at(&mut self, start: usize, ty: Option<usize>, modifiers: Option<usize>) {
        let is_type = ty.is_some_and(|ty| start >= ty) && !self.type_cut;
        let is_modifier = modifiers.is_some_and(|at| start >= at) && !self.modifiers_cut;
        if is_type || is_modifier {
            self.type_cut |= is_type;
            self.modifiers_cut |= is_modifier;
            if self.cell.ends_with('\n') {
                return;
            }
            self.cells.push(std::mem::take(&mut self.cell));
            self.before = Before::Nothing;
            self.column += 1;
        }
    }

    fn node(&mut self, node: &Node<'_>, ty: Option<usize>) {
        match node {
            Node::Token(token) => self.token(token),
            Node::Newline => {
                let ended = self.cell.trim_end_matches(' ').len();
                self.cell.truncate(ended);
                self.cell.push('\n');
                self.before = Before::Nothing;
            }
            Node::Comment(comment) => {
                if self.before == Before::Nothing {
                    self.begin_line(false);
                } else {
                    self.push("  ");
                }
                self.push(comment);
                self.before = Before::Other;
            }
            Node::Block(block) => {
                // A type that is a record begins with its brace, which is no token.
                if ty.is_some() && !self.type_cut {
                    self.cut_at(usize::MAX, ty, None);
                }
                self.block(block);
            }
        }
    }

    fn token(&mut self, token: &Token<'_>) {
        let closes = token.kind == Kind::Close;
        if closes {
            self.depth = self.depth.saturating_sub(1);
        }
        if self.before == Before::Nothing {
            self.begin_line(closes);
        } else if self.before == Before::Other
            && !(closes || token.glued || token.kind == Kind::Comma || matches!(token.text, ":" | "?"))
        {
            self.push(" ");
        }
        if token.text.starts_with("\"\"\"") && token.text.contains('\r') {
            self.push(&token.text.replace("\r\n", "\n"));
        } else {
            self.push(token.text);
        }
        if token.kind == Kind::Open {
            self.depth += 1;
        }
        self.before = if token.kind == Kind::Open || token.glues { Before::Glue } else { Before::Other };
    }

    /// Indents a line that goes on with the statement.
    fn begin_line(&mut self, closes: bool) {
        if !self.cell.ends_with('\n') {
            return;
        }
        let deeper = if closes { self.depth } else { self.depth.max(1) };
        self.line_indent = self.indent + INDENT * deeper;
        self.column = 0;
        let blanks = " ".repeat(self.line_indent);
        self.push(&blanks);
    }

    fn block(&mut self, block: &Block<'_>) {
        if self.before == Before::Nothing {
            self.begin_line(false);
        } else if self.before == Before::Other {
            self.push(" ");
        }
        self.before = Before::Other;
        let flat =
            (!block.is_tall || block.entries.is_empty() && block.remark.is_none()).then(|| flat(block));
        if let Some(flat) = flat.flatten().filter(|flat| self.column + flat.chars().count() <= WIDTH) {
            return self.push(&flat);
        }
        self.push("{");
        if let Some(remark) = block.remark {
            self.push("  ");
            self.push(remark);
        }
        self.cell.push('\n');
        entries(&block.entries, self.line_indent + INDENT, &mut self.cell);
        let blanks = " ".repeat(self.line_indent);
        self.column = 0;
        self.push(&blanks);
        self.push("}");
    }

    fn push(&mut self, text: &str) {
        self.cell.push_str(text);
        self.column += text.chars().count();
    }
}

/// A block on one line; `None` if something in it needs lines of its own.
fn flat(block: &Block<'_>) -> Option<String> {
    let mut line = String::from("{ ");
    for entry in &block.entries {
        let Entry::Statement(statement) = entry else { return None };
        if statement.remark.is_some() {
            return None;
        }
        let mut writer = Writer::new(0);
        for node in &statement.nodes {
            match node {
                Node::Newline | Node::Comment(_) => return None,
                Node::Token(token) => writer.token(token),
                Node::Block(inner) => {
                    let inner = if inner.is_tall && !inner.entries.is_empty() { None } else { flat(inner) }?;
                    if writer.before == Before::Other {
                        writer.push(" ");
                    }
                    writer.push(&inner);
                    writer.before = Before::Other;
                }
            }
        }
        if line.len() > 2 {
            line.push(' ');
        }
        line.push_str(&writer.finish().concat());
        // A comma would go on with a clause's own list.
        line.push(if statement.member.shape == Shape::Clause { ';' } else { ',' });
    }
    if line.len() == 2 {
        return Some("{}".to_owned());
    }
    line.pop();
    line.push_str(" }");
    (!line.contains('\n')).then_some(line)
}
