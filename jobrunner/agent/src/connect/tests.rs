use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::testing::{TestMachine, soon};

async fn echo(address: &str) -> (u16, JoinSet<()>) {
    let listener = TcpListener::bind(address).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut serving = JoinSet::new();
    serving.spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut reader, mut writer) = stream.split();
            let _ = tokio::io::copy(&mut reader, &mut writer).await;
        }
    });
    (port, serving)
}

#[tokio::test]
async fn bytes_go_both_ways_and_an_end_is_passed_on() {
    let machine = TestMachine::start().await;
    let (port, _echo) = echo("127.0.0.1:0").await;
    for host in ["127.0.0.1", "localhost", "[::1]"] {
        let mut caller = machine.caller();
        let Ok(tunnel) = caller.connect(&format!("{host}:{port}")).await else { panic!("{host} refused") };
        let (mut reader, mut writer) = tokio::io::split(tunnel);
        let sent: Vec<u8> = (0..2_000_000_u32).map(|number| (number % 253) as u8).collect();
        let mut got = Vec::new();
        let send = async {
            writer.write_all(&sent).await.unwrap();
            writer.shutdown().await.unwrap();
        };
        soon(async { tokio::join!(send, async { reader.read_to_end(&mut got).await.unwrap() }) }).await;
        assert!(got == sent);
    }
}

#[tokio::test]
async fn an_app_on_the_other_family_is_found() {
    let machine = TestMachine::start().await;
    let (port, _echo) = echo("[::1]:0").await;
    let mut caller = machine.caller();
    let Ok(mut tunnel) = caller.connect(&format!("127.0.0.1:{port}")).await else { panic!("refused") };
    tunnel.write_all(b"hi").await.unwrap();
    let mut got = [0; 2];
    soon(tunnel.read_exact(&mut got)).await.unwrap();
    assert_eq!(&got, b"hi");
}

#[tokio::test]
async fn other_hosts_and_closed_ports_are_refused() {
    let machine = TestMachine::start().await;
    let mut caller = machine.caller();
    for host in
        ["10.0.0.1:80", "example.com:80", "127.0.0.2:80", "0.0.0.0:80", "[::]:80", "localhost.example:80"]
    {
        let refused = caller.connect(host).await.err().unwrap();
        assert_eq!(refused.problem(), (403, "host_forbidden".to_owned()), "{host}");
    }
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let refused = caller.connect(&format!("127.0.0.1:{unused}")).await.err().unwrap();
    assert_eq!(refused.problem(), (502, "connect_refused".to_owned()));
    assert_eq!(caller.connect("127.0.0.1:0").await.err().unwrap().status, 400);
}
