//! The closed catalogue of problems: what each means, who must act, and what to do next.

use domain::cause::{Text, Who};
use serde::Serialize;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::openapi::{RefOr, schema::SchemaType};
use utoipa::{PartialSchema, ToSchema};

/// Everything fixed about a kind of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Entry {
    /// Stable name.
    pub(crate) slug: &'static str,
    /// Status of an answer with this problem.
    pub(crate) status: u16,
    /// Seconds after which the same request may succeed, when trying again can help by itself.
    pub(crate) retry_after_s: Option<u64>,
    /// Who must act.
    pub(crate) who: Who,
    /// What happened.
    pub(crate) text: Text,
    /// What to do.
    pub(crate) next: Text,
}

macro_rules! problems {
    ($($(#[$doc:meta])* $kind:ident, $slug:literal, $status:literal, $retry:expr, $who:ident,
        $zh:literal, $en:literal, $next_zh:literal, $next_en:literal;)*) => {
        /// A kind of problem. The catalogue is closed: consumers may match on it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub(crate) enum Kind { $($(#[$doc])* $kind,)* }

        impl Kind {
            /// Every kind.
            pub(crate) const ALL: &'static [Self] = &[$(Self::$kind,)*];

            /// What is fixed about this kind.
            #[must_use]
            pub(crate) const fn entry(self) -> Entry {
                match self {
                    $(Self::$kind => Entry {
                        slug: $slug, status: $status, retry_after_s: $retry, who: Who::$who,
                        text: Text { zh: $zh, en: $en }, next: Text { zh: $next_zh, en: $next_en },
                    },)*
                }
            }
        }
    };
}

problems! {
    /// The body is not JSON.
    InvalidJson, "invalid_json", 400, None, Platform,
        "请求体不是有效的 JSON。", "The body is not valid JSON.",
        "请按提示的行列位置修正。", "Mend it at the line and column that are named.";
    /// Fields don't fit.
    InvalidRequest, "invalid_request", 422, None, Platform,
        "请求中的字段不符合要求。", "Fields of the request don't fit.",
        "请按 errors 中的说明修改。", "Change what `errors` names.";
    /// A machine of a kind that no provider here runs.
    MachineKindUnavailable, "machine_kind_unavailable", 422, None, Teacher,
        "本区域不支持该类型的机器。", "This region has no provider for this kind of machine.",
        "请改用本区域支持的类型，或换一个区域。", "Use a kind that /v1/capabilities lists, or another region.";
    /// A kind of place that the region's operators have not set up.
    PlacementUnavailable, "placement_unavailable", 422, None, Teacher,
        "本区域没有模板要求的这类位置。", "This region has no such placement.",
        "请改用本区域已有的 placement，或换一个区域。", "Use a placement that /v1/capabilities lists, or another region.";
    /// Larger than any node.
    DoesNotFit, "does_not_fit", 422, None, Teacher,
        "机器规格超过本区域的任何节点。", "The machine is larger than any node of this region.",
        "请减小资源规格。", "Ask for less.";
    /// No key, or one that isn't known.
    Unauthenticated, "unauthenticated", 401, None, Platform,
        "缺少有效的访问密钥。", "A valid key is missing.",
        "请在 Authorization: Bearer 中携带有效密钥。", "Send a valid key as `Authorization: Bearer`.";
    /// The key may not do this.
    Forbidden, "forbidden", 403, None, Operator,
        "该密钥无权执行此操作。", "This key may not do that.",
        "请使用权限足够的密钥。", "Use a key whose scope allows it.";
    /// A key that is bound to another tenant.
    TenantForbidden, "tenant_forbidden", 403, None, Platform,
        "该密钥只能用于它所属的租户。", "This key is bound to another tenant.",
        "请使用本租户的密钥或不限租户的密钥。", "Use that tenant's key, or one that is bound to none.";
    /// The tenant would use more than it may.
    QuotaExceeded, "quota_exceeded", 403, None, Operator,
        "超过租户配额。", "The tenant's quota would be passed.",
        "请停止或删除不用的环境，或申请提高配额。", "Stop or delete what is not needed, or ask for a higher quota.";
    /// A ticket that never was.
    TicketUnknown, "ticket_unknown", 403, None, Platform,
        "入场凭证无效。", "This ticket is not known.",
        "请从平台重新进入。", "Enter from the platform again.";
    /// A ticket that was used.
    TicketSpent, "ticket_spent", 403, None, Platform,
        "入场凭证已经用过。", "This ticket was used already.",
        "请从平台重新进入。", "Enter from the platform again.";
    /// A ticket that was not used in time.
    TicketExpired, "ticket_expired", 403, None, Platform,
        "入场凭证已过期。", "This ticket has expired.",
        "请从平台重新进入。", "Enter from the platform again.";
    /// A console login link that doesn't work any more.
    LoginCodeInvalid, "login_code_invalid", 403, None, Operator,
        "登录链接无效或已经用过。", "This login link is not known, was used or has expired.",
        "请重新生成登录链接。", "Make a new one.";
    /// The machine's own permissions.
    FileForbidden, "file_forbidden", 403, None, Student,
        "没有权限访问该文件。", "The machine's user may not touch this file.",
        "请检查文件权限。", "Check the file's permissions.";
    /// No such path in the API.
    NotFound, "not_found", 404, None, Platform,
        "没有这个接口。", "There is no such path.",
        "请查看 /docs。", "See /docs.";
    /// No such sandbox, as far as this key may know.
    SandboxNotFound, "sandbox_not_found", 404, None, Platform,
        "没有这个环境，或它已被删除。", "There is no such sandbox, or it was deleted.",
        "请检查编号，或重新创建。", "Check the id, or create it.";
    /// No such template or version.
    TemplateNotFound, "template_not_found", 404, None, Platform,
        "没有这个模板或版本。", "There is no such template or version.",
        "请先发布模板。", "Publish it first.";
    /// No such tenant.
    TenantNotFound, "tenant_not_found", 404, None, Platform,
        "没有这个租户。", "There is no such tenant.",
        "请先登记租户，或先为它创建环境。", "Put it first; creating a sandbox for it makes it too.";
    /// The sandbox's template has no such machine.
    MachineNotFound, "machine_not_found", 404, None, Platform,
        "该环境没有这台机器。", "The sandbox has no such machine.",
        "请检查机器名称。", "Check the machine's name in the template.";
    /// No such file in the machine.
    FileNotFound, "file_not_found", 404, None, Student,
        "没有这个文件或文件夹。", "There is no such file or folder.",
        "请检查路径。", "Check the path.";
    /// The path exists, but not with this method.
    MethodNotAllowed, "method_not_allowed", 405, None, Platform,
        "该接口不支持此方法。", "The path doesn't take this method.",
        "请查看 /docs。", "See /docs.";
    /// The body came too slowly.
    RequestTimeout, "request_timeout", 408, Some(1), Platform,
        "请求体传输过慢。", "The body came too slowly.",
        "请重试。", "Try again.";
    /// The same ref with another request.
    RefTaken, "ref_taken", 409, None, Platform,
        "该 ref 已被另一个请求使用。", "This ref belongs to another request.",
        "请换一个 ref，或重发原来的请求。", "Use another ref, or send the first request again.";
    /// `if_generation` is not the present one, or somebody was quicker.
    GenerationConflict, "generation_conflict", 409, None, Platform,
        "环境已被其他操作改变。", "The sandbox was changed meanwhile.",
        "请重新读取后再决定。", "Read it again and decide anew.";
    /// Nothing runs there now.
    NotReady, "not_ready", 409, Some(3), Platform,
        "环境尚未就绪。", "The sandbox is not ready.",
        "请等待就绪，或先启动它。", "Wait until it is ready, or start it.";
    /// It is stopped, or has failed: there is no run whose end could be moved.
    NotRunning, "not_running", 409, None, Platform,
        "环境没有在运行。", "The sandbox does not run.",
        "请先启动它，启动时会重新计时。", "Start it, which sets a new end.";
    /// A visit may not start it.
    NotWakeable, "not_wakeable", 409, None, Platform,
        "该环境不能由访问者启动。", "A visitor may not start this sandbox.",
        "请从平台启动。", "Start it from the platform.";
    /// The file is in the way.
    FileConflict, "file_conflict", 409, None, Student,
        "路径冲突，例如文件夹不为空。", "Something is in the way, such as a folder that isn't empty.",
        "请检查路径。", "Check the path.";
    /// The log no longer has, or never had, this position.
    CursorExpired, "cursor_expired", 410, None, Platform,
        "事件位置已过期或属于另一个数据库。", "The position is no longer kept, or is of another database.",
        "请先读取快照，再从其中的 position 继续。", "Read the snapshot and go on from its `position`.";
    /// More bytes than allowed.
    BodyTooLarge, "body_too_large", 413, None, Platform,
        "请求体过大。", "The body is too large.",
        "请减小请求体。", "Send less.";
    /// Not JSON by its own account.
    UnsupportedMediaType, "unsupported_media_type", 415, None, Platform,
        "请求体类型不受支持。", "The body is not declared as JSON.",
        "请使用 Content-Type: application/json。", "Send it with `Content-Type: application/json`.";
    /// The key asks too often.
    TooManyRequests, "too_many_requests", 429, Some(1), Platform,
        "请求过于频繁。", "This key asks too often.",
        "请按 Retry-After 稍后再试，或使用批量接口。", "Wait as `Retry-After` says, or use the bulk forms.";
    /// Something of ours went wrong.
    Internal, "internal", 500, None, Operator,
        "系统内部错误。", "An internal error.",
        "请重试；若仍失败请把 request_id 告诉运维。", "Try again; if it fails again, give `request_id` to the operators.";
    /// The machine's agent doesn't answer.
    MachineUnreachable, "machine_unreachable", 502, Some(3), Operator,
        "暂时无法连接到机器。", "The machine does not answer.",
        "请稍后重试。", "Try again shortly.";
    /// The region takes nothing new.
    RegionCordoned, "region_cordoned", 503, Some(60), Operator,
        "本区域暂停接收新的环境。", "The region takes no new sandboxes now.",
        "请稍后重试或使用其他区域。", "Try later, or use another region.";
    /// The store doesn't answer.
    StoreUnavailable, "store_unavailable", 503, Some(2), Operator,
        "存储暂时不可用。", "The store is not available.",
        "请重试；已接受的请求不会丢失。", "Try again; nothing that was accepted is lost.";
    /// Not done in time.
    TimedOut, "timed_out", 503, Some(2), Operator,
        "请求没有在规定时间内完成。", "The request was not done in time.",
        "请重试；带 ref 的创建不会重复。", "Try again; a create with its ref is never doubled.";
    /// The machine's disk is full.
    DiskFull, "disk_full", 507, None, Student,
        "环境的磁盘已满。", "The sandbox's disk is full.",
        "请删除不用的文件。", "Delete files that are not needed.";
}

impl Serialize for Kind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.entry().slug)
    }
}

impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        let rows = Self::ALL.iter().map(|kind| {
            let Entry { slug, status, text, .. } = kind.entry();
            format!("- `{slug}` ({status}): {} {}", text.en, text.zh)
        });
        let description = rows.collect::<Vec<_>>().join("\n");
        ObjectBuilder::new()
            .schema_type(SchemaType::Type(Type::String))
            .enum_values(Some(Self::ALL.iter().map(|kind| kind.entry().slug)))
            .description(Some(description))
            .into()
    }
}

impl ToSchema for Kind {
    fn name() -> std::borrow::Cow<'static, str> {
        "ProblemType".into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_are_unique_and_every_text_is_there() {
        let mut slugs: Vec<_> = Kind::ALL.iter().map(|kind| kind.entry().slug).collect();
        slugs.sort_unstable();
        slugs.dedup();
        assert_eq!(slugs.len(), Kind::ALL.len());
        for kind in Kind::ALL {
            let Entry { text, next, status, .. } = kind.entry();
            assert!(!text.zh.is_empty() && !next.zh.is_empty() && !next.en.is_empty(), "{kind:?}");
            assert!((400..=599).contains(&status), "{kind:?}");
        }
    }
}
