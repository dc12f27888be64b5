use std::process::Command;
use domain::provider::Address;
use domain::route::Target;
use domain::token::{AgentClaims, Verb};
use futures_util::{SinkExt as _, StreamExt as _};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;
use super::region::{Region, SANDBOX, route};

#[tokio::test]
async fn the_real_agent() {
    let mut region = Region::start().await;
    let fake = region.agent("fake", "t");
    let dir = tempfile::tempdir().unwrap();
    let sock = dir.path().join("agent.sock");
    let (kid, public) = region.signer.public();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8888").await.unwrap();
    let app = super::app::App::named("real");
    let app2 = app.clone();
    region.tasks.spawn(async move { loop { let (s, _) = listener.accept().await.unwrap(); let a = app2.clone(); a.serve(s).await; } });
    let mut child = Command::new(std::env::var("AGENT").unwrap())
        .args(["serve", "--listen", &format!("unix:{}", sock.display()), "--sandbox", SANDBOX, "--machine", "main", "--incarnation", "1", "--key", &format!("{kid}={public}"), "--home", dir.path().to_str().unwrap()])
        .spawn().unwrap();
    super::client::until("socket", || sock.exists()).await;
    let mut r = route(&fake);
    let claims = AgentClaims { sbx: SANDBOX.parse().unwrap(), mch: "main".parse().unwrap(), inc: 1, vrb: vec![Verb::Connect, Verb::Terminal, Verb::Files], exp: 4_000_000_000 };
    r.targets.insert("main".parse().unwrap(), Target { address: Address(format!("unix:{}", sock.display())), incarnation: 1, token: Some(region.signer.sign(&claims)) });
    r.apps[1].command = Some(vec!["/bin/sh".into()]);
    region.put(r.clone()).await;
    let lab = region.client("lab");
    let answer = lab.get("/x").await;
    println!("{} {:?}", answer.status(), answer.body());
    let dev = super::client::Client { host: lab.host.replace("lab--", "dev-8881--"), ..region.client("dev") };
    let answer = dev.get("/x").await;
    println!("closed port: {} {:?}", answer.status(), answer.body());
    let client = region.client("terminal");
    let put = client.send(client.request("PUT", "/_qj/files?path=a%20b.txt").header("origin", client.origin()), "12345").await;
    println!("put {} {:?}", put.status(), put.body());
    let get = client.get("/_qj/files?path=a%20b.txt").await;
    println!("get {} {:?} {:?}", get.status(), get.headers(), get.body());
    let ls = client.get("/_qj/files?path=.").await;
    println!("ls {} {:?}", ls.status(), ls.body());
    let request = client.handshake("/_qj/terminal", Some(&client.origin())).replace("Upgrade: websocket", "Sec-WebSocket-Protocol: qj.terminal.v1\r\nUpgrade: websocket");
    let (stream, head) = client.open(&request).await;
    println!("{head}");
    let mut socket = WebSocketStream::from_raw_socket(stream, Role::Client, None).await;
    socket.send(Message::text(r#"{"t":"attach","client":"c1","incarnation":null,"seen":0,"cols":80,"rows":24}"#)).await.unwrap();
    let mut input = 1u64.to_be_bytes().to_vec(); input.extend(b"echo $((40+2))\n");
    socket.send(Message::Binary(input.into())).await.unwrap();
    let mut all = String::new();
    while !all.contains("42") { let m = socket.next().await.unwrap().unwrap(); all.push_str(&format!("{}\n", String::from_utf8_lossy(&m.into_data()))); }
    println!("{all}");
    // stale token
    let claims = AgentClaims { inc: 2, ..claims };
    r.targets.get_mut(&"main".parse().unwrap()).unwrap().token = Some(region.signer.sign(&claims));
    region.put(r).await;
    let answer = lab.get("/x").await;
    println!("{} {:?}", answer.status(), answer.body());
    let (_s, head) = client.open(&request).await;
    println!("{head}");
    child.kill().unwrap(); child.wait().unwrap();
    println!("{}", super::client::next_close(&mut socket).await);
}
