//! Who may see what, for how long, and under which rules: labels, keys, policies, tenancy, services.
//!
//! Later phases give these a meaning; here their names are bound and their types are known.

use smol_str::SmolStr;

use super::{KeyId, LabelId, Layered, Named, StoreId, Thing, TierId, Type};
use crate::source::Span;

/// `label biometric: personal`
#[derive(Debug)]
pub struct Label {
    pub id: LabelId,
    pub name: SmolStr,
    pub parents: Vec<LabelId>,
    /// `None` for those every platform knows: personal sensitive health financial card secret.
    pub span: Option<Span>,
}

/// `encryption key pii { algorithm: aes_256_gcm, rotate: 30d }`
#[derive(Debug)]
pub struct EncryptionKey {
    pub id: KeyId,
    pub named: Named,
    pub settings: Layered,
}

/// `policy house "Our own rules" { … }`
#[derive(Debug)]
pub struct Policy {
    pub named: Named,
    pub title: SmolStr,
    pub parameters: Vec<(Named, Type)>,
    pub rules: Vec<Rule>,
}

#[derive(Debug)]
pub struct Rule {
    pub named: Named,
    pub cites: SmolStr,
    /// `field`, `entity`, `store`, …
    pub selects: SmolStr,
    pub span: Span,
}

/// `use policy gdpr { retention: 5y }`
#[derive(Debug)]
pub struct UsePolicy {
    pub name: SmolStr,
    pub span: Span,
    pub settings: Layered,
}

/// `waive gdpr.storage_limitation on core.Wallet until 2027-06-30 because "…"`
#[derive(Debug)]
pub struct Waiver {
    pub rule: SmolStr,
    pub on: Thing,
    pub until: (u16, u8, u8),
    pub because: SmolStr,
    pub span: Span,
}

/// `tenancy by tenant_id: uuid`
#[derive(Debug)]
pub struct Tenancy {
    pub column: SmolStr,
    pub ty: Type,
    pub span: Span,
}

#[derive(Debug)]
pub struct Tier {
    pub id: TierId,
    pub named: Named,
    pub settings: Layered,
    pub stores: Vec<(StoreId, Layered)>,
    pub accepts: Vec<Accept>,
}

/// `accept client_enforced in documents because "…"`
#[derive(Debug)]
pub struct Accept {
    pub what: SmolStr,
    pub store: Option<StoreId>,
    pub because: SmolStr,
    pub span: Span,
}

#[derive(Debug)]
pub struct Tenant {
    pub named: Named,
    pub tier: TierId,
    pub settings: Layered,
    pub stores: Vec<(StoreId, Layered)>,
}

/// `service wallet_api { read core.User (id, phone) }`
#[derive(Debug)]
pub struct Service {
    pub named: Named,
    pub grants: Vec<Grant>,
    pub across_tenants: Option<Span>,
}

#[derive(Debug)]
pub struct Grant {
    /// `read`, `write`, `delete`, `append`, `publish`, `subscribe`, `consume`
    pub verb: SmolStr,
    pub on: Thing,
    pub fields: Vec<super::FieldId>,
    pub except: Vec<LabelId>,
    pub group: Option<SmolStr>,
    pub span: Span,
}
