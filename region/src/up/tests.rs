use runtime::config::Source;

use super::*;

fn args(line: &str) -> UpArgs {
    use clap::Parser as _;
    match crate::Cli::try_parse_from(line.split(' ')).unwrap().command {
        crate::cli::Command::Up(args) => args,
        other => panic!("{other:?}"),
    }
}

#[test]
fn flags_win_and_are_named_as_the_source() {
    let loaded =
        args("region up --api-port 0 --cpu-millis 1500 --set proxy.domain=apps.example.com").load().unwrap();
    assert_eq!(loaded.value.api.listen.port(), 0);
    assert_eq!(loaded.value.local.cpu_millis, Some(1500));
    assert_eq!(loaded.value.proxy.domain, "apps.example.com");
    assert_eq!(loaded.source("api.listen"), Source::Flag("--api-port".into()));
}

#[test]
fn what_depends_on_ports_follows_them_unless_it_is_set() {
    let loaded = args("region up --set api.public_url=https://bj.example.com").load().unwrap();
    let ports = Ports { api: "127.0.0.1:18000".parse().unwrap(), proxy: "127.0.0.1:18080".parse().unwrap() };
    let config = loaded.value.with_ports(&ports, |field| loaded.source(field));
    assert_eq!(config.api.public_url, "https://bj.example.com");
    assert_eq!(config.api.proxy_port, Some(18080));
    assert_eq!(config.proxy.api_url, "http://127.0.0.1:18000");
}

#[test]
fn frames_are_allowed_unless_somebody_says_which() {
    let loaded = args("region up --proxy-port 0").load().unwrap();
    assert_eq!(loaded.value.proxy.frame_ancestors, ["*"]);
    assert_eq!(loaded.value.telemetry.filter, "warn");
    let loaded = args("region up --set proxy.frame_ancestors=[]").load().unwrap();
    assert!(loaded.value.proxy.frame_ancestors.is_empty());
}

#[test]
fn an_unknown_field_is_named() {
    let error = args("region up --set proxy.domian=x").load().unwrap_err();
    assert_eq!(error.exit(), crate::error::Exit::Usage);
    assert!(error.to_string().contains("proxy.domian"), "{error}");
}

#[test]
fn a_port_in_use_names_the_flag() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let loaded = args(&format!("region up --api-port {port}")).load().unwrap();
    let error = Ports::take(&loaded.value).unwrap_err();
    assert_eq!(error.exit(), crate::error::Exit::Conflict);
    assert!(error.to_string().contains("--api-port"), "{error}");
}
