//! Where it is, and why.

use crate::api::view::{Cause, Queue, Sandbox};
use crate::language::Language;

/// Where it is in one line, with the place in the queue or the cause.
#[must_use]
pub fn now_line(sandbox: &Sandbox, language: Language) -> String {
    let why = match (&sandbox.queue, &sandbox.cause) {
        (Some(queue), _) => Some(place(*queue, language)),
        (None, Some(cause)) => Some(cause.text.pick(language).to_owned()),
        (None, None) => None,
    };
    let phase = &sandbox.phase;
    match why {
        Some(why) => format!("{phase}: {why}"),
        None => phase.clone(),
    }
}

/// Where it is, why, who must act and what to do.
pub(super) fn chapter(sandbox: &Sandbox, language: Language) -> String {
    let wanted = &sandbox.wanted;
    let head = match language {
        Language::Zh => format!("现在：{}（期望：{wanted}）", now_line(sandbox, language)),
        Language::En => format!("Now: {} (wanted: {wanted})", now_line(sandbox, language)),
    };
    let pending = pending(sandbox, language).unwrap_or_default();
    let cause = sandbox.cause.as_ref().map(|cause| cause_lines(cause, language)).unwrap_or_default();
    format!("{head}\n{pending}{cause}")
}

/// A command that was accepted and not reached yet.
fn pending(sandbox: &Sandbox, language: Language) -> Option<String> {
    let Sandbox { generation, observed_generation, .. } = sandbox;
    // What waits for its turn has said so already.
    (generation > observed_generation && sandbox.phase != "queued").then(|| match language {
        Language::Zh => format!("  命令 {generation} 已接受，尚在处理（已完成 {observed_generation}）。\n"),
        Language::En => format!(
            "  Command {generation} was accepted and is being worked on (reached: {observed_generation}).\n"
        ),
    })
}

fn cause_lines(cause: &Cause, language: Language) -> String {
    let label = |zh, en| language.pick(zh, en);
    let mut lines = vec![
        format!("  {}: {} ({} {})", label("原因", "Cause"), cause.slug, label("阶段", "while"), cause.stage),
        format!(
            "  {}: {} ({})",
            label("下一步", "What to do"),
            cause.next.pick(language),
            who(&cause.who, language)
        ),
    ];
    lines.extend(cause.detail.as_ref().map(|detail| format!("  {}: {detail}", label("详情", "Details"))));
    lines.extend(cause.retry_after_s.map(|seconds| match language {
        Language::Zh => format!("  {seconds} 秒后自动重试。"),
        Language::En => format!("  It is tried again in {seconds} s."),
    }));
    if !cause.last_lines.is_empty() {
        lines.push(format!("  {}:", label("最后的输出", "Its last lines of output")));
        lines.extend(cause.last_lines.iter().map(|line| format!("    │ {line}")));
    }
    lines.join("\n")
}

fn who(who: &str, language: Language) -> &str {
    match (language, who) {
        (Language::En, "student") => "for the student",
        (Language::En, "teacher") => "for the teacher or the template's author",
        (Language::En, "platform") => "for the platform",
        (Language::En, "operator") => "for the operators",
        (Language::Zh, "student") => "由学生处理",
        (Language::Zh, "teacher") => "由教师或模板作者处理",
        (Language::Zh, "platform") => "由平台处理",
        (Language::Zh, "operator") => "由运维处理",
        (Language::En | Language::Zh, other) => other,
    }
}

pub(super) fn place(queue: Queue, language: Language) -> String {
    let Queue { place, estimate_s } = queue;
    match (language, estimate_s) {
        (Language::Zh, Some((least, most))) => format!("排在第 {place} 位，预计 {least}–{most} 秒"),
        (Language::Zh, None) => format!("排在第 {place} 位"),
        (Language::En, Some((least, most))) => {
            format!("place {place} in the queue, about {least} to {most} s")
        }
        (Language::En, None) => format!("place {place} in the queue"),
    }
}
