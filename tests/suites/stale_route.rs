//! A stale route whose address belongs to another sandbox by now: real machines of `local` and a real proxy, told by a
//! scripted feed. Nothing of the other sandbox is seen, and nothing in it is changed.

mod feed;
mod ground;

use std::time::Duration;

use http::{Method, StatusCode};
use tokio::time::{sleep, timeout};

use ground::{Ground, Student};

/// How long a machine may take until its web app answers.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Between two looks whether it does.
const INTERVAL: Duration = Duration::from_millis(20);
/// Times that each way in is tried; more than a proxy asks for the newest route.
const TRIES: usize = 3;

#[tokio::test]
async fn nothing_of_another_sandbox_is_seen_through_a_stale_route() {
    let ground = Ground::start(["mine", "theirs"]).await.unwrap();
    let [mine, theirs] = ["mine", "theirs"].map(|whose| ground.student(whose));
    for (student, page) in [(&mine, "private of mine\n"), (&theirs, "private of theirs\n")] {
        timeout(START_LIMIT, student.is_shown(page)).await.unwrap();
        assert_eq!(
            student.upgrade("terminal", "/_qj/terminal").await.unwrap(),
            StatusCode::SWITCHING_PROTOCOLS
        );
        assert_eq!(student.see("terminal", "/_qj/files?path=index.html").await.unwrap().1, page);
    }

    ground.give_away_the_address_of("mine", "theirs").await.unwrap();

    for _ in 0..TRIES {
        assert_shut(&mine).await;
    }
    let planted = theirs.see("terminal", "/_qj/files?path=planted").await.unwrap();
    assert_eq!(planted.0, StatusCode::NOT_FOUND, "{planted:?}");
    assert_eq!(theirs.see("web", "/").await.unwrap().1, "private of theirs\n");
    ground.clean().await.unwrap();
}

impl Student {
    async fn is_shown(&self, page: &str) {
        while self.see("web", "/").await.unwrap().1 != page {
            sleep(INTERVAL).await;
        }
    }
}

/// Every way in says that the machine is not reached, and shows nothing.
async fn assert_shut(student: &Student) {
    for (app, path) in [("web", "/"), ("web", "/index.html"), ("terminal", "/_qj/files?path=index.html")] {
        let (status, text) = student.see(app, path).await.unwrap();
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{path}: {text}");
        assert!(text.contains("machine_unreachable") && !text.contains("private of"), "{path}: {text}");
    }
    for (app, path) in [("web", "/"), ("terminal", "/_qj/terminal")] {
        assert_eq!(student.upgrade(app, path).await.unwrap(), StatusCode::SERVICE_UNAVAILABLE, "{path}");
    }
    let put = student.ask(Method::PUT, "terminal", "/_qj/files?path=planted").body("planted").send().await;
    assert_eq!(put.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
}
