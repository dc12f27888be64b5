//! Which sandboxes a list holds.

use std::fmt::Write as _;

use domain::id::{ClassId, LabelKey, LabelValue, OwnerId, TemplateName, TenantId};
use domain::phase::Phase;
use domain::sandbox::Sandbox;
use domain::time::Timestamp;

use super::row::select_sandbox;
use crate::error::Error;
use crate::page::Page;
use crate::sql::Arg;

/// What every sandbox of a list fulfils; the default is fulfilled by all that are not deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Of this tenant.
    pub tenant: Option<TenantId>,
    /// For this owner.
    pub owner: Option<OwnerId>,
    /// Of this class.
    pub class_id: Option<ClassId>,
    /// Made from this template, in any version.
    pub template: Option<TemplateName>,
    /// In one of these phases; in any when empty.
    pub phase: Vec<Phase>,
    /// With all of these labels.
    pub labels: Vec<(LabelKey, LabelValue)>,
    /// Deleted ones too, while they can be read.
    pub include_deleted: bool,
}

/// A condition that grows, with its values.
struct Conditions<'a> {
    sql: String,
    values: Vec<Arg<'a>>,
}

impl<'a> Conditions<'a> {
    /// The placeholder of one more value.
    fn value(&mut self, value: impl Into<Arg<'a>>) -> String {
        self.values.push(value.into());
        format!("${}", self.values.len())
    }

    fn and(&mut self, condition: &str) {
        // Writing into a string cannot fail.
        let _ = write!(self.sql, "{}{condition}", if self.sql.is_empty() { "" } else { " AND " });
    }

    fn equals(&mut self, column: &str, value: Option<impl Into<Arg<'a>>>) {
        if let Some(value) = value {
            let value = self.value(value);
            self.and(&format!("{column} = {value}"));
        }
    }
}

impl Filter {
    /// The statement for one page, asking for one sandbox more than it holds.
    pub(super) fn statement(
        &self,
        page: &Page,
        forgotten_before: Timestamp,
    ) -> Result<(String, Vec<Arg<'_>>), Error> {
        let mut conditions = Conditions { sql: String::new(), values: Vec::new() };
        self.restrict(&mut conditions);
        self.restrict_phase(&mut conditions, forgotten_before);
        if let Some((created_at, id)) = after(page)? {
            let (created_at, id) = (conditions.value(created_at), conditions.value(id));
            conditions.and(&format!("(i.created_at, i.id) > ({created_at}, {id})"));
        }
        let limit = conditions.value(page.items() as u64 + 1);
        // The page is a table of its own: as a condition (`IN`) SQLite would walk every sandbox to keep the order.
        let sql = format!(
            "{columns} FROM (SELECT i.id FROM intent i JOIN status s ON s.id = i.id WHERE {conditions} \
             ORDER BY i.created_at, i.id LIMIT {limit}) AS page JOIN intent i ON i.id = page.id{joins}\
             ORDER BY i.created_at, i.id, m.name",
            columns = select_sandbox!(columns),
            joins = select_sandbox!(joins),
            conditions = conditions.sql,
        );
        Ok((sql, conditions.values))
    }

    fn restrict<'a>(&'a self, conditions: &mut Conditions<'a>) {
        conditions.equals("i.tenant", self.tenant.as_ref());
        conditions.equals("i.owner", self.owner.as_ref());
        conditions.equals("i.class_id", self.class_id.as_ref());
        conditions.equals("i.template_name", self.template.as_ref());
        for (name, value) in &self.labels {
            let (name, value) = (conditions.value(name), conditions.value(value));
            conditions.and(&format!(
                "EXISTS (SELECT 1 FROM labels l WHERE l.sandbox = i.id AND l.name = {name} AND l.value = {value})"
            ));
        }
    }

    fn restrict_phase(&self, conditions: &mut Conditions<'_>, forgotten_before: Timestamp) {
        if self.include_deleted || self.phase.contains(&Phase::Deleted) {
            let before = conditions.value(forgotten_before);
            conditions.and(&format!("(s.phase <> 'deleted' OR s.phase_since > {before})"));
        } else {
            conditions.and("s.phase <> 'deleted'");
        }
        if !self.phase.is_empty() {
            let phases: Vec<String> = self.phase.iter().map(|phase| format!("'{phase}'")).collect();
            conditions.and(&format!("s.phase IN ({})", phases.join(", ")));
        }
    }
}

/// The place of a sandbox in the order of lists.
pub(super) fn cursor(sandbox: &Sandbox) -> String {
    format!("{} {}", sandbox.intent.created_at.ms(), sandbox.intent.id)
}

fn after(page: &Page) -> Result<Option<(i64, String)>, Error> {
    let Some(text) = page.after()? else { return Ok(None) };
    let place = text.split_once(' ').and_then(|(ms, id)| Some((ms.parse().ok()?, id.to_owned())));
    place
        .map(Some)
        .ok_or_else(|| Error::refused("cursor", "not a cursor of this list; take `next` of the page before"))
}
