//! The page of the reference that lists the facts, written from their table.

use polity_model::facts::{FACTS, FactType, Subject};

/// `docs/facts.md`
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Facts of rules\n\nWhat a rule may compare: facts of what it is `for`, and of what that stands in (`entity.audited` and \
         `store.region` from a\nfield). Parameters of the policy are named like facts. This page is written from the compiler's own \
         table.\n\nWhat is not said, such as the region of a store without one, makes a comparison unknown; what is unknown \
         holds neither as\nit is nor under `not`, and only `is null` asks for it.\n",
    );
    for subject in Subject::ALL {
        page.push_str(&format!("\n## {}\n\n", subject.name()));
        let around: Vec<String> = subject.around().iter().map(|s| format!("`{}.`", s.name())).collect();
        if !around.is_empty() {
            page.push_str(&format!("Stands in: {}\n\n", around.join(" ")));
        }
        page.push_str("| fact | type | |\n|---|---|---|\n");
        for spec in FACTS.iter().filter(|spec| spec.of.contains(subject)) {
            page.push_str(&format!("| `{}` | {} | {} |\n", spec.name, noun(spec.ty), spec.docs));
        }
    }
    page
}

fn noun(ty: FactType) -> &'static str {
    match ty {
        FactType::Bool => "condition",
        FactType::Text => "text",
        FactType::Number => "number",
        FactType::Duration => "duration",
        FactType::Label => "label",
        FactType::Labels => "labels",
        FactType::Key => "key",
    }
}
