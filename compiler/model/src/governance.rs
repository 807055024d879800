//! The declarations that decide who may see what: labels, keys, tenancy, services. The rules about them are in
//! [`super::policy`].

use smol_str::SmolStr;

use super::purposes::{PurposeId, Recipient};
use super::{FieldId, KeyId, LabelId, Layered, Named, ServiceId, StoreId, Thing, TierId, Type};
use polity_text::source::Span;

/// `label biometric: personal`
#[derive(Debug, Clone)]
pub struct Label {
    pub id: LabelId,
    pub name: SmolStr,
    pub parents: Vec<LabelId>,
    /// `None` for those every platform knows: personal sensitive health financial card secret.
    pub span: Option<Span>,
}

/// `encryption key pii { algorithm: aes_256_gcm, rotate: 30d }`
#[derive(Debug, Clone)]
pub struct EncryptionKey {
    pub id: KeyId,
    pub named: Named,
    pub settings: Layered,
}

/// `tenancy by tenant_id: uuid`
#[derive(Debug, Clone)]
pub struct Tenancy {
    pub column: SmolStr,
    pub ty: Type,
    pub span: Span,
}

#[derive(Debug, Clone)]
pub struct Tier {
    pub id: TierId,
    pub named: Named,
    pub settings: Layered,
    pub stores: Vec<(StoreId, Layered)>,
    pub accepts: Vec<Accept>,
    /// The tenant that stands for any of the tier: it has tokens for its name and its id, and says nothing itself.
    pub any: Tenant,
}

/// `accept client_enforced in documents because "…"`
#[derive(Debug, Clone)]
pub struct Accept {
    pub what: SmolStr,
    pub store: Option<StoreId>,
    pub because: SmolStr,
    pub span: Span,
}

/// A group that sees the same settings of a store: everybody, the tenants of a tier, or one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Audience {
    Everybody,
    Tier(TierId),
    /// A tenant, by its position in the platform.
    Tenant(usize),
}

#[derive(Debug, Clone)]
pub struct Tenant {
    pub named: Named,
    pub tier: TierId,
    pub settings: Layered,
    pub stores: Vec<(StoreId, Layered)>,
}

/// `service wallet_api { read core.User (id, phone) }`
#[derive(Debug, Clone)]
pub struct Service {
    pub id: ServiceId,
    pub named: Named,
    pub grants: Vec<Grant>,
    pub across_tenants: Option<Span>,
    /// `purpose orders`: what it works with personal data for.
    pub purposes: Vec<(PurposeId, Span)>,
    pub recipients: Vec<Recipient>,
}

#[derive(Debug, Clone)]
pub struct Grant {
    /// `read`, `write`, `delete`, `append`, `publish`, `subscribe`, `consume`
    pub verb: SmolStr,
    /// Where the verb stands, if it says nothing of anything else.
    pub verb_span: Option<Span>,
    pub on: Thing,
    pub fields: Vec<FieldId>,
    /// `except #secret`
    pub except: Vec<LabelId>,
    /// `except (notes)`
    pub except_fields: Vec<FieldId>,
    /// `with deleted`: rows too that are deleted softly.
    pub deleted: Option<Span>,
    pub group: Option<SmolStr>,
    pub span: Span,
}
