//! Templates and their versions, which never change once they are published.

mod cache;

use std::sync::Arc;

pub(crate) use cache::Cache;
use domain::field;
use domain::id::{TemplateName, TemplateVersion};
use domain::sandbox::TemplateRef;
use domain::template::Template;
use domain::time::Timestamp;
use serde_json::{Value, json};

use crate::error::Error;
use crate::log::EventKind;
use crate::log::append::{self, Append};
use crate::page::{Page, Paged};
use crate::sql::{Row, Tx, args};
use crate::store::Store;
use crate::wake::Topic;

const COLUMNS: &str = "SELECT v.name, v.version, v.ordinal, v.body, v.published_at FROM template_versions v";

/// Templates. See [`Store::templates`].
#[derive(Clone, Copy, Debug)]
pub struct Templates<'s>(pub(crate) &'s Store);

/// One version of a template.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredTemplate {
    /// The template.
    pub name: TemplateName,
    /// The version.
    pub version: TemplateVersion,
    /// As it was sent.
    pub body: Value,
    /// As it is understood.
    pub template: Arc<Template>,
    /// When it was first published.
    pub published_at: Timestamp,
    /// From 1, in the order of publishing.
    pub ordinal: u64,
}

/// What publishing did.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// Whether the version is new.
    pub new: bool,
    /// The version.
    pub template: StoredTemplate,
}

impl Templates<'_> {
    /// Stores a version. One that is there already stays as it is, also in the order of versions.
    ///
    /// # Errors
    /// [`Error::Refused`] when the body is no template; [`Error::Unavailable`].
    pub async fn publish(
        &self,
        name: &TemplateName,
        version: &TemplateVersion,
        body: &Value,
    ) -> Result<Published, Error> {
        let template = Arc::new(parse(body).map_err(|reason| Error::refused("template", reason))?);
        let now = self.0.now();
        let mut tx = self.0.begin().await?;
        let lock = "INSERT INTO templates (name, versions) VALUES ($1, 1) \
                    ON CONFLICT (name) DO UPDATE SET versions = templates.versions + 1 RETURNING versions";
        let row = tx.first(lock, args![name]).await?.ok_or(Error::Conflict)?;
        let ordinal = row.of("templates", "versions").count("versions")?;
        let insert = "INSERT INTO template_versions (name, version, ordinal, body, published_at) \
                      VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name, version) DO NOTHING";
        let values = args![name, version, ordinal, body.to_string(), now];
        if tx.execute(insert, values).await? == 0 {
            drop(tx);
            return Ok(Published { new: false, template: self.get(name, Some(version)).await? });
        }
        let subject = json!({"name": name, "version": version});
        append::one(&mut tx, Append::subject(EventKind::TemplatePublished, now, &subject)).await?;
        self.0.commit(tx, &[Topic::Log]).await?;
        let (name, version, body) = (name.clone(), version.clone(), body.clone());
        let template = StoredTemplate { name, version, body, template, published_at: now, ordinal };
        self.0.template_cache().put(&template);
        Ok(Published { new: true, template })
    }

    /// One version; the newest without `version`.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn get(
        &self,
        name: &TemplateName,
        version: Option<&TemplateVersion>,
    ) -> Result<StoredTemplate, Error> {
        let newest = match version {
            Some(_) => None,
            None => Some(self.newest(name).await?),
        };
        let version = version.or(newest.as_ref()).ok_or(Error::NotFound)?;
        if let Some(known) = self.0.template_cache().get(name, version) {
            return Ok(known);
        }
        let row = self.0.database().first(&by_version(), args![name, version]).await?;
        let template = read(&row.ok_or(Error::NotFound)?)?;
        self.0.template_cache().put(&template);
        Ok(template)
    }

    /// Which version is the newest: asked for with every create by name, so the body is left where it is.
    async fn newest(&self, name: &TemplateName) -> Result<TemplateVersion, Error> {
        let sql = "SELECT name, version FROM template_versions WHERE name = $1 ORDER BY ordinal DESC LIMIT 1";
        let row = self.0.database().first(sql, args![name]).await?.ok_or(Error::NotFound)?;
        row.of("template_versions", "name").parse("version")
    }

    /// The newest version of each template, by name.
    ///
    /// # Errors
    /// [`Error::Refused`] for a foreign cursor, [`Error::Corrupt`], [`Error::Unavailable`].
    pub async fn list(&self, page: Page) -> Result<Paged<StoredTemplate>, Error> {
        let sql = format!(
            "{COLUMNS} WHERE v.name > $1 AND v.ordinal = \
             (SELECT MAX(w.ordinal) FROM template_versions w WHERE w.name = v.name) ORDER BY v.name LIMIT $2"
        );
        let limit = page.items() as u64 + 1;
        let rows = self.0.database().all(&sql, args![page.after()?.unwrap_or_default(), limit]).await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Paged::cut(items, &page, |item: &StoredTemplate| item.name.to_string()))
    }

    /// Every version of a template, the newest first; none when there is no such template.
    ///
    /// # Errors
    /// As [`Templates::list`].
    pub async fn versions(&self, name: &TemplateName, page: Page) -> Result<Paged<StoredTemplate>, Error> {
        let before = page.after()?.and_then(|text| text.parse().ok()).unwrap_or(i64::MAX);
        let sql = format!("{COLUMNS} WHERE v.name = $1 AND v.ordinal < $2 ORDER BY v.ordinal DESC LIMIT $3");
        let limit = page.items() as u64 + 1;
        let rows = self.0.database().all(&sql, args![name, before, limit]).await?;
        let items = rows.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Paged::cut(items, &page, |item: &StoredTemplate| item.ordinal.to_string()))
    }

    /// A version inside a transaction, which may hold the only connection.
    pub(crate) async fn get_in(&self, tx: &mut Tx, wanted: &TemplateRef) -> Result<Arc<Template>, Error> {
        if let Some(known) = self.0.template_cache().get(&wanted.name, &wanted.version) {
            return Ok(known.template);
        }
        let row = tx.first(&by_version(), args![&wanted.name, &wanted.version]).await?;
        let stored = read(&row.ok_or(Error::NotFound)?)?;
        self.0.template_cache().put(&stored);
        Ok(stored.template)
    }
}

fn by_version() -> String {
    format!("{COLUMNS} WHERE v.name = $1 AND v.version = $2")
}

/// Reads without checking: what an earlier release has accepted stays readable when checks become stricter.
fn parse(body: &Value) -> Result<Template, String> {
    field::read(body).map_err(|error| format!("{}: {}", error.field, error.message))
}

fn read(row: &Row) -> Result<StoredTemplate, Error> {
    let cells = row.of("template_versions", "name");
    let body: Value = cells.json("body")?;
    let template = Arc::new(parse(&body).map_err(|_| cells.corrupt("body"))?);
    Ok(StoredTemplate {
        name: cells.parse("name")?,
        version: cells.parse("version")?,
        body,
        template,
        published_at: cells.time("published_at")?,
        ordinal: cells.count("ordinal")?,
    })
}
