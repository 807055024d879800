//! The words of the bodies that seal a trail and judge it.

use serde::Serialize;

use super::super::super::sql::Literal;
use super::super::calendar;
use super::Form;
use super::lowering::Lowering;
use super::sealing::{CLOSE, COMMITMENT, Sealing};

/// The words of the bodies, each as SQL writes it.
#[derive(Serialize)]
pub(super) struct Values {
    log: String,
    /// The name of the log, as a text.
    name: String,
    seals: String,
    parts: String,
    /// Parts of lines that name the tenant.
    of: Of,
    /// Whether the caller may see what all tenants did.
    everything: String,
    /// The call that proves that all entries are seen, where there are tenants.
    proof: Option<String>,
    commitment: String,
    cluster: String,
    seal: String,
    last: String,
    most: u32,
    /// How often the procedure seals in the minute that it has, and the seconds between.
    turns: u64,
    seconds: Option<u64>,
    /// The columns of an entry `e` from which a part is made.
    entry: String,
    /// The columns of an entry `e` that is open.
    open_entry: String,
    /// The hash over parts that are older than the first seal, where there are any.
    brought: String,
    /// The chains `h` that ended where this trail begins.
    closed: Option<Closed>,
    /// The condition that a part `p` went when it was due.
    is_due: String,
    /// The condition that the part before a part `p` must be there.
    is_kept: &'static str,
    /// The condition that a seal `s` may be the first one that is there.
    may_begin: String,
}

impl Values {
    pub(super) fn of(lowering: &Lowering, sealing: &Sealing) -> Self {
        let (trail, tenant) = (lowering.trail, lowering.shown_tenant());
        let of_tenant = |prefix: &str, behind: &str| {
            tenant.as_ref().map_or_else(String::new, |tenant| format!("{prefix}{tenant}{behind}"))
        };
        let hashed = format!(
            "e.cluster, e.xact, e.seq, e.at, {}e.actor, e.login, e.operation, e.entity, e.row_key, e.fields, e.commitment, e.salt, e.subjects, e.old, e.new",
            of_tenant("e.", ", ")
        );
        let period = trail.period();
        let keep = trail.log.retain.map(|(keep, _)| calendar::words(keep));
        let every = sealing.every.at_least_milliseconds().div_ceil(1000).max(1);
        let turns = 60_u64.div_ceil(every);
        Self {
            log: trail.name.to_string(),
            name: Literal(&trail.name.to_string()).to_string(),
            seals: sealing.seals.to_string(),
            parts: sealing.parts.to_string(),
            commitment: trail.part(COMMITMENT).to_string(),
            cluster: trail.cluster().to_string(),
            seal: sealing.seal.to_string(),
            last: trail.part("last_seal").to_string(),
            most: Sealing::MOST,
            turns,
            seconds: (turns > 1).then_some(60 / turns),
            entry: format!(
                "e.xact, e.seq, {}date_trunc('{period}', e.at)::date AS period, {}({hashed}) AS hash",
                of_tenant("e.", ", "),
                trail.part("hash")
            ),
            open_entry: format!("{}e.at", of_tenant("e.", " AS of_tenant, ")),
            brought: format!(
                "(SELECT sha256(string_agg(p.hash, ''::bytea ORDER BY p.hash)) FROM {} p WHERE p.seal < coalesce((SELECT min(s.number) FROM {} s), p.seal + 1))",
                sealing.parts, sealing.seals
            ),
            closed: Closed::of(lowering),
            is_due: keep.as_ref().map_or_else(
                || "false".to_owned(),
                |keep| {
                    format!(
                        "p.period + interval '1 {period}' + interval '{keep}' <= p.gone_at AT TIME ZONE 'UTC'"
                    )
                },
            ),
            is_kept: if keep.is_some() { "p.seal_before IS NOT NULL" } else { "true" },
            may_begin: keep.as_ref().map_or_else(
                || "false".to_owned(),
                |keep| format!("s.sealed_at < now() - interval '{keep}'"),
            ),
            of: Of::new(tenant.as_deref()),
            everything: match tenant {
                Some(_) => {
                    format!("pg_has_role(session_user, {}, 'USAGE')", Literal(&lowering.database.roles.owner))
                }
                None => "true".to_owned(),
            },
            proof: lowering.proof(),
        }
    }
}

/// The ends of the chains of the log before, each of which is an entry here.
#[derive(Serialize)]
struct Closed {
    heads: String,
    /// The call that writes the entry of a head `h`.
    written: String,
    /// The condition that an entry `e` is that of a head `h`; of its tenant, where there are some.
    of_head: String,
}

impl Closed {
    fn of(lowering: &Lowering) -> Option<Self> {
        let (before, _) = lowering.trail.log.after?;
        let before = lowering.database.trails.iter().find(|trail| trail.log.id == before)?;
        let Form::Serial { head, .. } = &before.form else { return None };
        let tenant = lowering.shown_tenant();
        let of_tenant = tenant.as_ref().map_or_else(String::new, |tenant| format!("h.{tenant}, "));
        let is_tenants =
            tenant.as_ref().map_or_else(String::new, |tenant| format!(" AND e.{tenant} = h.{tenant}"));
        Some(Self {
            heads: head.to_string(),
            written: format!(
                "{}({of_tenant}'{CLOSE}', {}, jsonb_build_object('seq', h.seq, 'hash', encode(h.hash, 'hex')), '{{}}', '{{}}', NULL, NULL)",
                lowering.trail.write(),
                Literal(&before.name.to_string())
            ),
            of_head: format!("e.operation = '{CLOSE}'{is_tenants}"),
        })
    }
}

/// Parts of lines that name the tenant: of an entry `e`, of what was found `f`, of parts `p`, `o` and `m`. All are empty where
/// there are no tenants, but for what then takes their place.
#[derive(Serialize, Default)]
pub(super) struct Of {
    /// The tenant at the beginning of a list.
    own: String,
    e: String,
    e_named: String,
    f: String,
    p: String,
    either: String,
    shown: &'static str,
    nobody: &'static str,
    /// The beginnings of conditions that two are one tenant's.
    o_is_p: String,
    m_is_p: String,
    f_is_p: String,
    /// The tenant whose entries the caller may see, and the ends of conditions that something is that tenant's.
    current: &'static str,
    or_part_is_shown: &'static str,
    or_open_is_shown: &'static str,
    or_entry_is_shown: String,
}

impl Of {
    fn new(tenant: Option<&str>) -> Self {
        let Some(tenant) = tenant else { return Self { current: "NULL", ..Self::default() } };
        let same = |one: &str| format!("{one} = p.{tenant} AND ");
        Self {
            own: format!("{tenant}, "),
            e: format!("e.{tenant}, "),
            e_named: format!("e.{tenant} AS of_tenant, "),
            f: format!("f.{tenant}, "),
            p: format!("p.{tenant}, "),
            either: format!("coalesce(p.{tenant}, f.of_tenant) AS of_tenant, "),
            shown: "of_tenant, ",
            nobody: "NULL, ",
            o_is_p: same(&format!("o.{tenant}")),
            m_is_p: same(&format!("m.{tenant}")),
            f_is_p: same("f.of_tenant"),
            current: "(SELECT polity.current_tenant()::text)",
            or_part_is_shown: " OR part.of_tenant = shown.tenant",
            or_open_is_shown: " OR e.of_tenant = shown.tenant",
            or_entry_is_shown: format!(" OR e.{tenant} = shown.tenant"),
        }
    }
}
