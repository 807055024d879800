//! Rights on objects that roles make later.

use std::collections::BTreeSet;

use super::super::sql::Ident;
use super::rights::word;
use polity_catalog::relational::{Catalog, DefaultPrivileges, Object, ObjectKind, Privilege};

/// Returns the statements that turn the rights which PostgreSQL gives by itself into those of the catalog.
pub(super) fn default_privileges(catalog: &Catalog) -> Vec<String> {
    let statements = catalog.objects().filter_map(|object| match object {
        Object::DefaultPrivileges(one) => Some(statements(one)),
        _ => None,
    });
    statements.flatten().collect()
}

fn statements(one: &DefaultPrivileges) -> Vec<String> {
    let within: String = one.within.iter().map(|schema| format!(" IN SCHEMA {}", Ident(schema))).collect();
    let alter = format!("ALTER DEFAULT PRIVILEGES FOR ROLE {}{within}", Ident(&one.by));
    let kind = match one.on {
        ObjectKind::Schemas => "SCHEMAS",
        ObjectKind::Sequences => "SEQUENCES",
        ObjectKind::Functions => "FUNCTIONS",
        ObjectKind::Tables => "TABLES",
        ObjectKind::Types => "TYPES",
        ObjectKind::LargeObjects => "LARGE OBJECTS",
    };
    let mut out = Vec::new();
    if let Some(privilege) = of_everybody(one)
        && !one.rights.get("public").is_some_and(|held| held.privileges.contains(&privilege))
    {
        out.push(format!("{alter} REVOKE {} ON {kind} FROM PUBLIC;", word(privilege)));
    }
    for (role, held) in &one.rights {
        let plain: BTreeSet<Privilege> = held.privileges.difference(&held.grantable).copied().collect();
        for (privileges, option) in [(&plain, ""), (&held.grantable, " WITH GRANT OPTION")] {
            let words: Vec<&str> = privileges.iter().map(|privilege| word(*privilege)).collect();
            if !words.is_empty() {
                out.push(format!("{alter} GRANT {} ON {kind} TO {}{option};", words.join(", "), Ident(role)));
            }
        }
    }
    out
}

/// Returns the right that PostgreSQL gives every role by itself.
fn of_everybody(one: &DefaultPrivileges) -> Option<Privilege> {
    match (one.on, &one.within) {
        (ObjectKind::Functions, None) => Some(Privilege::Execute),
        (ObjectKind::Types, None) => Some(Privilege::Usage),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn printed(json: &str) -> Vec<String> {
        let mut catalog = Catalog::default();
        catalog.insert(serde_json::from_str::<Object>(json).expect("an object"));
        default_privileges(&catalog)
    }

    #[test]
    fn a_right_of_everybody_is_taken_where_the_catalog_has_it_not() {
        assert_eq!(
            printed(r#"{"default_privileges": {"by": "o", "on": "functions"}}"#),
            ["ALTER DEFAULT PRIVILEGES FOR ROLE o REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;"]
        );
        let kept = r#"{"default_privileges": {"by": "o", "on": "types", "rights": {"public": {"privileges": ["usage"]}}}}"#;
        assert_eq!(printed(kept), ["ALTER DEFAULT PRIVILEGES FOR ROLE o GRANT USAGE ON TYPES TO public;"]);
    }

    #[test]
    fn a_right_that_may_be_given_on_stands_by_itself() {
        let given = r#"{"default_privileges": {"by": "o", "on": "functions", "within": "Odd one", "rights":
            {"r": {"privileges": ["execute"], "grantable": ["execute"]}}}}"#;
        assert_eq!(
            printed(given),
            [
                "ALTER DEFAULT PRIVILEGES FOR ROLE o IN SCHEMA \"Odd one\" GRANT EXECUTE ON FUNCTIONS TO r WITH GRANT OPTION;"
            ]
        );
        let both = r#"{"default_privileges": {"by": "o", "on": "tables", "rights":
            {"r": {"privileges": ["select", "insert"], "grantable": ["insert"]}}}}"#;
        assert_eq!(
            printed(both),
            [
                "ALTER DEFAULT PRIVILEGES FOR ROLE o GRANT SELECT ON TABLES TO r;",
                "ALTER DEFAULT PRIVILEGES FOR ROLE o GRANT INSERT ON TABLES TO r WITH GRANT OPTION;"
            ]
        );
    }
}
