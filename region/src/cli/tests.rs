use clap::{CommandFactory as _, Parser as _};

use super::*;
use crate::command::sandbox::SandboxCommand;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split(' '))
}

#[test]
fn the_command_line_is_consistent() {
    Cli::command().debug_assert();
}

#[test]
fn a_key_is_never_a_flags_value() {
    for forbidden in ["--key", "--token", "--secret"] {
        let line = format!("region {forbidden} x capacity");
        assert!(parse(&line).is_err(), "{forbidden}");
    }
}

#[test]
fn global_flags_work_after_the_command_too() {
    let cli =
        parse("region sandbox list --json --url http://bj.example.com --phase ready --phase failed").unwrap();
    assert!(cli.json);
    assert_eq!(cli.connection.url.as_deref(), Some("http://bj.example.com"));
    let Command::Sandbox(SandboxCommand::List(args)) = cli.command else { panic!("no list") };
    assert_eq!(args.phase, ["ready", "failed"]);
}

#[test]
fn what_follows_the_dashes_is_the_command() {
    let cli = parse("region sandbox exec bj-1 --timeout-s 5 -- ls -la --json").unwrap();
    assert!(!cli.json);
    let Command::Sandbox(SandboxCommand::Exec(args)) = cli.command else { panic!("no exec") };
    assert_eq!(args.argv, ["ls", "-la", "--json"]);
    assert_eq!(args.timeout_s, 5);
}

#[test]
fn mistakes_are_refused() {
    for line in [
        "region",
        "region sandbox stop",
        "region sandbox create",
        "region sandbox extend bj-1",
        "region sandbox create lab --label x",
    ] {
        assert!(parse(line).is_err(), "{line}");
    }
}
