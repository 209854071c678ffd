//! `ObjectMeta`: names, labels, owners and times.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Entry;
use crate::label::LabelKey;
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Fields, Known, Path, quote};

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
    pub(crate) owners: Vec<OwnerReference>,
    pub(crate) created: Option<String>,
    pub(crate) terminating: bool,
}

/// What is read of an item of `ownerReferences`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct OwnerReference {
    pub(crate) api_version: At<String>,
    pub(crate) kind: At<String>,
    pub(crate) name: At<String>,
    pub(crate) controller: bool,
}

const META: Known = Known {
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
        // Gone from the API, but in dumps of older clusters.
        "clusterName",
        "initializers",
    ],
    hints: &[
        ("app", "labels go under `metadata.labels`"),
        ("matchLabels", "an object's own labels go under `metadata.labels`, without `matchLabels`"),
    ],
    other: None,
};

const OWNER: Known = Known {
    names: &["apiVersion", "blockOwnerDeletion", "controller", "kind", "name", "uid"],
    hints: &[],
    other: None,
};

impl ObjectMeta {
    /// Reads the field `metadata` of an object or a template.
    pub(crate) fn read(cx: &mut Context, parent: &Fields<'_, '_>) -> Self {
        parent.object(cx, "metadata", |cx, fields| {
            // Read for their types alone: a wrong one makes the API server refuse the object.
            let annotations = fields.string_map(cx, "annotations");
            fields.strings(cx, "finalizers");
            fields.int64(cx, "deletionGracePeriodSeconds");
            fields.int64(cx, "generation");
            fields.string(cx, "resourceVersion");
            fields.string(cx, "selfLink");
            fields.string(cx, "uid");
            fields.warn_unknown(cx, &META);
            check_annotations(cx, &annotations, &fields.path().field("annotations"));
            Self {
                name: fields.string_or_empty(cx, "name"),
                generate_name: fields.string_or_empty(cx, "generateName"),
                namespace: fields.string_or_empty(cx, "namespace"),
                labels: fields.string_map(cx, "labels"),
                owners: fields.objects(cx, "ownerReferences", OwnerReference::read).unwrap_or_default(),
                created: fields.time(cx, "creationTimestamp"),
                terminating: fields.time(cx, "deletionTimestamp").is_some(),
            }
        })
    }
}

/// Nothing here depends on annotations, but the API server checks their keys when an object is made.
fn check_annotations(cx: &mut Context, annotations: &[Entry], path: &Path<'_>) {
    if !cx.creates() {
        return;
    }
    for (key, _) in annotations {
        // The rule is that of label keys, in any case.
        if let Err(error) = LabelKey::try_from(key.value.to_lowercase().as_str()) {
            let message = format!("the annotation key {} is not valid: {error}", quote(&key.value));
            cx.error(Code::InvalidAnnotationKey, path, key.at, message, "write `name` or `prefix/name`");
        }
    }
}

impl OwnerReference {
    fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.string(cx, "uid");
        fields.boolean(cx, "blockOwnerDeletion");
        fields.warn_unknown(cx, &OWNER);
        Self {
            api_version: fields.string_or_empty(cx, "apiVersion"),
            kind: fields.string_or_empty(cx, "kind"),
            name: fields.string_or_empty(cx, "name"),
            controller: fields.boolean(cx, "controller").unwrap_or(false),
        }
    }
}
