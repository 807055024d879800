//! Whatever a source of less than a megabyte says, compiling it ends soon, in bounded memory, on a small stack.

#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "a test starts itself anew, so that what goes wrong ends a process of its own"
)]

mod child;
mod language;
mod sql;

/// Sources of one shape.
struct Family {
    name: String,
    /// A source of at most so many bytes.
    source: Box<dyn Fn(usize) -> String>,
    /// The codes of its errors.
    says: &'static [&'static str],
}

fn families() -> Vec<Family> {
    let mut all = sql::families();
    all.extend(language::families());
    all
}

/// `head`, as many items as there is room for, and `tail`.
fn fill(bytes: usize, head: &str, tail: &str, item: impl Fn(usize) -> String) -> String {
    let mut text = head.to_owned();
    for i in 0.. {
        let item = item(i);
        if text.len() + item.len() + tail.len() > bytes {
            break;
        }
        text.push_str(&item);
    }
    text + tail
}

#[test]
fn explore() {
    let Ok(pattern) = std::env::var("POLITY_EXPLORE") else { return };
    let bytes: usize = std::env::var("BYTES_").map_or(999_999, |n| n.parse().unwrap());
    for family in families().iter().filter(|f| f.name.contains(&pattern)) {
        if let Ok(dir) = std::env::var("POLITY_DUMP") {
            let dir = std::path::Path::new(&dir).join(family.name.replace(' ', "_"));
            std::fs::create_dir_all(&dir).unwrap();
            std::fs::write(dir.join("hostile.polity"), (family.source)(bytes)).unwrap();
            continue;
        }
        let begun = std::time::Instant::now();
        let said = child::compiled(family, bytes);
        let (ok, what) = match &said {
            Ok(codes) => ("ok", codes.join(" ")),
            Err(e) => ("BAD", e.lines().take(8).collect::<Vec<_>>().join(" / ")),
        };
        println!("@@ {ok} {:6.2} {:40} {what}", begun.elapsed().as_secs_f64(), family.name);
    }
}
