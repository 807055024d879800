//! A fragment of SQL that names a schema means the one that tenants share, wherever it stands.

use sqlparser::tokenizer::Token;

use polity_govern::Stored;
use polity_model::expr::ExprKind;
use polity_model::{Expr, Store, written_sql};
use polity_text::diagnostics::Diagnostic;
use polity_text::diagnostics::codes::E0820;

/// `sql("…")` in an entity that names something of a schema of which tenants have their own.
pub(super) fn scoped_fragment(platform: &Stored, store: &Store, found: &mut Vec<Diagnostic>) {
    let Some(tier) = platform.tiers_with_schemas().next() else { return };
    let scoped = platform.scoped_schemas();
    let own = platform.schemas.iter().filter(|s| s.store == store.id && scoped[s.id.index()]);
    let schemas: Vec<&str> = own.map(|schema| schema.named.stored.as_str()).collect();
    let name = &tier.named.name;
    for entity in platform.entities_in(store.id).filter(|entity| !entity.global) {
        let mut judge = |expr: &Expr| {
            let ExprKind::Sql { text, .. } = &expr.kind else { return };
            if let Some(schema) = named_schema(text, &schemas) {
                let message = format!(
                    "this names the `{schema}` that tenants share, and those of `{name}` have their own"
                );
                found.push(
                    Diagnostic::new(E0820, expr.span, message)
                        .also(
                            tier.named.span,
                            "their schemas bear a prefix, which only queries of views are given",
                        )
                        .help("write it without SQL, or let the tier have `isolation: row` or `database`"),
                );
            }
        };
        let mut all = |expr: &Expr| expr.walk(&mut judge);
        platform.expressions(entity, &mut all);
    }
}

/// The first of the schemas that stands in front of a dot, or begins the text of a name (`nextval('core.numbers')`).
fn named_schema<'s>(fragment: &str, schemas: &[&'s str]) -> Option<&'s str> {
    let tokens: Vec<Token> =
        written_sql::tokens(fragment).ok()?.into_iter().map(|token| token.token).collect();
    let is = |token: Option<&Token>, words: &[&str]| matches!(token, Some(Token::Word(word)) if words.contains(&word.value.to_lowercase().as_str()));
    let known = |stored: &str| schemas.iter().copied().find(|schema| *schema == stored);
    tokens.iter().enumerate().find_map(|(at, token)| match token {
        Token::Word(word)
            if tokens.get(at + 1) == Some(&Token::Period) && (at == 0 || tokens[at - 1] != Token::Period) =>
        {
            if word.quote_style.is_some() {
                known(&word.value)
            } else {
                known(&word.value.to_lowercase())
            }
        }
        Token::SingleQuotedString(text) => {
            let called = at >= 2 && is(tokens.get(at - 2), &["nextval", "currval", "setval", "to_regclass"]);
            let cast =
                tokens.get(at + 1) == Some(&Token::DoubleColon) && is(tokens.get(at + 2), &["regclass"]);
            let (schema, _) = text.split_once('.').filter(|_| called || cast)?;
            known(&schema.trim_matches('"').to_lowercase()).or_else(|| known(schema.trim_matches('"')))
        }
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_found_where_it_names_something() {
        for (fragment, found) in [
            ("core.lower(name)", Some("core")),
            ("nextval('core.numbers')", Some("core")),
            ("nextval('\"Odd one\".numbers'::regclass)", Some("Odd one")),
            ("pg_catalog.lower(name)", None),
            ("name <> 'core.lower' AND core > 1", None),
            ("CORE . f(name)", Some("core")),
            ("\"CORE\".f(name)", None),
            ("(address).core.x = 1", None),
        ] {
            assert_eq!(named_schema(fragment, &["core", "Odd one"]), found, "{fragment}");
        }
    }

    #[test]
    fn fragments_are_refused_wherever_they_stand_and_only_beside_schemas_of_a_tenant() {
        let found = |isolation: &str, line: &str| {
            let source = format!(
                "platform shop {{ environments: [dev] }}\nstore main: postgres 15 {{ database: \"shop\" }}\n\
                 tenancy by tenant_id: uuid\ntier premium {{ isolation: {isolation} }}\n\
                 tenant acme: premium {{ id: \"018f3c1e-5c1e-7b1a-9a57-0a4d4a3f2b10\" }}\n\
                 schema core in main {{ entity Item {{ id: uuid key = uuid_v7()\nname: text(40)\nnumber: bigint\n{line} }} }}\n"
            );
            let found = polity::check(&polity_text::source::Sources::single("test.polity", &source), None);
            found.iter().filter(|d| d.code == E0820).count()
        };
        for line in [
            "other: bigint = sql(\"nextval('core.numbers')\")",
            "other: text(40) = sql(\"core.slug(name)\") stored",
            "check slugged (sql(\"core.slug(name)\") = name)",
            "index (name) where sql(\"core.is_good(name)\")",
            "index (sql(\"core.slug(name)\"))",
        ] {
            assert_eq!(found("schema", line), 1, "{line}");
            assert_eq!(found("row", line), 0, "{line}");
            assert_eq!(found("database", line), 0, "{line}");
        }
        assert_eq!(found("schema", "check low (sql(\"lower(name)\") = name)"), 0);
    }
}
