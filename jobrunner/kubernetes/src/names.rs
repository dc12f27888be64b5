//! Names, labels and ids: everything is made of [`Tags`], so that every call can be repeated.
//!
//! A pod's name says which machine it is and not which incarnation: the cluster itself then never has two pods of one
//! machine, whoever asks, however late.

use std::collections::BTreeMap;

use domain::provider::{Kind, ResourceId, StoreEpoch, Tags};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;

/// Labels of everything that is ours.
pub(crate) const REGION: &str = "qingjiao.io/region";
pub(crate) const EPOCH: &str = "qingjiao.io/epoch";
pub(crate) const SANDBOX: &str = "qingjiao.io/sandbox";
pub(crate) const MACHINE: &str = "qingjiao.io/machine";
pub(crate) const INCARNATION: &str = "qingjiao.io/incarnation";
pub(crate) const CREATION_NUMBER: &str = "qingjiao.io/creation-number";
pub(crate) const TENANT: &str = "qingjiao.io/tenant";
/// Which of the network policies for egress selects a pod.
pub(crate) const EGRESS: &str = "qingjiao.io/egress";
/// When it was asked for: the cluster's own moment has whole seconds only.
pub(crate) const ASKED_AT: &str = "qingjiao.io/asked-at";
/// When a home may be swept.
pub(crate) const EXPIRES_AT: &str = "qingjiao.io/expires-at";

/// The name of a machine's pod.
pub(crate) fn pod(tags: &Tags) -> String {
    format!("{}-{}", tags.sandbox, tags.machine)
}

/// The name of a home's claim; the tags' incarnation is the home's generation.
pub(crate) fn home(tags: &Tags) -> String {
    format!("{}-{}-home-{}", tags.sandbox, tags.machine, tags.incarnation)
}

/// The name that an object of this kind with these tags has.
pub(crate) fn of(kind: Kind, tags: &Tags) -> String {
    match kind {
        Kind::Machine => pod(tags),
        Kind::Home => home(tags),
    }
}

/// Tags as labels.
pub(crate) fn labels(tags: &Tags) -> BTreeMap<String, String> {
    [
        ("app.kubernetes.io/managed-by", "qingjiao".to_owned()),
        (REGION, tags.region.to_string()),
        (EPOCH, tags.epoch.0.clone()),
        (SANDBOX, tags.sandbox.to_string()),
        (MACHINE, tags.machine.to_string()),
        (INCARNATION, tags.incarnation.to_string()),
        (CREATION_NUMBER, tags.creation_number.to_string()),
    ]
    .map(|(key, value)| (key.to_owned(), value))
    .into()
}

/// The tags of an object; none when it is not ours, even if it carries some of our labels.
pub(crate) fn tags(kind: Kind, meta: &ObjectMeta) -> Option<Tags> {
    let label = |key: &str| meta.labels.as_ref()?.get(key);
    let tags = Tags {
        region: label(REGION)?.parse().ok()?,
        epoch: StoreEpoch(label(EPOCH)?.clone()),
        sandbox: label(SANDBOX)?.parse().ok()?,
        machine: label(MACHINE)?.parse().ok()?,
        incarnation: label(INCARNATION)?.parse().ok()?,
        creation_number: label(CREATION_NUMBER)?.parse().ok()?,
    };
    (meta.name.as_deref() == Some(&of(kind, &tags))).then_some(tags)
}

/// An object by kind, name and the uid that is never used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectId {
    pub(crate) kind: Kind,
    pub(crate) name: String,
    pub(crate) uid: String,
}

impl ObjectId {
    /// The id of an object; none before the cluster gave it one.
    pub(crate) fn of(kind: Kind, meta: &ObjectMeta) -> Option<Self> {
        Some(Self { kind, name: meta.name.clone()?, uid: meta.uid.clone()? })
    }

    /// Reads a provider's id; none when it is not one of ours.
    pub(crate) fn parse(id: &ResourceId) -> Option<Self> {
        let mut parts = id.0.split('/');
        let kind = match parts.next()? {
            "pod" => Kind::Machine,
            "claim" => Kind::Home,
            _ => return None,
        };
        let (name, uid) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        (parts.next().is_none() && !name.is_empty() && !uid.is_empty()).then_some(Self { kind, name, uid })
    }

    /// The provider's id: `pod/NAME/UID` or `claim/NAME/UID`.
    pub(crate) fn resource(&self) -> ResourceId {
        let kind = match self.kind {
            Kind::Machine => "pod",
            Kind::Home => "claim",
        };
        ResourceId(format!("{kind}/{}/{}", self.name, self.uid))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tagged() -> Tags {
        Tags {
            region: "bj".parse().unwrap(),
            epoch: StoreEpoch("E7".to_owned()),
            sandbox: "bj-abcdefghij234567".parse().unwrap(),
            machine: "main".parse().unwrap(),
            incarnation: 3,
            creation_number: 41,
        }
    }

    fn meta(name: String) -> ObjectMeta {
        ObjectMeta { name: Some(name), labels: Some(labels(&tagged())), ..ObjectMeta::default() }
    }

    #[test]
    fn tags_come_back_from_labels_only_under_their_own_name() {
        assert_eq!(tags(Kind::Machine, &meta(pod(&tagged()))), Some(tagged()));
        assert_eq!(tags(Kind::Home, &meta(home(&tagged()))), Some(tagged()));
        assert_eq!(tags(Kind::Machine, &meta("look-alike".to_owned())), None);
        let mut strange = meta(pod(&tagged()));
        strange.labels.as_mut().unwrap().insert(INCARNATION.to_owned(), "third".to_owned());
        assert_eq!(tags(Kind::Machine, &strange), None);
    }

    #[test]
    fn ids_are_read_as_written() {
        let id = ObjectId { kind: Kind::Home, name: "a-b".to_owned(), uid: "12-34".to_owned() };
        assert_eq!(ObjectId::parse(&id.resource()), Some(id));
        for strange in ["never-was", "pod/a", "pod//1", "node/a/1", "pod/a/1/2"] {
            assert_eq!(ObjectId::parse(&ResourceId(strange.to_owned())), None, "{strange}");
        }
    }
}
