//! The kinds of problem that a load can report, with their stable codes.

use core::fmt;

use super::text;

/// A kind of problem; [`Code::as_str`] is stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Code {
    /// An IPv6 address that is not written in the short form (warning).
    AddressNotCanonical,
    /// A time that no client can stay with an endpoint.
    AffinityTimeout,
    /// Annotations of more bytes than an API server holds.
    AnnotationsTooLarge,
    /// A kind that is read, in a version that API servers no longer serve.
    ApiVersionGone,
    /// A kind that is read, in a group or version that never had it.
    ApiVersionUnknown,
    /// A `BaselineAdminNetworkPolicy` of another name than the one that there is.
    BaselineName,
    /// A CIDR with bits set after its prefix: older API servers store it, the newest refuses it.
    CidrHostBits,
    /// An IPv6 CIDR that is not written in the short form (warning).
    CidrNotCanonical,
    /// Zeros before a prefix length: older API servers store it, the newest refuses it.
    CidrPrefixZeros,
    /// Addresses and families of a service that do not go together.
    ClusterAddresses,
    /// The same object twice, with different content.
    ConflictingObject,
    /// A container port without a number.
    ContainerPortMissing,
    /// A pod without containers.
    ContainersMissing,
    /// A field or value that is on its way out (warning).
    DeprecatedField,
    /// Domain names in a rule that does not accept (warning).
    DomainNamesNotAccepted,
    /// A container name that occurs twice in one pod.
    DuplicateContainerName,
    /// An address family that occurs twice in one service.
    DuplicateFamily,
    /// A host port that occurs twice in one pod.
    DuplicateHostPort,
    /// An item that occurs twice in a list that is a set.
    DuplicateItem,
    /// A node port that occurs twice in one service.
    DuplicateNodePort,
    /// The same object twice, with the same content (warning).
    DuplicateObject,
    /// A port name that occurs twice in one container or service.
    DuplicatePortName,
    /// A port number that occurs twice in one service, for one protocol.
    DuplicateServicePort,
    /// A list that has to have items and has none.
    EmptyList,
    /// A peer that says nothing.
    EmptyPeer,
    /// An item of `protocols` or `ports` that says nothing.
    EmptyPort,
    /// A subject that says nothing.
    EmptySubject,
    /// An `endPort` below its `port`.
    EndPortBelowPort,
    /// An `endPort` beside a port by name.
    EndPortWithNamedPort,
    /// An `endPort` without a `port`.
    EndPortWithoutPort,
    /// Two policies of one tier with the same priority (warning).
    EqualPriority,
    /// An exception that is not strictly inside its `cidr`.
    ExceptOutsideCidr,
    /// A field that does not go with the others.
    ForbiddenField,
    /// A host port that differs from the container port on the host's network.
    HostPortMismatch,
    /// A field that does nothing beside the others (warning).
    IgnoredField,
    /// A number that its field cannot hold.
    IntegerOutOfRange,
    /// A text that is no IP address.
    InvalidAddress,
    /// An annotation key that no API server would hold.
    InvalidAnnotationKey,
    /// A text that is no CIDR.
    InvalidCidr,
    /// A text that is no domain name.
    InvalidDomainName,
    /// An exception that is no CIDR.
    InvalidExcept,
    /// A finalizer that no API server would hold.
    InvalidFinalizer,
    /// The image of a pod's container with blanks around it.
    InvalidImage,
    /// A label key that no API server would hold.
    InvalidLabelKey,
    /// A label value that no API server would hold.
    InvalidLabelValue,
    /// A name that no API server would hold.
    InvalidName,
    /// A namespace that no API server would hold.
    InvalidNamespace,
    /// An owner reference that no API server would hold.
    InvalidOwner,
    /// A text that is no port name.
    InvalidPortName,
    /// A text that is no name with or without a prefix.
    InvalidQualifiedName,
    /// A text that is no RFC 3339 time.
    InvalidTimestamp,
    /// A peer with an `ipBlock` and a selector.
    IpBlockBesideSelector,
    /// An IPv4-mapped IPv6 address: readers differ on which family it is.
    Ipv4Mapped,
    /// The name of a kind that is read, in another case.
    KindCase,
    /// A load balancer for the port at which nodes are controlled.
    KubeletPort,
    /// Leading zeros in an octet: readers differ on the number.
    LeadingZeros,
    /// A document without `apiVersion`.
    MissingApiVersion,
    /// An `ipBlock` without `cidr`.
    MissingCidr,
    /// A field that an API server insists on.
    MissingField,
    /// A document without `kind`.
    MissingKind,
    /// An object without a name.
    MissingName,
    /// A port by name beside peers that are no pods.
    NamedPortBesideAddress,
    /// An object of another namespace than the one that was asked for.
    NamespaceMismatch,
    /// The name of a rule that is longer than it may be.
    NameTooLong,
    /// A document that is no mapping.
    NotAnObject,
    /// A pod name that is no DNS label, hence no good host name (warning).
    PodHostname,
    /// A port below 1 or above 65535.
    PortOutOfRange,
    /// A range of ports whose end is not above its start.
    PortRangeReversed,
    /// A priority below 0 or above 1000.
    PriorityOutOfRange,
    /// A workload whose selector does not match its own pods.
    SelectorMismatch,
    /// Two running pods with one address (warning).
    SharedAddress,
    /// An address that packets from elsewhere cannot be sent to.
    SpecialAddress,
    /// Something wrong with the text itself.
    Text(text::Code),
    /// A mapping with more than the one field that it may have.
    TooManyFields,
    /// A list with more items than it may have.
    TooManyItems,
    /// More objects than can be numbered.
    TooManyObjects,
    /// More than two `policyTypes`.
    TooManyPolicyTypes,
    /// An action that rules do not have.
    UnknownAction,
    /// A field that the API server does not know and drops (warning).
    UnknownField,
    /// A kind that no API server has, one letter or two from one that is read.
    UnknownKind,
    /// An operator that selectors do not have.
    UnknownOperator,
    /// A peer that is not known: its rule fails closed (warning).
    UnknownPeer,
    /// A phase that pods do not have.
    UnknownPhase,
    /// A policy type other than `Ingress` and `Egress`.
    UnknownPolicyType,
    /// An item of `protocols` or `ports` that is not known: its rule fails closed (warning).
    UnknownPort,
    /// A protocol other than TCP, UDP and SCTP.
    UnknownProtocol,
    /// A tier that there is not.
    UnknownTier,
    /// A value that its field does not have.
    UnknownValue,
    /// Values beside an operator that takes none.
    ValuesForbidden,
    /// An operator without the values that it needs.
    ValuesMissing,
    /// A value of another type than its field's.
    WrongType,
}

impl Code {
    /// All kinds but those about the text itself.
    pub const ALL: [Self; 90] = [
        Self::AddressNotCanonical,
        Self::AffinityTimeout,
        Self::AnnotationsTooLarge,
        Self::ApiVersionGone,
        Self::ApiVersionUnknown,
        Self::BaselineName,
        Self::CidrHostBits,
        Self::CidrNotCanonical,
        Self::CidrPrefixZeros,
        Self::ClusterAddresses,
        Self::ConflictingObject,
        Self::ContainerPortMissing,
        Self::ContainersMissing,
        Self::DeprecatedField,
        Self::DomainNamesNotAccepted,
        Self::DuplicateContainerName,
        Self::DuplicateFamily,
        Self::DuplicateHostPort,
        Self::DuplicateItem,
        Self::DuplicateNodePort,
        Self::DuplicateObject,
        Self::DuplicatePortName,
        Self::DuplicateServicePort,
        Self::EmptyList,
        Self::EmptyPeer,
        Self::EmptyPort,
        Self::EmptySubject,
        Self::EndPortBelowPort,
        Self::EndPortWithNamedPort,
        Self::EndPortWithoutPort,
        Self::EqualPriority,
        Self::ExceptOutsideCidr,
        Self::ForbiddenField,
        Self::HostPortMismatch,
        Self::IgnoredField,
        Self::IntegerOutOfRange,
        Self::InvalidAddress,
        Self::InvalidAnnotationKey,
        Self::InvalidCidr,
        Self::InvalidDomainName,
        Self::InvalidExcept,
        Self::InvalidFinalizer,
        Self::InvalidImage,
        Self::InvalidLabelKey,
        Self::InvalidLabelValue,
        Self::InvalidName,
        Self::InvalidNamespace,
        Self::InvalidOwner,
        Self::InvalidPortName,
        Self::InvalidQualifiedName,
        Self::InvalidTimestamp,
        Self::IpBlockBesideSelector,
        Self::Ipv4Mapped,
        Self::KindCase,
        Self::KubeletPort,
        Self::LeadingZeros,
        Self::MissingApiVersion,
        Self::MissingCidr,
        Self::MissingField,
        Self::MissingKind,
        Self::MissingName,
        Self::NamedPortBesideAddress,
        Self::NamespaceMismatch,
        Self::NameTooLong,
        Self::NotAnObject,
        Self::PodHostname,
        Self::PortOutOfRange,
        Self::PortRangeReversed,
        Self::PriorityOutOfRange,
        Self::SelectorMismatch,
        Self::SharedAddress,
        Self::SpecialAddress,
        Self::TooManyFields,
        Self::TooManyItems,
        Self::TooManyObjects,
        Self::TooManyPolicyTypes,
        Self::UnknownAction,
        Self::UnknownField,
        Self::UnknownKind,
        Self::UnknownOperator,
        Self::UnknownPeer,
        Self::UnknownPhase,
        Self::UnknownPolicyType,
        Self::UnknownPort,
        Self::UnknownProtocol,
        Self::UnknownTier,
        Self::UnknownValue,
        Self::ValuesForbidden,
        Self::ValuesMissing,
        Self::WrongType,
    ];

    /// The code as it is printed, in kebab case.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AddressNotCanonical => "address-not-canonical",
            Self::AffinityTimeout => "affinity-timeout",
            Self::AnnotationsTooLarge => "annotations-too-large",
            Self::ApiVersionGone => "gone-version",
            Self::ApiVersionUnknown => "unknown-version",
            Self::BaselineName => "baseline-name",
            Self::CidrHostBits => "cidr-host-bits",
            Self::CidrNotCanonical => "cidr-not-canonical",
            Self::CidrPrefixZeros => "cidr-prefix-zeros",
            Self::ClusterAddresses => "cluster-addresses",
            Self::ConflictingObject => "conflicting-object",
            Self::ContainerPortMissing => "missing-container-port",
            Self::ContainersMissing => "missing-containers",
            Self::DeprecatedField => "deprecated-field",
            Self::DomainNamesNotAccepted => "domain-names-not-accepted",
            Self::DuplicateContainerName => "duplicate-container-name",
            Self::DuplicateFamily => "duplicate-family",
            Self::DuplicateHostPort => "duplicate-host-port",
            Self::DuplicateItem => "duplicate-item",
            Self::DuplicateNodePort => "duplicate-node-port",
            Self::DuplicateObject => "duplicate-object",
            Self::DuplicatePortName => "duplicate-port-name",
            Self::DuplicateServicePort => "duplicate-service-port",
            Self::EmptyList => "empty-list",
            Self::EmptyPeer => "empty-peer",
            Self::EmptyPort => "empty-port",
            Self::EmptySubject => "empty-subject",
            Self::EndPortBelowPort => "end-port-below-port",
            Self::EndPortWithNamedPort => "end-port-with-named-port",
            Self::EndPortWithoutPort => "end-port-without-port",
            Self::EqualPriority => "equal-priority",
            Self::ExceptOutsideCidr => "except-outside-cidr",
            Self::ForbiddenField => "forbidden-field",
            Self::HostPortMismatch => "host-port-mismatch",
            Self::IgnoredField => "ignored-field",
            Self::IntegerOutOfRange => "integer-out-of-range",
            Self::InvalidAddress => "invalid-address",
            Self::InvalidAnnotationKey => "invalid-annotation-key",
            Self::InvalidCidr => "invalid-cidr",
            Self::InvalidDomainName => "invalid-domain-name",
            Self::InvalidExcept => "invalid-except",
            Self::InvalidFinalizer => "invalid-finalizer",
            Self::InvalidImage => "invalid-image",
            Self::InvalidLabelKey => "invalid-label-key",
            Self::InvalidLabelValue => "invalid-label-value",
            Self::InvalidName => "invalid-name",
            Self::InvalidNamespace => "invalid-namespace",
            Self::InvalidOwner => "invalid-owner",
            Self::InvalidPortName => "invalid-port-name",
            Self::InvalidQualifiedName => "invalid-qualified-name",
            Self::InvalidTimestamp => "invalid-timestamp",
            Self::IpBlockBesideSelector => "ip-block-beside-selector",
            Self::Ipv4Mapped => "ipv4-mapped",
            Self::KindCase => "kind-case",
            Self::KubeletPort => "kubelet-port",
            Self::LeadingZeros => "leading-zeros",
            Self::MissingApiVersion => "missing-api-version",
            Self::MissingCidr => "missing-cidr",
            Self::MissingField => "missing-field",
            Self::MissingKind => "missing-kind",
            Self::MissingName => "missing-name",
            Self::NamedPortBesideAddress => "named-port-beside-address",
            Self::NamespaceMismatch => "namespace-mismatch",
            Self::NameTooLong => "name-too-long",
            Self::NotAnObject => "not-an-object",
            Self::PodHostname => "pod-hostname",
            Self::PortOutOfRange => "port-out-of-range",
            Self::PortRangeReversed => "port-range-reversed",
            Self::PriorityOutOfRange => "priority-out-of-range",
            Self::SelectorMismatch => "selector-mismatch",
            Self::SharedAddress => "shared-address",
            Self::SpecialAddress => "special-address",
            Self::Text(code) => code.as_str(),
            Self::TooManyFields => "too-many-fields",
            Self::TooManyItems => "too-many-items",
            Self::TooManyObjects => "too-many-objects",
            Self::TooManyPolicyTypes => "too-many-policy-types",
            Self::UnknownAction => "unknown-action",
            Self::UnknownField => "unknown-field",
            Self::UnknownKind => "unknown-kind",
            Self::UnknownOperator => "unknown-operator",
            Self::UnknownPeer => "unknown-peer",
            Self::UnknownPhase => "unknown-phase",
            Self::UnknownPolicyType => "unknown-policy-type",
            Self::UnknownPort => "unknown-port",
            Self::UnknownProtocol => "unknown-protocol",
            Self::UnknownTier => "unknown-tier",
            Self::UnknownValue => "unknown-value",
            Self::ValuesForbidden => "forbidden-values",
            Self::ValuesMissing => "missing-values",
            Self::WrongType => "wrong-type",
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl serde::Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
