//! Each service has in MongoDB the role that its lines say, and a server that asks for passwords holds it to that.

use polity_tests::engines::{GuardedMongo, Mongo};
use polity_tests::project::{build, on_disk};
use serde_json::{Value, json};

const SHOP: &str = include_str!("shop.polity");

/// The steps that one run of `roles.js` printed, or the whole output of one that left something for a person.
fn run(mongo: &Mongo, source: &str, variables: &[(&str, &str)]) -> Result<Vec<String>, String> {
    let folder = on_disk(&build(source));
    let printed = mongo.script_file(&folder.path().join("documents/roles.js"), variables)?;
    let mut lines: Vec<String> = printed.lines().map(str::to_owned).collect();
    lines.pop();
    Ok(lines)
}

/// The actions of each role on each collection, as the server lists them.
fn rights(mongo: &mut Mongo) -> Vec<String> {
    let answer = mongo.command(json!({ "rolesInfo": 1, "showPrivileges": true })).expect("told");
    let mut lines = Vec::new();
    for role in answer["roles"].as_array().expect("roles") {
        assert_eq!(role["roles"], json!([]), "{role}");
        for privilege in role["privileges"].as_array().expect("privileges") {
            assert_eq!(privilege["resource"]["db"], json!(mongo.name()));
            let actions: Vec<&str> =
                privilege["actions"].as_array().expect("actions").iter().filter_map(Value::as_str).collect();
            let (role, on) = (&role["role"], &privilege["resource"]["collection"]);
            lines.push(format!("{role} {on} {}", actions.join(" ")).replace('"', ""));
        }
    }
    lines.sort();
    lines
}

const RIGHTS: &[&str] = &[
    "shop_catalogue products find",
    "shop_catalogue reviews find",
    "shop_cleaner reviews remove",
    "shop_cleaner visits remove",
    "shop_insight products_for_insight find",
    "shop_insight reviews find",
    "shop_insight visits find",
    "shop_journal visits insert",
    "shop_shelf products_for_shelf find",
    "shop_shelf reviews find insert update",
];

#[test]
fn the_first_run_gives_each_service_its_role_and_the_second_does_nothing() {
    let Some(mut mongo) = Mongo::database() else { return };
    let first = run(&mongo, SHOP, &[]).expect("runs");
    assert_eq!(
        first,
        [
            "create role `shop_catalogue`",
            "create role `shop_cleaner`",
            "create role `shop_idle`",
            "create view `products_for_insight`",
            "create role `shop_insight`",
            "create role `shop_journal`",
            "create view `products_for_shelf`",
            "create role `shop_shelf`",
        ]
    );
    assert_eq!(rights(&mut mongo), RIGHTS);
    assert_eq!(run(&mongo, SHOP, &[]).expect("runs again"), Vec::<String>::new());
}

#[test]
fn a_dry_run_says_what_it_would_do_and_does_nothing() {
    let Some(mut mongo) = Mongo::database() else { return };
    let said = run(&mongo, SHOP, &[("POLITY_DRY_RUN", "1"), ("SHOP_SHELF_PASSWORD", "a")]).expect("runs");
    assert!(said.contains(&"would create user `shop_shelf`".to_owned()), "{said:#?}");
    assert!(said.iter().all(|line| line.starts_with("would ")), "{said:#?}");
    assert_eq!(rights(&mut mongo), Vec::<String>::new());
}

#[test]
fn what_is_read_in_part_is_seen_in_part() {
    let Some(mut mongo) = Mongo::database() else { return };
    run(&mongo, SHOP, &[]).expect("runs");
    mongo
        .insert(
            "products",
            json!({ "_id": 1, "name": "bread", "price": 3, "cost": 1, "about": 1, "about_type": "PRODUCT",
                    "supplier": { "name": "mill", "email": "a@b.example" } }),
        )
        .expect("inserted");
    let seen = |mongo: &mut Mongo, view: &str, filter: Value| mongo.find(view, filter).expect("found");
    let about = json!({ "about": 1, "about_type": "PRODUCT" });
    let mut shelf = json!({ "_id": 1, "name": "bread", "price": 3 });
    shelf.as_object_mut().expect("a document").extend(about.as_object().expect("fields").clone());
    assert_eq!(seen(&mut mongo, "products_for_shelf", json!({})), [shelf.clone()]);
    let insight = &seen(&mut mongo, "products_for_insight", json!({}))[0];
    assert_eq!((&insight["cost"], &insight["supplier"]["name"]), (&Value::Null, &json!("mill")));
    // Nor can what is not shown be asked for.
    assert_eq!(seen(&mut mongo, "products_for_shelf", json!({ "cost": 1 })), Vec::<Value>::new());
    assert_eq!(
        seen(&mut mongo, "products_for_shelf", json!({ "$expr": { "$eq": ["$cost", 1] } })),
        Vec::<Value>::new()
    );
    assert_eq!(seen(&mut mongo, "products_for_shelf", json!({ "price": 3 })), [shelf]);
}

#[test]
fn what_is_no_longer_granted_is_taken_away() {
    let Some(mut mongo) = Mongo::database() else { return };
    run(&mongo, SHOP, &[("SHOP_CLEANER_PASSWORD", "c")]).expect("runs");
    // Somebody helped himself.
    mongo
        .command(json!({ "grantPrivilegesToRole": "shop_journal", "privileges": [
            { "resource": { "db": mongo.name(), "collection": "reviews" }, "actions": ["find", "remove"] }] }))
        .expect("granted");

    let changed = SHOP
        .replace("(id, name, about)", "(id, name)")
        .replace("read documents.Product, documents.Review\n", "read documents.Review\n");
    let steps =
        ["change role `shop_catalogue`", "change role `shop_journal`", "change view `products_for_shelf`"];
    assert_eq!(run(&mongo, &changed, &[]).expect("runs"), steps);
    let expected: Vec<&str> =
        RIGHTS.iter().copied().filter(|line| *line != "shop_catalogue products find").collect();
    assert_eq!(rights(&mut mongo), expected);

    // A service that is gone, and a part that became the whole, are left to a person or dropped on demand.
    let (head, _) = SHOP.split_once("service cleaner").expect("it is there");
    let fewer = head.replace("read documents.* except #secret", "read documents.*");
    let left = run(&mongo, &fewer, &[]).expect_err("something is left");
    for extra in
        ["user `shop_cleaner`", "role `shop_cleaner`", "role `shop_idle`", "view `products_for_insight`"]
    {
        assert!(left.contains(&format!("{extra} is not in the source")), "{extra}: {left}");
    }
    let dropped = run(&mongo, &fewer, &[("POLITY_DROP_EXTRA", "1")]).expect("all done");
    assert_eq!(
        dropped,
        [
            "drop user `shop_cleaner`",
            "drop role `shop_cleaner`",
            "drop role `shop_idle`",
            "drop view `products_for_insight`",
        ]
    );
    assert_eq!(run(&mongo, &fewer, &[]).expect("runs"), Vec::<String>::new());
}

#[test]
fn a_collection_that_stands_where_a_view_should_is_nobodys() {
    let Some(mut mongo) = Mongo::database() else { return };
    mongo.insert("products_for_shelf", json!({ "salary": 1 })).expect("inserted");
    let left = run(&mongo, SHOP, &[]).expect_err("something is left");
    assert!(left.contains("`products_for_shelf` is a collection, not the view of a service"), "{left}");
    assert!(!rights(&mut mongo).iter().any(|line| line.contains("products_for_shelf")));
}

/// The attempts in the order in which they are made, each with the services that may make it. The server that tests use
/// judges actions, in the whole database of the role; which collection they are for is compared with what it was given,
/// above.
const ATTEMPTS: &[(&str, &[&str])] = &[
    ("db.visits.insertOne({})", &["shelf", "journal"]),
    ("db.visits.findOne()", &["catalogue", "shelf", "insight"]),
    ("db.products_for_shelf.find().toArray()", &["catalogue", "shelf", "insight"]),
    ("db.visits.updateOne({}, { $set: { a: 1 } })", &["shelf"]),
    ("db.visits.deleteOne({})", &["cleaner"]),
    ("db.visits.drop()", &[]),
    ("db.visits.createIndex({ a: 1 })", &[]),
    ("db.runCommand({ collMod: 'products_for_shelf', viewOn: 'products', pipeline: [] })", &[]),
    ("db.runCommand({ collMod: 'visits', validator: {} })", &[]),
    ("db.createView('mine', 'products', [])", &[]),
    ("db.createRole({ role: 'mine', privileges: [], roles: [] })", &[]),
    ("db.updateUser(me, { roles: ['dbOwner'] })", &[]),
    ("db.grantRolesToUser(me, ['shop_cleaner'])", &[]),
    ("db.dropDatabase()", &[]),
    ("db.getSiblingDB('admin').getUsers()", &[]),
    ("db.getSiblingDB('other').visits.findOne()", &[]),
];

#[test]
fn a_service_does_what_it_was_given_and_is_refused_the_rest() {
    const SERVICES: &[&str] = &["catalogue", "shelf", "insight", "journal", "cleaner", "idle"];
    let variables: Vec<(String, &str)> =
        SERVICES.iter().map(|name| (format!("SHOP_{}_PASSWORD", name.to_uppercase()), *name)).collect();
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (name.as_str(), *value)).collect();
    let guarded = GuardedMongo::after(|mongo| {
        run(mongo, SHOP, &variables).expect("runs");
    });
    let Some(guarded) = guarded else { return };
    let mut wrong = Vec::new();
    for service in SERVICES {
        let user = format!("shop_{service}");
        let tries: String = ATTEMPTS
            .iter()
            .map(|(line, _)| {
                format!("try {{ {line}; print('done') }} catch (error) {{ print('refused', error.codeName ?? error.message) }}\n")
            })
            .collect();
        let told =
            guarded.script_as(&user, service, &format!("const me = '{user}';\n{tries}")).expect("logs in");
        let answers: Vec<&str> = told.lines().collect();
        assert_eq!(answers.len(), ATTEMPTS.len(), "{told}");
        for ((line, allowed), answer) in ATTEMPTS.iter().zip(answers) {
            let expected = if allowed.contains(service) { "done" } else { "refused Unauthorized" };
            if answer != expected {
                wrong.push(format!("{service}: {line}: {answer}"));
            }
        }
        assert!(guarded.script_as(&user, "wrong", "db.visits.findOne()").is_err(), "{service}");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
