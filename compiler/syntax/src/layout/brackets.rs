//! Brackets and texts: what opens, and what closes it.

use super::{Before, Block, MAX_DEPTH, Open, Scan, Unit, UnitKind};

impl Scan<'_> {
    pub(super) fn quoted(&mut self) {
        self.begin_unit();
        let start = self.at;
        if self.src[start..].starts_with(b"\"\"\"") {
            match memchr::memmem::find(&self.src[start + 3..], b"\"\"\"") {
                Some(n) => self.at = start + 3 + n + 3,
                None => self.unclosed_raw(start),
            }
        } else {
            match closing(self.src, start, b'"') {
                Ok(end) => self.at = end,
                Err(end) => self.unclosed_text(start, end),
            }
        }
        self.no_nul(start, self.at);
        self.before = Before::Operand;
    }

    /// Returns the kind of block that opens at `at`, and cuts off the head of a schema.
    pub(super) fn enter_block(&mut self, at: usize, is_schema: bool) -> Block {
        if is_schema {
            self.end_unit(at, 0, UnitKind::SchemaHead);
            self.schemas += 1;
            self.out[at] = b' ';
            return Block::Schema;
        }
        let is_enum = self.unit.as_ref().is_some_and(|unit| unit.word == Some(b"enum") && !unit.has_block);
        if let Some(unit) = &mut self.unit {
            unit.has_block = true;
        }
        if is_enum { Block::Enum } else { Block::Plain }
    }

    pub(super) fn open(&mut self, byte: u8) {
        self.begin_unit();
        let mut block = Block::Plain;
        let too_deep = self.stack.len() + self.angles >= MAX_DEPTH;
        if too_deep {
            self.too_deep();
        } else if byte == b'{' {
            let is_schema = self.at_item_level()
                && self.unit.as_ref().is_some_and(|unit| unit.word == Some(b"schema") && !unit.has_block);
            block = self.enter_block(self.at, is_schema);
        }
        self.stack.push(Open { byte, at: self.at, indent: self.indent, block, too_deep, forgiven: false });
        self.before = if byte == b'{' { Before::Start } else { Before::Joins };
        self.at += 1;
    }

    pub(super) fn close(&mut self, byte: u8) {
        let want = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        if byte == b'}' && self.stack.iter().any(|open| open.byte == b'{') {
            self.unclosed_brackets(Some(self.at));
        }
        let own_line = self.at == self.line_at + self.indent;
        if byte == b'}' && own_line {
            self.closer_by_indent();
        }
        match self.stack.last() {
            Some(open)
                if (open.byte == want || byte != b'}' && self.is_period(open))
                    && !(self.doubts_columns
                        && open.block == Block::Schema
                        && own_line
                        && self.indent > open.indent) =>
            {
                let (block, too_deep) = (open.block, open.too_deep);
                self.stack.pop();
                if too_deep {
                    self.mark(self.at, self.at + 1);
                }
                if byte == b'}' && self.at_item_level() && block != Block::Schema {
                    self.last_closed = Some((self.at, self.units.len()));
                }
                if block == Block::Schema {
                    self.end_unit(self.at, 0, UnitKind::Item);
                    self.end_schema(self.at, self.at + 1);
                    self.before = Before::Start;
                    self.at += 1;
                    return;
                }
            }
            _ => self.stray_closer(byte),
        }
        self.before = Before::Operand;
        self.at += 1;
    }

    /// Whether a bracket opens the period of `no overlap [from, to)`.
    fn is_period(&self, open: &Open) -> bool {
        let line = self.src[..open.at].iter().rposition(|byte| matches!(byte, b'\n' | b';' | b'{'));
        let before = &self.src[line.map_or(0, |at| at + 1)..open.at];
        let mut words = before.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let begins = words.next() == Some(b"no") && words.next() == Some(b"overlap");
        open.byte != b'{' && begins && !before.iter().any(|byte| matches!(byte, b'[' | b'('))
    }

    pub(super) fn end_schema(&mut self, start: usize, end: usize) {
        self.schemas -= 1;
        self.units.push(Unit { kind: UnitKind::SchemaEnd, start, end, unclosed: 0 });
        self.out[start..end].fill(b' ');
    }
}

/// Where the text ends that this quote opens at `at`; an error has the end of its line, if it does not end on it.
pub(super) fn closing(src: &[u8], at: usize, quote: u8) -> Result<usize, usize> {
    let mut at = at + 1;
    loop {
        match memchr::memchr3(quote, b'\\', b'\n', &src[at..]).map(|n| at + n) {
            Some(n) if src[n] == quote => return Ok(n + 1),
            Some(n) if src[n] == b'\\' && src.get(n + 1).is_some_and(|&b| b != b'\n') => at = n + 2,
            Some(n) if src[n] == b'\\' => at = n + 1,
            end => return Err(end.unwrap_or(src.len())),
        }
    }
}
