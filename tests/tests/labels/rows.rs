//! Rows of which each value tells where it comes from.

use polity_tests::engines::Postgres;

/// The text of each label: every value of the label's column holds it, and no value of another column does.
const TOKENS: &[(&str, &str)] = &[
    ("email", "zemail"),
    ("body", "zbody"),
    ("born", "1907-03"),
    ("tags", "ztags"),
    ("doc", "zdoc"),
    ("street", "zstreet"),
    ("balance", "73194628"),
    ("code", "zcode"),
    ("word", "zword"),
];

/// Two rows in each table, with the same keys in all, so that joins find something.
const ROWS: &str = r#"
insert into core.people (id, email, body, size, born, tags, doc, home_street, home_city)
  select ('aaaaaaaa-0000-4000-8000-00000000000' || n)::uuid, 'zemail' || n, 'zbody' || n, n, '1907-03-01'::date + n,
         array['ztags' || n, 'ztags' || n + 2], jsonb_build_object('a', 'zdoc' || n), 'zstreet' || n, 'city'
    from generate_series(1, 2) n;
insert into core.wallets (id, person, balance, note)
  select p.id, p.id, 731946280 + p.size, 'note' from core.people p;
insert into core.wallets (id, person, balance)
  select md5(p.id::text)::uuid, p.id, 731946284 + p.size from core.people p;
insert into core.nodes (id, parent, size, code)
  select p.id, nullif('aaaaaaaa-0000-4000-8000-000000000001', p.id), p.size, 'zcode' || p.size from core.people p
   order by p.size;
insert into core."Odd" (id, "Some word", "user") select p.id, 'zword' || p.size, 'user' from core.people p;
"#;

/// Fills the tables; a query without an end fails soon.
pub fn fill(db: &mut Postgres) {
    db.run(ROWS).expect("rows");
    db.run("set statement_timeout = '60s'").expect("a limit");
}

/// How many values of labelled columns a row shows.
///
/// # Errors
/// Where a column shows one whose label it does not carry.
pub fn judged(row: &[Option<String>], carried: &[Vec<String>]) -> Result<usize, String> {
    let mut seen = 0;
    for (at, (value, labels)) in row.iter().zip(carried).enumerate() {
        let value = value.as_deref().unwrap_or_default().to_lowercase();
        for (label, _) in TOKENS.iter().filter(|(_, token)| value.contains(token)) {
            seen += 1;
            if !labels.iter().any(|carried| carried == label) {
                return Err(format!("column {at} shows `{value}` and carries {labels:?}"));
            }
        }
    }
    Ok(seen)
}
