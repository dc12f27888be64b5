//! Why it is alive, and until when.

use domain::time::Timestamp;

use crate::api::view::Sandbox;
use crate::language::Language;
use crate::output::age::age;

/// The limits of the present run; empty when nothing runs or is about to.
pub(super) fn chapter(sandbox: &Sandbox, now: Timestamp, language: Language) -> String {
    if sandbox.wanted != "running" || matches!(sandbox.phase.as_str(), "failed" | "deleted") {
        return String::new();
    }
    let lines = [idle(sandbox, now, language), end(sandbox, now, language), longest(sandbox, language)];
    let title = match sandbox.phase.as_str() {
        "queued" => language.pick("时限：", "How long it may live:"),
        _ => language.pick("为什么还在运行：", "Why it is alive:"),
    };
    let lines: String = lines.into_iter().flatten().map(|line| format!("\n  {line}")).collect();
    if lines.is_empty() { String::new() } else { format!("{title}{lines}") }
}

fn idle(sandbox: &Sandbox, now: Timestamp, language: Language) -> Option<String> {
    let stop_at = sandbox.idle_stop_at?;
    let left = age(now, stop_at);
    Some(match language {
        Language::Zh => format!("长时间无人使用，将在 {left} 后（{stop_at}）停止，除非有人继续使用。"),
        Language::En => format!(
            "Nobody has used it for a while: it stops in {left}, at {stop_at}, unless somebody goes on."
        ),
    })
}

fn end(sandbox: &Sandbox, now: Timestamp, language: Language) -> Option<String> {
    let end = sandbox.expires_at?;
    let left = age(now, end);
    Some(match (language, end > now) {
        (Language::Zh, true) => format!("使用时间到 {end} 为止，还剩 {left}。"),
        (Language::Zh, false) => format!("使用时间已到（{end}），正在停止。"),
        (Language::En, true) => format!("Its time ends at {end}: {left} left."),
        (Language::En, false) => format!("Its time ended at {end}: it is about to be stopped."),
    })
}

fn longest(sandbox: &Sandbox, language: Language) -> Option<String> {
    let longest = sandbox.max_expires_at?;
    Some(match language {
        Language::Zh if sandbox.expires_at >= Some(longest) => "已到最长时间，不能再延长。".to_owned(),
        Language::Zh => format!("最多可延长到 {longest}。"),
        Language::En if sandbox.expires_at >= Some(longest) => {
            "It cannot be extended beyond that.".to_owned()
        }
        Language::En => format!("It can be extended until {longest}."),
    })
}
