//! Tokens as a tree of blocks and statements.

use super::super::parser::{Marks, Member};
use super::tokens::{Kind, Token};

/// The entries of a block, or of the top of a file.
#[derive(Debug, Default)]
pub(super) struct Block<'t> {
    /// A comment on the line of its `{`.
    pub(super) remark: Option<&'t str>,
    pub(super) entries: Vec<Entry<'t>>,
    /// It was written over several lines.
    pub(super) is_tall: bool,
}

#[derive(Debug)]
pub(super) enum Entry<'t> {
    Empty,
    Comment(&'t str),
    Statement(Statement<'t>),
}

#[derive(Debug)]
pub(super) struct Statement<'t> {
    pub(super) member: Member,
    pub(super) nodes: Vec<Node<'t>>,
    /// A comment behind it, on its last line.
    pub(super) remark: Option<&'t str>,
}

#[derive(Debug)]
pub(super) enum Node<'t> {
    Token(Token<'t>),
    Block(Block<'t>),
    /// A line end inside a statement.
    Newline,
    Comment(&'t str),
}

pub(super) fn nodes<'t>(tokens: &[Token<'t>], marks: &Marks) -> Block<'t> {
    let mut reader = Reader { tokens, marks, at: 0 };
    let mut file = reader.block();
    if let Some(remark) = file.remark.take() {
        file.entries.insert(0, Entry::Comment(remark));
    }
    file
}

struct Reader<'a, 't> {
    tokens: &'a [Token<'t>],
    marks: &'a Marks,
    at: usize,
}

impl<'t> Reader<'_, 't> {
    /// Up to its `}`, or to the end of the file.
    fn block(&mut self) -> Block<'t> {
        let mut block = Block::default();
        let mut lines = 0;
        while let Some(token) = self.tokens.get(self.at) {
            match token.kind {
                Kind::Newline { .. } => {
                    block.is_tall = true;
                    lines += 1;
                    if lines == 2 && !block.entries.is_empty() {
                        block.entries.push(Entry::Empty);
                    }
                }
                Kind::Comment => {
                    block.is_tall = true;
                    match block.entries.last_mut() {
                        Some(Entry::Statement(statement)) if lines == 0 && statement.remark.is_none() => {
                            statement.remark = Some(token.text);
                        }
                        None if lines == 0 && self.at > 0 && block.remark.is_none() => {
                            block.remark = Some(token.text)
                        }
                        _ => block.entries.push(Entry::Comment(token.text)),
                    }
                    lines = 0;
                }
                Kind::Close => break,
                Kind::Comma | Kind::Semicolon => {}
                _ => {
                    let statement = self.statement();
                    block.entries.push(Entry::Statement(statement));
                    lines = 0;
                    continue;
                }
            }
            self.at += 1;
        }
        while matches!(block.entries.last(), Some(Entry::Empty)) {
            block.entries.pop();
        }
        block
    }

    fn statement(&mut self) -> Statement<'t> {
        let start = self.tokens[self.at].start;
        let member = self.marks.members.get(&start).copied().unwrap_or_default();
        let mut nodes = Vec::new();
        let mut depth = 0usize;
        while let Some(token) = self.tokens.get(self.at) {
            let begins = token.start != start && self.marks.members.contains_key(&token.start);
            match token.kind {
                _ if depth == 0 && begins => break,
                Kind::Newline { ends: true } | Kind::Semicolon if depth == 0 => break,
                Kind::Comma if depth == 0 && self.ends_at_comma() => break,
                Kind::Comment if depth == 0 && self.ends_at_comment() => break,
                Kind::Newline { .. } => {
                    if !matches!(nodes.last(), Some(Node::Newline)) {
                        nodes.push(Node::Newline);
                    }
                }
                Kind::Comment => nodes.push(Node::Comment(token.text)),
                Kind::Open if token.text == "{" => {
                    self.at += 1;
                    nodes.push(Node::Block(self.block()));
                }
                Kind::Close if token.text == "}" => break,
                Kind::Open => {
                    depth += 1;
                    nodes.push(Node::Token(*token));
                }
                Kind::Close => {
                    depth = depth.saturating_sub(1);
                    nodes.push(Node::Token(*token));
                }
                _ => nodes.push(Node::Token(*token)),
            }
            self.at += 1;
        }
        Statement { member, nodes, remark: None }
    }

    /// Whether the comma here separates statements: a statement or the block's end follows.
    fn ends_at_comma(&self) -> bool {
        let next = self.tokens[self.at + 1..].iter().find(|token| {
            !matches!(token.kind, Kind::Newline { .. } | Kind::Comment | Kind::Comma | Kind::Semicolon)
        });
        next.is_none_or(|token| token.kind == Kind::Close || self.marks.members.contains_key(&token.start))
    }

    /// Whether the statement ends with the line of the comment here.
    fn ends_at_comment(&self) -> bool {
        match self.tokens.get(self.at + 1) {
            Some(token) => matches!(token.kind, Kind::Newline { ends: true }),
            None => true,
        }
    }
}
