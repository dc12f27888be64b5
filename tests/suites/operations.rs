//! The page for operators is true: its commands are run as they stand, on a region of this computer. Only `systemctl` is
//! another: it starts and stops that region.

use std::path::{Path, PathBuf};
use std::process::Command;

const PAGE: &str = "docs/operations.md";

/// What the page's reader has: the program, a service, a folder for backups.
const SURROUNDINGS: &str = r#"
set -euo pipefail
region() { "$REGION" "$@"; }
up=
start() {
    "$REGION" up --json --api-port 0 --proxy-port 0 >"$BACKUPS/up" 2>"$BACKUPS/log" & up=$!
    until grep -q api_url "$BACKUPS/up"; do kill -0 "$up" || { cat "$BACKUPS/log"; exit 1; }; sleep 0.05; done
}
stop() { kill "$up"; wait "$up"; up=; }
systemctl() {
    case "$1" in start) start ;; stop) stop ;; restart) stop; start ;; esac
}
trap '[ -z "$up" ] || stop' EXIT
"#;

/// What must be true besides: that each step did what the page says.
const PROOF: &str = r#"
[ "$(stat -c %a "$BACKUPS/region-1.db")" = 600 ]
[ "$(region store status --json | jq .accepted)" = true ]
[ "$(region store status --json | jq -r .epoch | cut -d- -f1)" = E2 ]
region key list --json | jq -e --arg id "$KEY_ID" '.items[] | select(.id == $id) | .revoked_at != null' >/dev/null
"#;

/// The blocks of a page that are marked `sh`, in their order.
fn commands(page: &str) -> Vec<&str> {
    let blocks = page.split("```sh\n").skip(1);
    blocks.map(|block| block.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn the_operators_page_is_true() {
    // Read when it runs: build results are shared between clones, and must not look at another one.
    let own = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let page = std::fs::read_to_string(Path::new(&own).with_file_name(PAGE)).unwrap();
    let blocks = commands(&page);
    assert!(blocks.len() > 6, "{PAGE} has hardly any commands: {blocks:?}");
    let folder = tempfile::Builder::new().prefix("qjo-").tempdir().unwrap();
    let (state, backups) = (folder.path().join("s"), folder.path().join("backups"));
    passable(folder.path());
    std::fs::create_dir(&backups).unwrap();
    let script = format!("{SURROUNDINGS}\n{}\n{PROOF}", blocks.join("\n"));
    let output = Command::new("bash")
        .args(["-c", &script])
        .env("REGION", env!("CARGO_BIN_EXE_testing-region"))
        .env("QINGJIAO_AGENT", agent())
        .env("QINGJIAO_STATE", &state)
        .env("BACKUPS", &backups)
        .output()
        .unwrap();
    let log = std::fs::read_to_string(backups.join("log")).unwrap_or_default();
    let (said, complained) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}\n{complained}\n{log}");
}

/// As `make agent` builds it: beside the folder of programs, unless it is named.
fn agent() -> PathBuf {
    let programs = Path::new(env!("CARGO_BIN_EXE_testing-region")).parent().unwrap();
    let beside = || programs.with_file_name("agent").join("agent");
    let agent = std::env::var_os("QINGJIAO_AGENT").map_or_else(beside, PathBuf::from);
    assert!(agent.is_file(), "{} is not built: run `make agent`", agent.display());
    agent
}

/// Machines run under users of their own and pass through.
fn passable(folder: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o711)).unwrap();
}
