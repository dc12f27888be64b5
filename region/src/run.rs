//! From the command line to an exit code.

use std::process::ExitCode;

use crate::cli::{Cli, Command};
use crate::command::{
    Invocation, capacity, completion, config, doctor, events, key, login, mirror, role, sandbox, store,
    template, tenant,
};
use crate::language::Language;
use crate::output::Output;
use crate::{Error, up};

/// Runs one command to its end and says on standard error why it failed.
pub async fn run(cli: Cli) -> ExitCode {
    let output = Output { json: cli.json };
    let invocation = Invocation { connection: cli.connection, output, language: Language::of_environment() };
    match dispatch(&invocation, cli.command).await {
        Ok(code) => code,
        Err(error) => {
            output.error(&error);
            error.exit().into()
        }
    }
}

async fn dispatch(invocation: &Invocation, command: Command) -> Result<ExitCode, Error> {
    let done = |()| ExitCode::SUCCESS;
    match command {
        Command::Up(args) => up::run(invocation, args).await,
        Command::Login(args) => login::run(invocation, args).await.map(done),
        Command::Doctor(args) => doctor::run(invocation, &args).await,
        Command::Sandbox(command) => sandbox::run(invocation, command).await,
        Command::Template(command) => template::run(invocation, command).await.map(done),
        Command::Tenant(command) => tenant::run(invocation, command).await.map(done),
        Command::Events(args) => events::run(invocation, args).await.map(done),
        Command::Capacity => capacity::show(invocation).await.map(done),
        Command::Cordon(args) => capacity::cordon(invocation, args).await.map(done),
        Command::Uncordon => capacity::uncordon(invocation).await.map(done),
        Command::Mirror(command) => mirror::run(invocation, command).await.map(done),
        Command::Key(command) => key::run(invocation, command).await.map(done),
        Command::Store(command) => store::run(invocation, command).await.map(done),
        Command::Config(command) => config::run(invocation, command).map(done),
        Command::ApiServer(args) => role::run("api-server", &args),
        Command::Proxy(args) => role::run("proxy", &args),
        Command::Jobrunner(args) => role::run("jobrunner", &args),
        Command::RegistryMirror(args) => role::run("registry-mirror", &args),
        Command::Completion(args) => completion::run(&args).map(done),
    }
}
