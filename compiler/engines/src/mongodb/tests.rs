//! A small platform in, every file of its MongoDB store out.

use std::fmt::Write as _;

use polity::{Options, compile};
use polity_text::source::Sources;

const SHOP: &str = r#"
platform shop { environments: [dev, prod] }

store documents: mongodb 6 {
  naming: camel_case
  in prod { database: "shop", topology: sharded { shards: 2 } }
}

enum Status { open, closed as "CLOSED" }
type Sku = text(32) matches "^[A-Z0-9$]+$"

entity Firm in documents {
  code: text(8) key
  ean:  text(13)?
  open: bool

  unique (ean) where open
}
entity Person in documents { code: text(8) key }

/// What is sold.
entity Product in documents as "products" {
  id:         uuid           key = uuid_v7()
  sku:        Sku
  /// In the shop's currency.
  unit_price: decimal(12, 2) min 0
  status:     Status         = open
  stock:      { quantity: int min 0, low_mark: smallint? }
  tags:       text(20)[]     length 0..10
  attributes: map<text(80)>
  place:      geo.point?
  seller:     -> Firm as "FIRM" | Person as "PERSON" as "sellerId"
  made_at:    timestamp      = now() immutable
  gone_at:    timestamp?

  check in_order (gone_at > made_at)
  index search (sku weight 10, tags) using text language "french"
  index (place, status) using geo
  index (seller, made_at desc)
  index (stock.quantity) where status != closed
  index (attributes) using wildcard
  shard by (id)
  retain 2y after gone_at
}
"#;

#[test]
fn every_file_of_a_small_platform() {
    let compilation = compile(&Sources::single("shop.polity", SHOP), &Options::default());
    let errors: Vec<_> = compilation.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let artifacts = compilation.artifacts.expect("there is no error");
    let mut all = SHOP.trim_start().to_owned();
    for (path, content) in artifacts.iter().filter(|(path, _)| path.starts_with("documents/")) {
        let _ = write!(all, "\n==== {path}\n{}", String::from_utf8_lossy(content));
    }
    insta::assert_snapshot!(all);
}
