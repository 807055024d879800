//! The form in which stores hold a platform, beside the platform as its source says it.

use super::{HEAD, governed, rule};
use crate::Stored;
use polity_model::{FieldId, Scalar, TypeKind};
use polity_text::source::Sources;

const SHOP: &str = "schema core in main {
  entity User { id: uuid key = uuid_v7(); phone: phone? #personal unique; address: Address; }
  entity Seen { id: uuid key; who: -> User; index (who); }
  entity Plain { id: uuid key = uuid_v7(); name: text(80); }
  view Phones { sql \"select phone from core.user\"; phone: phone?; }
}
struct Address { street: text(80) encrypted with pii }
service web { read core.User (phone) }
";

fn rules() -> String {
    let all = "for field where #personal in labels\napply encrypted with pii searchable\n}\nrule hash {\n\
         for field where reference\napply pseudonymous with pii\n}\nrule trace {\nfor entity\napply append only";
    format!("{SHOP}{}", rule(all))
}

#[test]
fn neither_rules_nor_stores_change_the_platform() {
    let text = format!("{HEAD}{}", rules());
    let sources = Sources::single("shop.polity", text.as_str());
    let (tree, mut found) = polity_syntax::parse(&sources);
    let (platform, resolved) = polity_model::resolve(&tree, polity_engines::ENGINES);
    found.extend(resolved);
    let before = format!("{platform:#?}");
    let stored = Stored::of(crate::govern(platform, None, &mut found));
    assert!(found.iter().all(|d| !d.is_error()), "{found:#?}");
    let applied = stored.governed().applications();
    assert_eq!(applied.len(), 5);
    let platform: &polity_model::Platform = &stored;
    assert_eq!(format!("{platform:#?}"), before);
}

#[test]
fn an_entity_stands_twice_only_where_its_store_holds_something_else() {
    let (platform, _) = governed(&rules(), None);
    let stored = Stored::of(platform);
    let changed = |name: &str| {
        let entity = stored.entities.iter().find(|entity| entity.named.name == name).unwrap();
        !std::ptr::eq(entity, &stored.governed()[entity.id])
    };
    assert!(changed("User") && changed("Seen"));
    assert!(!changed("Plain"));
}

#[test]
fn a_blind_index_stands_behind_the_fields_of_its_entity() {
    let (platform, _) = governed(&rules(), None);
    let stored = Stored::of(platform);
    let user = stored.entities.iter().find(|entity| entity.named.name == "User").unwrap();
    let (phone, index) = (FieldId(1), FieldId(3));
    assert_eq!(user.fields.len(), 4);
    assert_eq!(stored.blind_index(user.id, phone), Some(index));
    assert_eq!(stored.blind_index_of(user.id, index), Some(phone));
    assert_eq!(user.field(index).named.name, "phone_bx");
    assert_eq!(user.uniques[0].columns[0].field(), Some(index));
    let kind = |id: FieldId| &user.field(id).ty.kind;
    assert_eq!(kind(phone), &TypeKind::Scalar(Scalar::Sealed));
    assert_eq!(stored.clear_ty(user.id, phone).kind, TypeKind::Scalar(Scalar::Phone));
    assert!(stored.encrypted(user.id, phone).is_some() && stored.encrypted(user.id, index).is_none());
    assert!(stored.is_labelled(user.id, index, "personal"));
    // The client makes the key, which its ciphertexts are bound to.
    assert!(user.field(FieldId(0)).default.is_none());
    assert!(stored.immutable(user.id, FieldId(0)).is_some());
    assert!(stored.governed().immutable(user.id, FieldId(0)).is_none());
    // Who reads a field finds it.
    assert_eq!(stored.privileges(&stored.services[0])[0].fields, [phone, index]);
    assert_eq!(stored.governed().privileges(&stored.services[0])[0].fields, [phone]);
}

#[test]
fn a_field_is_required_until_its_row_is_anonymized() {
    let text = "schema core in main {
      entity Buyer {
        id: uuid key = uuid_v7()
        name: text(80) #personal
        first: text(80) #personal anonymized as \"—\"
        size: int
        at: timestamp
        index (at)
        retain 5y after at then anonymize
      }
      entity Kept { id: uuid key; name: text(80) #personal; buyer: -> Buyer; index (buyer) }
      view Names { sql \"select id, lower(name) as n, size from core.buyer\"; id: uuid; n: text; size: int; }
    }";
    let (platform, _) = governed(text, None);
    let stored = Stored::of(platform);
    let optional = |name: &str| -> Vec<&str> {
        let entity = stored.entities.iter().find(|entity| entity.named.name == name).unwrap();
        let fields = entity.fields.iter().filter(|field| field.ty.optional);
        fields.map(|field| field.named.name.as_str()).collect()
    };
    assert_eq!(optional("Buyer"), ["name"]);
    assert!(optional("Kept").is_empty());
    let columns = stored.views[0].columns.iter().map(|column| column.ty.optional);
    assert_eq!(columns.collect::<Vec<_>>(), [false, true, false]);
    assert!(stored.governed().entities.iter().all(|e| e.fields.iter().all(|field| !field.ty.optional)));
}
