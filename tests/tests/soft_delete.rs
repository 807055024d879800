//! Rows that say `soft_delete` are deleted by an update, and left out by whoever does not ask for them.

use polity_tests::engines::Postgres;
use polity_tests::project;

const SHOP: &str = r#"
platform shop { environments: [dev] }
store main: postgres 15 { database: "shop" }
schema core in main {
  entity User as "users" {
    id:         uuid key
    name:       text(40)
    deleted_at: timestamp? soft_delete
    unique (name) where not deleted
    index (name) where not deleted
  }
  entity Note as "notes" { id: uuid key; of: -> User on delete cascade; index (of) }
}
service web { read core.User, core.Note; delete core.User }
service office { read core.User with deleted; write core.User, core.Note }
"#;

#[test]
fn a_row_is_deleted_by_an_update_and_left_out_of_the_view() {
    let Some(mut db) = Postgres::server() else { return };
    let artifacts = project::build(SHOP);
    for (role, file) in [("postgres", "main/roles.sql"), ("shop_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    db.run("alter role shop_web login; alter role shop_office login").expect("they log in");
    let id = |digit: u32| format!("{digit:08}-0000-4000-8000-000000000000");
    let user =
        |n: u32, name: &str| format!("insert into core.users (id, name) values ('{}', '{name}')", id(n));
    db.script_as("shop_office", &user(1, "ana")).expect("writes");
    db.script_as("shop_office", &user(2, "ben")).expect("writes");
    db.run(&format!("insert into core.notes values ('{}', '{}')", id(9), id(1))).expect("a note");
    let twice = db.script_as("shop_office", &user(3, "ana")).expect_err("there is one");
    assert!(twice.contains("23505"), "{twice}");

    let hard = db.script_as("shop_web", &format!("delete from core.users where id = '{}'", id(1)));
    assert!(hard.expect_err("softly only").contains("42501"));
    let rename = format!("update core.users set name = 'x' where id = '{}'", id(1));
    assert!(db.script_as("shop_web", &rename).expect_err("that field only").contains("42501"));
    let soft =
        format!("update core.users set deleted_at = now() where id = '{}' and deleted_at is null", id(1));
    db.script_as("shop_web", &soft).expect("deletes");
    assert_eq!(db.script_as("shop_web", "select name from core.users_live").expect("reads").trim(), "ben");
    assert_eq!(db.run("select count(*) from core.users").expect("reads"), "2");
    assert_eq!(db.run("select count(*) from core.notes").expect("what refers stays"), "1");
    let other =
        db.script_as("shop_office", "select name from core.users_live").expect_err("it reads the table");
    assert!(other.contains("42501"), "{other}");
    // The name is free again.
    db.script_as("shop_office", &user(3, "ana")).expect("writes");

    let client = project::text(&artifacts, "rust/src/services.rs");
    assert!(client.contains("core.users_live"), "{client}");
}
