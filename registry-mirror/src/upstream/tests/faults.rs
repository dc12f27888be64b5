//! What each fault of an upstream becomes.

use super::*;

fn reason(fault: &Fault) -> &str {
    match fault {
        Fault::Unavailable { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_burst_of_errors_is_ridden_out() {
    let (world, image) = World::with_image(HubOptions::default()).await;
    let app = repository("library/app");
    let mut answers = Vec::new();
    // A machine that is slow today may have no time left for the second attempt.
    while answers.len() < 20 && !answers.contains(&Ok(300_032)) {
        world.hub.trouble_times(Trouble::ServerError, 1);
        answers.push(world.source.blob_size(&app, &image.blobs[1].0).await);
    }
    assert_eq!(answers.last(), Some(&Ok(300_032)));
}

#[tokio::test]
async fn a_hanging_upstream_is_given_up() {
    let world = World::with(HubOptions::default(), |config| config.headers_timeout_ms = 50).await;
    world.hub.trouble(Trouble::Hanging);
    let fault = world.source.blob(&repository("a"), &small_image().blobs[0].0, 0).await.unwrap_err();
    assert!(reason(&fault).contains("timed out"), "{fault}");
}

#[tokio::test]
async fn a_stalled_blob_ends_with_a_fault() {
    let world = World::with(HubOptions::default(), |config| config.idle_timeout_ms = 200).await;
    let image = small_image();
    world.hub.add("library/app", "1", &image);
    world.hub.trouble(Trouble::Stalled { after_bytes: 1000 });
    let body = world.source.blob(&repository("library/app"), &image.blobs[1].0, 0).await.unwrap();
    let (bytes, fault) = drain(body).await;
    assert!(bytes.len() <= 1000);
    assert!(reason(&fault.unwrap()).contains("nothing came for too long after"));
}

#[tokio::test]
async fn limits_say_how_long_to_wait() {
    let world = World::new(HubOptions::default()).await;
    for wait in [None, Some(Duration::from_secs(7))] {
        world.hub.trouble(Trouble::Limited { retry_after: wait });
        let fault = world.source.blob_size(&repository("a"), &small_image().blobs[0].0).await.unwrap_err();
        assert_eq!(fault, Fault::Limited { source_name: "hub".to_owned(), retry_after: wait });
    }
}

#[tokio::test]
async fn wrong_certificates_are_told_apart_from_a_dead_upstream() {
    for tls in [Tls::WrongName, Tls::Untrusted] {
        let world = World::new(HubOptions { tls: Some(tls), ..HubOptions::default() }).await;
        let fault = world.source.head(&repository("a"), &tag("1")).await.unwrap_err();
        assert!(reason(&fault).contains("certificate"), "{fault}");
    }
}

#[tokio::test]
async fn a_name_that_does_not_resolve_and_a_closed_port_are_told() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let closed = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    for (url, words) in [("http://no-such-host.invalid", "resol"), (&closed, "refused")] {
        let world = World::with(HubOptions::default(), |config| config.url = url.to_owned()).await;
        let fault = world.source.head(&repository("a"), &tag("1")).await.unwrap_err();
        let text = reason(&fault).to_lowercase();
        assert!(text.contains(words) || text.contains("lookup"), "{fault}");
    }
}

#[tokio::test]
async fn a_signed_address_is_in_no_fault() {
    let (world, image) = World::with_image(HubOptions { redirects: true, ..HubOptions::default() }).await;
    world.hub.trouble(Trouble::Cut { after_bytes: 10 });
    let body = world.source.blob(&repository("library/app"), &image.blobs[1].0, 0).await.unwrap();
    let fault = drain(body).await.1.unwrap();
    assert!(!fault.to_string().contains("signature"), "{fault}");
    assert!(!format!("{:?}", world.sources).contains("signature"));
}

#[tokio::test]
async fn sizes_are_found_where_head_is_refused() {
    let options = HubOptions { redirects: true, store_refuses_head: true, ..HubOptions::default() };
    let (world, image) = World::with_image(options).await;
    let app = repository("library/app");
    assert_eq!(world.source.blob_size(&app, &image.blobs[1].0).await, Ok(300_032));
    world.hub.trouble(Trouble::NoHead);
    assert_eq!(world.source.head(&app, &tag("1")).await.unwrap().digest, image.root.digest);
}

#[tokio::test]
async fn a_giant_manifest_is_refused() {
    let world = World::new(HubOptions::default()).await;
    let mut image = small_image();
    let body = format!("{{\"pad\":\"{}\"}}", "x".repeat(4 * 1048 * 1048));
    image.root = crate::source::Manifest {
        media_type: "application/x".to_owned(),
        digest: Digest::of(crate::digest::Algorithm::Sha256, body.as_bytes()),
        bytes: body.into(),
    };
    image.manifests = vec![image.root.clone()];
    world.hub.add("library/app", "giant", &image);
    let fault = world.source.manifest(&repository("library/app"), &tag("giant")).await.unwrap_err();
    assert!(matches!(fault, Fault::Corrupt { .. }), "{fault:?}");
}
