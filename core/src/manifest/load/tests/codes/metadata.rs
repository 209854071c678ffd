//! Problems of types, names and metadata.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::{Case, error, object, on_create, subject, twice, warning};
use crate::manifest::Code;
use crate::manifest::Strength::{Create, Stored};

pub(super) fn cases() -> Vec<Case> {
    let labels = "metadata.labels";
    let named = |metadata: &str| object("v1", "Namespace", metadata);
    let np = "networking.k8s.io/v1";
    let owner = |name: &str, controller: &str| {
        format!("{{apiVersion: v1, kind: Pod, name: {name}, uid: u, controller: {controller}}}")
    };
    alloc::vec![
        error(
            Code::ApiVersionGone,
            "apiVersion",
            object("extensions/v1beta1", "NetworkPolicy", "{name: a}"),
            object(np, "NetworkPolicy", "{name: a}")
        ),
        error(
            Code::ApiVersionUnknown,
            "apiVersion",
            object("networking.k8s.io/v2", "NetworkPolicy", "{name: a}"),
            object("crd.projectcalico.org/v1", "NetworkPolicy", "{name: a}")
        ),
        error(
            Code::ConflictingObject,
            "metadata.name",
            twice(&named("{name: a}"), &named("{name: a, labels: {a: b}}")),
            twice(&named("{name: a}"), &named("{name: b, labels: {a: b}}"))
        ),
        warning(
            Code::DuplicateObject,
            Stored,
            "metadata.name",
            twice(&named("{name: a}"), &named("{name: a}")),
            twice(&named("{name: a}"), &object("v1", "Node", "{name: a}"))
        ),
        on_create(
            Code::AnnotationsTooLarge,
            "metadata.annotations",
            named(&format!("{{name: a, annotations: {{a: {}}}}}", "x".repeat(256 * 1024))),
            named(&format!("{{name: a, annotations: {{a: {}}}}}", "x".repeat(256 * 1024 - 1)))
        ),
        on_create(
            Code::InvalidFinalizer,
            "metadata.finalizers[0]",
            named("{name: a, finalizers: [x]}"),
            named("{name: a, finalizers: [x/y, orphan]}")
        ),
        on_create(
            Code::InvalidFinalizer,
            "metadata.finalizers",
            named("{name: a, finalizers: [x/-]}"),
            named("{name: a, finalizers: []}")
        ),
        on_create(
            Code::InvalidFinalizer,
            "metadata.finalizers",
            named("{name: a, finalizers: [orphan, foregroundDeletion]}"),
            named("{name: a, finalizers: [orphan, x/y]}")
        ),
        on_create(
            Code::InvalidOwner,
            "metadata.ownerReferences.apiVersion",
            named("{name: a, ownerReferences: [{apiVersion: a/b/c, kind: Pod, name: a, uid: u}]}"),
            named("{name: a, ownerReferences: [{apiVersion: a/b, kind: Pod, name: a, uid: u}]}")
        ),
        on_create(
            Code::InvalidOwner,
            "metadata.ownerReferences",
            named("{name: a, ownerReferences: [{apiVersion: v1, kind: Event, name: a, uid: u}]}"),
            named("{name: a, ownerReferences: [{apiVersion: a/v1, kind: Event, name: a, uid: u}]}")
        ),
        on_create(
            Code::IntegerOutOfRange,
            "metadata.generation",
            named("{name: a, generation: -1}"),
            object(np, "NetworkPolicy", "{name: a, generation: -1}")
        ),
        error(
            Code::InvalidName,
            "metadata.generateName",
            object("v1", "Pod", "{generateName: a.}"),
            object("v1", "Pod", "{generateName: a.b-}")
        ),
        error(
            Code::InvalidName,
            "metadata.name",
            object("v1", "Pod", "{generateName: _-}"),
            object("v1", "Pod", "{generateName: a-}")
        ),
        on_create(
            Code::InvalidFinalizer,
            "spec.finalizers",
            "{apiVersion: v1, kind: Namespace, metadata: {name: a}, spec: {finalizers: [x]}}".into(),
            "{apiVersion: v1, kind: Namespace, metadata: {name: a}, spec: {finalizers: [kubernetes]}}".into()
        ),
        warning(
            Code::UnknownField,
            Stored,
            "labels",
            "{apiVersion: v1, kind: Namespace, metadata: {name: a}, labels: {a: b}}".into(),
            "{apiVersion: v1, kind: Namespace, metadata: {name: a, labels: {a: b}}}".into()
        ),
        on_create(
            Code::InvalidOwner,
            "metadata.ownerReferences.uid",
            named("{name: a, ownerReferences: [{apiVersion: v1, kind: Pod, name: a}]}"),
            named("{name: a, ownerReferences: [{apiVersion: v1, kind: Pod, name: a, uid: u}]}")
        ),
        on_create(
            Code::InvalidOwner,
            "metadata.ownerReferences",
            named(&format!("{{name: a, ownerReferences: [{}, {}]}}", owner("a", "true"), owner("b", "true"))),
            named(&format!(
                "{{name: a, ownerReferences: [{}, {}]}}",
                owner("a", "true"),
                owner("b", "false")
            ))
        ),
        on_create(
            Code::InvalidOwner,
            "metadata.ownerReferences",
            named(&format!("{{name: a, ownerReferences: [{}, {}]}}", owner("a", "true"), owner("b", "true"))),
            named(&format!("{{name: a, ownerReferences: [{0}, {0}]}}", owner("a", "true")))
        ),
        warning(
            Code::UnknownField,
            Create,
            "metadata.clusterName",
            named("{name: a, clusterName: ''}"),
            named("{name: a, selfLink: ''}")
        ),
        on_create(
            Code::InvalidAnnotationKey,
            "metadata.annotations",
            named("{name: a, annotations: {a b: c}}"),
            named("{name: a, annotations: {A.B/c: d e}}")
        ),
        error(
            Code::InvalidLabelKey,
            labels,
            named("{name: a, labels: {-a: b}}"),
            named("{name: a, labels: {a: b}}")
        ),
        error(
            Code::InvalidLabelKey,
            "spec.podSelector.matchLabels",
            subject("{matchLabels: {a b: c}}"),
            subject("{matchLabels: {a_b: c}}")
        ),
        error(
            Code::InvalidLabelValue,
            labels,
            named("{name: a, labels: {a: b c}}"),
            named("{name: a, labels: {a: null}}")
        ),
        error(
            Code::InvalidLabelValue,
            "spec.podSelector.matchExpressions[0].values[1]",
            subject("{matchExpressions: [{key: a, operator: NotIn, values: [b, '-']}]}"),
            subject("{matchExpressions: [{key: a, operator: NotIn, values: [b, '']}]}")
        ),
        error(Code::InvalidName, "metadata.name", named("{name: a.b}"), object("v1", "Pod", "{name: a.b}")),
        error(Code::InvalidName, "metadata.name", named("{generateName: A-}"), named("{generateName: a-}")),
        error(
            Code::InvalidNamespace,
            "metadata.namespace",
            object("v1", "Pod", "{name: a, namespace: a.b}"),
            object("v1", "Pod", "{name: a, namespace: ''}")
        ),
        error(
            Code::InvalidTimestamp,
            "metadata.creationTimestamp",
            named("{name: a, creationTimestamp: yesterday}"),
            named("{name: a, creationTimestamp: null}")
        ),
        error(
            Code::KindCase,
            "kind",
            object(np, "networkpolicy", "{name: a}"),
            object(np, "NetworkPolicy", "{name: a}")
        ),
        error(
            Code::KindCase,
            "kind",
            "{apiVersion: v1, kind: list, items: []}".to_string(),
            "{apiVersion: v1, kind: List, items: []}".to_string()
        ),
        error(
            Code::KindCase,
            "kind",
            "{apiVersion: v1, kind: podlist}".to_string(),
            "{apiVersion: v1, kind: PodList}".to_string()
        ),
        error(
            Code::MissingApiVersion,
            "apiVersion",
            "{kind: Pod, metadata: {name: a}}".to_string(),
            object("v1", "Pod", "{name: a}")
        ),
        error(
            Code::MissingKind,
            "kind",
            "{apiVersion: v1, metadata: {name: a}}".to_string(),
            object("v1", "Pod", "{name: a}")
        ),
        error(Code::MissingName, "metadata.name", named("{name: ''}"), named("{name: '1'}")),
        error(Code::NotAnObject, "", "- a".to_string(), "# a".to_string()),
        error(
            Code::UnknownKind,
            "kind",
            object(np, "NetworkPolcy", "{name: a}"),
            object(np, "Ingress", "{name: a}")
        ),
        error(
            Code::WrongType,
            "metadata.labels[a]",
            named("{name: a, labels: {a: 1}}"),
            named("{name: a, labels: {a: '1'}}")
        ),
    ]
}
