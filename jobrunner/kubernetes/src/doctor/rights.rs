//! Whether the jobrunner may do what it does, and no check that needs the very right it asks about.

use domain::check::Check;
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SelfSubjectAccessReview, SelfSubjectAccessReviewSpec,
};
use kube::Api;
use kube::api::PostParams;

use super::Doctor;
use crate::call::{Answer, call};

const NAME: &str = "rights";
/// Where a right is needed, the API group, the resource, the verbs. The chart's roles give exactly these.
const NEEDED: [(Scope, &str, &str, &[&str]); 7] = [
    (Scope::Namespace, "", "pods", &["get", "list", "watch", "create", "delete"]),
    (Scope::Namespace, "", "persistentvolumeclaims", &["get", "list", "watch", "create", "patch", "delete"]),
    (Scope::Namespace, "", "services", &["create", "patch"]),
    (Scope::Namespace, "networking.k8s.io", "networkpolicies", &["create", "patch"]),
    (Scope::Namespace, "", "events", &["list", "watch"]),
    (Scope::Cluster, "", "nodes", &["list", "watch"]),
    (Scope::Cluster, "", "pods", &["list"]),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    /// In the sandboxes' namespace.
    Namespace,
    /// Everywhere.
    Cluster,
}

pub(super) async fn check(doctor: &Doctor) -> Check {
    let mut missing = Vec::new();
    for (scope, group, resource, verbs) in NEEDED {
        for verb in verbs {
            match may(doctor, scope, [verb, group, resource]).await {
                Ok(true) => (),
                Ok(false) => missing.push(format!("{verb} {resource}{}", place(scope))),
                Err(answer) => return unknown(answer),
            }
        }
    }
    if missing.is_empty() {
        return Check::good(NAME, format!("all that a jobrunner needs in {}", doctor.config.namespace));
    }
    let remedy = format!(
        "bind the chart's roles for the jobrunner (templates/jobrunner/rbac.yaml) to this account, in the namespace {}",
        doctor.config.namespace
    );
    Check::bad(NAME, format!("it may not: {}", missing.join(", ")), remedy)
}

const fn place(scope: Scope) -> &'static str {
    match scope {
        Scope::Namespace => "",
        Scope::Cluster => " of every namespace",
    }
}

fn unknown(answer: Answer) -> Check {
    let said = domain::provider::Error::from(answer).to_string();
    Check::bad(NAME, said, "let the account ask what it may: bind it to the cluster role system:basic-user")
}

async fn may(doctor: &Doctor, scope: Scope, [verb, group, resource]: [&str; 3]) -> Result<bool, Answer> {
    let attributes = ResourceAttributes {
        namespace: (scope == Scope::Namespace).then(|| doctor.config.namespace.clone()),
        verb: Some(verb.to_owned()),
        group: Some(group.to_owned()),
        resource: Some(resource.to_owned()),
        ..ResourceAttributes::default()
    };
    let spec = SelfSubjectAccessReviewSpec { resource_attributes: Some(attributes), ..Default::default() };
    let review = SelfSubjectAccessReview { spec, ..SelfSubjectAccessReview::default() };
    let api: Api<SelfSubjectAccessReview> = Api::all(doctor.client.clone());
    let answer = call(&doctor.gate, api.create(&PostParams::default(), &review)).await?;
    Ok(answer.status.is_some_and(|status| status.allowed))
}
