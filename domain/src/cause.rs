//! The closed catalogue of causes: why a sandbox waits or failed, who must act, and what to do next.

use serde::{Deserialize, Serialize};

use crate::phase::Phase;
use crate::time::Timestamp;

/// Who has to act on a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Who {
    /// The student in the sandbox.
    Student,
    /// The class's teacher or the template's author.
    Teacher,
    /// The classroom platform.
    Platform,
    /// The region's operators.
    Operator,
}

/// A sentence in both languages of the product.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

/// Everything fixed about a cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// Stable name.
    pub slug: &'static str,
    /// Whether trying again may help.
    pub retryable: bool,
    /// Who must act.
    pub who: Who,
    /// What happened.
    pub text: Text,
    /// What to do.
    pub next: Text,
}

macro_rules! causes {
    ($($(#[$doc:meta])* $code:ident, $slug:literal, $retry:literal, $who:ident, $zh:literal, $en:literal, $next_zh:literal, $next_en:literal;)*) => {
        /// A cause's code. The catalogue is closed: consumers may match on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum Code { $($(#[$doc])* $code,)* }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$code,)*];

            /// What is fixed about this code.
            #[must_use]
            pub const fn entry(self) -> Entry {
                match self {
                    $(Self::$code => Entry {
                        slug: $slug, retryable: $retry, who: Who::$who,
                        text: Text { zh: $zh, en: $en }, next: Text { zh: $next_zh, en: $next_en },
                    },)*
                }
            }
        }
    };
}

causes! {
    /// No room now.
    NoCapacity, "no_capacity", true, Operator,
        "当前区域资源已满，正在排队。", "The region is full right now; you are in the queue.",
        "请稍候，轮到时会自动启动。", "Wait: it starts by itself when its turn comes.";
    /// The provider did not answer.
    ProviderUnavailable, "provider_unavailable", true, Operator,
        "资源服务暂时没有响应。", "The machine provider does not answer at the moment.",
        "系统会自动重试；若持续十分钟请联系运维。", "It is tried again by itself; tell the operators if it lasts ten minutes.";
    /// The provider asks for slower calls.
    ProviderThrottled, "provider_throttled", true, Operator,
        "资源服务限流，正在放慢速度。", "The machine provider asks us to slow down.",
        "请稍候，系统会自动继续。", "Wait: it goes on by itself.";
    /// The provider refuses the machine for good.
    MachineRejected, "machine_rejected", false, Teacher,
        "模板描述的机器被拒绝创建。", "The machine that the template describes was refused.",
        "请检查模板后重新发布。", "Check the template and publish a new version.";
    /// The main command could not be started.
    CommandNotFound, "command_not_found", false, Teacher,
        "模板中的启动命令无法执行。", "The template's command could not be started.",
        "请检查模板的命令是否存在且可执行。", "Check that the template's command exists and is executable.";
    /// The main command ended.
    MachineExited, "machine_exited", true, Teacher,
        "环境中的主程序意外退出。", "The main program of the environment ended unexpectedly.",
        "请重新启动或重置；若再次退出，模板作者可在原因中查看最后几行输出。",
        "Start it again or reset it; if it ends again, the template's author finds its last lines of output in the cause.";
    /// The machine vanished.
    MachineLost, "machine_lost", true, Operator,
        "运行环境的机器丢失，正在重建。", "The machine was lost and is being made again.",
        "请稍候，主目录中的文件会保留。", "Wait: files in the home folder are kept.";
    /// Not ready within its deadline.
    StartTimedOut, "start_timed_out", true, Teacher,
        "环境在规定时间内没有就绪。", "The environment was not ready within its deadline.",
        "系统会自动重试；若多次失败请检查模板的就绪条件。", "It is tried again; if it keeps failing, check the template's readiness condition.";
    /// Personalising failed.
    BindFailed, "bind_failed", true, Teacher,
        "个性化步骤失败。", "The personalising step failed.",
        "请检查模板的 bind 命令和参数。", "Check the template's bind command and the parameters.";
    /// Waited longer than the caller allowed.
    QueueTimedOut, "queue_timed_out", true, Platform,
        "排队时间超过了允许的时长。", "It waited in the queue longer than allowed.",
        "请稍后重新启动。", "Start it again later.";
    /// Stopped at the end of its time.
    Expired, "expired", true, Student,
        "使用时间已到，环境已停止。", "Its time was up, so it was stopped.",
        "需要时可重新启动，主目录中的文件会保留。", "Start it again when needed: files in the home folder are kept.";
    /// Stopped because nobody used it.
    Idle, "idle", true, Student,
        "长时间无人使用，环境已停止。", "Nobody used it for a while, so it was stopped.",
        "点击启动即可继续，主目录中的文件会保留。", "Start it to go on: files in the home folder are kept.";
    /// The node that a machine runs on does not answer.
    NodeLost, "node_lost", true, Operator,
        "运行该环境的节点失去联系。", "The node that runs it does not answer.",
        "节点恢复或确认下线后会自动重建，主目录中的文件会保留。", "It is made again once the node is back or confirmed gone; files in the home folder are kept.";
    /// The image does not exist.
    ImageMissing, "image_missing", false, Teacher,
        "模板中的镜像不存在。", "The template's image does not exist.",
        "请检查镜像名称和标签后重新发布。", "Check the image's name and tag and publish a new version.";
    /// The registry does not hand the image out.
    ImageDenied, "image_denied", false, Operator,
        "镜像仓库拒绝了访问。", "The registry refuses to hand out the image.",
        "请检查拉取镜像所用的凭据。", "Check the credentials for pulling images.";
    /// The image takes long to arrive, or its registry fails.
    ImagePullSlow, "image_pull_slow", true, Operator,
        "镜像下载较慢。", "The image takes long to arrive.",
        "请稍候；若持续十分钟请检查镜像仓库。", "Wait; look at the registry if it lasts ten minutes.";
    /// It used more memory than it may.
    OutOfMemory, "out_of_memory", true, Teacher,
        "环境超出内存限制，已被终止。", "It used more memory than it may, so it was ended.",
        "请减少内存占用，或在模板中提高内存。", "Use less memory, or raise the template's memory.";
    /// Its node put it out, for lack of memory or disk or for maintenance.
    Evicted, "evicted", true, Operator,
        "节点资源不足或维护，环境被驱逐。", "Its node put it out, for lack of space or for maintenance.",
        "系统会自动重建；若因磁盘用量请清理或提高磁盘。", "It is made again; if it was the disk, clean up or raise the template's disk.";
    /// Its home's volume cannot be attached.
    VolumeUnavailable, "volume_unavailable", true, Operator,
        "主目录的存储卷暂时无法挂载。", "The volume of its home cannot be attached at the moment.",
        "请稍候；若持续十分钟请检查存储。", "Wait; look at the storage if it lasts ten minutes.";
    /// The cluster's own rules refused the machine.
    AdmissionDenied, "admission_denied", false, Operator,
        "集群的准入规则拒绝了该机器。", "The cluster's own rules refused the machine.",
        "请查看详情，调整集群规则或模板。", "Read the details; change the cluster's rules or the template.";
    /// Something of ours went wrong over this one sandbox.
    Internal, "internal", true, Operator,
        "系统内部错误，仅影响此环境。", "An internal error, in this sandbox only.",
        "请重试；若仍失败请把编号告诉运维。", "Try again; if it fails again, give its id to the operators.";
}

/// A cause as stored with a sandbox's status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Which one.
    pub code: Code,
    /// The phase in which it arose.
    pub stage: Phase,
    /// When.
    pub at: Timestamp,
    /// Seconds until the next try, when one is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
    /// Particulars for people: an exit code, the provider's words. No secrets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The machine's last lines of output: for its owner's eyes, never in logs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub last_lines: Vec<String>,
}

impl Cause {
    /// A cause without particulars.
    #[must_use]
    pub const fn new(code: Code, stage: Phase, at: Timestamp) -> Self {
        Self { code, stage, at, retry_after_s: None, detail: None, last_lines: Vec::new() }
    }

    /// The same with particulars.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    #[test]
    fn slugs_are_the_serialised_names() {
        for code in Code::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.entry().slug);
        }
    }
}
