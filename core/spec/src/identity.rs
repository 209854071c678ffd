//! Who an end of a flow is: a pod under policy, or why it is none; and whose address an address is.

use std::cmp::Reverse;
use std::net::IpAddr;

use portcullis::Reason;
use portcullis::cluster::{Phase, Pod, PodId};
use portcullis::flow::End;
use portcullis::options::{FinishedPods, HostNetwork};

use crate::Spec;

impl<'a> Spec<'a> {
    /// The pod that an end is, for policies; else why it is none.
    pub(crate) fn identity(&self, end: End) -> Result<(PodId, &'a Pod), Reason> {
        match (end.pod(), end.address()) {
            (Some(id), _) => self.named(id),
            (None, Some(address)) => self.owner(address).ok_or(Reason::NotAPod),
            (None, None) => Err(Reason::NotAPod),
        }
    }

    /// The identity of a pod that was named.
    pub(crate) fn named(&self, id: PodId) -> Result<(PodId, &'a Pod), Reason> {
        // A flow that was made for another cluster has no answer here, least of all a friendly one.
        let pod = self.cluster.pod(id).ok_or(Reason::NotEvaluated)?;
        // NP-025: a pod that has ended is nobody.
        if has_ended(pod) && self.options.finished_pods == FinishedPods::Dropped {
            return Err(Reason::FinishedPod);
        }
        // NP-019: a pod on its node's network is that node.
        if pod.host_network && self.options.host_network == HostNetwork::Node {
            return Err(Reason::HostNetwork);
        }
        Ok((id, pod))
    }

    /// The pod that an address belongs to.
    fn owner(&self, address: IpAddr) -> Option<(PodId, &'a Pod)> {
        // NP-027: every address of a pod is the pod's. NP-019: the address of a host-network pod is the node's.
        let holders: Vec<_> = self
            .cluster
            .pods()
            .filter(|(_, pod)| !pod.host_network && pod.addresses.contains(&address))
            .collect();
        let alive = holders.iter().filter(|(_, pod)| !has_ended(pod));
        let ended = holders.iter().filter(|(_, pod)| has_ended(pod));
        // NP-025: the address of a pod that has ended is free for the next one.
        let latest = newest(alive);
        match self.options.finished_pods {
            FinishedPods::Dropped => latest,
            FinishedPods::Kept => latest.or_else(|| newest(ended)),
        }
    }

    /// Whether an end that is no pod under policy is the node that a pod runs on.
    pub(crate) fn is_own_node(&self, pod: &Pod, peer: End) -> bool {
        // NP-018, NP-019: a host-network pod beside the pod is its node.
        let beside = peer
            .pod()
            .and_then(|id| self.cluster.pod(id))
            .is_some_and(|other| other.host_network && other.node.is_some() && other.node == pod.node);
        // NP-018: any address of the node will do, by its own object or by what the pod's status says.
        let at_its_address = peer.address().is_some_and(|address| {
            let its_object = self.cluster.nodes().find(|(_, node)| Some(&node.name) == pod.node.as_ref());
            pod.host_addresses.contains(&address)
                || its_object.is_some_and(|(_, node)| node.addresses.contains(&address))
        });
        beside || at_its_address
    }
}

/// Whether a pod's containers have all ended for good.
fn has_ended(pod: &Pod) -> bool {
    // NP-025: a pod that is being deleted lives until it is gone.
    match pod.phase {
        Phase::Failed | Phase::Succeeded => true,
        Phase::Pending | Phase::Running | Phase::Unknown => false,
    }
}

/// Of several pods that claim one address, the one that most likely has it by now (NP-025).
fn newest<'p, 'a: 'p>(claimants: impl Iterator<Item = &'p (PodId, &'a Pod)>) -> Option<(PodId, &'a Pod)> {
    claimants
        .max_by_key(|(_, pod)| {
            let name = (&pod.namespace, &pod.identity);
            (pod.phase == Phase::Running, !pod.terminating, pod.created.as_ref(), Reverse(name))
        })
        .copied()
}
