//! On a real cluster (feature `cluster`): `KUBECONFIG` says how to reach it, `CLUSTER_AGENT_IMAGE` names an image with
//! the agent, `CLUSTER_MACHINE_IMAGE` one with `/bin/sleep`; both names as the cluster's nodes pull them.

mod bench;
mod conformance;
mod lifecycle;
