//! What a student inside a machine cannot see, reach or do.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::MetadataExt as _;

use domain::provider::conformance::Setting;
use domain::provider::{Error, Resource};
use domain::template::{Egress, Machine, Network};
use rustix::io::{FdFlags, fcntl_setfd};

use super::bench::LocalBench;
use super::client::Client;

/// Two sandboxes that run side by side.
async fn neighbours<'a>(bench: &'a LocalBench) -> [(Setting<'a>, Resource, Client); 2] {
    let (one, two) = (Setting::new(bench), Setting::new(bench));
    let (first, first_client) = bench.running(&one, one.spec(1)).await;
    let (second, second_client) = bench.running(&two, two.spec(1)).await;
    [(one, first, first_client), (two, second, second_client)]
}

#[tokio::test]
async fn a_machine_looks_like_a_computer_of_its_own() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let (_, client) = bench.running(&setting, setting.spec(1)).await;
    assert_eq!(
        client.sh("whoami; hostname; pwd; echo $HOME").stdout,
        "student\nmain\n/home/student\n/home/student\n"
    );
    assert_eq!(client.sh("touch file && rm file && touch /tmp/file && echo ok").stdout, "ok\n");
    setting.clean().await;
}

#[tokio::test]
async fn nothing_of_another_machine_is_seen() {
    let bench = LocalBench::new();
    let [(_, mine, me), (_, theirs, them)] = neighbours(&bench).await;
    assert_eq!(them.sh("echo private >marker; sleep 1000 & disown; cat marker").stdout, "private\n");
    let find = me.sh("find / -name marker -not -path '/proc/*' 2>/dev/null");
    assert_eq!(find.stdout, "", "{find:?}");
    let (home, run) = {
        let folders = bench.folders();
        let tags = &theirs.tags;
        (folders.home(&tags.sandbox, &tags.machine, 1).join("files"), folders.machine(tags).join("run"))
    };
    assert!(
        home.join("marker").exists() && run.join("agent.sock").exists(),
        "they are there, seen from outside"
    );
    for path in [&home, &run, &bench.state().to_owned()] {
        let seen = me.sh(&format!("ls {}", path.display()));
        assert_ne!(seen.exit_code, Some(0), "{seen:?}");
    }
    let processes = me.sh("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout;
    assert!(processes.contains(mine.tags.sandbox.as_str()), "{processes}");
    assert!(!processes.contains("sleep 1000") && !processes.contains("bwrap"), "{processes}");
    let owner = |resource: &Resource| {
        let tags = &resource.tags;
        fs::metadata(bench.folders().home(&tags.sandbox, &tags.machine, 1).join("files")).unwrap().uid()
    };
    assert_ne!(owner(&mine), owner(&theirs), "a user id each");
    assert!(owner(&mine) >= 200_000);
}

#[tokio::test]
async fn nothing_of_this_computer_is_reached() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    TcpStream::connect(("127.0.0.1", port)).unwrap();
    let (_, client) = bench.running(&setting, setting.spec(1)).await;
    let reached = client.sh(&format!("exec 3<>/dev/tcp/127.0.0.1/{port}"));
    assert!(reached.stderr.contains("refused"), "{reached:?}");
    let interfaces = client.sh("tail -n +3 /proc/net/dev | cut -d: -f1 | tr -d ' '").stdout;
    assert_eq!(interfaces, "lo\n");
    let away = client.sh("exec 3<>/dev/tcp/192.0.2.1/80");
    assert!(away.stderr.contains("unreachable"), "{away:?}");
    setting.clean().await;
}

#[tokio::test]
async fn nobody_inside_has_rights() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let (_, client) = bench.running(&setting, setting.spec(1)).await;
    let status = client.sh("grep -E '^(Cap(Inh|Prm|Eff|Bnd|Amb)|NoNewPrivs)' /proc/self/status").stdout;
    let values: Vec<_> = status.lines().map(|line| line.split_whitespace().last().unwrap()).collect();
    assert_eq!(values, [&["0000000000000000"; 5][..], &["1"]].concat());
    for forbidden in [
        "touch /usr/x",
        "touch /etc/x",
        "echo x >>/etc/passwd",
        "touch /x",
        "mount -t tmpfs x /tmp",
        "unshare --user true",
        "cat /etc/shadow",
        "ls /root",
        "ls /sys/fs",
        "hostname other",
        "echo 1 >/proc/sys/kernel/panic",
        "rm /run/qingjiao.lock",
    ] {
        let tried = client.sh(forbidden);
        assert_ne!(tried.exit_code, Some(0), "{forbidden}: {tried:?}");
    }
    setting.clean().await;
}

/// Whatever a student does to the agent inside, the way in stays the machine's own.
#[tokio::test]
async fn the_door_cannot_be_moved() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let (machine, client) = bench.running(&setting, setting.spec(1)).await;
    client.sh("kill -9 1; ln -sf /var/run/docker.sock /run/qingjiao/agent.sock");
    assert_eq!(client.sh("readlink /run/qingjiao/agent.sock").stdout, "/var/run/docker.sock\n");
    assert_eq!(setting.runs(&machine.id).await, machine);
    setting.clean().await;
}

/// A socket that is a link to somewhere else is not taken for the agent's.
#[tokio::test]
async fn a_link_is_not_followed() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let (machine, _) = bench.running(&setting, setting.spec(1)).await;
    let folders = bench.folders();
    let elsewhere = bench.state().join("elsewhere");
    let _listener = std::os::unix::net::UnixListener::bind(&elsewhere).unwrap();
    let inside = folders.machine(&machine.tags).join("run/agent.sock");
    fs::remove_file(folders.socket(&machine.id)).unwrap();
    fs::remove_file(&inside).unwrap();
    std::os::unix::fs::symlink(&elsewhere, &inside).unwrap();
    assert_eq!(setting.machines().await[0].address, None);
    setting.clean().await;
}

/// Files that were open when a machine was started stay outside.
#[tokio::test]
async fn open_files_are_not_inherited() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let secret = bench.state().join("secret");
    let file = fs::File::create(&secret).unwrap();
    fcntl_setfd(&file, FdFlags::empty()).unwrap();
    let (machine, _) = bench.running(&setting, setting.spec(1)).await;
    let folder = bench.folders().machine(&machine.tags);
    let pid = crate::observe::status(&folder).unwrap().child_pid.unwrap();
    let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap();
    let open: Vec<_> = open.map(|entry| fs::read_link(entry.unwrap().path()).unwrap_or_default()).collect();
    assert!(!open.contains(&secret), "{open:?}");
    assert!(open.len() > 2);
    setting.clean().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words() {
    let bench = LocalBench::new();
    let setting = Setting::new(&bench);
    let mut with_internet = setting.spec(1);
    with_internet.network = Network { egress: Egress::Internet };
    let home = domain::template::Home { path: "/usr/lib".into(), size_mib: 1 };
    let over_system = setting.spec_of(Machine { home: Some(home), ..setting.named("main") }, 1);
    for (spec, field) in [(with_internet, "network.egress"), (over_system, "home.path")] {
        let Err(Error::Rejected { detail, .. }) = setting.ensure(spec).await else {
            panic!("{field}: not refused")
        };
        assert!(detail.contains(field), "{detail}");
    }
    assert_eq!(setting.machines().await, vec![]);
}
