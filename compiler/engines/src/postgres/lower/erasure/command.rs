//! The shell command that erases a person.

use super::super::placement::own_functions;
use super::function_name;
use crate::surface::KindOfPerson;
use polity_govern::Stored;
use polity_model::Store;
use polity_text::quoting::shell;

/// The statements are the same for everybody: whatever has a name comes to psql as a variable. Of a person whose tenant has
/// schemas of its own, the procedure is there.
pub(in crate::postgres) fn command(platform: &Stored, store: &Store, kind: KindOfPerson<'_>) -> String {
    let procedure = function_name("erase_subject_in_batches", kind.stored);
    let (called, names) = match kind.stored {
        Some(_) => (r#":"procedure""#, format!("-v procedure={} ", shell::word(&procedure))),
        None => ("erase_subject_in_batches", String::new()),
    };
    let passed = "SELECT current_setting('polity.found');";
    if !kind.of_tenant {
        return format!(
            r#"found=$(printf '%s\n' "CALL polity.{}(:'id', :'found');" "{passed}" |
  psql "$DATABASE_URL" -qAt -v ON_ERROR_STOP=1 {names}-v id="$POLITY_SUBJECT" -v found="$found")"#,
            called.replace('"', r#"\""#)
        );
    }
    let schema = schema(platform);
    let (registered, of_store) = match platform.tiers_with_places().next() {
        Some(_) => (REGISTERED, format!("-v store={} ", shell::word(&store.named.name))),
        None => ("", String::new()),
    };
    format!(
        r#"{schema}
found=$(printf '%s\n' {registered}"CALL :\"schema\".{}(:'tenant', :'id', :'found');" "{passed}" |
  psql "$DATABASE_URL" -qAt -v ON_ERROR_STOP=1 -v schema="$schema" {of_store}{names}-v tenant="$POLITY_TENANT_ID" \
    -v id="$POLITY_SUBJECT" -v found="$found")"#,
        called.replace('"', r#"\""#)
    )
}

/// Asks the ledger of `polity apply`, where there is one, for the place of the tenant: no line of the source may name it.
const REGISTERED: &str = r#""SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'polity_ledger') AS registered \gset" \
    "\if :registered" "SELECT polity_ledger.functions_of(:'store', :'tenant', :'schema') AS schema \gset" "\endif" \
    "#;

/// Says where the functions of the tenant are.
fn schema(platform: &Stored) -> String {
    let mut own = String::new();
    for tenant in platform.tenants_in_schemas() {
        let schema = own_functions(&platform[tenant.tier].prefix_of(tenant));
        let (id, schema) = (shell::word(tenant.id()), shell::word(&schema));
        own.push_str(&format!("  {id}) schema={schema} ;;\n"));
    }
    if own.is_empty() {
        "schema=polity".to_owned()
    } else {
        format!("schema=polity\ncase $POLITY_TENANT_ID in\n{own}esac")
    }
}
