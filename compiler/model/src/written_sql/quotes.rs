//! Where quotes and remarks begin and end in SQL, by PostgreSQL's own rules. Its lexer and that of the parser must see the
//! same: what is a text to one and a statement to the other runs unseen.

use sqlparser::tokenizer::{Location, Token, TokenWithSpan, Whitespace};

/// Whether these tokens have their quotes and remarks where PostgreSQL has them, and no name that PostgreSQL reads as
/// another; otherwise what is read differently.
pub(super) fn judge(sql: &str, tokens: &[TokenWithSpan]) -> Result<(), String> {
    for token in tokens {
        if let Token::Word(word) = &token.token {
            judge_name(&word.value, word.quote_style.is_some())?;
        }
    }
    let parsed: Vec<[Location; 2]> = tokens.iter().filter_map(quoted).collect();
    match Scan::new(sql).quotes() {
        Some(found) if found == parsed => Ok(()),
        found => {
            let found = found.unwrap_or_default();
            let first = found.iter().zip(&parsed).find(|(found, parsed)| found != parsed);
            let place = first.map(|(found, _)| *found).or_else(|| found.get(parsed.len()).copied());
            let place = place.or_else(|| parsed.get(found.len()).copied());
            let place = place.map_or(Location::new(1, 1), |[start, _]| start);
            Err(format!(
                "a quote or a remark is not where it seems to be (line {}, column {} of the SQL): write blanks around \
                 operators, and quotes that PostgreSQL knows",
                place.line, place.column
            ))
        }
    }
}

/// The bytes of a name that PostgreSQL keeps
/// (<https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS>).
const LONGEST: usize = 63;

fn judge_name(name: &str, is_quoted: bool) -> Result<(), String> {
    if name.len() > LONGEST {
        return Err(format!("PostgreSQL cuts `{name}` after {LONGEST} bytes, and then it is another name"));
    }
    // In UTF-8, letters beyond ASCII keep their case.
    if !is_quoted && name.to_lowercase() != name.to_ascii_lowercase() {
        return Err(format!(
            "PostgreSQL keeps the case of letters beyond ASCII: write `\"{name}\"`, in quotes"
        ));
    }
    Ok(())
}

/// Where a token begins and ends that is a quote or a remark, its prefix (`E`, `U&`) left out.
fn quoted(token: &TokenWithSpan) -> Option<[Location; 2]> {
    let prefix = match &token.token {
        Token::SingleQuotedString(_)
        | Token::DoubleQuotedString(_)
        | Token::DollarQuotedString(_)
        | Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => 0,
        Token::Word(word) if word.quote_style.is_some() => 0,
        Token::EscapedStringLiteral(_)
        | Token::NationalStringLiteral(_)
        | Token::HexStringLiteral(_)
        | Token::SingleQuotedByteStringLiteral(_) => 1,
        Token::UnicodeStringLiteral(_) => 2,
        _ => return None,
    };
    let (start, end) = (token.span.start, token.span.end);
    Some([Location::new(start.line, start.column + prefix), end])
}

/// A walk over a text, as `scan.l` of PostgreSQL takes it.
struct Scan {
    rest: std::vec::IntoIter<char>,
    here: Location,
}

impl Scan {
    fn new(sql: &str) -> Self {
        Self { rest: sql.chars().collect::<Vec<_>>().into_iter(), here: Location::new(1, 1) }
    }

    /// `None` where one has no end.
    fn quotes(mut self) -> Option<Vec<[Location; 2]>> {
        let mut found = Vec::new();
        while let Some(next) = self.peek(0) {
            let start = self.here;
            match next {
                '-' if self.peek(1) == Some('-') => self.remark(),
                '/' if self.peek(1) == Some('*') => self.block()?,
                '\'' => self.text('\'')?,
                '"' => self.text('"')?,
                '$' => {
                    let Some(tag) = self.tag() else {
                        self.step();
                        continue;
                    };
                    self.dollars(&tag)?;
                }
                c if is_letter(c) => {
                    let is_escaping = matches!(c, 'e' | 'E') && self.peek(1) == Some('\'');
                    if !is_escaping {
                        while self.peek(0).is_some_and(|c| is_letter(c) || c.is_ascii_digit() || c == '$') {
                            self.step();
                        }
                        continue;
                    }
                    self.step();
                    let start = self.here;
                    self.escaped()?;
                    found.push([start, self.here]);
                    continue;
                }
                c if c.is_ascii_digit() => {
                    while self.peek(0).is_some_and(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.')) {
                        self.step();
                    }
                    continue;
                }
                _ => {
                    self.step();
                    continue;
                }
            }
            found.push([start, self.here]);
        }
        Some(found)
    }

    fn peek(&self, ahead: usize) -> Option<char> {
        self.rest.as_slice().get(ahead).copied()
    }

    fn step(&mut self) -> Option<char> {
        let next = self.rest.next()?;
        self.here = match next {
            '\n' => Location::new(self.here.line + 1, 1),
            _ => Location::new(self.here.line, self.here.column + 1),
        };
        Some(next)
    }

    fn skip(&mut self, characters: usize) {
        for _ in 0..characters {
            self.step();
        }
    }

    /// `-- …` to the end of its line.
    fn remark(&mut self) {
        while self.peek(0).is_some_and(|c| !matches!(c, '\n' | '\r')) {
            self.step();
        }
    }

    /// `/* … */`, which nests.
    fn block(&mut self) -> Option<()> {
        let mut depth = 0;
        loop {
            let pair = (self.peek(0)?, self.peek(1));
            self.step();
            match pair {
                ('/', Some('*')) => depth += 1,
                ('*', Some('/')) => depth -= 1,
                _ => continue,
            }
            self.step();
            if depth == 0 {
                return Some(());
            }
        }
    }

    /// In quotes that stand for themselves where they are doubled.
    fn text(&mut self, quote: char) -> Option<()> {
        self.step();
        loop {
            if self.step()? == quote {
                if self.peek(0) != Some(quote) {
                    return Some(());
                }
                self.step();
            }
        }
    }

    /// `'…'` behind an `E`. None where it goes on in another line, which hides whether that escapes too.
    fn escaped(&mut self) -> Option<()> {
        self.step();
        loop {
            match self.step()? {
                '\\' => self.skip(1),
                '\'' if self.peek(0) == Some('\'') => self.skip(1),
                '\'' => break,
                _ => {}
            }
        }
        let mut blanks =
            self.rest.as_slice().iter().skip_while(|c| c.is_ascii_whitespace() || **c == '\u{b}');
        (blanks.next() != Some(&'\'')).then_some(())
    }

    /// `$name$` or `$$`, whose name has no digit in front.
    fn tag(&self) -> Option<Vec<char>> {
        let rest = &self.rest.as_slice()[1..];
        let end = rest.iter().position(|c| *c == '$')?;
        let name = &rest[..end];
        let is_name = name.iter().all(|c| is_letter(*c) || c.is_ascii_digit());
        let begins_well = name.first().is_none_or(|c| is_letter(*c));
        (is_name && begins_well).then(|| self.rest.as_slice()[..end + 2].to_vec())
    }

    fn dollars(&mut self, tag: &[char]) -> Option<()> {
        self.skip(tag.len());
        while !self.rest.as_slice().starts_with(tag) {
            self.step()?;
        }
        self.skip(tag.len());
        Some(())
    }
}

/// Whether a name may begin with it. Every character beyond ASCII is one to PostgreSQL, blanks among them.
fn is_letter(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || !c.is_ascii()
}

#[cfg(test)]
mod tests {
    use crate::written_sql::{Refusal, tokens};

    /// Why a text is refused; empty where it is read.
    fn refused(sql: &str) -> String {
        match tokens(sql) {
            Ok(_) => String::new(),
            Err(Refusal::Excess(why)) => why,
            Err(Refusal::Syntax(why)) => why.to_string(),
        }
    }

    #[test]
    fn what_postgres_reads_differently_is_refused() {
        for operator in [
            "||", "->", "->>", "#>", "<@", "<", "<=", ">=", "<>", "~", "~*", "%", "-", "&", "|", "#", "@",
            "=", "+", "*", "!=",
        ] {
            for remark in ["/* ' */ name -- '", "-- '\nname /* ' */"] {
                let glued = format!("select a {operator}{remark}\n from t");
                let apart = format!("select a {operator} {remark}\n from t");
                // Either both lexers see the remark, or the text is refused.
                let names_it =
                    tokens(&glued).is_ok_and(|all| all.iter().any(|t| t.token.to_string() == "name"));
                assert!(names_it || !refused(&glued).is_empty(), "{glued}");
                assert_eq!(refused(&apart), "", "{apart}");
            }
        }
        for sql in [
            "select $1$\n\\! id\n$1$",
            "select $1$b$ x $1$b$",
            "select E'a'\n'b\\' x'",
            "select a from core.\u{c9}",
            "select k from core.\u{212a}",
        ] {
            assert_ne!(refused(sql), "", "{sql}");
        }
        let long = "a".repeat(64);
        assert_ne!(refused(&format!("select {long} from t")), "");
        assert_ne!(refused(&format!("select \"{long}\" from t")), "");
        assert_eq!(refused(&format!("select {}", &long[1..])), "");
    }

    #[test]
    fn what_both_read_alike_is_read() {
        for sql in [
            "select 'a''b', E'a\\'b', N'x', X'1f', B'01', U&'d\\0061t', \"a\"\"b\", U&\"d\\0061\" from t",
            "select $$a'b$$, $tag$ $$ $tag$, a$b, $1 from t -- it's\r\n where /* a /* b' */ c */ true",
            "select 1.5e3, 'a' 'b', 'a'\n'b', a::text, b @> '{}', c ->> 'd', e - 1, f -- last",
            "select \u{e9}t\u{e9}, '\u{e9}', \"\u{c9}\" from core.\u{e9} where x = '\u{1f600}' and y",
            "do $body$ begin perform 'a'; /* x */ end $body$",
        ] {
            assert_eq!(refused(sql), "", "{sql}");
        }
    }
}
