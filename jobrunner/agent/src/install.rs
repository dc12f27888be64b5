//! Bringing this program into a machine whose image does not have it: an init container copies it into a volume.

use std::path::Path;
use std::process::ExitCode;

/// Copies this program, with its mode, to `path`.
pub(crate) fn install(path: &Path) -> ExitCode {
    match std::fs::copy("/proc/self/exe", path) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("agent: cannot write {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn the_copy_can_be_executed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("agent");
        assert_eq!(install(&path), ExitCode::SUCCESS);
        assert_ne!(path.metadata().unwrap().permissions().mode() & 0o111, 0);
        assert_eq!(install(&folder.path().join("no/such/folder")), ExitCode::FAILURE);
    }
}
