//! Edits of a source by its lines: the examples are laid out by the formatter, so a block begins with a line that ends in
//! `{` and ends with a `}` at the same indentation.

use polity::source::{Source, Sources};

/// The lines of a file.
#[derive(Debug, Clone)]
pub struct Lines {
    pub path: String,
    pub lines: Vec<String>,
}

/// A block of a file: its first line and its last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    pub file: usize,
    pub first: usize,
    pub last: usize,
}

pub fn lines(sources: &Sources) -> Vec<Lines> {
    let of = |source: &Source| Lines {
        path: source.path.clone(),
        lines: source.text.lines().map(str::to_owned).collect(),
    };
    sources.iter().map(|(_, source)| of(source)).collect()
}

pub fn sources(files: &[Lines]) -> Sources {
    let file = |file: &Lines| Source { path: file.path.clone(), text: (file.lines.join("\n") + "\n").into() };
    Sources::new(files.iter().map(file).collect())
}

/// The blocks whose first line satisfies a condition.
pub fn blocks(files: &[Lines], wanted: impl Fn(&str) -> bool) -> Vec<Block> {
    let mut found = Vec::new();
    for (file, Lines { lines, .. }) in files.iter().enumerate() {
        for (first, line) in lines.iter().enumerate() {
            let trimmed = line.trim_start();
            if !wanted(trimmed) || !line.ends_with('{') {
                continue;
            }
            let end = format!("{}}}", &line[..line.len() - trimmed.len()]);
            if let Some(length) = lines[first..].iter().position(|line| *line == end) {
                found.push(Block { file, first, last: first + length });
            }
        }
    }
    found
}

/// The blocks of schemas in a store.
pub fn schemas(files: &[Lines], store: &str) -> Vec<Block> {
    blocks(files, |line| line.starts_with("schema ") && line.contains(&format!(" in {store} ")))
}

/// The blocks of entities within a block.
pub fn entities(files: &[Lines], schema: Block) -> Vec<Block> {
    let is_entity = |line: &str| line.trim_start_matches("global ").starts_with("entity ");
    let all = blocks(files, is_entity).into_iter();
    all.filter(|block| block.file == schema.file && (schema.first..schema.last).contains(&block.first))
        .collect()
}

/// The lines of an entity before which a member can stand: those that begin one and bear no doc comment.
pub fn places(files: &[Lines], entity: Block) -> Vec<usize> {
    let lines = &files[entity.file].lines;
    let indent = lines[entity.first].len() - lines[entity.first].trim_start().len() + 2;
    let begins = |at: &usize| {
        let line = &lines[*at];
        let text = line.trim_start();
        let is_documented = lines[at - 1].trim_start().starts_with("///");
        line.len() - text.len() == indent
            && text.starts_with(|c: char| c.is_ascii_lowercase())
            && !is_documented
    };
    (entity.first + 1..entity.last).filter(begins).collect()
}

/// The name of the first field of an entity.
pub fn first_field(files: &[Lines], entity: Block) -> &str {
    let lines = &files[entity.file].lines[entity.first + 1..entity.last];
    let name = |line: &str| {
        let (name, _) = line.trim_start().split_once(':')?;
        name.chars().all(|c| c.is_ascii_lowercase() || c == '_').then_some(name.len())
    };
    let found = lines.iter().find_map(|line| name(line).map(|length| &line.trim_start()[..length]));
    found.expect("an entity has a field")
}

/// A block with the comments right above it.
pub fn with_comments(files: &[Lines], block: Block) -> Block {
    let lines = &files[block.file].lines;
    let is_comment = |at: usize| lines[at].trim_start().starts_with("//");
    let first = (0..block.first).rev().take_while(|at| is_comment(*at)).last().unwrap_or(block.first);
    Block { first, ..block }
}

/// Swaps two blocks of one file that do not overlap.
pub fn swap(files: &mut [Lines], one: Block, other: Block) {
    let (early, late) = if one.first < other.first { (one, other) } else { (other, one) };
    assert!(early.file == late.file && early.last < late.first, "{early:?} and {late:?} overlap");
    let lines = &mut files[early.file].lines;
    let second: Vec<String> = lines[late.first..=late.last].to_vec();
    let first: Vec<String> = lines.splice(early.first..=early.last, second.iter().cloned()).collect();
    let shift = second.len() as isize - first.len() as isize;
    let at = |line: usize| line.checked_add_signed(shift).expect("lines stay in the file");
    lines.splice(at(late.first)..=at(late.last), first);
}
