//! Noticing that something changed, by looking: often while a machine starts or ends, else now and then.

use std::collections::BTreeMap;
use std::io;
use std::mem::{Discriminant, discriminant};
use std::time::Duration;

use domain::provider::{ResourceId, State};

use crate::ground::Ground;
use crate::observe;

/// How often machines are looked at while one is on its way.
const MOVING_POLL: Duration = Duration::from_millis(10);
/// How often they are looked at when none is.
const STILL_POLL: Duration = Duration::from_millis(200);

/// The state of every machine at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sight(BTreeMap<ResourceId, Discriminant<State>>);

impl Sight {
    /// Looks, and says when to look again.
    pub(crate) fn take(ground: &Ground) -> io::Result<(Self, Duration)> {
        let mut seen = BTreeMap::new();
        let mut moving = false;
        for (folder, record) in observe::all(ground)? {
            if let Some(resource) = observe::resource(ground, &folder, &record)? {
                moving |= matches!(resource.state, State::Pending(_) | State::Deleting);
                seen.insert(resource.id, discriminant(&resource.state));
            }
        }
        Ok((Self(seen), if moving { MOVING_POLL } else { STILL_POLL }))
    }
}
