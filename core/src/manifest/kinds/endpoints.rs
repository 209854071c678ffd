//! `EndpointSlice` and `Endpoints`: what stands behind services.

use alloc::string::String;
use alloc::vec::Vec;

use super::ObjectMeta;
use crate::manifest::decode::{At, Context, Fields};

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
    pub(crate) target: Option<Target>,
    /// Empty when there is none.
    pub(crate) node: String,
    pub(crate) ready: Option<bool>,
    pub(crate) serving: Option<bool>,
    pub(crate) terminating: Option<bool>,
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
    pub(crate) target: Option<Target>,
    /// Empty when there is none.
    pub(crate) node: String,
}

impl EndpointSlice {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
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
        let (ready, serving, terminating) = fields.object(cx, "conditions", |cx, conditions| {
            (
                conditions.boolean(cx, "ready"),
                conditions.boolean(cx, "serving"),
                conditions.boolean(cx, "terminating"),
            )
        });
        let endpoint = Self {
            addresses: fields.strings(cx, "addresses").unwrap_or_default(),
            target: Target::read(cx, fields),
            node: fields.string_or_empty(cx, "nodeName").value,
            ready,
            serving,
            terminating,
        };
        At::new(endpoint, fields.at())
    }
}

impl Target {
    fn read(cx: &mut Context, parent: &Fields<'_, '_>) -> Option<Self> {
        parent.read(cx, "targetRef", |cx, node, path| {
            let fields = Fields::of(cx, node, path);
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
        let port = Self {
            name: fields.string_or_empty(cx, "name"),
            protocol: fields.string_or_empty(cx, "protocol"),
            port: fields.int32(cx, "port"),
        };
        At::new(port, fields.at())
    }
}

impl Endpoints {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        let read = |cx: &mut Context, subset: &Fields<'_, '_>| {
            let addresses =
                |cx: &mut Context, name| subset.objects(cx, name, SubsetAddress::read).unwrap_or_default();
            let found = Subset {
                addresses: addresses(cx, "addresses"),
                not_ready: addresses(cx, "notReadyAddresses"),
                ports: subset.objects(cx, "ports", EndpointPort::read).unwrap_or_default(),
            };
            At::new(found, subset.at())
        };
        Self {
            meta: ObjectMeta::read(cx, fields),
            subsets: fields.objects(cx, "subsets", read).unwrap_or_default(),
        }
    }
}

impl SubsetAddress {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        let address = Self {
            ip: fields.string_or_empty(cx, "ip"),
            target: Target::read(cx, fields),
            node: fields.string_or_empty(cx, "nodeName").value,
        };
        At::new(address, fields.at())
    }
}
