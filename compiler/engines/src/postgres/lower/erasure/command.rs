//! The shell command that erases a person.

use super::super::placement::own_functions;
use super::function_name;
use crate::surface::KindOfPerson;
use polity_govern::Stored;
use polity_text::quoting::shell;

/// The statement is the same for everybody: whatever has a name comes to psql as a variable. Of a person whose tenant has
/// schemas of its own, the function is there.
pub(in crate::postgres) fn command(platform: &Stored, kind: KindOfPerson<'_>) -> String {
    let function = function_name("erase_subject", kind.stored);
    let (called, names) = match kind.stored {
        Some(_) => (r#":\"function\""#, format!("-v function={} ", shell::word(&function))),
        None => ("erase_subject", String::new()),
    };
    if !kind.of_tenant {
        return format!(
            r#"found=$(echo "SELECT polity.{called}(:'id', :'found');" |
  psql "$DATABASE_URL" -qAt -v ON_ERROR_STOP=1 {names}-v id="$POLITY_SUBJECT" -v found="$found")"#
        );
    }
    let schema = schema(platform);
    format!(
        r#"{schema}
found=$(printf '%s\n' '\o /dev/null' "SELECT polity.enter(:'tenant');" '\o' "SELECT :\"schema\".{called}(:'id', :'found');" |
  psql "$DATABASE_URL" -qAt1 -v ON_ERROR_STOP=1 -v schema="$schema" {names}-v tenant="$POLITY_TENANT_ID" \
    -v id="$POLITY_SUBJECT" -v found="$found")"#
    )
}

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
