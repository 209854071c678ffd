//! `ObjectMeta`: names, labels, owners and times.

use alloc::string::String;
use alloc::vec::Vec;

use super::{Entry, metadata};
use crate::manifest::decode::{At, Context, Fields, Known};

/// What is read of `metadata`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct ObjectMeta {
    /// Empty when there is none.
    pub(crate) name: At<String>,
    /// Empty when there is none.
    pub(crate) generate_name: At<String>,
    /// Empty when there is none.
    pub(crate) namespace: At<String>,
    pub(crate) labels: Vec<Entry>,
    pub(crate) finalizers: Vec<At<String>>,
    pub(crate) generation: Option<At<i64>>,
    pub(crate) owners: Vec<At<OwnerReference>>,
    pub(crate) created: Option<String>,
    pub(crate) terminating: bool,
    /// Whether a node's kubelet made it for a pod of its own.
    pub(crate) is_mirror: bool,
}

/// What is read of an item of `ownerReferences`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnerReference {
    pub(crate) api_version: At<String>,
    pub(crate) kind: At<String>,
    pub(crate) name: At<String>,
    pub(crate) uid: At<String>,
    pub(crate) controller: bool,
}

/// The annotation of the images that nodes make of their own pods.
const MIRROR: &str = "kubernetes.io/config.mirror";

const META: Known = Known {
    // Gone from the API, but in dumps of older clusters.
    stored: &["clusterName", "initializers"],
    names: &[
        "annotations",
        "creationTimestamp",
        "deletionGracePeriodSeconds",
        "deletionTimestamp",
        "finalizers",
        "generateName",
        "generation",
        "labels",
        "managedFields",
        "name",
        "namespace",
        "ownerReferences",
        "resourceVersion",
        "selfLink",
        "uid",
    ],
    hints: &[
        ("app", "labels go under `metadata.labels`"),
        ("matchLabels", "an object's own labels go under `metadata.labels`, without `matchLabels`"),
    ],
    ..Known::NOTHING
};

const OWNER: Known = Known {
    names: &["apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid"],
    ..Known::NOTHING
};

impl ObjectMeta {
    /// Reads the field `metadata` of an object.
    pub(crate) fn read(cx: &mut Context, parent: &Fields<'_, '_>) -> Self {
        parent.object(cx, "metadata", |cx, fields| {
            let meta = Self::read_fields(cx, fields);
            if cx.creates() {
                metadata::check_object(cx, fields, &meta);
            }
            meta
        })
    }

    /// Reads the field `metadata` of a template.
    pub(crate) fn read_template(cx: &mut Context, parent: &Fields<'_, '_>) -> Self {
        parent.object(cx, "metadata", Self::read_fields)
    }

    fn read_fields(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        // Read for their types alone: a wrong one makes the API server refuse the object.
        fields.int64(cx, "deletionGracePeriodSeconds");
        fields.objects(cx, "managedFields", |_, _| ());
        fields.string(cx, "resourceVersion");
        fields.string(cx, "selfLink");
        fields.string(cx, "uid");
        fields.warn_unknown(cx, &META);
        let annotations = fields.string_map(cx, "annotations");
        if cx.creates() {
            metadata::check_annotations(cx, &annotations, fields);
        }
        Self {
            name: fields.string_or_empty(cx, "name"),
            generate_name: fields.string_or_empty(cx, "generateName"),
            namespace: fields.string_or_empty(cx, "namespace"),
            labels: fields.string_map(cx, "labels"),
            finalizers: fields.strings(cx, "finalizers").unwrap_or_default(),
            generation: fields.int64(cx, "generation"),
            owners: fields.objects(cx, "ownerReferences", OwnerReference::read).unwrap_or_default(),
            created: fields.time(cx, "creationTimestamp"),
            terminating: fields.time(cx, "deletionTimestamp").is_some(),
            is_mirror: annotations.iter().any(|(key, _)| key.value == MIRROR),
        }
    }
}

impl OwnerReference {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> At<Self> {
        fields.boolean(cx, "blockOwnerDeletion");
        fields.warn_unknown(cx, &OWNER);
        let owner = Self {
            api_version: fields.string_or_empty(cx, "apiVersion"),
            kind: fields.string_or_empty(cx, "kind"),
            name: fields.string_or_empty(cx, "name"),
            uid: fields.string_or_empty(cx, "uid"),
            controller: fields.boolean(cx, "controller").unwrap_or(false),
        };
        At::new(owner, fields.at())
    }
}
