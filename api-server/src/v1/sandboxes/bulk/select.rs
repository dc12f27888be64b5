//! Which sandboxes a bulk command is for.

use std::collections::BTreeMap;

use domain::id::{ClassId, LabelKey, LabelValue, SandboxId, TenantId};
use domain::phase::Wanted;
use serde::Deserialize;
use store::{Filter, Page};
use utoipa::ToSchema;

use crate::auth::Caller;
use crate::context::Api;
use crate::limits::{BULK_ITEMS_MAX, PAGE_ITEMS_MAX, SELECTED_MAX};
use crate::problem::Problem;

/// Either `ids`, or everything that fits all of `class_id`, `labels` and `tenant`, at least one of the first two.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Selector {
    /// These, 500 at most.
    #[schema(value_type = Option<Vec<String>>)]
    ids: Option<Vec<SandboxId>>,
    /// Of this class.
    #[schema(value_type = Option<String>)]
    class_id: Option<ClassId>,
    /// With all of these labels.
    #[schema(value_type = BTreeMap<String, String>)]
    labels: BTreeMap<LabelKey, LabelValue>,
    /// Of this tenant.
    #[schema(value_type = Option<String>)]
    tenant: Option<TenantId>,
}

impl Selector {
    /// The ids, those that are being deleted left out.
    pub(super) async fn select(&self, api: &Api, caller: &Caller) -> Result<Vec<SandboxId>, Problem> {
        let by_fields = self.class_id.is_some() || !self.labels.is_empty();
        match (&self.ids, by_fields) {
            (Some(ids), false) if ids.len() <= BULK_ITEMS_MAX => Ok(ids.clone()),
            (Some(_), false) => {
                Err(Problem::field("select.ids", "are too many", format!("at most {BULK_ITEMS_MAX}")))
            }
            (None, true) => self.find(api, caller).await,
            (Some(_), true) | (None, false) => {
                let allowed = "either `ids`, or `class_id` and `labels` or one of them";
                Err(Problem::field("select", "doesn't say which sandboxes", allowed))
            }
        }
    }

    async fn find(&self, api: &Api, caller: &Caller) -> Result<Vec<SandboxId>, Problem> {
        let filter = self.filter(caller)?;
        let mut found = Vec::new();
        let mut page = Page { limit: PAGE_ITEMS_MAX, cursor: None };
        loop {
            let listed = api.store.sandboxes().list(&filter, page).await?;
            let live = listed.items.into_iter().filter(|sandbox| sandbox.intent.wanted != Wanted::Deleted);
            found.extend(live.map(|sandbox| sandbox.intent.id));
            if found.len() > SELECTED_MAX {
                let message = format!("hits more than {SELECTED_MAX} sandboxes");
                return Err(Problem::field("select", message, "a narrower selection"));
            }
            let Some(next) = listed.next else { return Ok(found) };
            page = Page { limit: PAGE_ITEMS_MAX, cursor: Some(next) };
        }
    }

    fn filter(&self, caller: &Caller) -> Result<Filter, Problem> {
        if let Some(tenant) = &self.tenant {
            caller.require_tenant(tenant)?;
        }
        Ok(Filter {
            tenant: self.tenant.clone().or_else(|| caller.bound_to().cloned()),
            owner: None,
            class_id: self.class_id.clone(),
            template: None,
            phase: Vec::new(),
            labels: self.labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
            include_deleted: false,
        })
    }
}
