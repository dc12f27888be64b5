//! Creating: many sandboxes in one transaction, each at most once for its ref, none beyond its tenant's quota.

mod insert;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use domain::id::TenantId;
use domain::quota::{self, Exceeded, Usage};
use domain::sandbox::Sandbox;
pub(crate) use insert::machine_names;

use super::draft::{Draft, draft};
use super::{Created, NewSandbox};
use crate::error::Error;
use crate::sandboxes::row::{self, select_sandbox};
use crate::sql::{Tx, args};
use crate::store::Store;
use crate::usage;
use crate::wake::Topic;

/// Most sandboxes of one transaction.
pub(super) const CREATED_AT_ONCE_MAX: usize = 128;
/// Tries of one transaction before its items are told that others were always first.
const ROUNDS_MAX: usize = 5;

type Answer = Result<Created, Error>;

/// Creates in as few transactions as limits allow; a result for each.
pub(super) async fn batch(store: &Store, new: Vec<NewSandbox>) -> Vec<Answer> {
    let mut drafts = Vec::with_capacity(new.len());
    for new in new {
        drafts.push(draft(store, new).await);
    }
    let good: Vec<Arc<Draft>> = drafts.iter().filter_map(|draft| draft.as_ref().ok().cloned()).collect();
    let mut answers = Vec::with_capacity(good.len());
    for chunk in good.chunks(CREATED_AT_ONCE_MAX) {
        answers.extend(together(store, chunk).await);
    }
    let mut answers = answers.into_iter();
    let answer = |draft: Result<_, Error>| draft.and_then(|_| answers.next().unwrap_or(Err(Error::Conflict)));
    drafts.into_iter().map(answer).collect()
}

/// Creates all in one transaction; a result for each. Those beyond a quota are left out in a second one.
pub(super) async fn together(store: &Store, drafts: &[Arc<Draft>]) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = vec![None; drafts.len()];
    for _ in 0..ROUNDS_MAX {
        let open: Vec<usize> = (0..drafts.len()).filter(|index| answers[*index].is_none()).collect();
        if open.is_empty() {
            break;
        }
        let items: Vec<&Draft> = open.iter().map(|index| drafts[*index].as_ref()).collect();
        match attempt(store, &items).await {
            Ok(found) => {
                for (index, answer) in open.into_iter().zip(found) {
                    answers[index] = answer;
                }
            }
            Err(error) => open.into_iter().for_each(|index| answers[index] = Some(Err(error.clone()))),
        }
    }
    answers.into_iter().map(|answer| answer.unwrap_or(Err(Error::Conflict))).collect()
}

/// One transaction. When an item passes its quota, nothing is stored and only such items have an answer. An item
/// without an answer is to be tried again.
async fn attempt(store: &Store, drafts: &[&Draft]) -> Result<Vec<Option<Answer>>, Error> {
    let mut tx = store.begin().await?;
    let created = insert::insert(&mut tx, drafts).await?;
    let exceeded = count(&mut tx, drafts, &created).await?;
    if !exceeded.is_empty() {
        let answer = |index| exceeded.get(&index).map(|exceeded| Err(Error::QuotaExceeded(*exceeded)));
        return Ok((0..drafts.len()).map(answer).collect());
    }
    let mut answers = Vec::with_capacity(drafts.len());
    for (index, draft) in drafts.iter().enumerate() {
        answers.push(if created.contains(&index) {
            Some(Ok(Created { sandbox: draft.sandbox.clone(), existing: false }))
        } else {
            existing(&mut tx, draft).await?
        });
    }
    if created.is_empty() {
        return Ok(answers);
    }
    store.commit(tx, &[Topic::Intent, Topic::Log]).await?;
    Ok(answers)
}

/// The sandbox that holds the draft's ref; nothing when it was deleted just now.
async fn existing(tx: &mut Tx, draft: &Draft) -> Result<Option<Answer>, Error> {
    let sql = concat!(select_sandbox!(), "WHERE i.tenant = $1 AND i.ref = $2 AND i.wanted <> 'deleted'");
    let rows = tx.all(sql, args![&draft.sandbox.intent.tenant, &draft.sandbox.intent.r#ref]).await?;
    let Some(first) = rows.first() else { return Ok(None) };
    let digest = first.of("intent", "id").text("request_digest")?;
    let sandbox: Sandbox = row::read(&rows)?;
    let same = digest == draft.request_digest;
    Ok(Some(if same {
        Ok(Created { sandbox, existing: true })
    } else {
        Err(Error::RefTaken(sandbox.intent.id))
    }))
}

/// Adds what was created to its tenants' sums, as the transaction's last lock; which items pass a quota.
async fn count(
    tx: &mut Tx,
    drafts: &[&Draft],
    created: &BTreeSet<usize>,
) -> Result<BTreeMap<usize, Exceeded>, Error> {
    let mut sums: BTreeMap<&TenantId, Usage> = BTreeMap::new();
    for index in created {
        let sum = sums.entry(&drafts[*index].sandbox.intent.tenant).or_default();
        *sum = usage::plus(*sum, drafts[*index].usage);
    }
    let sums: Vec<(&TenantId, Usage)> = sums.into_iter().collect();
    let Some(now) = drafts.first().map(|draft| draft.sandbox.intent.created_at) else {
        return Ok(BTreeMap::new());
    };
    let mut exceeded = BTreeMap::new();
    for (added, (tenant, sum)) in usage::add(tx, &sums, now).await?.into_iter().zip(&sums) {
        let mut used = usage::minus(added.used, *sum);
        for index in created.iter().filter(|index| &drafts[**index].sandbox.intent.tenant == *tenant) {
            match quota::check(added.quota, used, drafts[*index].usage) {
                Ok(()) => used = usage::plus(used, drafts[*index].usage),
                Err(passed) => drop(exceeded.insert(*index, passed)),
            }
        }
    }
    Ok(exceeded)
}
