//! A context that only who holds a key can set: the keys, and the functions that judge what was signed.

use serde::Serialize;
use smol_str::SmolStr;

use super::super::super::sql::Name;
use super::super::database::Database;
use super::super::lowered::{Lowered, OwnTable, arguments, atomic, plpgsql, settings, unmodified};
use super::{CURRENT_TENANT, ENTER, POLITY, Tenancy};
use polity_catalog::relational::{ConstraintRule, Function, Privilege, Schema, Target, Volatility};
use polity_templates::postgres::functions;

const KEYS: &str = "polity_key";

/// Lowers the schema of the keys and the functions that read them, which a role of their own owns.
pub(super) fn lower(database: &Database, tenancy: &Tenancy, callers: &[&SmolStr], lowered: &mut Lowered) {
    lower_keys(database, lowered);
    let roles = &database.roles;
    let values = TenantType { is_uuid: tenancy.is_uuid, ty: &tenancy.ty };
    lowered.grant(super::polity(), &roles.owner, [&roles.context], &[Privilege::Usage]);

    let signature = Function {
        arguments: arguments(&[
            ("inner_pad", "bytea"),
            ("outer_pad", "bytea"),
            ("tenant", "text"),
            ("until", "text"),
        ]),
        volatility: Volatility::Stable,
        parallel_safe: true,
        ..atomic(&Name::new(POLITY, "signature"), &roles.context, "bytea", functions::SIGNATURE)
    };
    let docs =
        "What is signed: the database, the role that logged in, the tenant and the last second, one a line.";
    lowered.function(docs, signature, []);

    let body = polity_templates::render(functions::CURRENT_TENANT_SIGNED, &values);
    let current = Function {
        volatility: Volatility::Stable,
        parallel_safe: true,
        security_definer: true,
        ..atomic(&Name::new(POLITY, CURRENT_TENANT), &roles.context, &unmodified(&tenancy.ty), &body)
    };
    lowered.function(
        "The tenant of this transaction, or null: where none is set, where nobody who knows a key says so, where that was for\n\
         another role or another database, where it is over or holds for longer than five minutes, and where it was set in\n\
         another transaction. It is STABLE and called as (SELECT polity.current_tenant()): once a statement, and never folded\n\
         into a prepared plan.",
        current,
        callers.iter().copied(),
    );

    let signed = Function {
        arguments: arguments(&[("tenant", &tenancy.ty)]),
        volatility: Volatility::Stable,
        security_definer: true,
        ..atomic(&Name::new(POLITY, "signed"), &roles.context, "text", functions::SIGNED)
    };
    let eraser = super::super::erasure::is_needed(database).then_some(&roles.eraser);
    let docs = "What the signer would say to the role that is logged in: for maintenance and administrators, never for services.";
    lowered.function(docs, signed, std::iter::once(&roles.maintenance).chain(eraser));

    let body = polity_templates::render(functions::ENTER_SIGNED, &values);
    let mut enter = plpgsql(&Name::new(POLITY, ENTER), &roles.context, "void", &body);
    enter.arguments = arguments(&[("said", "text")]);
    lowered.function(
        "Sets the tenant for the rest of the transaction: the first statement of every one. It takes what the signer said:\n\
         tenant, last second since 1970, and signature in hexadecimal, with dots between. Who may sign gives the tenant alone.",
        enter,
        callers.iter().copied(),
    );
}

/// The type of a tenant's id, as the templates of functions need it.
#[derive(Serialize)]
struct TenantType<'a> {
    is_uuid: bool,
    ty: &'a str,
}

fn lower_keys(database: &Database, lowered: &mut Lowered) {
    let roles = &database.roles;
    lowered.add(Schema { name: KEYS.into(), owner: roles.owner.clone(), comment: SmolStr::default() });
    lowered.grant(Target::Schema(KEYS.into()), &roles.owner, [&roles.context], &[Privilege::Usage]);
    let name = Name::new(KEYS, "signing");
    let size = "length(inner_pad) = 64 AND length(outer_pad) = 64";
    let signing = OwnTable::new(&name, &roles.owner, "")
        .column("added_at", "timestamptz", "")
        .defaults_to("now()")
        .column("inner_pad", "bytea", "")
        .column("outer_pad", "bytea", "")
        .key(&["inner_pad"])
        .constraint("signing_size", ConstraintRule::Check(size.to_owned()));
    lowered.own_table(
        "Keys that say whose a transaction is, each as HMAC uses it (RFC 2104): what is hashed before the message, and before\n\
         that hash. A key of 32 to 64 bytes is added by whoever administers the database, from where secrets live, and given to\n\
         the one that signs, never to a service:\n    \
         SELECT polity_key.add(decode('…', 'hex'))\n\
         To change it, add the next, let the signer use it, and DELETE the first. Without a key nobody has a tenant.",
        signing,
    );
    lowered.grant(Target::Relation(name.0), &roles.owner, [&roles.context], &[Privilege::Select]);
    let add = Function {
        arguments: arguments(&[("key", "bytea")]),
        settings: settings(&[("search_path", "pg_catalog, pg_temp")]),
        ..plpgsql(&Name::new(KEYS, "add"), &roles.owner, "void", functions::ADD_KEY)
    };
    lowered.function("Adds a key.", add, []);
}
