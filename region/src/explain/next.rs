//! What happens next by itself, and what a person can do.

use super::now::place;
use crate::api::view::Sandbox;
use crate::language::Language;

/// What happens next.
pub(super) fn chapter(sandbox: &Sandbox, language: Language) -> String {
    let title = language.pick("接下来：", "What happens next:");
    let text = by_itself(sandbox, language);
    match command(sandbox) {
        Some(command) => {
            format!("{title}{}{text}\n  {command}", if language == Language::En { " " } else { "" })
        }
        None => format!("{title}{}{text}", if language == Language::En { " " } else { "" }),
    }
}

fn by_itself(sandbox: &Sandbox, language: Language) -> String {
    let pick = |zh: &str, en: &str| language.pick(zh, en).to_owned();
    if let (Some(queue), "queued") = (sandbox.queue, sandbox.phase.as_str()) {
        let place = place(queue, language);
        return match language {
            Language::Zh => format!("{place}；轮到时自动启动，刷新页面不会改变位置。"),
            Language::En => {
                format!("{place}; it starts by itself when its turn comes, and a reload changes nothing.")
            }
        };
    }
    match (sandbox.phase.as_str(), sandbox.wanted.as_str()) {
        ("deleted", _) => pick("已删除，不会再有变化。", "it is gone, and nothing more happens."),
        ("deleting", _) | (_, "deleted") => {
            pick("正在删除机器，之后它就不存在了。", "its machines are being removed; then it is gone.")
        }
        ("failed", _) => pick(
            "不会自动重试；可以重新启动、重置或删除。",
            "nothing by itself: start it again, reset it or delete it.",
        ),
        ("stopped", "running") => pick("即将重新启动。", "it is about to start again."),
        ("stopped", _) => pick(
            "保持停止，主目录会保留；需要时再启动。",
            "it stays stopped and its home is kept, until somebody starts it.",
        ),
        ("stopping", _) | (_, "stopped") => {
            pick("正在停止机器，主目录会保留。", "its machines are being removed; its home is kept.")
        }
        ("queued", _) => pick("轮到时自动启动。", "it starts by itself when its turn comes."),
        ("provisioning", _) => pick("机器正在创建。", "its machines are being made."),
        ("starting", _) => {
            pick("机器已运行，等待应用就绪。", "its machines run; it is ready as soon as its apps answer.")
        }
        ("ready", _) => pick("可以进入使用。", "it can be entered."),
        (_, _) => pick("由区域决定。", "the region decides."),
    }
}

/// The command that fits best.
fn command(sandbox: &Sandbox) -> Option<String> {
    let verb = match (sandbox.phase.as_str(), sandbox.wanted.as_str()) {
        ("deleting" | "deleted", _) | (_, "deleted") => return None,
        ("ready", "running") => "open",
        ("stopped" | "failed", _) => "start",
        (_, "running") => "wait",
        (_, _) => return None,
    };
    Some(format!("region sandbox {verb} {}", sandbox.id))
}
