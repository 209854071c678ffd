//! `EndpointSlice` and `Endpoints`: what stands behind services.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Entry, ObjectMeta};
use crate::manifest::decode::{At, Context, Fields, Known};

/// What is read of an `EndpointSlice`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EndpointSlice {
    pub(crate) meta: ObjectMeta,
    /// Empty when there is none.
    pub(crate) address_type: At<String>,
    pub(crate) endpoints: Vec<At<Endpoint>>,
    pub(crate) ports: Vec<At<EndpointPort>>,
}

/// What is read of an item of `endpoints`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoint {
    pub(crate) addresses: Vec<At<String>>,
    pub(crate) hostname: Option<At<String>>,
    pub(crate) target: Option<Target>,
    pub(crate) node: Option<At<String>>,
    pub(crate) ready: Option<bool>,
    pub(crate) serving: Option<bool>,
    pub(crate) terminating: Option<bool>,
    /// `hints.forZones[].name`.
    pub(crate) zone_hints: Vec<At<String>>,
    /// `hints.forNodes[].name`.
    pub(crate) node_hints: Vec<At<String>>,
    /// The field that `nodeName` and `zone` came after.
    pub(crate) topology: Vec<Entry>,
}

/// The field `targetRef`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Target {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

/// A port of endpoints; texts are empty when there are none.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct EndpointPort {
    pub(crate) name: At<String>,
    pub(crate) protocol: At<String>,
    pub(crate) port: Option<At<i32>>,
    pub(crate) app_protocol: Option<At<String>>,
}

/// What is read of `Endpoints`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Endpoints {
    pub(crate) meta: ObjectMeta,
    pub(crate) subsets: Vec<At<Subset>>,
}

/// An item of `subsets`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subset {
    pub(crate) addresses: Vec<At<SubsetAddress>>,
    pub(crate) not_ready: Vec<At<SubsetAddress>>,
    pub(crate) ports: Vec<At<EndpointPort>>,
}

/// An item of `addresses` or `notReadyAddresses`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct SubsetAddress {
    /// Empty when there is none.
    pub(crate) ip: At<String>,
    /// Empty when there is none.
    pub(crate) hostname: At<String>,
    pub(crate) target: Option<Target>,
    pub(crate) node: Option<At<String>>,
}

const SLICE: Known = Known {
    names: &["addressType", "apiVersion", "endpoints", "kind", "metadata", "ports"],
    hints: &[("addresses", "it belongs in an item of `endpoints`")],
    ..Known::NOTHING
};

const ENDPOINT: Known = Known {
    // What older API servers stored.
    stored: &["topology"],
    names: &[
        "addresses",
        "conditions",
        "deprecatedTopology",
        "hints",
        "hostname",
        "nodeName",
        "targetRef",
        "zone",
    ],
    hints: &[
        ("ready", "it belongs under `conditions`"),
        ("serving", "it belongs under `conditions`"),
        ("terminating", "it belongs under `conditions`"),
    ],
    ..Known::NOTHING
};

const CONDITIONS: Known = Known { names: &["ready", "serving", "terminating"], ..Known::NOTHING };
const HINTS: Known = Known { names: &["forNodes", "forZones"], ..Known::NOTHING };
const HINT: Known = Known { names: &["name"], ..Known::NOTHING };

const TARGET: Known = Known {
    names: &["apiVersion", "fieldPath", "kind", "name", "namespace", "resourceVersion", "uid"],
    ..Known::NOTHING
};

const PORT: Known = Known {
    names: &["appProtocol", "name", "port", "protocol"],
    hints: &[("targetPort", "did you mean `port`?")],
    ..Known::NOTHING
};

const ENDPOINTS: Known = Known { names: &["apiVersion", "kind", "metadata", "subsets"], ..Known::NOTHING };
const SUBSET: Known = Known { names: &["addresses", "notReadyAddresses", "ports"], ..Known::NOTHING };
const ADDRESS: Known = Known { names: &["hostname", "ip", "nodeName", "targetRef"], ..Known::NOTHING };

impl EndpointSlice {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &SLICE);
        Self {
            meta: ObjectMeta::read(cx, fields),
            address_type: fields.string_or_empty(cx, "addressType"),
            endpoints: fields.objects(cx, "endpoints", Endpoint::read).unwrap_or_default(),
            ports: fields.objects(cx, "ports", EndpointPort::read).unwrap_or_default(),
        }
    }
}

impl Endpoint {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        fields.warn_unknown(cx, &ENDPOINT);
        let (ready, serving, terminating) = fields.object(cx, "conditions", |cx, conditions| {
            conditions.warn_unknown(cx, &CONDITIONS);
            (
                conditions.boolean(cx, "ready"),
                conditions.boolean(cx, "serving"),
                conditions.boolean(cx, "terminating"),
            )
        });
        let (zone_hints, node_hints) = fields.object(cx, "hints", |cx, hints| {
            hints.warn_unknown(cx, &HINTS);
            let names = |cx: &mut Context, name| {
                let read = |cx: &mut Context, item: &Fields<'_, '_>| {
                    item.warn_unknown(cx, &HINT);
                    item.string_or_empty(cx, "name")
                };
                hints.objects(cx, name, read).unwrap_or_default()
            };
            (names(cx, "forZones"), names(cx, "forNodes"))
        });
        // Read for its type alone: nothing here depends on zones.
        fields.string(cx, "zone");
        let endpoint = Self {
            addresses: fields.strings(cx, "addresses").unwrap_or_default(),
            hostname: fields.string(cx, "hostname"),
            target: Target::read(cx, fields),
            node: fields.string(cx, "nodeName"),
            ready,
            serving,
            terminating,
            zone_hints,
            node_hints,
            topology: fields.string_map(cx, "deprecatedTopology"),
        };
        At::new(endpoint, fields.at())
    }
}

impl Target {
    fn read(cx: &mut Context, parent: &Fields<'_, '_>) -> Option<Self> {
        parent.read(cx, "targetRef", |cx, node, path| {
            let fields = Fields::of(cx, node, path);
            fields.warn_unknown(cx, &TARGET);
            for name in ["apiVersion", "fieldPath", "resourceVersion", "uid"] {
                fields.string(cx, name);
            }
            Self {
                kind: fields.string_or_empty(cx, "kind").value,
                namespace: fields.string_or_empty(cx, "namespace").value,
                name: fields.string_or_empty(cx, "name").value,
            }
        })
    }
}

impl EndpointPort {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        fields.warn_unknown(cx, &PORT);
        let port = Self {
            name: fields.string_or_empty(cx, "name"),
            protocol: fields.string_or_empty(cx, "protocol"),
            port: fields.int32(cx, "port"),
            app_protocol: fields.string(cx, "appProtocol"),
        };
        At::new(port, fields.at())
    }
}

impl Endpoints {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        let read = |cx: &mut Context, subset: &Fields<'_, '_>| {
            let addresses =
                |cx: &mut Context, name| subset.objects(cx, name, SubsetAddress::read).unwrap_or_default();
            subset.warn_unknown(cx, &SUBSET);
            let found = Subset {
                addresses: addresses(cx, "addresses"),
                not_ready: addresses(cx, "notReadyAddresses"),
                ports: subset.objects(cx, "ports", EndpointPort::read).unwrap_or_default(),
            };
            At::new(found, subset.at())
        };
        fields.warn_unknown(cx, &ENDPOINTS);
        Self {
            meta: ObjectMeta::read(cx, fields),
            subsets: fields.objects(cx, "subsets", read).unwrap_or_default(),
        }
    }
}

impl SubsetAddress {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        fields.warn_unknown(cx, &ADDRESS);
        let address = Self {
            ip: fields.string_or_empty(cx, "ip"),
            hostname: fields.string_or_empty(cx, "hostname"),
            target: Target::read(cx, fields),
            node: fields.string(cx, "nodeName"),
        };
        At::new(address, fields.at())
    }
}
