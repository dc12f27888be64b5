//! A sandbox's story in words: what it is, why it is where it is, why it is alive, what happens next, and what
//! happened so far. Pure: from the API's answers to text, in both languages.

mod alive;
mod next;
mod now;
mod timeline;

#[cfg(test)]
pub(crate) mod recorded;

use domain::time::Timestamp;

use crate::api::view::{Event, Sandbox};
use crate::language::Language;

pub use now::now_line;

/// The whole story.
#[must_use]
pub fn story(sandbox: &Sandbox, events: &[Event], now: Timestamp, language: Language) -> String {
    let chapters = [
        what(sandbox, language),
        now::chapter(sandbox, language),
        alive::chapter(sandbox, now, language),
        next::chapter(sandbox, language),
        timeline::chapter(events, language),
    ];
    chapters
        .iter()
        .filter(|chapter| !chapter.is_empty())
        .map(|chapter| format!("{}\n", chapter.trim_end()))
        .collect::<Vec<_>>()
        .join("\n")
}

/// What it is and for whom.
fn what(sandbox: &Sandbox, language: Language) -> String {
    let Sandbox { id, r#ref, tenant, owner, created_at, .. } = sandbox;
    let (template, version) = sandbox.template.split_once('@').unwrap_or((&sandbox.template, ""));
    let version: String = version.chars().take("sha256:".len() + 8).collect();
    let class = sandbox.class_id.as_deref();
    match language {
        Language::Zh => {
            let class = class.map(|class| format!("，班级 {class}")).unwrap_or_default();
            format!(
                "{id} 是为租户 {tenant} 的 {owner} 创建的环境{class}（ref {type_ref}），模板 {template}（{version}），创建于 {created_at}。",
                type_ref = r#ref
            )
        }
        Language::En => {
            let class = class.map(|class| format!(", in class {class}")).unwrap_or_default();
            format!(
                "{id} was made from template {template} ({version}) for {owner} of tenant {tenant}{class}, as ref {type_ref}, at {created_at}.",
                type_ref = r#ref
            )
        }
    }
}

#[cfg(test)]
mod tests;
