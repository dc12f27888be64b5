//! Reading many.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::phase::Phase;
use domain::sandbox::Sandbox;

use super::bench::{Bench, NOW, body, publish, tenant};
use crate::{DELETED_READABLE_DAYS, Error, Filter, Page};

super::scenarios!(
    pages_are_stable_while_others_come,
    every_filter_chooses,
    a_foreign_cursor_is_refused,
    the_leader_sees_what_lives,
    the_queue_names_what_it_needs,
    deleted_ones_fade,
    templates_and_tenants_have_pages,
    what_an_unknown_release_wrote_is_corrupt,
);

fn refs(sandboxes: &[Sandbox]) -> Vec<&str> {
    sandboxes.iter().map(|sandbox| sandbox.intent.r#ref.as_str()).collect()
}

async fn pages_are_stable_while_others_come(bench: Bench) {
    for n in 0..7 {
        bench.create("school", &format!("s{n}")).await;
        if n % 3 == 0 {
            bench.clock.advance(Duration::from_millis(1));
        }
    }
    let (mut seen, mut page) = (Vec::new(), Page::first(3));
    loop {
        let found = bench.store.sandboxes().list(&Filter::default(), page).await.unwrap();
        seen.extend(found.items.iter().map(|sandbox| sandbox.intent.r#ref.to_string()));
        bench.clock.advance(Duration::from_millis(1));
        if seen.len() < 8 {
            bench.create("school", &format!("later{}", seen.len())).await;
        }
        page = match found.next {
            Some(cursor) => Page { limit: 3, cursor: Some(cursor) },
            None => break,
        };
    }
    let once: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(once.len(), seen.len(), "nothing twice: {seen:?}");
    for n in 0..7 {
        assert!(once.contains(&format!("s{n}")), "{seen:?}");
    }
}

async fn every_filter_chooses(bench: Bench) {
    let term = bench.lead().await;
    let other = publish(&bench.store, "other", &body(1, 1)).await;
    let first = bench.create("school", "first").await;
    let mut second = bench.request("another", "second");
    second.owner = "u-8".parse().unwrap();
    second.class_id = None;
    second.labels.clear();
    second.template = other;
    bench.store.intent().create(second).await.unwrap();
    bench.walk(term, &first.intent.id, &[Phase::Provisioning]).await;
    let label = ("term".parse().unwrap(), "2026a".parse().unwrap());
    let all = Filter::default;
    let filters = [
        Filter { tenant: Some(tenant("school")), ..all() },
        Filter { owner: Some("u-7".parse().unwrap()), ..all() },
        Filter { class_id: Some("c42".parse().unwrap()), ..all() },
        Filter { template: Some("lab".parse().unwrap()), ..all() },
        Filter { phase: vec![Phase::Provisioning, Phase::Ready], ..all() },
        Filter { labels: vec![label.clone()], ..all() },
        Filter { tenant: Some(tenant("school")), labels: vec![label], include_deleted: true, ..all() },
    ];
    for filter in filters {
        let found = bench.store.sandboxes().list(&filter, Page::default()).await.unwrap();
        assert_eq!((refs(&found.items), found.next), (vec!["first"], None), "{filter:?}");
    }
    let none = Filter { labels: vec![("term".parse().unwrap(), "".parse().unwrap())], ..all() };
    assert_eq!(bench.store.sandboxes().list(&none, Page::default()).await.unwrap().items, []);
}

async fn a_foreign_cursor_is_refused(bench: Bench) {
    for cursor in ["", "x", "eHg", "!!!"] {
        let page = Page { limit: 1, cursor: Some(cursor.to_owned()) };
        let refused = bench.store.sandboxes().list(&Filter::default(), page).await;
        assert!(matches!(refused, Err(Error::Refused { field: "cursor", .. })), "{cursor}: {refused:?}");
    }
}

async fn the_leader_sees_what_lives(bench: Bench) {
    let term = bench.lead().await;
    let stopped = bench.create("school", "s1").await.intent.id;
    let deleted = bench.create("school", "s2").await.intent.id;
    let running = bench.create("school", "s3").await.intent.id;
    bench.store.intent().stop(&stopped, None, false).await.unwrap();
    bench.walk(term, &stopped, &[Phase::Stopped]).await;
    bench.store.intent().delete(&deleted, None).await.unwrap();
    bench.walk(term, &deleted, &[Phase::Deleting]).await;
    bench.walk(term, &running, &[Phase::Provisioning, Phase::Starting]).await;
    assert_eq!(bench.store.sandboxes().live().await.unwrap().len(), 3, "deleting is not deleted");
    bench.walk(term, &deleted, &[Phase::Deleted]).await;
    let live = bench.store.sandboxes().live().await.unwrap();
    assert_eq!(
        live.iter().map(|sandbox| &sandbox.intent.id).collect::<BTreeSet<_>>(),
        BTreeSet::from([&stopped, &running])
    );
    let per_tenant = bench.store.sandboxes().running_per_tenant().await.unwrap();
    assert_eq!(per_tenant.into_iter().collect::<Vec<_>>(), [(tenant("school"), 1)]);
}

async fn the_queue_names_what_it_needs(bench: Bench) {
    let waits = bench.create("school", "s1").await;
    let stopped = bench.create("school", "s2").await.intent.id;
    bench.store.intent().stop(&stopped, None, false).await.unwrap();
    let waiting = bench.another().await.sandboxes().waiting().await.unwrap();
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0].sandbox, waiting[0].queued_at), (&waits.intent.id, NOW));
    let machines = waiting[0].machines.iter().map(|asked| (asked.cpu_millis, asked.memory_mib));
    assert_eq!(machines.collect::<Vec<_>>(), [(1000, 512), (500, 256)]);
}

async fn deleted_ones_fade(bench: Bench) {
    let term = bench.lead().await;
    let id = bench.create("school", "s1").await.intent.id;
    bench.store.intent().delete(&id, None).await.unwrap();
    bench.walk(term, &id, &[Phase::Deleting, Phase::Deleted]).await;
    let with_deleted = Filter { include_deleted: true, ..Filter::default() };
    let count = async |filter: &Filter| {
        bench.store.sandboxes().list(filter, Page::default()).await.unwrap().items.len()
    };
    assert_eq!((count(&Filter::default()).await, count(&with_deleted).await), (0, 1));
    assert_eq!(bench.store.sandboxes().get(&id).await.unwrap().status.phase, Phase::Deleted);
    assert_eq!(bench.store.sandboxes().prune(100).await.unwrap(), 0);
    bench.clock.advance(Duration::from_secs(DELETED_READABLE_DAYS * 24 * 3600));
    assert_eq!(bench.store.sandboxes().get(&id).await, Err(Error::NotFound));
    assert_eq!(count(&with_deleted).await, 0);
    assert_eq!(bench.store.sandboxes().prune(100).await.unwrap(), 1);
    assert_eq!(bench.store.intent().delete(&id, None).await, Err(Error::NotFound));
}

async fn templates_and_tenants_have_pages(bench: Bench) {
    let first = bench.template.clone();
    let second = publish(&bench.store, "lab", &body(2, 2)).await;
    publish(&bench.store, "alpha", &body(1, 1)).await;
    let again =
        bench.store.templates().publish(&first.name, &first.version, &body(1000, 1024)).await.unwrap();
    assert!(!again.new);
    let newest = bench.another().await.templates().get(&first.name, None).await.unwrap();
    assert_eq!(newest.version, second.version, "publishing an old version again changes nothing");
    assert_eq!(newest.body, body(2, 2));
    let page = bench.store.templates().list(Page::first(1)).await.unwrap();
    assert_eq!(page.items[0].name.as_str(), "alpha");
    let page = bench.store.templates().list(Page { limit: 1, cursor: page.next }).await.unwrap();
    assert_eq!((&page.items[0].version, page.next), (&second.version, None));
    let versions = bench.store.templates().versions(&first.name, Page::first(1)).await.unwrap();
    assert_eq!(versions.items[0].version, second.version, "the newest first");
    let versions = bench
        .store
        .templates()
        .versions(&first.name, Page { limit: 9, cursor: versions.next })
        .await
        .unwrap();
    assert_eq!(versions.items[0].version, first.version);
    let no_body = bench.store.templates().publish(&first.name, &first.version, &serde_json::json!({})).await;
    assert!(matches!(no_body, Err(Error::Refused { field: "template", .. })));
    for name in ["a", "b"] {
        bench.store.tenants().put(&tenant(name), domain::quota::Quota::default()).await.unwrap();
    }
    let page = bench.store.tenants().list(Page::first(1)).await.unwrap();
    let page = bench.store.tenants().list(Page { limit: 1, cursor: page.next }).await.unwrap();
    assert_eq!((page.items[0].id.as_str(), page.next), ("b", None));
}

async fn what_an_unknown_release_wrote_is_corrupt(bench: Bench) {
    let id = bench.create("school", "s1").await.intent.id;
    let corrupt = |column| Error::Corrupt { table: "status", column, id: id.to_string() };
    let write = async |sql: &str| bench.store.database().write(sql, vec![]).await.unwrap();
    write("UPDATE status SET phase = 'hibernating'").await;
    assert_eq!(bench.store.sandboxes().get(&id).await, Err(corrupt("phase")));
    assert_eq!(bench.store.sandboxes().live().await, Err(corrupt("phase")));
    assert_eq!(bench.store.intent().stop(&id, None, false).await, Err(corrupt("phase")));
    write("UPDATE status SET phase = 'queued', revision = -1").await;
    assert_eq!(bench.store.sandboxes().get(&id).await, Err(corrupt("revision")));
    write("UPDATE status SET revision = 1, cause = '{'").await;
    assert_eq!(bench.store.sandboxes().get(&id).await, Err(corrupt("cause")));
}
