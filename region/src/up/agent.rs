//! Finding the agent's program.

use std::path::{Path, PathBuf};

use crate::Error;

/// The environment variable that names it.
const VARIABLE: &str = "QINGJIAO_AGENT";

/// The program that was named, else that of [`VARIABLE`], else `agent` beside this program.
///
/// # Errors
/// [`Error::NotFound`] with what to do.
pub(crate) fn find(named: Option<&Path>) -> Result<PathBuf, Error> {
    let variable = || std::env::var_os(VARIABLE).filter(|value| !value.is_empty()).map(PathBuf::from);
    let beside = || Some(std::env::current_exe().ok()?.parent()?.join("agent"));
    let found = named.map(Path::to_owned).or_else(variable).or_else(beside).unwrap_or_default();
    if !found.is_file() {
        let place = found.display();
        return Err(Error::NotFound(format!(
            "the agent's program is not at {place}: build it with `make agent`, or name it with --agent or {VARIABLE}"
        )));
    }
    std::path::absolute(&found).map_err(Error::file(&found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_program_says_where_and_what_to_do() {
        let error = find(Some(Path::new("/nowhere/agent"))).unwrap_err().to_string();
        assert!(error.contains("/nowhere/agent") && error.contains("make agent"), "{error}");
    }
}
