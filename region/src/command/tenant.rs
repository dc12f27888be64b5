//! `region tenant`.

use domain::quota::Quota;
use reqwest::Method;
use serde_json::{Value, json};

use super::Invocation;
use crate::Error;
use crate::api::view::{Listed, Tenant};
use crate::api::{Request, read, segment};
use crate::output::table::{fields, table};

/// Tenants and their quotas.
#[derive(Debug, clap::Subcommand)]
pub enum TenantCommand {
    /// List all tenants with what they use
    List,
    /// Show one tenant
    Get {
        /// Its id
        tenant: String,
    },
    /// Set a tenant's limits; one that is not named stays, `none` takes it away
    Set(SetArgs),
}

/// A tenant's limits.
#[derive(Debug, clap::Args)]
pub struct SetArgs {
    /// Its id
    pub tenant: String,
    /// Sandboxes that are not stopped
    #[arg(long, value_name = "N|none")]
    pub sandboxes: Option<Limit>,
    /// Their CPU, in thousandths
    #[arg(long, value_name = "N|none")]
    pub cpu_millis: Option<Limit>,
    /// Their memory, in MiB
    #[arg(long, value_name = "N|none")]
    pub memory_mib: Option<Limit>,
    /// Their GPUs
    #[arg(long, value_name = "N|none")]
    pub gpus: Option<Limit>,
    /// Homes kept, in GiB
    #[arg(long, value_name = "N|none")]
    pub homes_gib: Option<Limit>,
}

/// A limit or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit(Option<u64>);

impl std::str::FromStr for Limit {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self(None)),
            number => {
                number.parse().map(|limit| Self(Some(limit))).map_err(|_| "must be a whole number or none")
            }
        }
    }
}

/// Runs one of them.
pub(crate) async fn run(invocation: &Invocation, command: TenantCommand) -> Result<(), Error> {
    match command {
        TenantCommand::List => list(invocation).await,
        TenantCommand::Get { tenant } => get(invocation, &tenant).await,
        TenantCommand::Set(args) => set(invocation, &args).await,
    }
}

async fn list(invocation: &Invocation) -> Result<(), Error> {
    let answer = invocation.connection.api()?.get("/v1/tenants?limit=500").await?;
    let listed: Listed = read("GET /v1/tenants", &answer)?;
    let tenants =
        listed.items.iter().map(|item| read("GET /v1/tenants", item)).collect::<Result<Vec<Tenant>, _>>()?;
    invocation.output.print(&answer, || {
        let rows = tenants.iter().map(row).collect();
        table(
            ["tenant", "sandboxes", "cpu (milli)", "memory (MiB)", "gpus", "homes (GiB)"],
            rows,
            "no tenants yet",
        )
    })
}

async fn get(invocation: &Invocation, tenant: &str) -> Result<(), Error> {
    let answer = invocation.connection.api()?.get(&path(tenant)).await?;
    show(invocation, &answer)
}

async fn set(invocation: &Invocation, args: &SetArgs) -> Result<(), Error> {
    let api = invocation.connection.api()?;
    let present = match api.get(&path(&args.tenant)).await {
        Ok(answer) => read::<Tenant>("GET /v1/tenants", &answer)?.quota,
        Err(Error::Problem(problem)) if problem.status == 404 => Quota::default(),
        Err(error) => return Err(error),
    };
    let body = json!({ "quota": args.over(present) });
    let request = Request { path: &path(&args.tenant), body: Some(&body), ..Request::default() };
    let answer = api.ask(Method::PUT, request).await?;
    show(invocation, &answer)
}

fn path(tenant: &str) -> String {
    format!("/v1/tenants/{}", segment(tenant))
}

fn show(invocation: &Invocation, answer: &Value) -> Result<(), Error> {
    let tenant: Tenant = read("tenant", answer)?;
    let [id, sandboxes, cpu, memory, gpus, homes] = row(&tenant);
    let rows = vec![
        ("tenant", id),
        ("sandboxes", sandboxes),
        ("cpu (milli)", cpu),
        ("memory (MiB)", memory),
        ("gpus", gpus),
        ("homes (GiB)", homes),
    ];
    invocation.output.print(answer, || fields(rows))
}

fn row(tenant: &Tenant) -> [String; 6] {
    const MIB_PER_GIB: u64 = 1024;
    let of = |used: u64, limit: Option<u64>| match limit {
        Some(limit) => format!("{used} of {limit}"),
        None => used.to_string(),
    };
    let Tenant { id, quota, usage } = tenant;
    [
        id.clone(),
        of(usage.sandboxes, quota.sandboxes),
        of(usage.resources.cpu_millis, quota.cpu_millis),
        of(usage.resources.memory_mib, quota.memory_mib),
        of(usage.resources.gpus, quota.gpus),
        of(usage.homes_mib.div_ceil(MIB_PER_GIB), quota.homes_gib),
    ]
}

impl SetArgs {
    fn over(&self, present: Quota) -> Quota {
        let limit = |given: Option<Limit>, present| given.map_or(present, |limit| limit.0);
        Quota {
            sandboxes: limit(self.sandboxes, present.sandboxes),
            cpu_millis: limit(self.cpu_millis, present.cpu_millis),
            memory_mib: limit(self.memory_mib, present.memory_mib),
            gpus: limit(self.gpus, present.gpus),
            homes_gib: limit(self.homes_gib, present.homes_gib),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_that_is_not_named_stays() {
        let args = SetArgs {
            tenant: "school-9".into(),
            sandboxes: Some(Limit(Some(5))),
            cpu_millis: None,
            memory_mib: Some(Limit(None)),
            gpus: None,
            homes_gib: None,
        };
        let present = Quota { cpu_millis: Some(4000), memory_mib: Some(1), ..Quota::default() };
        let expected = Quota { sandboxes: Some(5), cpu_millis: Some(4000), ..Quota::default() };
        assert_eq!(args.over(present), expected);
        assert!("-1".parse::<Limit>().is_err());
    }

    #[test]
    fn use_is_shown_beside_its_limit() {
        let answer = json!({"id": "school-9", "quota": {"sandboxes": 60}, "created_at": "2026-09-01T08:00:00Z",
            "usage": {"sandboxes": 3, "resources": {"cpu_millis": 1500, "memory_mib": 768, "disk_mib": 0, "gpus": 0}, "homes_mib": 1500}});
        let tenant: Tenant = read("", &answer).unwrap();
        assert_eq!(row(&tenant), ["school-9", "3 of 60", "1500", "768", "0", "2"].map(str::to_owned));
    }
}
