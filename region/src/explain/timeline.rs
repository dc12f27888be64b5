//! What happened so far, from its events.

use std::time::Duration;

use domain::time::Timestamp;

use crate::api::view::{Cause, Event, Sandbox};
use crate::language::Language;
use crate::output::age::{clock_time, span};

/// A day or more between two lines is worth the date.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// One line for each event that tells something new.
pub(super) fn chapter(events: &[Event], language: Language) -> String {
    let title = language.pick("经过：", "Timeline:");
    let (mut lines, mut before): (Vec<String>, Option<(Timestamp, Told)>) = (Vec::new(), None);
    for event in events {
        let Some(sandbox) = &event.sandbox else { continue };
        let told = Told::of(sandbox, language);
        let since = before.as_ref().map(|(at, _)| event.at.since(*at));
        let news = told.news(before.as_ref().map(|(_, told)| told), event, language);
        if !news.is_empty() {
            lines.push(format!(
                "  {}  {:>7}  {news}",
                moment(event.at, since),
                since.map(step).unwrap_or_default()
            ));
            before = Some((event.at, told));
        }
    }
    if lines.is_empty() { String::new() } else { format!("{title}\n{}", lines.join("\n")) }
}

fn moment(at: Timestamp, since: Option<Duration>) -> String {
    match since {
        Some(since) if since < DAY => clock_time(at),
        Some(_) | None => {
            at.to_string().get(..19).map_or_else(|| at.to_string(), |text| text.replace('T', " "))
        }
    }
}

fn step(since: Duration) -> String {
    const ONE_SECOND: Duration = Duration::from_secs(1);
    if since < ONE_SECOND { format!("+{}ms", since.as_millis()) } else { format!("+{}", span(since)) }
}

/// What happened, with its particulars.
fn told(cause: &Cause, language: Language) -> String {
    let text = cause.text.pick(language);
    match (&cause.detail, language) {
        (None, _) => text.to_owned(),
        (Some(detail), Language::Zh) => format!("{text}（{detail}）"),
        (Some(detail), Language::En) => format!("{text} ({detail})"),
    }
}

/// What a line can tell.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    phase: String,
    wanted: String,
    generation: u64,
    cause: Option<String>,
    is_idle: bool,
    expires_soon: bool,
}

impl Told {
    fn of(sandbox: &Sandbox, language: Language) -> Self {
        Self {
            phase: sandbox.phase.clone(),
            wanted: sandbox.wanted.clone(),
            generation: sandbox.generation,
            cause: sandbox.cause.as_ref().map(|cause| told(cause, language)),
            is_idle: sandbox.idle_stop_at.is_some(),
            expires_soon: sandbox.expires_soon,
        }
    }

    /// What is new against the line before.
    fn news(&self, before: Option<&Self>, event: &Event, language: Language) -> String {
        let Some(before) = before else {
            return self.first(event, language);
        };
        let cause = self.cause.as_deref().filter(|_| self.cause != before.cause);
        let command = (self.generation != before.generation).then(|| self.command(before, event, language));
        let phase = (self.phase != before.phase).then(|| self.phase.clone());
        let idle = (self.is_idle && !before.is_idle)
            .then(|| language.pick("将因无人使用而停止", "about to stop for idleness").to_owned());
        let end = (self.expires_soon && !before.expires_soon)
            .then(|| language.pick("即将到期", "its life ends soon").to_owned());
        let parts = [command, phase, cause.map(str::to_owned), idle, end];
        parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
    }

    fn first(&self, event: &Event, language: Language) -> String {
        let is_create = event.r#type == "sandbox.created";
        let head = if is_create {
            language.pick("已创建", "created")
        } else {
            language.pick("（更早的事件已清理）", "(earlier events are gone)")
        };
        format!("{head}; {}", self.phase)
    }

    /// A command by what it changed.
    fn command(&self, before: &Self, event: &Event, language: Language) -> String {
        let has = |field: &str| event.changed.iter().any(|changed| changed == field);
        let verb = match self.wanted.as_str() {
            _ if has("home_generation") => language.pick("重置", "reset"),
            wanted if wanted == before.wanted && has("expires_at") => language.pick("延长", "extend"),
            wanted if wanted == before.wanted => language.pick("更改", "change"),
            "running" => language.pick("启动", "start"),
            "stopped" => language.pick("停止", "stop"),
            "deleted" => language.pick("删除", "delete"),
            _ => language.pick("更改", "change"),
        };
        match language {
            Language::Zh => format!("命令 {}：{verb}", self.generation),
            Language::En => format!("command {}: {verb}", self.generation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain::recorded;

    #[test]
    fn commands_have_names() {
        let events = recorded::commanded();
        let expected = "\
Timeline:
  2026-09-01 08:00:00           created; ready
  08:00:10     +10s  command 2: extend
  08:00:20     +10s  command 3: reset
  08:00:30     +10s  command 4: stop
  2026-09-03 08:00:30      +2d  command 5: start";
        assert_eq!(chapter(&events, Language::En), expected);
    }
}
