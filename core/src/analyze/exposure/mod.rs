//! Exposure: what pods that are not in the cluster could reach, or be reached by, if they came.
//!
//! A list of connections speaks of the pods that are there. Policies speak of labels, and a pod that has them may come
//! any day, in any namespace. Exposure says which: for each workload and direction the peers that its own policies admit,
//! told by the conditions that they have to meet.
//!
//! # What a peer is here
//!
//! A pod that the cluster does not have: in a namespace that is there or in a new one, with any labels, any address that
//! is no node's and no known domain name's, any names for its ports; not in its node's network. Of its own policies
//! nothing is said: which ones select it depends on the labels that it comes with, and they are asked as for every pod.
//!
//! # How answers are to be read
//!
//! A side is a list of [`Exposed`] lines. A flow with an absent pod passes the workload's side if *some* line holds it:
//! the port is among the line's ports, the peer meets each condition in [`PeerTerm::all_of`], and of no list in
//! [`PeerTerm::none_of`] does it meet every condition. That is exact, tiers and actions included: lines are what is left
//! of rules that allow where rules that deny or pass come before them. A workload whose pods differ in their port names
//! has the lines of each.

mod terms;

use alloc::vec::Vec;

use super::connectivity::Connectivity;
use super::ends::WorkloadName;
use super::ports::PortSet;
use crate::Engine;
use crate::cluster::PodId;
use crate::compile::effect;
use crate::lower::looks_at_traffic;
use crate::net::{IpBlock, L4Protocol, PortName};
use crate::options::{EgressPortNames, LabelDomain, Options};
use crate::policy::{Direction, PodMatch};
use crate::sorted::SortedMap;

/// Something that an absent pod may be.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum PeerCondition {
    /// It has an address, and that is in the block (NP-014, NP-015).
    Address(IpBlock),
    /// It gives the flow's port this name (NP-008).
    PortName {
        /// The port's protocol.
        protocol: L4Protocol,
        /// The name.
        name: PortName,
    },
    /// Namespace and labels match (NP-011).
    Pods(PodMatch),
}

/// Which absent pods a line holds: those that meet all of some conditions, and of no list in others all.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct PeerTerm {
    /// Each has to hold; without any, every pod is meant.
    pub all_of: Vec<PeerCondition>,
    /// Of each list, one at least must not hold.
    pub none_of: Vec<Vec<PeerCondition>>,
}

/// Absent pods, and the ports on which a side lets them through.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Exposed {
    /// Who.
    pub peers: PeerTerm,
    /// On which ports: of the workload for ingress, of the peer for egress.
    pub ports: PortSet,
}

/// What some workloads, which are exposed alike, admit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exposure {
    /// The workloads, by name.
    pub workloads: Vec<WorkloadName>,
    /// Who could reach them.
    pub ingress: Vec<Exposed>,
    /// Whom they could reach.
    pub egress: Vec<Exposed>,
}

/// Why the options leave exposure without an exact answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExposureError {
    /// Names of ports stand for what the pods that are there call so, which an absent pod would change.
    #[error("the option `egress-port-names` makes port names depend on all pods that there are")]
    PortNames,
    /// What policies see of a pod is not what it has.
    #[error("the option `label-domain` changes the labels that policies see")]
    Labels,
    /// Some traffic is decided before policies.
    #[error("the options `sctp`, `tunnels` or `ipv6` decide traffic before policies do")]
    Traffic,
    /// Most sides are decided elsewhere.
    #[error("the engine decides for the pods of one node only")]
    OneNode,
}

impl Exposure {
    /// The exposure of a cluster's workloads, those that are exposed alike together, by name.
    ///
    /// ```
    /// use portcullis::analyze::{Connectivity, Exposure};
    /// use portcullis::cluster::{ClusterBuilder, Pod};
    /// use portcullis::policy::PolicySet;
    /// use portcullis::{Engine, Options};
    ///
    /// let mut builder = ClusterBuilder::new();
    /// builder.pod(Pod::new("shop", "web"));
    /// let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
    /// let exposure = Exposure::of(&engine, &Connectivity::of(&engine)).unwrap();
    /// // Nothing isolates it, so that whoever comes can reach it.
    /// assert!(exposure[0].ingress[0].peers.all_of.is_empty() && exposure[0].ingress[0].ports.is_all());
    /// ```
    ///
    /// # Errors
    /// When the options make the answer depend on more than the policies.
    ///
    /// # Complexity
    /// Linear in workloads that policies tell apart times the policies; quadratic in the rules of one workload that deny
    /// or pass.
    pub fn of(engine: &Engine, connectivity: &Connectivity) -> Result<Vec<Self>, ExposureError> {
        check(engine.options())?;
        if engine.node().is_some() {
            return Err(ExposureError::OneNode);
        }
        let ends = &connectivity.ends;
        let mut of_class: SortedMap<usize, (Vec<Exposed>, Vec<Exposed>)> = SortedMap::new();
        let mut alike: SortedMap<(Vec<Exposed>, Vec<Exposed>), Vec<WorkloadName>> = SortedMap::new();
        for (name, class) in &ends.workloads {
            let sides = of_class.entry(*class).or_insert_with(|| {
                let faces = ends.classes.get(*class).map(|class| class.faces.as_slice()).unwrap_or_default();
                let pods: Vec<Option<PodId>> = faces.iter().map(|face| face.resolved.identity).collect();
                (side(engine, &pods, Direction::Ingress), side(engine, &pods, Direction::Egress))
            });
            alike.entry(sides.clone()).or_default().push(name.clone());
        }
        let make = |((ingress, egress), workloads)| Self { workloads, ingress, egress };
        let mut all: Vec<Self> = alike.into_iter().map(make).collect();
        all.sort_by(|a, b| a.workloads.cmp(&b.workloads));
        Ok(all)
    }
}

fn check(options: Options) -> Result<(), ExposureError> {
    if options.label_domain != LabelDomain::Own {
        return Err(ExposureError::Labels);
    }
    if options.egress_port_names != EgressPortNames::Destination {
        return Err(ExposureError::PortNames);
    }
    if looks_at_traffic(options) {
        return Err(ExposureError::Traffic);
    }
    Ok(())
}

/// What the policies of some pods, which are alike to policies but for their port names, let through.
fn side(engine: &Engine, pods: &[Option<PodId>], direction: Direction) -> Vec<Exposed> {
    let mut lines = Vec::new();
    for pod in pods {
        match pod {
            Some(pod) => lines.extend(of_pod(engine, *pod, direction)),
            // Policies select no pod in its node's network (NP-019).
            None => lines.push(Exposed { peers: PeerTerm::default(), ports: PortSet::all() }),
        }
    }
    terms::fewest(lines)
}

fn of_pod(engine: &Engine, pod: PodId, direction: Direction) -> Vec<Exposed> {
    let (policies, options) = (engine.enforced_policies(), engine.options());
    let mut selecting = engine.selecting(pod);
    policies.sort(&mut selecting, options);
    let Some(deciding) = policies.deciding_rules(&selecting, direction, options) else {
        return alloc::vec![Exposed { peers: PeerTerm::default(), ports: PortSet::all() }];
    };
    let of_rule = |id: &crate::policy::RuleId| {
        let rule = policies.rule(*id)?.rule;
        let effect = effect(rule, options);
        let destination = (direction == Direction::Ingress).then(|| engine.cluster().pod(pod)).flatten();
        Some((effect.action, terms::of(effect.peers, effect.traffic, destination, options)))
    };
    let rules: Vec<_> = deciding.rules.iter().filter_map(of_rule).collect();
    let (admin, others) = rules.split_at(deciding.admin.min(rules.len()));
    let everybody = alloc::vec![Exposed { peers: PeerTerm::default(), ports: PortSet::all() }];
    let mut lines = terms::allowed(admin);
    let reaching = terms::not_denied(admin, &everybody);
    if deciding.isolated {
        // NP-017: what any rule allows.
        let allowed = terms::allowed(others);
        lines.extend(terms::both(&reaching, &allowed));
    } else {
        // CNP-006: what Baseline neither allows nor denies is allowed too.
        let passed: Vec<Exposed> =
            terms::allowed(others).into_iter().chain(terms::not_denied(others, &everybody)).collect();
        lines.extend(terms::both(&reaching, &passed));
    }
    lines
}
