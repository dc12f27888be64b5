//! Finding the agent's program.

use std::path::{Path, PathBuf};

use crate::Error;

/// The environment variable that names it.
const VARIABLE: &str = "QINGJIAO_AGENT";

/// Where `make agent` puts it, from the folder of a built `region`.
const BUILT: &str = "../agent/agent";

/// The program that was named, else that of [`VARIABLE`], else `agent` beside this program or where it was built.
///
/// # Errors
/// [`Error::NotFound`] with what to do.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf, Error> {
    let variable = || std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let beside = || Some(near(std::env::current_exe().ok()?.parent()?));
    let found = named.map(Path::to_owned).or_else(variable).or_else(beside).unwrap_or_default();
    if !found.is_file() {
        let place = found.display();
        return Err(Error::NotFound(format!(
            "the agent's program is not at {place}: build it with `make agent`, or name it with --agent or {VARIABLE}"
        )));
    }
    std::path::absolute(&found).map_err(Error::file(&found))
}

fn near(folder: &Path) -> PathBuf {
    let built = folder.join(BUILT);
    let beside = folder.join("agent");
    if !beside.is_file() && built.is_file() { built } else { beside }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_beside_the_program_goes_before_a_built_one() {
        let target = tempfile::tempdir().unwrap();
        let (debug, built) = (target.path().join("debug"), target.path().join("agent"));
        std::fs::create_dir(&debug).unwrap();
        std::fs::create_dir(&built).unwrap();
        assert_eq!(near(&debug), debug.join("agent"));
        std::fs::write(built.join("agent"), "").unwrap();
        assert_eq!(near(&debug), debug.join(BUILT));
        std::fs::write(debug.join("agent"), "").unwrap();
        assert_eq!(near(&debug), debug.join("agent"));
    }

    #[test]
    fn a_missing_program_says_where_and_what_to_do() {
        let error = find(Some(Path::new("/nowhere/agent"))).unwrap_err().to_string();
        assert!(error.contains("/nowhere/agent") && error.contains("make agent"), "{error}");
    }
}
