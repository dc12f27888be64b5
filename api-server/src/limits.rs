//! Every limit of the API in one place, with its unit in its name.

use std::time::Duration;

/// Largest JSON body.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Largest template.
pub(crate) const TEMPLATE_BYTES_MAX: usize = 256 * 1024;
/// Largest body of a bulk create: [`BULK_ITEMS_MAX`] items with their parameters.
pub(crate) const BULK_BODY_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Largest small answer of an agent that is read as a whole.
pub(crate) const AGENT_ERROR_BYTES_MAX: usize = 64 * 1024;

/// Most items of one bulk request.
pub(crate) const BULK_ITEMS_MAX: usize = 500;
/// Most sandboxes that one selector may hit.
pub(crate) const SELECTED_MAX: usize = 2_000;
/// Commands of one bulk request under way at once.
pub(crate) const BULK_CONCURRENCY: usize = 8;

/// Items of a page when the caller doesn't say.
pub(crate) const PAGE_ITEMS_DEFAULT: u32 = 50;
/// Most items of a page.
pub(crate) const PAGE_ITEMS_MAX: u32 = 500;

/// Most labels of a sandbox.
pub(crate) const LABELS_MAX: usize = 32;
/// Most parameters, and most secrets, of a sandbox.
pub(crate) const PARAMETERS_MAX: usize = 64;
/// Largest secret.
pub(crate) const SECRET_BYTES_MAX: usize = 64 * 1024;

/// A body that comes more slowly is given up.
pub(crate) const BODY_READ_TIMEOUT: Duration = Duration::from_secs(20);
/// A request that is no stream is answered within this time.
pub(crate) const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest wait of a long poll.
pub(crate) const LONG_POLL_S_MAX: u64 = 25;
/// Between two signs of life on a watch.
pub(crate) const WATCH_HEARTBEAT: Duration = Duration::from_secs(15);
/// Events that a watch holds in memory at once.
pub(crate) const WATCH_PAGE_EVENTS: usize = 100;
/// A watch looks for itself this often, should a wake-up be lost.
pub(crate) const WATCH_POLL: Duration = Duration::from_secs(2);

/// Life of a ticket.
pub(crate) const TICKET_S: u64 = 60;
/// Longest life of a cookie.
pub(crate) const COOKIE_S_MAX: u64 = 24 * 3600;
/// Life of a console session.
pub(crate) const CONSOLE_SESSION_S: u64 = 12 * 3600;
/// What "keep working" adds.
pub(crate) const KEEP_WORKING_S: u64 = 3600;
/// A route's token outlives its run by this.
pub(crate) const ROUTE_TOKEN_MARGIN_S: u64 = 3600;
/// Life of a token for one call of an agent.
pub(crate) const CALL_TOKEN_S: u64 = 120;

/// Longest command run by exec, in seconds.
pub(crate) const EXEC_TIMEOUT_S_MAX: u64 = 3600;
/// What exec adds to the command's own timeout before it gives the agent up.
pub(crate) const EXEC_MARGIN: Duration = Duration::from_secs(15);
/// Connecting to an agent.
pub(crate) const AGENT_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a key found in the store is believed when no word of a revocation comes: a revoked key works for at most
/// this long where the word is lost, or comes from another process on SQLite.
pub(crate) const KEY_CACHE: Duration = Duration::from_secs(1);
/// Keys kept in memory.
pub(crate) const KEY_CACHE_ENTRIES_MAX: usize = 10_000;
/// How long cordon and capacity are believed.
pub(crate) const REGION_CACHE: Duration = Duration::from_secs(1);
/// How long the queue's order is believed, at least.
pub(crate) const QUEUE_CACHE: Duration = Duration::from_secs(1);
/// A queue in which somebody has waited this long is one: before that, the pace of admissions tells how many came, not
/// how many there is room for.
pub(crate) const QUEUE_EVIDENCE: Duration = Duration::from_secs(2);
/// Over which time admissions are counted for an estimate.
pub(crate) const ADMISSION_WINDOW_S: u64 = 300;

/// Changes that the route table remembers for deltas.
pub(crate) const ROUTE_CHANGES_MAX: usize = 20_000;
/// Entries of the log read at once when the route table is brought up to date.
pub(crate) const ROUTE_PAGE_ENTRIES: usize = 500;
/// The route table looks for itself this often, should a wake-up be lost.
pub(crate) const ROUTE_POLL: Duration = Duration::from_secs(1);
/// Between two looks at the store's health.
pub(crate) const PING_INTERVAL: Duration = Duration::from_secs(1);
/// A store that takes longer for so little is not well.
pub(crate) const PING_TIMEOUT: Duration = Duration::from_secs(2);
