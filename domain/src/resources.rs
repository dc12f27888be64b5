//! Amounts of what machines use: CPU, memory, disk, GPUs.

use serde::{Deserialize, Serialize};

/// What a machine asks for, or what a node or region has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// Thousandths of a CPU.
    pub cpu_millis: u64,
    /// MiB of memory.
    pub memory_mib: u64,
    /// MiB of scratch disk.
    #[serde(default)]
    pub disk_mib: u64,
    /// Whole GPUs.
    #[serde(default)]
    pub gpus: u64,
}

impl Resources {
    /// The sum, saturating.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            cpu_millis: self.cpu_millis.saturating_add(other.cpu_millis),
            memory_mib: self.memory_mib.saturating_add(other.memory_mib),
            disk_mib: self.disk_mib.saturating_add(other.disk_mib),
            gpus: self.gpus.saturating_add(other.gpus),
        }
    }

    /// The difference, each amount at least 0.
    #[must_use]
    pub const fn minus(self, other: Self) -> Self {
        Self {
            cpu_millis: self.cpu_millis.saturating_sub(other.cpu_millis),
            memory_mib: self.memory_mib.saturating_sub(other.memory_mib),
            disk_mib: self.disk_mib.saturating_sub(other.disk_mib),
            gpus: self.gpus.saturating_sub(other.gpus),
        }
    }

    /// The smaller of each amount.
    #[must_use]
    pub const fn least(self, other: Self) -> Self {
        self.minus(self.minus(other))
    }

    /// Whether every amount is at most that of `room`.
    #[must_use]
    pub const fn fits(self, room: Self) -> bool {
        self.cpu_millis <= room.cpu_millis
            && self.memory_mib <= room.memory_mib
            && self.disk_mib <= room.disk_mib
            && self.gpus <= room.gpus
    }

    /// What there is not enough of in `free`, in words for people: `not enough free CPU, memory`. None when it fits.
    #[must_use]
    pub fn lacking(self, free: Self) -> Option<String> {
        let amounts = [
            ("CPU", self.cpu_millis > free.cpu_millis),
            ("memory", self.memory_mib > free.memory_mib),
            ("disk", self.disk_mib > free.disk_mib),
            ("GPUs", self.gpus > free.gpus),
        ];
        let lacking: Vec<_> = amounts.into_iter().filter_map(|(name, lacks)| lacks.then_some(name)).collect();
        (!lacking.is_empty()).then(|| format!("not enough free {}", lacking.join(", ")))
    }

    /// The name of the first amount that is larger than in `room`, for a message.
    #[must_use]
    pub const fn first_excess(self, room: Self) -> Option<&'static str> {
        if self.cpu_millis > room.cpu_millis {
            Some("cpu_millis")
        } else if self.memory_mib > room.memory_mib {
            Some("memory_mib")
        } else if self.disk_mib > room.disk_mib {
            Some("disk_mib")
        } else if self.gpus > room.gpus {
            Some("gpus")
        } else {
            None
        }
    }
}

impl std::iter::Sum for Resources {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::default(), Self::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_lacking_has_words() {
        let free = Resources { cpu_millis: 1000, memory_mib: 100, disk_mib: 0, gpus: 0 };
        let asked = Resources { memory_mib: 200, gpus: 1, ..free };
        assert_eq!(asked.lacking(free).as_deref(), Some("not enough free memory, GPUs"));
        assert_eq!(free.lacking(free), None);
    }
}
