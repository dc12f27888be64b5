//! Commands that speak to the store, where the API has no way.

use std::sync::Arc;

use domain::random::OsRandom;
use domain::time::SystemClock;
use runtime::Secret;
use store::{Options, Store};

use super::Invocation;
use crate::Error;

/// Which store.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct StoreArgs {
    /// sqlite:PATH or postgres://…; one with a password belongs into QINGJIAO_STORE [default: that of `region up`]
    #[arg(long, env = "QINGJIAO_STORE", hide_env_values = true, value_name = "URL", value_parser = secret)]
    pub store: Option<Secret<String>>,
}

#[expect(clippy::unnecessary_wraps, reason = "the form that clap takes")]
fn secret(text: &str) -> Result<Secret<String>, std::convert::Infallible> {
    Ok(Secret::new(text.to_owned()))
}

impl StoreArgs {
    /// Opens it; a database that is not there is not made.
    ///
    /// # Errors
    /// [`Error::NotFound`] without a database, and the store's own.
    pub(crate) async fn open(&self, invocation: &Invocation) -> Result<Store, Error> {
        let url = self.url(invocation)?;
        let options = Options::new(url.expose().clone());
        Ok(Store::open(options, Arc::new(SystemClock), Arc::new(OsRandom)).await?)
    }

    /// Its URL, of a database that exists as far as can be seen from here.
    pub(crate) fn url(&self, invocation: &Invocation) -> Result<Secret<String>, Error> {
        let url = invocation.connection.store_url(self.store.as_ref())?;
        let file = url.expose().strip_prefix("sqlite:").filter(|path| *path != ":memory:");
        match file.map(|path| path.strip_prefix("//").unwrap_or(path)) {
            Some(path) if !std::path::Path::new(path).exists() => {
                Err(Error::NotFound(format!("there is no database at {path}")))
            }
            Some(_) | None => Ok(url),
        }
    }
}
