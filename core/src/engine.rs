//! The engine: a compiled cluster that decides flows and explains its decisions.

use alloc::vec::Vec;

use crate::cluster::{Cluster, PodId};
use crate::compile::{Resolved, Scope, is_own_node, resolve_port_name};
use crate::decision::{Decide, Decision, Reason, Side};
use crate::delta::{Delta, DeltaError, check};
use crate::flow::{Connection, End, Flow, Transport};
use crate::image::{Image, ImagePatch, Packet, RawSide, packet_flag, transport_key};
use crate::lower;
use crate::net::{L4Protocol, PortName};
use crate::options::{Established, Loopback, NodeToOwnPod, Options, PodToOwnNode};
use crate::policy::{Direction, PolicySet};
#[cfg(feature = "std")]
use crate::publish::{Publisher, Reader};
#[cfg(all(feature = "std", not(target_family = "wasm")))]
use crate::rebuild::Beside;
use crate::state::State;

/// A cluster and its policies, compiled, and kept up to date by [`Delta`]s.
///
/// ```
/// use portcullis::cluster::{ClusterBuilder, Pod, PodIdentity};
/// use portcullis::flow::{Endpoint, Flow, Transport};
/// use portcullis::net::L4Protocol;
/// use portcullis::policy::{NamespaceMatch, PodMatch, Policy, PolicySet, Rank};
/// use portcullis::selector::Selector;
/// use portcullis::source::Origin;
/// use portcullis::{Decide, Engine, Options, Reason, Verdict};
///
/// let mut builder = ClusterBuilder::new();
/// builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
/// let cluster = builder.build().unwrap();
/// let deny_all = Policy {
///     rank: Rank::NetworkPolicy,
///     namespace: "shop".into(),
///     name: "default-deny".into(),
///     subject: PodMatch { namespaces: NamespaceMatch::Named("shop".into()), pods: Selector::everything() },
///     ingress: Some(vec![]),
///     egress: None,
///     unlisted: vec![],
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
    state: State,
    #[cfg(all(feature = "std", not(target_family = "wasm")))]
    beside: Beside,
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

    /// Compiles as [`Engine::new`] does, and has what the first tier says of peers in tables of its own wherever it can:
    /// for tests, since only clusters that are large have enough of it for that to be worth anything.
    #[cfg(feature = "gen")]
    #[must_use]
    pub fn in_layers(cluster: Cluster, policies: PolicySet, options: Options) -> Self {
        Self::of_scope(cluster, policies, options, Scope::in_layers())
    }

    fn of_scope(cluster: Cluster, policies: PolicySet, options: Options, scope: Scope) -> Self {
        Self {
            state: State::new(cluster, policies, options, scope, 0),
            #[cfg(all(feature = "std", not(target_family = "wasm")))]
            beside: Beside::default(),
            #[cfg(feature = "std")]
            publisher: Publisher::default(),
        }
    }

    /// Applies one delta: a transaction of its own.
    ///
    /// # Errors
    /// As [`Engine::apply_all`].
    pub fn apply(&mut self, delta: Delta) -> Result<u32, DeltaError> {
        self.transact([delta])
    }

    /// Applies deltas in order as one transaction, and gives the generation that it makes.
    ///
    /// Ids of objects that live on stay what they are; flows that name an object that is gone are of no use any more.
    ///
    /// # Errors
    /// When one of them cannot be applied; then none is.
    pub fn apply_all(&mut self, deltas: impl IntoIterator<Item = Delta>) -> Result<u32, DeltaError> {
        self.transact(deltas.into_iter().collect::<Vec<Delta>>())
    }

    fn transact(
        &mut self,
        deltas: impl AsRef<[Delta]> + IntoIterator<Item = Delta>,
    ) -> Result<u32, DeltaError> {
        check(deltas.as_ref(), &self.state.cluster, &self.state.policies)?;
        let generation = self.image().generation().wrapping_add(1);
        #[cfg(all(feature = "std", not(target_family = "wasm")))]
        self.beside.follow(&mut self.state, deltas.as_ref(), generation);
        self.state.apply(deltas, generation);
        if self.state.live.wants_rebuild() {
            self.build_anew(generation);
        }
        #[cfg(feature = "std")]
        self.publisher.publish(self.state.live.lines());
        Ok(generation)
    }

    /// Builds everything anew, so that what nobody needs any more takes no room; the engine does so by itself when
    /// that may be much.
    ///
    /// Where there are threads one of them builds, and a later transaction takes the outcome: none waits for it, only
    /// whoever drops the engine does. Else it is done when this returns.
    pub fn rebuild(&mut self) {
        self.build_anew(self.image().generation());
        #[cfg(feature = "std")]
        self.publisher.publish(self.state.live.lines());
    }

    fn build_anew(&mut self, generation: u32) {
        #[cfg(all(feature = "std", not(target_family = "wasm")))]
        if self.beside.start(&self.state, generation) {
            return;
        }
        self.state.rebuild(generation);
    }

    /// What the last transaction has changed in the image; nothing before the first.
    #[must_use]
    pub fn patch(&self) -> Option<ImagePatch> {
        self.state.live.patch()
    }

    /// A reader, for any thread: it sees the newest image while deltas are applied here, and neither side waits.
    ///
    /// From then on the engine keeps two images; without readers it changes its one in place.
    #[cfg(feature = "std")]
    #[must_use]
    pub fn reader(&mut self) -> Reader {
        self.state.live.share_with_room();
        self.publisher.reader(self.state.live.lines())
    }

    /// The cluster.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.state.cluster
    }

    /// The policies.
    #[must_use]
    pub fn policies(&self) -> &PolicySet {
        &self.state.policies
    }

    /// The cluster as the options have it: what selectors see.
    pub(crate) fn enforced_cluster(&self) -> &Cluster {
        self.state.enforced_cluster()
    }

    /// The policies as the options have them: what is compiled, each rule by the id of the one that it was.
    pub(crate) fn enforced_policies(&self) -> &PolicySet {
        self.state.enforced_policies()
    }

    /// The options.
    #[must_use]
    pub fn options(&self) -> Options {
        self.state.options
    }

    /// The node whose pods' sides are decided; nothing where all pods' are.
    #[must_use]
    pub fn node(&self) -> Option<&str> {
        self.state.scope.node()
    }

    /// The compiled image.
    #[must_use]
    pub fn image(&self) -> Image<'_> {
        Image::of_own_lines(self.state.live.lines())
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
        let mut numbers = resolve_port_name(self.state.cluster.pod(pod), protocol, name, self.state.options);
        // Port 0 is what rules hold instead of a name that does not resolve; it is no port of the pod.
        numbers.retain(|number| *number != 0);
        numbers
    }

    /// The packet that stands for a flow, with the flags that a host fills in from the cluster.
    ///
    /// Nothing where packets cannot say what the flow does: an end has no address, or names a pod that is not what its
    /// address is to policies, or the flow never leaves its pod.
    #[must_use]
    pub fn packet(&self, flow: &Flow) -> Option<Packet> {
        if flow.stays_inside() {
            return None;
        }
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
            pod.is_some_and(|pod| is_own_node(&self.state.cluster, pod, peer_end))
        };
        let same_pod = source.identity.is_some() && source.identity == destination.identity;
        let flags = [
            (own_node(destination, source, source_end), packet_flag::FROM_OWN_NODE),
            (own_node(source, destination, destination_end), packet_flag::TO_OWN_NODE),
            (same_pod, packet_flag::SAME_POD),
            (flow.via_service(), packet_flag::VIA_SERVICE),
            (flow.connection() == Connection::Reply, packet_flag::REPLY),
            (flow.connection() == Connection::Established, packet_flag::ESTABLISHED),
        ];
        let set = flags.into_iter().filter(|(set, _)| *set).fold(0, |flags, (_, flag)| flags | flag);
        let (source_port, port, icmp) = match flow.transport() {
            Transport::Ports { source_port, port, .. } => (source_port.unwrap_or(0), port, (0, 0)),
            Transport::Other { protocol, icmp } => (0, 0, lower::message(protocol, icmp, self.state.options)),
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
        self.state.live.directory().resolve(end, &self.image())
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
        // CNP-014: by a service a pod is under the cluster's policies even on its way to itself, not under its own.
        let hairpin = self.state.options.loopback == Loopback::Allowed && subject.identity == peer.identity;
        match reason {
            Reason::Isolated | Reason::ProtocolDenied if hairpin => Side::without_rule(Reason::Loopback),
            reason => Side { reason, rule: image.rule(rule) },
        }
    }

    /// Why a side is decided before any policy is asked.
    pub(crate) fn exemption(
        &self,
        flow: &Flow,
        direction: Direction,
        subject: Resolved,
        peer: Resolved,
        peer_end: End,
    ) -> Option<Reason> {
        let options = &self.state.options;
        let has_pod = subject.identity.is_some() || peer.identity.is_some();
        let to_itself = subject.identity.is_some() && subject.identity == peer.identity;
        let to_itself = to_itself && options.loopback == Loopback::Allowed;
        // CIL-9: what the plugin does not carry it drops at any pod; a pod to itself never meets it.
        if has_pod && !to_itself && lower::is_not_carried(flow, *options) {
            return Some(Reason::Dropped);
        }
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
        // MODEL-001: what goes from one of its containers to another never leaves the pod.
        if flow.stays_inside() {
            return Some(Reason::Loopback);
        }
        // NP-020: a pod cannot block access to itself. CNP-014: nor can the cluster's policies, unless by a service.
        if to_itself && !flow.via_service() {
            return Some(Reason::Loopback);
        }
        if direction == Direction::Egress && lower::is_dropped_tunnel(flow.transport(), *options) {
            return Some(Reason::Dropped);
        }
        // NP-018: from its own node to a pod always; the other way policies count.
        let exempt = match direction {
            Direction::Ingress => options.node_to_own_pod == NodeToOwnPod::Exempt,
            Direction::Egress => options.pod_to_own_node == PodToOwnNode::Exempt,
        };
        let denied = direction == Direction::Egress && options.pod_to_own_node == PodToOwnNode::Denied;
        if (exempt || denied) && peer.identity.is_none() && is_own_node(&self.state.cluster, pod, peer_end) {
            // CAL-2: the node takes nothing from its pods, whatever their policies allow.
            return Some(if exempt { Reason::OwnNode } else { Reason::Dropped });
        }
        if lower::is_exempt_protocol(flow, *options) {
            return Some(Reason::ProtocolExempt);
        }
        let is_own = self.state.cluster.pod(pod).is_some_and(|pod| self.state.scope.holds(pod));
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
