//! The engine: a compiled cluster that decides flows and explains its decisions.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::cluster::{Cluster, PodId};
use crate::compile::{Live, Resolved, Scope, is_own_node, resolve_port_name};
use crate::decision::{Decide, Decision, Reason, Side};
use crate::delta::{Delta, DeltaError, check};
use crate::flow::{Connection, End, Flow, Transport};
use crate::image::{Image, ImagePatch, Packet, RawSide, packet_flag, transport_key};
use crate::net::{L4Protocol, PortName};
use crate::options::{Established, Loopback, NodeToOwnPod, Options, OtherProtocols, PodToOwnNode};
use crate::policy::{Direction, PolicySet};
#[cfg(feature = "std")]
use crate::publish::{Publisher, Reader};

/// A cluster and its policies, compiled, and kept up to date by [`Delta`]s.
///
/// ```
/// use portcullis::cluster::{ClusterBuilder, Pod, PodIdentity};
/// use portcullis::flow::{Endpoint, Flow, Transport};
/// use portcullis::net::L4Protocol;
/// use portcullis::policy::{NamespaceMatch, PodMatch, Policy, PolicySet};
/// use portcullis::selector::Selector;
/// use portcullis::source::Origin;
/// use portcullis::{Decide, Engine, Options, Reason, Verdict};
///
/// let mut builder = ClusterBuilder::new();
/// builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
/// let cluster = builder.build().unwrap();
/// let deny_all = Policy {
///     namespace: "shop".into(),
///     name: "default-deny".into(),
///     subject: PodMatch { namespaces: NamespaceMatch::Named("shop".into()), pods: Selector::everything() },
///     ingress: Some(vec![]),
///     egress: None,
///     origin: Origin::default(),
/// };
/// let pod = |name: &str| Endpoint::Pod(cluster.find_pod("shop", &PodIdentity::Named(name.into())).unwrap());
/// let flow = Flow::new(&cluster, pod("web"), pod("db"), Transport::new(L4Protocol::Tcp, 5432)).unwrap();
/// let engine = Engine::new(cluster, PolicySet::new([deny_all]).unwrap(), Options::default());
///
/// let decision = engine.decide(&flow);
/// assert_eq!(decision.verdict(), Verdict::Deny);
/// assert_eq!((decision.egress.reason, decision.ingress.reason), (Reason::NoPolicy, Reason::Isolated));
/// ```
#[derive(Clone, Debug)]
pub struct Engine {
    cluster: Cluster,
    policies: PolicySet,
    options: Options,
    scope: Scope,
    live: Box<Live>,
    #[cfg(feature = "std")]
    publisher: Publisher,
}

impl Engine {
    /// Compiles a cluster and its policies.
    #[must_use]
    pub fn new(cluster: Cluster, policies: PolicySet, options: Options) -> Self {
        Self::of_scope(cluster, policies, options, Scope::default())
    }

    /// Compiles what an agent on one node needs: its own pods' policies, with everyone as peers.
    ///
    /// The side of a pod on another node, or on none that is known, is [`Reason::Skipped`]: allowed *here*, because the
    /// agent of its own node decides it. Every other side is decided as [`Engine::new`] has it. A flow without an end on
    /// the node is skipped on both sides and says nothing: such an answer is not this engine's to give.
    ///
    /// Deltas are those of the whole cluster; a pod that comes to the node brings the policies that select it.
    ///
    /// ```
    /// use portcullis::cluster::{ClusterBuilder, Pod, PodIdentity};
    /// use portcullis::flow::{Endpoint, Flow, Transport};
    /// use portcullis::net::L4Protocol;
    /// use portcullis::policy::PolicySet;
    /// use portcullis::{Decide, Engine, Options, Reason};
    ///
    /// let on = |name: &str, node: &str| Pod { node: Some(node.into()), ..Pod::new("shop", name) };
    /// let mut builder = ClusterBuilder::new();
    /// builder.pod(on("web", "node-a")).pod(on("db", "node-b"));
    /// let cluster = builder.build().unwrap();
    /// let pod = |name: &str| Endpoint::Pod(cluster.find_pod("shop", &PodIdentity::Named(name.into())).unwrap());
    /// let flow = Flow::new(&cluster, pod("web"), pod("db"), Transport::new(L4Protocol::Tcp, 5432)).unwrap();
    /// let engine = Engine::for_node(cluster, PolicySet::default(), Options::default(), "node-a");
    ///
    /// let decision = engine.decide(&flow);
    /// assert_eq!((decision.egress.reason, decision.ingress.reason), (Reason::NoPolicy, Reason::Skipped));
    /// ```
    #[must_use]
    pub fn for_node(cluster: Cluster, policies: PolicySet, options: Options, node: &str) -> Self {
        Self::of_scope(cluster, policies, options, Scope::of_node(node))
    }

    fn of_scope(cluster: Cluster, policies: PolicySet, options: Options, scope: Scope) -> Self {
        let live = Box::new(Live::new(&cluster, &policies, options, &scope, 0));
        Self {
            cluster,
            policies,
            options,
            scope,
            live,
            #[cfg(feature = "std")]
            publisher: Publisher::default(),
        }
    }

    /// Applies one delta: a transaction of its own.
    ///
    /// # Errors
    /// As [`Engine::apply_all`].
    pub fn apply(&mut self, delta: Delta) -> Result<u32, DeltaError> {
        self.apply_all([delta])
    }

    /// Applies deltas in order as one transaction, and gives the generation that it makes.
    ///
    /// Ids of objects that live on stay what they are; flows that name an object that is gone are of no use any more.
    ///
    /// # Errors
    /// When one of them cannot be applied; then none is.
    pub fn apply_all(&mut self, deltas: impl IntoIterator<Item = Delta>) -> Result<u32, DeltaError> {
        let deltas: Vec<Delta> = deltas.into_iter().collect();
        check(&deltas, &self.cluster, &self.policies)?;
        let generation = self.image().generation().wrapping_add(1);
        self.live.begin();
        for delta in deltas {
            self.change(delta);
        }
        self.live.end(&self.cluster, &self.policies, generation);
        #[cfg(feature = "std")]
        self.publisher.publish(self.live.lines());
        Ok(generation)
    }

    /// What the last transaction has changed in the image; nothing before the first.
    #[must_use]
    pub fn patch(&self) -> Option<ImagePatch> {
        self.live.patch()
    }

    /// A reader, for any thread: it sees the newest image while deltas are applied here, and neither side waits.
    ///
    /// From then on the engine keeps two images; without readers it changes its one in place.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn reader(&mut self) -> Reader {
        self.live.share();
        self.publisher.reader(self.live.lines())
    }

    fn change(&mut self, delta: Delta) {
        let live = &mut self.live;
        match delta {
            Delta::PutPod(pod) => {
                let id = self.cluster.put_pod(pod);
                live.pod_put(&self.cluster, &self.policies, id);
            }
            Delta::RemovePod { namespace, identity } => {
                if let Some(id) = self.cluster.remove_pod(&namespace, &identity) {
                    live.pod_removed(&self.cluster, id);
                }
                self.forget_namespace(&namespace);
            }
            Delta::PutNamespace { name, labels } => {
                let id = self.cluster.put_namespace(name, labels);
                live.namespace_changed(&self.cluster, &self.policies, id);
            }
            Delta::RemoveNamespace { name } => {
                let id = self.cluster.retract_namespace(&name);
                live.namespace_changed(&self.cluster, &self.policies, id);
                self.forget_namespace(&name);
            }
            Delta::PutNode(node) => {
                // NP-018 is about flags that the caller computes: the image knows no node.
                self.cluster.put_node(node);
            }
            Delta::RemoveNode { name } => {
                self.cluster.remove_node(&name);
            }
            Delta::PutPolicy(policy) => {
                self.cluster.mention_namespace(&policy.namespace);
                if let Some(id) = self.policies.find(&policy.namespace, &policy.name) {
                    live.policy_going(&self.policies, id);
                }
                let (id, _) = self.policies.put(policy);
                live.policy_put(&self.cluster, &self.policies, id);
            }
            Delta::RemovePolicy { namespace, name } => {
                if let Some(id) = self.policies.find(&namespace, &name) {
                    live.policy_going(&self.policies, id);
                }
                self.policies.remove(&namespace, &name);
                self.forget_namespace(&namespace);
            }
        }
    }

    /// Lets go of a namespace that no object declares, no pod is in and no policy.
    fn forget_namespace(&mut self, name: &str) {
        if !self.policies.is_in_use(name)
            && let Some(id) = self.cluster.forget_namespace(name)
        {
            self.live.namespace_forgotten(id);
        }
    }

    /// The cluster.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// The policies.
    #[must_use]
    pub fn policies(&self) -> &PolicySet {
        &self.policies
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> Options {
        self.options
    }

    /// The node whose pods' sides are decided; nothing where all pods' are.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.scope.node()
    }

    /// The compiled image.
    #[must_use]
    pub fn image(&self) -> Image<'_> {
        Image::of_own_lines(self.live.lines())
    }

    /// The pod that an end is to policies: the named one, or the one that owns the address; nothing for nodes, pods
    /// that have ended and host-network pods (as far as the options say so), and the outside.
    #[must_use]
    pub fn pod_of(&self, end: End) -> Option<PodId> {
        self.resolve(end)?.identity
    }

    /// The port numbers that a name stands for on a pod, sorted; none where the pod does not have it (NP-008).
    #[must_use]
    pub fn port_numbers(&self, pod: PodId, protocol: L4Protocol, name: &PortName) -> Vec<u16> {
        let mut numbers = resolve_port_name(self.cluster.pod(pod), protocol, name, self.options);
        // Port 0 is what rules hold instead of a name that does not resolve; it is no port of the pod.
        numbers.retain(|number| *number != 0);
        numbers
    }

    /// The packet that stands for a flow, with the flags that a host fills in from the cluster.
    ///
    /// Nothing where packets cannot say what the flow does: an end has no address, or names a pod that is not what its
    /// address is to policies.
    #[must_use]
    pub fn packet(&self, flow: &Flow) -> Option<Packet> {
        let (source_end, destination_end) = (flow.source(), flow.destination());
        let (source, destination) = (self.resolve(source_end)?, self.resolve(destination_end)?);
        let (from, to) = (source_end.address()?, destination_end.address()?);
        for (resolved, address) in [(source, from), (destination, to)] {
            let seen = self.resolve(End::of_address(address))?;
            if (seen.atom, seen.identity) != (resolved.atom, resolved.identity) {
                return None;
            }
        }
        let own_node = |subject: Resolved, peer: Resolved, peer_end| {
            let pod = subject.identity.filter(|_| peer.identity.is_none());
            pod.is_some_and(|pod| is_own_node(&self.cluster, pod, peer_end))
        };
        let same_pod = source.identity.is_some() && source.identity == destination.identity;
        let flags = [
            (own_node(destination, source, source_end), packet_flag::FROM_OWN_NODE),
            (own_node(source, destination, destination_end), packet_flag::TO_OWN_NODE),
            (same_pod, packet_flag::SAME_POD),
            (flow.connection() == Connection::Reply, packet_flag::REPLY),
            (flow.connection() == Connection::Established, packet_flag::ESTABLISHED),
        ];
        let set = flags.into_iter().filter(|(set, _)| *set).fold(0, |flags, (_, flag)| flags | flag);
        let (source_port, port, icmp) = match flow.transport() {
            Transport::Ports { source_port, port, .. } => (source_port.unwrap_or(0), port, (0, 0)),
            Transport::Other { icmp, .. } => (0, 0, icmp.unwrap_or((0, 0))),
        };
        Some(Packet {
            flags: set,
            source_port: source_port.to_le_bytes(),
            icmp_type: icmp.0,
            icmp_code: icmp.1,
            ..Packet::new(from, to, flow.transport().protocol(), port)
        })
    }

    /// An end as policies see it.
    pub(crate) fn resolve(&self, end: End) -> Option<Resolved> {
        self.live.directory().resolve(end, &self.image())
    }

    fn side(
        &self,
        flow: &Flow,
        direction: Direction,
        subject: Resolved,
        peer: Resolved,
        peer_end: End,
    ) -> Side {
        if let Some(reason) = self.exemption(flow, direction, subject, peer, peer_end) {
            return Side::without_rule(reason);
        }
        let key = transport_key(flow.transport());
        let image = self.image();
        let RawSide { reason, rule } = image.side(subject.atom, peer.atom, direction, key);
        let reason = Reason::from_number(reason);
        // NP-021: the option denies such protocols to every isolated pod, whatever its rules say.
        let is_other = matches!(flow.transport(), Transport::Other { .. });
        let denied = is_other && self.options.other_protocols == OtherProtocols::Deny;
        match reason {
            Reason::Isolated | Reason::Rule if denied => Side::without_rule(Reason::ProtocolDenied),
            reason => Side { reason, rule: image.rule(rule) },
        }
    }

    /// Why a side passes before any policy is asked.
    pub(crate) fn exemption(
        &self,
        flow: &Flow,
        direction: Direction,
        subject: Resolved,
        peer: Resolved,
        peer_end: End,
    ) -> Option<Reason> {
        let options = &self.options;
        match flow.connection() {
            // NP-022: replies of an allowed connection are allowed; the caller says which packets are.
            Connection::Reply => return Some(Reason::Reply),
            // NP-023: what becomes of connections that exist is the implementation's choice.
            Connection::Established if options.established == Established::Kept => {
                return Some(Reason::Established);
            }
            Connection::Established | Connection::New => {}
        }
        // NP-017: policies select pods; whatever is none has no policy on its side.
        let Some(pod) = subject.identity else { return Some(subject.exempt) };
        // NP-020: a pod cannot block access to itself.
        if peer.identity == Some(pod) && options.loopback == Loopback::Allowed {
            return Some(Reason::Loopback);
        }
        // NP-018: from its own node to a pod always; the other way policies count.
        let exempt = match direction {
            Direction::Ingress => options.node_to_own_pod == NodeToOwnPod::Exempt,
            Direction::Egress => options.pod_to_own_node == PodToOwnNode::Exempt,
        };
        if exempt && peer.identity.is_none() && is_own_node(&self.cluster, pod, peer_end) {
            return Some(Reason::OwnNode);
        }
        // NP-021: some plugins let every protocol without ports pass.
        let is_other = matches!(flow.transport(), Transport::Other { .. });
        if is_other && options.other_protocols == OtherProtocols::Allow {
            return Some(Reason::ProtocolExempt);
        }
        let is_own = self.cluster.pod(pod).is_some_and(|pod| self.scope.holds(pod));
        (!is_own).then_some(Reason::Skipped)
    }
}

impl Decide for Engine {
    /// Decides one flow.
    ///
    /// A flow that was made for another cluster, with ends that this one does not know, is denied as not evaluated.
    ///
    /// # Complexity
    /// Independent of the number of policies; allocates nothing.
    fn decide(&self, flow: &Flow) -> Decision {
        let (source_end, destination_end) = (flow.source(), flow.destination());
        let (Some(source), Some(destination)) = (self.resolve(source_end), self.resolve(destination_end))
        else {
            let side = Side::without_rule(Reason::NotEvaluated);
            return Decision { egress: side, ingress: side };
        };
        Decision {
            egress: self.side(flow, Direction::Egress, source, destination, destination_end),
            ingress: self.side(flow, Direction::Ingress, destination, source, source_end),
        }
    }
}
