//! What a student's processes in a pod cannot do. Each attempt is seen to succeed where nothing stands against it, so
//! that a refusal says something: from a pod without limits, or once the policy or limit is taken away.

mod bystander;
mod containment;
mod control;
mod network;
mod privilege;
mod scene;
