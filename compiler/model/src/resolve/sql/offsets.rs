//! The bytes of places that the lexer of SQL tells by line and column.

use sqlparser::tokenizer::Location;

/// Characters between two places that are kept, so that the one that is asked for is near.
const STEP: usize = 64;

/// Where the lines of a text are.
pub(in crate::resolve) struct Offsets<'t> {
    text: &'t str,
    /// The byte of the first character of each line, and of each that is [`STEP`] further.
    lines: Vec<Vec<usize>>,
}

impl<'t> Offsets<'t> {
    pub(in crate::resolve) fn of(text: &'t str) -> Self {
        let mut lines = vec![vec![0]];
        let mut column = 0;
        for (at, c) in text.char_indices() {
            column += 1;
            let next = at + c.len_utf8();
            if c == '\n' {
                lines.push(vec![next]);
                column = 0;
            } else if column % STEP == 0
                && let Some(line) = lines.last_mut()
            {
                line.push(next);
            }
        }
        Self { text, lines }
    }

    /// The byte of a line and a column, both from 1 and in characters; `None` beyond the text.
    pub(in crate::resolve) fn byte(&self, location: Location) -> Option<usize> {
        let line = self.lines.get(usize::try_from(location.line).ok()?.max(1) - 1)?;
        let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
        let step = (column / STEP).min(line.len() - 1);
        let from = *line.get(step)?;
        let rest = self.text.get(from..)?;
        Some(rest.char_indices().nth(column - step * STEP).map_or(self.text.len(), |(at, _)| from + at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_is_found() {
        let text = format!("é\n\n{}\nlast", "aé漢🎉".repeat(100));
        let offsets = Offsets::of(&text);
        let (mut line, mut column) = (1, 1);
        for (at, c) in text.char_indices() {
            assert_eq!(offsets.byte(Location::new(line, column)), Some(at), "{line}:{column}");
            (line, column) = if c == '\n' { (line + 1, 1) } else { (line, column + 1) };
        }
        assert_eq!(offsets.byte(Location::new(line, column)), Some(text.len()));
        assert_eq!(offsets.byte(Location::new(line + 1, 1)), None);
    }
}
