//! The file of passwords that libpq reads as well, where `PGPASSFILE` names one: `host:port:database:login:password` on each line, `*` for
//! anything, the first that fits.

/// Returns the password of a login.
pub(super) fn password(file: &str, wanted: [&str; 4]) -> Option<String> {
    let lines = file.lines().filter(|line| !line.starts_with('#'));
    lines.map(fields).find_map(|fields| {
        let (password, of) = fields.split_last().filter(|(_, of)| of.len() == 4)?;
        let fits = of.iter().zip(wanted).all(|(said, wanted)| said == "*" || said == wanted);
        fits.then(|| password.clone())
    })
}

/// The parts of a line, in which `\` stands before a `:` or a `\` that belongs to one.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        let last = fields.len() - 1;
        match letter {
            ':' if fields.len() < 5 => fields.push(String::new()),
            '\\' => fields[last].extend(letters.next()),
            letter => fields[last].push(letter),
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        let file = "# db:1:shop:app:no\ndb:1:shop\ndb:5432:shop:app:a\\:b\\\\c:d\n*:*:*:app:other\n";
        for (wanted, expected) in [
            (["db", "5432", "shop", "app"], Some("a:b\\c:d")),
            (["db", "5433", "shop", "app"], Some("other")),
            (["db", "5432", "shop", "web"], None),
        ] {
            assert_eq!(password(file, wanted).as_deref(), expected, "{wanted:?}");
        }
    }
}
