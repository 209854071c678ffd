//! Worlds: the ways that a plugin could be where nobody knows which it is.

use alloc::vec::Vec;

use super::{Behaviour, Profile, Touches};
use crate::options::{Established, Options};
use crate::policy::{PolicyKind, PolicySet};

/// The most ways that unknown behaviours are followed in; past them nothing is known.
const MOST_WORLDS: usize = 256;

/// For each behaviour, which of its ways.
pub(super) type Way = Vec<usize>;

/// The ways that behaviours could be together, the first of each first, and whether there are more; those that are not
/// followed stay in their first.
///
/// An API that no policy is of cannot make any difference.
pub(super) fn ways(
    behaviours: &[Behaviour],
    policies: &PolicySet,
    is_followed: impl Fn(&Behaviour) -> bool,
) -> (Vec<Way>, bool) {
    let has = |wanted: &dyn Fn(PolicyKind) -> bool| policies.policies().any(|(_, it)| wanted(it.rank.kind()));
    let has_cluster = has(&|kind| kind == PolicyKind::ClusterNetworkPolicy);
    let has_admin =
        has(&|kind| matches!(kind, PolicyKind::AdminNetworkPolicy | PolicyKind::BaselineAdminNetworkPolicy));
    let ways_of = |behaviour: &Behaviour| match behaviour.touches {
        Touches::AdminNetworkPolicies if !has_admin => 1,
        Touches::ClusterNetworkPolicies if !has_cluster => 1,
        _ if !is_followed(behaviour) => 1,
        _ => behaviour.ways(),
    };
    let mut ways: Vec<Way> = alloc::vec![Vec::new()];
    for behaviour in behaviours {
        let longer = |way: &Way| {
            let way = way.clone();
            (0..ways_of(behaviour)).map(move |next| way.iter().copied().chain([next]).collect::<Way>())
        };
        ways = ways.iter().flat_map(longer).collect();
        if ways.len() > MOST_WORLDS {
            return (alloc::vec![alloc::vec![0; behaviours.len()]], true);
        }
    }
    (ways, false)
}

impl Profile {
    /// The options under which the plugin may decide new connections between different ends, in each way that it could
    /// be: one where all is known that such connections depend on. Nothing where there are too many ways to follow.
    ///
    /// What becomes of connections that exist, and of a pod and itself, is left as the first way has it.
    ///
    /// # Complexity
    /// As many as the product of the unknown behaviours' ways; at most 256.
    #[must_use]
    pub fn worlds(&self, policies: &PolicySet) -> Option<Vec<Options>> {
        let behaviours = self.behaviours();
        let (ways, is_cut) = ways(&behaviours, policies, is_about_new_connections);
        let options = |way: Way| {
            let mut options = Options::default();
            behaviours.iter().zip(way).for_each(|(behaviour, way)| behaviour.apply(way, &mut options));
            options
        };
        (!is_cut).then(|| ways.into_iter().map(options).collect())
    }
}

/// Whether a behaviour can make a difference to new connections between different ends.
fn is_about_new_connections(behaviour: &Behaviour) -> bool {
    let changes = |way| {
        let mut options = Options::default();
        behaviour.apply(way, &mut options);
        options.established = Established::default();
        options != Options::default()
    };
    !behaviour.is_about_hairpins() && (0..behaviour.ways()).any(changes)
}
