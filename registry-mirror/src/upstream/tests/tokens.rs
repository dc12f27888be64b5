//! Who is asked for tokens, how often, and who sees them.

use super::*;

fn secret_file(text: &str) -> (tempfile::NamedTempFile, runtime::SecretFile) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), text).unwrap();
    let secret = runtime::SecretFile::new(file.path());
    (file, secret)
}

fn with_password(auth: HubAuth) -> HubOptions {
    let credentials = Some(("user".to_owned(), "p:ass".to_owned()));
    HubOptions { auth, credentials, redirects: true, ..HubOptions::default() }
}

#[tokio::test]
async fn a_password_opens_basic_and_token_registries_and_stays_there() {
    for auth in [HubAuth::Basic, HubAuth::Token] {
        let (_file, secret) = secret_file("user:p:ass\n");
        let world = World::with(with_password(auth), |config| config.credentials_file = Some(secret)).await;
        let image = small_image();
        world.hub.add("library/app", "1", &image);
        let app = repository("library/app");
        world.source.manifest(&app, &tag("1")).await.unwrap();
        let body = world.source.blob(&app, &image.blobs[1].0, 0).await.unwrap();
        assert_eq!(drain(body).await.1, None);
        assert_eq!(world.hub.counts().leaks, 0);
        let shown = format!("{:?}", world.sources);
        assert!(
            !shown.contains("p:ass") && !shown.contains("Bearer") && !shown.contains("token-"),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_wrong_or_missing_password_is_denied() {
    for (auth, text) in [
        (HubAuth::Basic, Some("user:wrong")),
        (HubAuth::Token, Some("user:wrong")),
        (HubAuth::Basic, None),
        (HubAuth::Token, None),
        (HubAuth::Basic, Some("no colon")),
    ] {
        let (_file, secret) = secret_file(text.unwrap_or("x"));
        let secret = text.map(|_| secret);
        let world = World::with(with_password(auth), |config| config.credentials_file = secret).await;
        let fault = world.source.head(&repository("library/app"), &tag("1")).await.unwrap_err();
        assert!(matches!(fault, Fault::Denied { .. }), "{fault:?}");
        assert!(!fault.to_string().contains("wrong"), "{fault}");
    }
}

#[tokio::test]
async fn a_rotated_password_is_used_at_once() {
    let (file, secret) = secret_file("user:old");
    let world =
        World::with(with_password(HubAuth::Basic), |config| config.credentials_file = Some(secret)).await;
    world.hub.add("library/app", "1", &small_image());
    let ask = async || world.source.head(&repository("library/app"), &tag("1")).await;
    assert!(ask().await.is_err());
    std::fs::write(file.path(), "user:p:ass").unwrap();
    assert!(ask().await.is_ok());
}

#[tokio::test]
async fn many_who_need_a_token_fetch_one() {
    let (world, image) =
        World::with_image(HubOptions { auth: HubAuth::Token, ..HubOptions::default() }).await;
    let app = repository("library/app");
    let asks = (0..30).map(|_| world.source.blob_size(&app, &image.blobs[1].0));
    let answers = futures_util::future::join_all(asks).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(world.hub.counts().tokens, 1);
}

#[tokio::test]
async fn a_token_that_is_revoked_or_old_is_changed_for_one_fresh_one() {
    let lifetime = Some(Duration::from_secs(3600));
    let options = HubOptions { auth: HubAuth::Token, token_lifetime: lifetime, ..HubOptions::default() };
    let (world, image) = World::with_image(options).await;
    let app = repository("library/app");
    let digest = &image.blobs[1].0;
    let running = world.source.blob(&app, digest, 0).await.unwrap();
    world.hub.revoke_tokens();
    assert_eq!(drain(running).await.1, None, "a body that runs goes on");
    let resumed = world.source.blob(&app, digest, 1000).await.unwrap();
    assert_eq!(resumed.from, 1000);
    assert_eq!(world.hub.counts().tokens, 2);
}

#[tokio::test]
async fn a_token_is_refreshed_before_it_ends_and_nobody_is_refused() {
    let lifetime = Some(Duration::from_secs(60));
    let options = HubOptions { auth: HubAuth::Token, token_lifetime: lifetime, ..HubOptions::default() };
    let (world, _) = World::with_image(options).await;
    let ask = async || world.source.head(&repository("library/app"), &tag("1")).await.unwrap();
    let tokens = || (world.hub.counts().tokens, world.hub.counts().challenges);
    ask().await;
    pass(Duration::from_secs(40)).await;
    ask().await;
    assert_eq!(tokens(), (1, 1), "it has 20 s to live");
    pass(Duration::from_secs(10)).await;
    ask().await;
    assert_eq!(tokens(), (2, 1), "with 10 s to live it was changed, and the registry saw no old one");
    pass(Duration::from_secs(20)).await;
    ask().await;
    assert_eq!(tokens(), (2, 1), "the fresh one outlives the first");
}

/// Puts the clock forward, of both sides. It runs on with the real one, because sockets are real.
async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_token_that_is_never_good_ends_in_denial() {
    let options =
        HubOptions { auth: HubAuth::Token, token_lifetime: Some(Duration::ZERO), ..HubOptions::default() };
    let (world, _) = World::with_image(options).await;
    let fault = world.source.head(&repository("library/app"), &tag("1")).await.unwrap_err();
    assert!(matches!(fault, Fault::Denied { .. }), "{fault:?}");
    assert_eq!(world.hub.counts().tokens, 1);
}

#[tokio::test]
async fn a_foreign_realm_is_never_asked() {
    let elsewhere = FakeHub::start(HubOptions::default()).await.unwrap();
    for realm in [format!("http://localhost:{}/token", elsewhere.address().port()), "nonsense".to_owned()] {
        let (_file, secret) = secret_file("user:p:ass");
        let options = HubOptions { realm: Some(realm), ..with_password(HubAuth::Token) };
        let world = World::with(options, |config| config.credentials_file = Some(secret)).await;
        let fault = world.source.head(&repository("library/app"), &tag("1")).await.unwrap_err();
        assert!(matches!(fault, Fault::Denied { .. }), "{fault:?}");
    }
    assert_eq!(elsewhere.counts().connections, 0, "the password could have gone there");
}

#[tokio::test]
async fn a_listed_realm_is_asked() {
    let issuer = FakeHub::start(HubOptions::default()).await.unwrap();
    let realm = Some(format!("http://localhost:{}/token", issuer.address().port()));
    let options = HubOptions { auth: HubAuth::Token, realm, ..HubOptions::default() };
    let world = World::with(options, |config| config.token_hosts = vec!["localhost".to_owned()]).await;
    let fault = world.source.head(&repository("library/app"), &tag("1")).await.unwrap_err();
    assert!(matches!(fault, Fault::Denied { .. }), "its tokens are not this registry's: {fault:?}");
    assert_eq!(issuer.counts().tokens, 1);
}
