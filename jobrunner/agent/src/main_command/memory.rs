//! How often the kernel has ended a process of this machine because its memory was used up.

/// Where the kernel counts, as a container sees its own control group: version 2, version 1.
const COUNTERS: [&str; 2] = ["/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control"];

/// The count at some moment; none where nothing counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kills(Option<u64>);

impl Kills {
    /// Up to now.
    pub(super) fn now() -> Self {
        let texts = COUNTERS.into_iter().filter_map(|file| std::fs::read_to_string(file).ok());
        Self(texts.filter_map(|text| count(&text)).next())
    }

    /// Whether there were more since.
    pub(super) fn are_fewer_than_now(self) -> bool {
        self.0.zip(Self::now().0).is_some_and(|(before, now)| before < now)
    }
}

fn count(text: &str) -> Option<u64> {
    let kills = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
    kills.and_then(|count| count.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::count;

    #[test]
    fn both_versions_are_read() {
        assert_eq!(count("low 0\nhigh 0\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n"), Some(1));
        assert_eq!(count("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"), Some(7));
        assert_eq!(count("oom_kill_disable 0\n"), None);
    }
}
