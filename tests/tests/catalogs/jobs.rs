//! The jobs of the catalogs: the files hold them, and so does the chart where the database does not run them itself.

use polity::Sources;
use polity::source::Source;
use polity_catalog::Catalog;
use polity_catalog::relational::{Job, Object};
use polity_tests::project::{example, example_sources, text, valid};

/// The jobs of each place of the store `main`, by the folder of its files.
fn places(sources: &Sources) -> Vec<(String, Vec<Job>)> {
    let valid = valid(sources);
    let store = valid.stores.iter().find(|store| store.named.name == "main").expect("it has this store");
    let placed = polity_engines::engine_of(store).lower(&valid, store).into_iter().map(|placed| {
        let Catalog::Relational(catalog) = placed.catalog else { panic!("the store is relational") };
        let folder =
            placed.tenant.map_or("main".to_owned(), |tenant| format!("main/tenants/{}", tenant.named.name));
        let jobs = catalog.objects().filter_map(|object| match object {
            Object::Job(job) => Some(job.clone()),
            _ => None,
        });
        (folder, jobs.collect())
    });
    placed.collect()
}

#[test]
fn the_files_hold_the_jobs_of_the_catalogs() {
    for name in ["ismail", "spotify-ai-agent"] {
        let artifacts = example(name);
        for (folder, jobs) in places(&example_sources(name)) {
            let cron = text(&artifacts, &format!("{folder}/maintenance_cron.sql"));
            let scheduled: Vec<&str> = cron
                .lines()
                .filter_map(|line| line.strip_prefix("SELECT cron.schedule_in_database("))
                .collect();
            let expected: Vec<String> = jobs
                .iter()
                .map(|job| format!("'{}', '{}', '{}', ", job.name, job.schedule, job.command))
                .collect();
            assert_eq!(scheduled.len(), expected.len(), "{folder}: {cron}");
            for (scheduled, (expected, job)) in scheduled.iter().zip(expected.iter().zip(&jobs)) {
                assert!(scheduled.starts_with(expected), "{folder}: {scheduled} is not {expected}");
                // Each is scheduled by the role that it runs as, since nobody but a superuser may do so for another.
                let (before, _) = cron.split_once(*scheduled).expect("it stands there");
                let acting = before.rsplit_once("SET LOCAL ROLE ").and_then(|(_, rest)| rest.split_once(';'));
                assert_eq!(acting.map(|(role, _)| role), Some(job.role.as_str()), "{folder}: {scheduled}");
                assert!(!before.contains("RESET ROLE"), "{folder}: {scheduled}");
            }
            let by_hand = text(&artifacts, &format!("{folder}/maintenance.sql"));
            for Job { schedule, command, comment, .. } in &jobs {
                let statement = format!("-- {comment} Schedule: {schedule} (UTC).\n{command};\n");
                assert!(by_hand.contains(&statement), "{folder}: no {statement} in\n{by_hand}");
            }
            assert!(jobs.len() > 1, "{folder}: {jobs:?}");
        }
    }
}

/// Without pg_cron a scheduler outside runs those of every place, each in the database in which the place is.
#[test]
fn a_scheduler_outside_runs_the_jobs_of_the_catalogs() {
    let sources = example_sources("spotify-ai-agent");
    let without = |source: &Source| Source {
        path: source.path.clone(),
        text: source.text.replace("pg_cron, ", "").into(),
    };
    let sources = Sources::new(sources.iter().map(|(_, source)| without(source)).collect());
    let valid = valid(&sources);
    let store = valid.stores.iter().find(|store| store.named.name == "main").expect("it has this store");
    let found: Vec<_> = polity_engines::engine_of(store)
        .surface(&valid, store)
        .jobs()
        .into_iter()
        .map(|job| (job.name, job.schedule, job.command, job.docs, job.database.map(String::from)))
        .collect();
    let apart: Vec<(String, String)> = valid
        .tenants_apart()
        .map(|tenant| (format!("main/tenants/{}", tenant.named.name), valid[tenant.tier].prefix_of(tenant)))
        .collect();
    let of_place = |(folder, jobs): (String, Vec<Job>)| {
        let own = apart.iter().find(|(of, _)| *of == folder);
        let database = own.map(|(_, prefix)| format!("{prefix}{}", valid.database_name(store, None)));
        let jobs = jobs.into_iter().map(move |job| {
            let (name, schedule) = (job.name.to_string(), job.schedule.to_string());
            (name, schedule, job.command, job.comment.to_string(), database.clone())
        });
        jobs.collect::<Vec<_>>()
    };
    let expected: Vec<_> = places(&sources).into_iter().flat_map(of_place).collect();
    assert_eq!(found, expected);
    assert!(found.len() > 4 && !apart.is_empty(), "{found:?}");
}
