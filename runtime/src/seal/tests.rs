use std::borrow::Cow;

use serde_json::Value;

use super::*;

const PAGE: &str = include_str!("../../../compiler/docs/ciphertext.md");

fn vectors() -> Value {
    let json = PAGE.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    serde_json::from_str(json).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    let hex = value.as_str().unwrap();
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn uuid(value: &Value) -> Uuid {
    value.as_str().unwrap().parse().unwrap()
}

fn part(value: &Value) -> Part<'_> {
    match value[0].as_str().unwrap() {
        "uuid" => Part::Uuid(uuid(&value[1])),
        "integer" => Part::Integer(value[1].as_i64().unwrap()),
        "text" => Part::Text(value[1].as_str().unwrap().into()),
        other => panic!("no such part: {other}"),
    }
}

fn tenant(vector: &Value) -> Option<Part<'_>> {
    (!vector["tenant"].is_null()).then(|| part(&vector["tenant"]))
}

#[test]
fn seals_as_the_page_says() {
    let all = vectors();
    let secret: [u8; 32] = bytes(&all["secret"]).try_into().unwrap();
    let nonce: [u8; NONCE] = bytes(&all["nonce"]).try_into().unwrap();
    for vector in all["seal"].as_array().unwrap() {
        let algorithm = match vector["algorithm"].as_str().unwrap() {
            "aes_256_gcm" => Algorithm::Aes256Gcm,
            _ => Algorithm::ChaCha20Poly1305,
        };
        let key = DataKey::new(uuid(&all["key_id"]), algorithm, &secret);
        let row: Vec<Part<'_>> = vector["row"].as_array().unwrap().iter().map(part).collect();
        let cell = Cell {
            tenant: tenant(vector),
            entity: uuid(&all["entity"]),
            field: uuid(&all["field"]),
            row: &row,
        };
        let data = cell.associated_data(&sealed::header(algorithm, key.id())).unwrap();
        assert_eq!(data, bytes(&vector["associated_data"]));
        let plain = vector["plain"].as_str().unwrap().as_bytes();
        let sealed = key.seal_with(&cell, plain, nonce).unwrap();
        assert_eq!(sealed.as_bytes(), bytes(&vector["ciphertext"]));
        assert_eq!(sealed.as_bytes().len(), plain.len() + Sealed::OVERHEAD);
        assert_eq!(key.open(&cell, &sealed).unwrap(), plain);
    }
}

#[test]
fn indexes_as_the_page_says() {
    let all = vectors();
    let root = bytes(&all["index_root"]);
    for vector in all["index"].as_array().unwrap() {
        let version = vector["version"].as_u64().unwrap() as u32;
        let key = IndexKey::derive(
            &root,
            tenant(vector).as_ref(),
            uuid(&all["entity"]),
            uuid(&all["field"]),
            version,
        )
        .unwrap();
        let index = key.index(vector["canonical"].as_str().unwrap().as_bytes());
        assert_eq!(index.as_bytes().as_slice(), bytes(&vector["index"]));
    }
    assert!(IndexKey::derive(&root[1..], None, Uuid::nil(), Uuid::nil(), 1).is_err());
}

#[test]
fn hashes_references_as_the_page_says() {
    let all = vectors();
    let root = bytes(&all["index_root"]);
    let (entity, field) = (uuid(&all["entity"]), uuid(&all["field"]));
    let vectors = all["pseudonym"].as_array().unwrap();
    assert_eq!(vectors.len(), 4);
    for vector in vectors {
        let version = vector["version"].as_u64().unwrap() as u32;
        let key = PseudonymKey::derive(&root, tenant(vector).as_ref(), entity, field, version).unwrap();
        let pseudonym = key.pseudonym(&part(&vector["of"])).unwrap();
        assert_eq!(pseudonym.as_bytes().as_slice(), bytes(&vector["pseudonym"]));
    }
    assert!(PseudonymKey::derive(&root[1..], None, entity, field, 1).is_err());
}

#[test]
fn a_pseudonym_is_of_one_thing_of_one_tenant_under_one_root() {
    let viewer = Pseudonymous::<i64>::new(1, 2, |key| Ok(Part::Integer(*key)));
    let of = |at: &Pseudonymous<i64>, root: u8, tenant: Option<Part<'_>>, key: i64| {
        at.pseudonym(&at.key(&[root; 32], tenant.as_ref()).unwrap(), &key).unwrap()
    };
    let one = of(&viewer, 7, Some(Part::Integer(1)), 5);
    assert_eq!(of(&viewer, 7, Some(Part::Integer(1)), 5), one);
    let author = Pseudonymous::<i64>::new(1, 3, |key| Ok(Part::Integer(*key)));
    for other in [
        of(&viewer, 7, Some(Part::Integer(1)), 6),
        of(&viewer, 7, Some(Part::Integer(2)), 5),
        of(&viewer, 7, None, 5),
        of(&viewer, 8, Some(Part::Integer(1)), 5),
        of(&author, 7, Some(Part::Integer(1)), 5),
    ] {
        assert_ne!(other, one);
    }
    // Nor is it the blind index of the same bytes.
    let mut bytes = Vec::new();
    Part::Integer(5).append(&mut bytes).unwrap();
    let (entity, field) = (Uuid::from_u128(1), Uuid::from_u128(2));
    let index = IndexKey::derive(&[7; 32], Some(&Part::Integer(1)), entity, field, 1).unwrap();
    assert_ne!(index.index(&bytes).as_bytes(), one.as_bytes());
    assert!(!format!("{one:?} {viewer:?}").contains("7"));
}

const ROW: &[Part<'static>] = &[Part::Text(Cow::Borrowed("a")), Part::Text(Cow::Borrowed("bc"))];
const CELL: Cell<'static> =
    Cell { tenant: Some(Part::Integer(1)), entity: Uuid::from_u128(2), field: Uuid::from_u128(3), row: ROW };

fn key(algorithm: Algorithm) -> DataKey {
    DataKey::new(Uuid::from_u128(9), algorithm, &[7; 32])
}

#[test]
fn a_moved_ciphertext_is_refused() {
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::ChaCha20Poly1305] {
        let key = key(algorithm);
        let sealed = key.seal(&CELL, b"secret").unwrap();
        assert_eq!(key.open(&CELL, &sealed).unwrap(), b"secret");
        let elsewhere = [
            Cell { tenant: None, ..CELL },
            Cell { tenant: Some(Part::Integer(2)), ..CELL },
            Cell { tenant: Some(Part::Text(Cow::Borrowed("1"))), ..CELL },
            Cell { entity: CELL.field, field: CELL.entity, ..CELL },
            Cell { field: Uuid::from_u128(4), ..CELL },
            Cell { row: &[Part::Text(Cow::Borrowed("ab")), Part::Text(Cow::Borrowed("c"))], ..CELL },
            Cell { row: &[Part::Text(Cow::Borrowed("abc"))], ..CELL },
            Cell { row: &[Part::Text(Cow::Borrowed("bc")), Part::Text(Cow::Borrowed("a"))], ..CELL },
            Cell { row: &[Part::Bytes(Cow::Borrowed(b"a")), Part::Text(Cow::Borrowed("bc"))], ..CELL },
            Cell { row: &[], ..CELL },
        ];
        for cell in &elsewhere {
            assert!(key.open(cell, &sealed).is_err(), "{cell:?}");
        }
    }
}

#[test]
fn a_changed_ciphertext_is_refused_whichever_bit_it_is() {
    for algorithm in [Algorithm::Aes256Gcm, Algorithm::ChaCha20Poly1305] {
        let key = key(algorithm);
        let whole = key.seal(&CELL, b"x").unwrap().as_bytes().to_vec();
        let opens =
            |bytes: Vec<u8>| Sealed::try_from(bytes).and_then(|sealed| key.open(&CELL, &sealed)).is_ok();
        assert!(opens(whole.clone()));
        for at in 0..whole.len() * 8 {
            let mut changed = whole.clone();
            changed[at / 8] ^= 1 << (at % 8);
            assert!(!opens(changed), "bit {at}");
        }
        for length in 0..whole.len() {
            assert!(!opens(whole[..length].to_vec()), "{length} bytes");
        }
        assert!(!opens([whole.as_slice(), &[0]].concat()));
    }
}

#[test]
fn another_key_opens_nothing() {
    let sealed = key(Algorithm::Aes256Gcm).seal(&CELL, b"x").unwrap();
    assert_eq!(sealed.key_id(), Uuid::from_u128(9));
    assert!(DataKey::new(Uuid::from_u128(8), Algorithm::Aes256Gcm, &[7; 32]).open(&CELL, &sealed).is_err());
    assert!(DataKey::new(Uuid::from_u128(9), Algorithm::Aes256Gcm, &[8; 32]).open(&CELL, &sealed).is_err());
    assert!(key(Algorithm::ChaCha20Poly1305).open(&CELL, &sealed).is_err());
}

#[test]
fn one_value_is_never_sealed_alike_twice() {
    let key = key(Algorithm::Aes256Gcm);
    assert_ne!(key.seal(&CELL, b"x").unwrap(), key.seal(&CELL, b"x").unwrap());
}

#[test]
fn stores_get_the_bytes_and_logs_get_none() {
    let key = key(Algorithm::Aes256Gcm);
    let sealed = key.seal_with(&CELL, b"x", [0; NONCE]).unwrap();
    let json = serde_json::to_string(&sealed).unwrap();
    assert!(json.starts_with("\"AQEAAAAA"), "{json}");
    assert_eq!(serde_json::from_str::<Sealed>(&json).unwrap(), sealed);
    assert!(serde_json::from_str::<Sealed>("\"AQEA\"").is_err());
    let index = BlindIndex::from_bytes([5; 32]);
    let json = serde_json::to_string(&index).unwrap();
    assert_eq!(serde_json::from_str::<BlindIndex>(&json).unwrap(), index);
    assert!(serde_json::from_str::<BlindIndex>("\"AQEA\"").is_err());
    let shown = format!("{sealed:?} {index:?} {key:?}");
    let id = Uuid::from_u128(9);
    assert_eq!(shown, format!("Sealed({id}, 47 bytes) BlindIndex([redacted]) DataKey({id}, [redacted])"));
}

#[test]
fn a_rotated_key_opens_what_its_older_versions_sealed() {
    let column = Column::<String>::new(2, 3, Form::text());
    let row = Row { tenant: None, key: vec![Part::Integer(1)] };
    let version = |id| DataKey::new(Uuid::from_u128(id), Algorithm::Aes256Gcm, &[id as u8; 32]);
    let mut ring = KeyRing::new(version(1), Vec::new());
    let before = column.seal(ring.newest(), &row, &"old".to_owned()).unwrap();
    ring.rotate(version(2));
    let after = column.seal(ring.newest(), &row, &"new".to_owned()).unwrap();
    assert_eq!((before.key_id(), after.key_id()), (Uuid::from_u128(1), Uuid::from_u128(2)));
    assert_eq!(column.open(&ring, &row, &before).unwrap(), "old");
    assert_eq!(column.open(&ring, &row, &after).unwrap(), "new");
    let refused = column.open(&version(2), &row, &before).unwrap_err().to_string();
    assert!(refused.contains("version of the key"), "{refused}");
}
