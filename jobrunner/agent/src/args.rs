//! The command line, read into [`Options`]. Written by hand: a parser crate would be a tenth of the program's size.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;

use crate::token::Identity;

/// What `--help` prints.
pub(crate) const HELP: &str = "\
usage: agent serve --listen unix:PATH|tcp:ADDRESS:PORT --sandbox ID --machine NAME --incarnation N
                   --key KID=BASE64URL_PUBLIC_KEY ... [--lock FILE] [--root DIR] [--home DIR] [--log FILE]
                   [--detach | -- COMMAND ARG...]
       agent install PATH
       agent reach ADDRESS:PORT SECONDS
       agent --version | --help";

/// Where the agent listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Listen {
    /// A Unix socket at this path.
    Unix(PathBuf),
    /// A TCP address and port; never a name, so that no resolver is needed.
    Tcp(SocketAddr),
}

/// A public key of the region and its id.
pub(crate) type NamedKey = (String, VerifyingKey);

/// What `agent serve` was told.
#[derive(Debug)]
pub(crate) struct Options {
    /// The one listening socket.
    pub(crate) listen: Listen,
    /// Which machine this is.
    pub(crate) identity: Identity,
    /// The region's public keys.
    pub(crate) keys: Vec<NamedKey>,
    /// A file to hold an exclusive lock on.
    pub(crate) lock: Option<PathBuf>,
    /// Where absolute paths of files begin.
    pub(crate) root: PathBuf,
    /// The home of the machine's user; `$HOME`, then `/`, when it is not given.
    pub(crate) home: PathBuf,
    /// Where the agent's own log goes; standard error when it is not given.
    pub(crate) log: Option<PathBuf>,
    /// Serve in a process of its own and end this one.
    pub(crate) detach: bool,
    /// The main command; empty when there is none.
    pub(crate) command: Vec<String>,
}

/// What the program was asked to do.
#[derive(Debug)]
pub(crate) enum Invocation {
    /// Serve a machine.
    Serve(Box<Options>),
    /// Copy this program to a path.
    Install(PathBuf),
    /// Connect to an address, again and again for so long.
    Reach(SocketAddr, Duration),
    /// Print the version.
    Version,
    /// Print how it is used.
    Help,
}

/// Arguments that make no sense.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum Error {
    #[error("an argument is not UTF-8")]
    NotUtf8,
    #[error("unknown argument {0}; only `serve` with its options, `install` and `reach` are known")]
    Unknown(String),
    #[error("{0} needs a value")]
    NoValue(String),
    #[error("{0} is required")]
    Missing(&'static str),
    #[error("{option} must be {expected}")]
    Value { option: &'static str, expected: &'static str },
}

/// Reads the arguments that follow the program's name.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Invocation, Error> {
    let arguments: Result<Vec<String>, _> = arguments.map(OsString::into_string).collect();
    let mut arguments = arguments.map_err(|_| Error::NotUtf8)?.into_iter();
    match arguments.next().as_deref() {
        Some("serve") => parse_serve(arguments),
        Some("install") => match (arguments.next(), arguments.next()) {
            (Some(path), None) => Ok(Invocation::Install(path.into())),
            (None, _) => Err(Error::NoValue("install".to_owned())),
            (Some(_), Some(other)) => Err(Error::Unknown(other)),
        },
        Some("reach") => parse_reach(arguments),
        Some("--version" | "-V") => Ok(Invocation::Version),
        Some("--help" | "-h") => Ok(Invocation::Help),
        Some(other) => Err(Error::Unknown(other.to_owned())),
        None => Err(Error::Missing("`serve`")),
    }
}

fn parse_reach(mut arguments: impl Iterator<Item = String>) -> Result<Invocation, Error> {
    let mut next = || arguments.next().ok_or_else(|| Error::NoValue("reach".to_owned()));
    let (address, seconds) = (next()?, next()?);
    let wrong = |expected| Error::Value { option: "reach", expected };
    let address = address.parse().map_err(|_| wrong("ADDRESS:PORT"))?;
    let seconds = seconds.parse().map_err(|_| wrong("followed by a number of seconds"))?;
    Ok(Invocation::Reach(address, Duration::from_secs(seconds)))
}

fn parse_serve(mut arguments: impl Iterator<Item = String>) -> Result<Invocation, Error> {
    let mut draft = Draft::default();
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--" => {
                draft.command = arguments.by_ref().collect();
                if draft.command.is_empty() {
                    return Err(Error::NoValue("--".to_owned()));
                }
            }
            "--help" | "-h" => return Ok(Invocation::Help),
            "--detach" => draft.detach = true,
            _ => draft.set(option, &mut arguments)?,
        }
    }
    draft.finish().map(|options| Invocation::Serve(Box::new(options)))
}

#[derive(Default)]
struct Draft {
    listen: Option<Listen>,
    sandbox: Option<String>,
    machine: Option<String>,
    incarnation: Option<u64>,
    keys: Vec<NamedKey>,
    lock: Option<PathBuf>,
    root: Option<PathBuf>,
    home: Option<PathBuf>,
    log: Option<PathBuf>,
    detach: bool,
    command: Vec<String>,
}

impl Draft {
    fn set(&mut self, option: String, rest: &mut impl Iterator<Item = String>) -> Result<(), Error> {
        const KNOWN: [&str; 9] = [
            "--listen",
            "--sandbox",
            "--machine",
            "--incarnation",
            "--key",
            "--lock",
            "--root",
            "--home",
            "--log",
        ];
        if !KNOWN.contains(&option.as_str()) {
            return Err(Error::Unknown(option));
        }
        let Some(value) = rest.next() else { return Err(Error::NoValue(option)) };
        match option.as_str() {
            "--listen" => self.listen = Some(parse_listen(&value)?),
            "--sandbox" => self.sandbox = Some(value),
            "--machine" => self.machine = Some(value),
            "--incarnation" => self.incarnation = Some(parse_incarnation(&value)?),
            "--key" => self.keys.push(parse_key(&value)?),
            "--lock" => self.lock = Some(value.into()),
            "--root" => self.root = Some(value.into()),
            "--home" => self.home = Some(value.into()),
            _ => self.log = Some(value.into()),
        }
        Ok(())
    }

    fn finish(self) -> Result<Options, Error> {
        if self.keys.is_empty() {
            return Err(Error::Missing("--key"));
        }
        Ok(Options {
            listen: self.listen.ok_or(Error::Missing("--listen"))?,
            identity: Identity {
                sandbox: self.sandbox.ok_or(Error::Missing("--sandbox"))?,
                machine: self.machine.ok_or(Error::Missing("--machine"))?,
                incarnation: self.incarnation.ok_or(Error::Missing("--incarnation"))?,
            },
            keys: self.keys,
            lock: self.lock,
            root: self.root.unwrap_or_else(|| "/".into()),
            home: self
                .home
                .or_else(|| std::env::var_os("HOME").map(PathBuf::from))
                .unwrap_or_else(|| "/".into()),
            log: self.log,
            detach: self.detach,
            command: self.command,
        })
    }
}

fn parse_listen(value: &str) -> Result<Listen, Error> {
    let wrong =
        Error::Value { option: "--listen", expected: "unix:PATH or tcp:ADDRESS:PORT (no host names)" };
    match value.split_once(':') {
        Some(("unix", path)) if !path.is_empty() => Ok(Listen::Unix(path.into())),
        Some(("tcp", address)) => address.parse().map(Listen::Tcp).map_err(|_| wrong),
        _ => Err(wrong),
    }
}

fn parse_incarnation(value: &str) -> Result<u64, Error> {
    value.parse().map_err(|_| Error::Value { option: "--incarnation", expected: "a whole number" })
}

fn parse_key(value: &str) -> Result<NamedKey, Error> {
    let wrong = || Error::Value {
        option: "--key",
        expected: "KID=KEY, the key 32 bytes in base64url without padding",
    };
    let (id, key) = value.split_once('=').ok_or_else(wrong)?;
    let bytes = URL_SAFE_NO_PAD.decode(key).map_err(|_| wrong())?;
    let bytes: [u8; 32] = bytes.try_into().map_err(|_| wrong())?;
    let key = VerifyingKey::from_bytes(&bytes).map_err(|_| wrong())?;
    Ok((id.to_owned(), key))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn parse_text(text: &str) -> Result<Invocation, Error> {
        parse(text.split_whitespace().map(OsString::from))
    }

    fn key() -> String {
        let key = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
        format!("k1={}", URL_SAFE_NO_PAD.encode(key.as_bytes()))
    }

    #[test]
    fn reads_everything() {
        let text = format!(
            "serve --listen tcp:127.0.0.1:7070 --sandbox bj-1 --machine main --incarnation 3 --key {} --home /h -- sh -c x",
            key()
        );
        let Ok(Invocation::Serve(options)) = parse_text(&text) else { panic!("not read") };
        assert_eq!(options.listen, Listen::Tcp("127.0.0.1:7070".parse().unwrap()));
        assert_eq!(options.identity.incarnation, 3);
        assert_eq!(options.home, PathBuf::from("/h"));
        assert_eq!(options.command, ["sh", "-c", "x"]);
    }

    #[test]
    fn installs_to_one_path() {
        assert!(
            matches!(parse_text("install /x/agent"), Ok(Invocation::Install(path)) if path == Path::new("/x/agent"))
        );
        assert_eq!(parse_text("install").unwrap_err(), Error::NoValue("install".to_owned()));
        assert_eq!(parse_text("install a b").unwrap_err(), Error::Unknown("b".to_owned()));
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!(parse_text("dance").unwrap_err(), Error::Unknown("dance".to_owned()));
        assert_eq!(parse_text("serve").unwrap_err(), Error::Missing("--key"));
        assert_eq!(parse_text("serve --listen").unwrap_err(), Error::NoValue("--listen".to_owned()));
        assert!(parse_text("serve --listen tcp:localhost:1").unwrap_err().to_string().contains("--listen"));
        assert!(parse_text("serve --key k1=zz").unwrap_err().to_string().contains("--key"));
        assert_eq!(parse_text(&format!("serve --key {}", key())).unwrap_err(), Error::Missing("--listen"));
    }
}
