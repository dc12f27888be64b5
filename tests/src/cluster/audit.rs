//! What was asked of the cluster, as its audit log tells.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::time::SystemTime;

use domain::time::{Clock as _, SystemClock, Timestamp};
use serde_json::Value;

use super::run_folder;

/// The API server begins a new file when one is large; the names of the old ones begin alike.
const FILES: &str = "audit";

/// The log from a moment on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audit {
    from: Timestamp,
}

impl Audit {
    /// From now on.
    #[must_use]
    pub fn from_now() -> Self {
        Self { from: SystemClock.now() }
    }

    /// Finished requests of everybody whose name begins so, whoever spoke in that name.
    ///
    /// # Errors
    /// That no log can be read.
    pub fn requests(&self, name: &str) -> anyhow::Result<Vec<Value>> {
        let named = format!("\"username\":\"{name}");
        let mut found = Vec::new();
        for file in self.files()? {
            // The last line may be half written.
            let lines = BufReader::new(File::open(file)?).lines().map_while(Result::ok);
            let ours = lines.filter(|line| line.contains(&named));
            found.extend(ours.filter_map(|line| serde_json::from_str(&line).ok()));
        }
        found.retain(|request| at(request).is_some_and(|at| at >= self.from));
        Ok(found)
    }

    /// The files that something was written into since.
    fn files(&self) -> anyhow::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(run_folder()?.join("log"))? {
            let entry = entry?;
            let since_epoch = entry.metadata()?.modified()?.duration_since(SystemTime::UNIX_EPOCH)?;
            let is_new = Timestamp::default() + since_epoch >= self.from;
            if is_new && entry.file_name().to_string_lossy().starts_with(FILES) {
                files.push(entry.path());
            }
        }
        Ok(files)
    }
}

/// What the cluster refused for want of rights; not what came in while nobody's rights were known: from, until.
#[must_use]
pub fn denials(requests: &[Value], unknown: &[(Timestamp, Timestamp)]) -> BTreeSet<String> {
    let is_known = |at: Timestamp| !unknown.iter().any(|(from, until)| (*from..=*until).contains(&at));
    let denied = requests.iter().filter(|request| {
        let is_denied = request["annotations"]["authorization.k8s.io/decision"] == "forbid";
        is_denied && at(request).is_none_or(is_known)
    });
    denied.map(|request| format!("{} {}", request["verb"], request["requestURI"])).collect()
}

fn at(request: &Value) -> Option<Timestamp> {
    request["requestReceivedTimestamp"].as_str()?.parse().ok()
}
