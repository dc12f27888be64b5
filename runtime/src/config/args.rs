//! The flags that every program of ours has.

use std::path::PathBuf;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Error, Layers, Loaded};

/// The flags that every program of ours has; flatten them into its own.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct ConfigArgs {
    /// Configuration file (TOML)
    #[arg(long, value_name = "FILE", env = "QINGJIAO_CONFIG")]
    pub config: Option<PathBuf>,

    /// Set one configuration field; wins over the file and the environment
    #[arg(long = "set", value_name = "SECTION.FIELD=VALUE")]
    pub assignments: Vec<String>,

    /// Print the effective configuration without secrets, with the source of each value, and exit
    #[arg(long)]
    pub print_config: bool,
}

impl ConfigArgs {
    /// File, environment of this process and `--set` flags, in this order. Flags of the program's own are put
    /// on top by [`Layers::flag`].
    ///
    /// # Errors
    /// Any [`Error`] of the sources.
    pub fn layers(&self) -> Result<Layers, Error> {
        let base = Layers::new();
        let with_file = match &self.config {
            Some(path) => base.file(path)?,
            None => base,
        };
        with_file.environment(environment())?.assignments(&self.assignments)
    }

    /// Reads a program's configuration when it has no flags of its own for fields.
    ///
    /// # Errors
    /// Any [`Error`].
    pub fn load<T: DeserializeOwned + Serialize + Default>(&self) -> Result<Loaded<T>, Error> {
        self.layers()?.load()
    }
}

/// The variables of this process that are text.
fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}
