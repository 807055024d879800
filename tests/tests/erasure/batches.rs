//! A thousand rows a transaction: an erasure may be stopped between any two of them, or in one, and be taken up again.

use polity_tests::engines::Postgres;
use polity_tests::project;

use super::support::{ANA, BEN, PEOPLE, filled, left, without_ana};

const CALL: &str = "erase_subject_in_batches";

/// Ana has far more than Ben: sessions, transfers of her wallet, and invoices that stay.
fn many() -> Option<Postgres> {
    let mut db = filled(&project::build(PEOPLE))?;
    let [user, wallet] = [0, 1].map(|n| ANA.id(n));
    let more = [
        format!(
            "insert into core.sessions (\"user\", ip) select '{user}', '10.1.0.1' from generate_series(1, 2500)"
        ),
        format!(
            "insert into core.transfers (wallet, note) select '{wallet}', 'from ana' from generate_series(1, 1200)"
        ),
        format!(
            "insert into core.invoices (number, \"user\", name, street) select n, '{user}', 'ana Diop', 'ana Street' from generate_series(1000, 2500) n"
        ),
    ];
    for sql in more {
        db.script_as("people_migrator", &sql).expect("fills the tables");
    }
    assert!(left(&mut db, "ana").len() > 5000);
    db.run("analyze").expect("looks at them");
    assert_ne!(known(&mut db), "0");
    Some(db)
}

/// How many columns the planner knows of in which Ana occurs.
fn known(db: &mut Postgres) -> String {
    db.run("select count(*) from pg_stats where most_common_vals::text like '%ana%' and tablename !~ '^(pg|sql)_'").expect("reads")
}

fn call(found: &str) -> String {
    format!("call polity.{CALL}('{}', '{found}')", ANA.id(0))
}

fn found() -> String {
    format!("{{\"documents.Product\": [{{\"id\": \"{}\"}}]}}", ANA.id(4))
}

/// The state of the erasure in the log: whether it has ended.
fn ended(db: &mut Postgres) -> String {
    db.run("select ended_at is not null from polity.erasure_log").expect("reads")
}

#[test]
fn each_batch_may_be_stopped_and_the_next_run_goes_on() {
    let Some(mut db) = many() else { return };
    let before = left(&mut db, "ben");
    let batch = format!("select polity.erase_batch('{}', '{}') is null", ANA.id(0), found());
    let (mut batches, mut counts) = (0, vec![left(&mut db, "ana").len()]);
    while batches < 20 {
        let mut killed = db.session("people_eraser").expect("logs in");
        killed.batch_execute(&format!("begin; {batch}")).expect("begins a batch");
        drop(killed);
        let more = db.script_as("people_eraser", &batch).expect("goes on");
        batches += 1;
        counts.push(left(&mut db, "ana").len());
        if more.trim() != "t" {
            break;
        }
        assert_eq!(ended(&mut db), "f");
        // Whoever has the person still may write them meanwhile.
        let back = format!("insert into core.sessions (\"user\", ip) values ('{}', '10.1.0.2')", ANA.id(0));
        db.script_as("people_migrator", &back).expect("writes");
    }
    assert!(batches > 5 && counts.windows(2).all(|pair| pair[1] <= pair[0]), "{counts:?}");
    assert_eq!(left(&mut db, "ana"), Vec::<String>::new());
    assert_eq!(without_ana(left(&mut db, "ben")), without_ana(before));
    assert_eq!(ended(&mut db), "t");
    assert_eq!(db.run("select count(*) from core.sessions").expect("reads"), "1");
}

#[test]
fn two_at_once_end_and_nothing_is_left() {
    let Some(mut db) = many() else { return };
    let before = left(&mut db, "ben");
    let sessions = [(); 2].map(|()| db.session("people_eraser").expect("logs in"));
    let threads = sessions.map(|mut session| {
        std::thread::spawn(move || {
            session.batch_execute(&call(&found())).map_err(|e| e.to_string())?;
            let passed = session.query_one("select current_setting('polity.found')", &[]);
            passed.map(|row| row.get::<_, String>(0)).map_err(|e| e.to_string())
        })
    });
    for thread in threads {
        let passed = thread.join().expect("ends").expect("erases");
        assert!(passed.contains(&ANA.id(1)), "{passed}");
    }
    assert_eq!(left(&mut db, "ana"), Vec::<String>::new());
    assert_eq!(without_ana(left(&mut db, "ben")), without_ana(before));
    // What the planner knew of the values is gone as well.
    let names = "select tablename || '.' || attname from pg_stats where most_common_vals::text like '%ana%' and tablename !~ '^(pg|sql)_'";
    assert_eq!(db.run(names).expect("reads"), "");
    assert_eq!(
        db.run(&format!("select count(*) from core.users where id = '{}'", BEN.id(0))).expect("reads"),
        "1"
    );
}

/// The planner takes a table that was analyzed while it was empty for one that is. A batch finds its rows by where they lie, so
/// that it reads few all the same; rows that lie in the same places of another partition stay.
#[test]
fn a_batch_reads_what_it_takes_whatever_the_statistics_say() {
    let Some(mut db) = filled(&project::build(PEOPLE)) else { return };
    let empties = "alter table core.sessions disable trigger user; delete from core.sessions; alter table core.sessions enable trigger user;
                   delete from core.transfers; analyze core.sessions, core.transfers, core.invoices;";
    let of = |wallet: &str, at: &str| {
        format!(
            "insert into core.transfers (wallet, at, note) select '{wallet}', {at}, 'a' from generate_series(1, 1200);"
        )
    };
    let fills = format!(
        "insert into core.sessions (\"user\", ip) select '{}', '10.1.0.1' from generate_series(1, 3000);
         insert into core.invoices (number, \"user\", name, street, at)
         select n, '{}', 'ana', 'ana', now() - interval '11 years' from generate_series(1000, 4000) n;",
        ANA.id(0),
        ANA.id(0)
    );
    let transfers = [of(&ANA.id(1), "now()"), of(&BEN.id(1), "now() + interval '1 month'")].concat();
    db.script_as("people_migrator", &format!("{empties} {fills} {transfers}")).expect("fills the tables");
    let mut worker = db.session("people_migrator").expect("logs in");
    let mut reads = |call: &str, tables: &[&str]| {
        worker.batch_execute(&format!("begin; {call}")).expect("removes");
        let tables = tables.iter().map(|table| format!("'{table}'::regclass"));
        let read = format!(
            "select sum(seq_tup_read + idx_tup_fetch)::bigint from pg_stat_xact_user_tables where relid in
             (select coalesce(p.relid, t) from unnest(array[{}]) t left join lateral pg_partition_tree(t) p on true)",
            tables.collect::<Vec<_>>().join(", ")
        );
        let read: i64 = worker.query_one(&read, &[]).expect("reads").get(0);
        worker.batch_execute("commit").expect("commits");
        read
    };
    let read = reads("select polity.anonymize_expired_rows()", &["core.invoices"]);
    assert!((3000..60_000).contains(&read), "{read} of invoices");
    let batch = format!("select polity.erase_batch('{}', '{{}}')", ANA.id(0));
    let left = format!(
        "select (select count(*) from core.sessions) + (select count(*) from core.transfers where wallet = '{}'),
                (select count(*) from core.transfers where wallet = '{}')",
        ANA.id(1),
        BEN.id(1)
    );
    for expected in ["3202|1200", "2204|1200", "1204|1200", "204|1200", "0|1200"] {
        let read = reads(&batch, &["core.sessions", "core.transfers"]);
        assert!(read < 60_000, "{read}");
        assert_eq!(db.run(&left).expect("reads"), expected);
    }
}

/// A visit is emptied of the stay that leads to it, and notes are found by the visit; so neither the visits nor the stays by
/// which they are found may go before the end.
#[test]
fn what_is_found_by_way_of_rows_that_go_is_found_in_every_batch() {
    let source = "
        platform people { environments: [dev] }
        store main: postgres 15 { database: \"people\" }
        schema core in main {
            entity Person as \"persons\" { id: int key; name: text(60) #personal; subject }
            entity Stay as \"stays\" { id: int key; name: text(60) #personal; of: -> Person on delete restrict; index (of) }
            entity Visit as \"visits\" {
                id: int key; name: text(60) #personal; of: -> Stay? on delete set null; index (of)
                at: timestamp; index (at); retain 5y after at then anonymize
            }
            entity Note as \"notes\" { id: int key; name: text(60) #personal; of: -> Visit on delete cascade; index (of) }
        }";
    let Some(mut db) = Postgres::server() else { return };
    let artifacts = project::build(source);
    for (role, file) in [("postgres", "main/roles.sql"), ("people_migrator", "main/schema.sql")] {
        db.script_as(role, &project::text(&artifacts, file)).unwrap_or_else(|e| panic!("{file}: {e}"));
    }
    let fill = "insert into core.persons values (1, 'ana'), (2, 'ben');
        insert into core.stays select n, case when n > 9 then 'ana' else 'ben' end, case when n > 9 then 1 else 2 end from generate_series(1, 2500) n;
        insert into core.visits (id, name, of, at) select id, name, id, now() from core.stays;
        insert into core.notes select id, name, id from core.visits;";
    db.script_as("people_migrator", fill).expect("fills the tables");
    let before = left(&mut db, "ben");
    db.script_as("people_eraser", &format!("call polity.{CALL}(1, '{{}}')")).expect("erases");
    assert_eq!(left(&mut db, "ana"), Vec::<String>::new());
    assert_eq!(left(&mut db, "ben"), before);
}
