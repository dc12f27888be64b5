//! Files that only their owner can read.

use std::fs::{self, File};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use crate::Error;

/// Writes a file with mode 0600, whole or not at all.
///
/// # Errors
/// [`Error::File`].
pub(crate) fn write(file: &Path, text: &str) -> Result<(), Error> {
    let partial = file.with_added_extension("partial");
    let written = || {
        let mut writer =
            File::options().create(true).write(true).truncate(true).mode(0o600).open(&partial)?;
        writer.write_all(text.as_bytes())?;
        writer.sync_all()?;
        fs::rename(&partial, file)
    };
    written().map_err(Error::file(file))
}
