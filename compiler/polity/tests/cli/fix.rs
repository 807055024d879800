use std::fs;

use super::{folder, polity};

const HEAD: &str = "platform shop { environments: [dev] }\nstore main: postgres 15 { database: \"shop\" }\n";

fn project(entity: &str) -> tempfile::TempDir {
    let dir = folder();
    fs::write(dir.path().join("shop.polity"), HEAD).expect("it is written");
    let core =
        format!("schema core in main {{\n  entity Order {{\n    id: uuid key\n    {entity}\n  }}\n}}\n");
    fs::write(dir.path().join("core.polity"), core).expect("it is written");
    dir
}

#[test]
fn fix_writes_what_can_only_have_been_meant_and_checks_what_is_there_then() {
    let dir =
        project("name: text = 'x' not null -- how it is called\n    n: int\n    check (n == 3 AND n <> 4)");
    let run = polity(&dir, "check --fix");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.out.starts_with("mended core.polity in "), "{run:?}");
    assert!(run.out.contains("nothing is wrong\nmain (PostgreSQL 15): 1 entity, 3 fields; "), "{run:?}");
    let text = fs::read_to_string(dir.path().join("core.polity")).expect("it is there");
    assert!(text.contains("name: text = \"x\" // how it is called\n"), "{text}");
    assert!(text.contains("check (n = 3 and n != 4)"), "{text}");
    let other = fs::read_to_string(dir.path().join("shop.polity")).expect("it is there");
    assert_eq!(other, HEAD, "what is right is not touched");
    let again = polity(&dir, "check --fix");
    assert!(again.out.starts_with("there is nothing to mend"), "{again:?}");
}

#[test]
fn a_guess_is_told_and_not_made() {
    let dir = project("name: text uniqe");
    let before = fs::read_to_string(dir.path().join("core.polity")).expect("it is there");
    let run = polity(&dir, "check --fix --format json");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.out.contains("\"text\":\"unique\"}],\"certain\":false}"), "{}", run.out);
    assert_eq!(fs::read_to_string(dir.path().join("core.polity")).expect("it is there"), before);
}

#[test]
fn a_file_that_is_not_utf8_is_left_as_it_is() {
    let dir = project("name: text = 'x'");
    let path = dir.path().join("core.polity");
    let mut bytes = fs::read(&path).expect("it is there");
    bytes.extend(b"// caf\xe9\n");
    fs::write(&path, &bytes).expect("it is written");
    assert_eq!(polity(&dir, "check --fix").code, 1);
    assert_eq!(fs::read(&path).expect("it is there"), bytes);
}

#[test]
fn a_file_keeps_its_line_ends() {
    let dir = project(
        "name: text = 'x' not null -- how it is called\n    /* one\n     * two */\n    n: int # how many",
    );
    let path = dir.path().join("core.polity");
    let text = fs::read_to_string(&path).expect("it is there").replace('\n', "\r\n");
    fs::write(&path, text).expect("it is written");
    assert_eq!(polity(&dir, "check --fix").code, 0);
    let text = fs::read_to_string(&path).expect("it is there");
    assert!(text.contains("name: text = \"x\" // how it is called\r\n    // one\r\n"), "{text:?}");
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count(), "{text:?}");
}

#[test]
fn a_file_that_is_read_only_is_left_and_so_are_all_others() {
    let dir = project("name: text = 'x'");
    let shop = dir.path().join("shop.polity");
    fs::write(&shop, HEAD.replace("\"shop\"", "'shop'")).expect("it is written");
    let mut rights = fs::metadata(&shop).expect("it is there").permissions();
    rights.set_readonly(true);
    fs::set_permissions(&shop, rights).expect("they are set");
    let before = fs::read_to_string(dir.path().join("core.polity")).expect("it is there");
    let run = polity(&dir, "check --fix");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.err.contains("cannot write `shop.polity`: permission denied"), "{run:?}");
    assert!(fs::read_to_string(&shop).expect("it is there").contains("'shop'"));
    assert_eq!(fs::read_to_string(dir.path().join("core.polity")).expect("it is there"), before);
    let run = polity(&dir, "fmt shop.polity");
    assert_eq!(run.code, 1, "{run:?}");
}
