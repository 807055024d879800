//! The labels that columns carry, as the compiler says.

use super::table::{carried, cases};

#[test]
fn columns_carry_the_labels_of_what_they_come_from() {
    let cases = cases(u32::MAX);
    assert!(cases.len() >= 100, "{} queries", cases.len());
    let mut wrong = String::new();
    for (case, carried) in cases.iter().zip(carried(&cases)) {
        let line = |columns: Vec<(&str, &str)>| {
            let columns: Vec<String> =
                columns.iter().map(|(name, labels)| format!("{name}: {labels}")).collect();
            columns.join(" | ")
        };
        let wanted = line(case.columns.iter().map(|(name, labels)| (&**name, &**labels)).collect());
        let carried: Vec<String> = carried.iter().map(|labels| labels.join(" ")).collect();
        let names = case.columns.iter().map(|(name, _)| &**name);
        let labels = carried.iter().map(|labels| if labels.is_empty() { "-" } else { labels });
        let told = line(names.zip(labels).collect());
        if told != wanted {
            wrong += &format!("# {}\n{}\n= {wanted}\n  {told}\n\n", case.name, case.sql);
        }
    }
    assert!(wrong.is_empty(), "what was wanted, and what came:\n\n{wrong}");
}
