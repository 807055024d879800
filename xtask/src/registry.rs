//! The registry of codes, `compiler/text/src/diagnostics/codes.rs`: sections, each of codes that begin with the same two
//! digits. The bands 11 to 18 are for engines to come, and the comment of such a section is the name of its engine's folder.

/// The bands that engines to come take, in turn.
const BANDS: std::ops::RangeInclusive<u32> = 11..=18;

pub(crate) fn is_code(text: &str) -> bool {
    let (kind, number) = text.split_at_checked(1).unwrap_or_default();
    matches!(kind, "E" | "W") && number.len() == 4 && number.bytes().all(|byte| byte.is_ascii_digit())
}

/// The folder of the engine that a code belongs to; `None` where it concerns every store.
pub(crate) fn engine_of(registry: &str, code: &str) -> Option<String> {
    match &code[1..3] {
        "05" => Some("postgres".to_owned()),
        "06" => Some("mongodb".to_owned()),
        "07" => Some("redis".to_owned()),
        band if BANDS.contains(&band.parse().ok()?) => {
            let (_, sections, _) = parted(registry)?;
            let section = sections.iter().find(|section| section.iter().any(|line| is_of(line, band)))?;
            Some(section.first()?.trim().trim_start_matches("// ").to_owned())
        }
        _ => None,
    }
}

/// Adds `code` to the section where its neighbours stand; `None` where there is none, or where the code is taken.
pub(crate) fn add_code(registry: &str, code: &str) -> Option<String> {
    let (before, mut sections, after) = parted(registry)?;
    let line = format!("    {code},");
    if sections.iter().flatten().any(|other| *other == line) {
        return None;
    }
    let of_band = |section: &&mut Vec<&str>| section.iter().any(|line| is_of(line, &code[1..3]));
    // A band may have several sections; the code goes behind the last smaller one.
    let starts_below =
        |section: &&mut Vec<&str>| section.get(1).is_some_and(|first| first.trim()[1..] <= line.trim()[1..]);
    let at = sections.iter_mut().rposition(|section| of_band(&section) && starts_below(&section));
    let at = at.or_else(|| sections.iter_mut().position(|section| of_band(&section)))?;
    sections[at].push(&line);
    sections[at][1..].sort_unstable(); // the first line is the comment; errors come before warnings
    Some(joined(before, &sections, after))
}

/// Opens the next free band for an engine, and returns the registry with the band's first code, and that code.
pub(crate) fn add_band(registry: &str, engine: &str) -> Option<(String, String)> {
    let (before, mut sections, after) = parted(registry)?;
    let is_free = |band: &u32| !sections.iter().flatten().any(|line| is_of(line, &band.to_string()));
    let code = format!("E{}01", BANDS.into_iter().find(is_free)?);
    let (comment, line) = (format!("    // {engine}"), format!("    {code},"));
    sections.push(vec![&comment, &line]);
    Some((joined(before, &sections, after), code))
}

/// The text before the codes, their sections, and the text behind them.
fn parted(registry: &str) -> Option<(&str, Vec<Vec<&str>>, &str)> {
    let start = registry.find("\ncodes! {\n")? + "\ncodes! {\n".len();
    let end = start + registry[start..].find("\n}")?;
    let sections = registry[start..end].split("\n\n").map(|section| section.lines().collect()).collect();
    Some((&registry[..start], sections, &registry[end..]))
}

fn joined(before: &str, sections: &[Vec<&str>], after: &str) -> String {
    let text = sections.iter().map(|section| section.join("\n")).collect::<Vec<_>>().join("\n\n");
    format!("{before}{text}{after}")
}

/// Whether a line is a code whose first two digits are these.
fn is_of(line: &str, band: &str) -> bool {
    line.trim().get(1..3).is_some_and(|digits| digits == band)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "x\ncodes! {\n    // Syntax\n    E0101,\n    W0101,\n\n    // Policies\n    E0801,\n\n    \
                            // Pseudonyms\n    E0861,\n\n    // Files\n    E1001,\n}\n";

    #[test]
    fn a_code_goes_into_its_section_in_order() {
        let added = |code: &str| add_code(REGISTRY, code);
        assert_eq!(added("E0102"), Some(REGISTRY.replace("    W0101", "    E0102,\n    W0101")));
        assert_eq!(added("E0802"), Some(REGISTRY.replace("    E0801,", "    E0801,\n    E0802,")));
        assert_eq!(added("E0862"), Some(REGISTRY.replace("    E0861,", "    E0861,\n    E0862,")));
        assert_eq!(added("W1002"), Some(REGISTRY.replace("    E1001,", "    E1001,\n    W1002,")));
        assert_eq!(added("E0801"), None, "it is taken");
        assert_eq!(added("E0401"), None, "there is no such section");
    }

    #[test]
    fn each_engine_takes_the_next_band() {
        let (one, first) = add_band(REGISTRY, "sqlite").expect("there is one");
        assert_eq!(first, "E1101");
        assert!(one.contains("    E1001,\n\n    // sqlite\n    E1101,\n}"), "{one}");
        let (two, second) = add_band(&one, "s3").expect("there is one");
        assert_eq!(second, "E1201");
        let engine = |code: &str| engine_of(&two, code);
        assert_eq!(engine("E1102").as_deref(), Some("sqlite"));
        assert_eq!(engine("E1201").as_deref(), Some("s3"));
        assert_eq!(engine("W0705").as_deref(), Some("redis"));
        assert_eq!((engine("E1301"), engine("E1001"), engine("E0801")), (None, None, None));
    }

    #[test]
    fn codes_are_judged() {
        assert!(is_code("E0512") && is_code("W0101"));
        assert!(!is_code("E512") && !is_code("X0512") && !is_code("é512") && !is_code(""));
    }
}
