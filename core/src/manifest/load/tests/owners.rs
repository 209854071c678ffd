//! Workloads: when they stand for their pods, and which of them a pod belongs to.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{notes, pod_names, sound};
use crate::manifest::load::Loaded;

fn owned(kind: &str, name: &str) -> String {
    let group = if matches!(kind, "Job" | "CronJob") { "batch" } else { "apps" };
    format!(
        "ownerReferences: [{{apiVersion: {group}/v1, kind: {kind}, name: {name}, uid: u, controller: true}}]"
    )
}

fn pod(name: &str, metadata: &str) -> String {
    format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: {name}, {metadata}}}, status: {{podIP: 10.0.0.1}}}}"
    )
}

fn workload(kind: &str, name: &str, metadata: &str, spec: &str) -> String {
    let group = if matches!(kind, "Job" | "CronJob") { "batch" } else { "apps" };
    format!(
        "{{apiVersion: {group}/v1, kind: {kind}, metadata: {{name: {name}, {metadata}}}, spec: {{{spec}}}}}"
    )
}

fn all(texts: &[String]) -> Loaded {
    sound(&texts.join("\n---\n"))
}

/// Each pod with the workload that it belongs to.
fn belongs(loaded: &Loaded) -> Vec<String> {
    let text = |pod: &crate::cluster::Pod| {
        let workload = pod.workload.as_ref().map_or("none".to_string(), ToString::to_string);
        format!("{pod} of {workload}")
    };
    loaded.cluster.pods().map(|(_, pod)| text(pod)).collect()
}

const TEMPLATE: &str = "template: {metadata: {labels: {app: a}}}";

#[test]
fn np_026_a_workload_stands_for_its_pods_when_none_is_given() {
    let kinds = ["DaemonSet", "Deployment", "Job", "ReplicaSet", "StatefulSet"];
    let mut texts: Vec<_> = kinds.iter().map(|kind| workload(kind, "w", "", TEMPLATE)).collect();
    let template =
        "jobTemplate: {spec: {template: {metadata: {labels: {app: a}}, spec: {hostNetwork: true}}}}";
    texts.push(workload("CronJob", "w", "", template));
    let loaded = all(&texts);
    assert_eq!(
        pod_names(&loaded),
        [
            "default/cronjob/w",
            "default/daemonset/w",
            "default/deployment/w",
            "default/job/w",
            "default/replicaset/w",
            "default/statefulset/w",
        ]
    );
    for (_, pod) in loaded.cluster.pods() {
        assert!(
            pod.labels.iter().any(|(key, value)| key.as_str() == "app" && value.as_str() == "a"),
            "{pod}"
        );
        assert!(pod.addresses.is_empty());
        assert_eq!(pod.host_network, pod.to_string().contains("cronjob"));
    }
    assert!(notes(&loaded)[1].starts_with("`default/cronjob/w` stands for its pods"), "{:?}", notes(&loaded));
}

#[test]
fn the_pods_of_a_job_carry_its_name_as_the_control_plane_has_it() {
    let loaded = all(&[workload("Job", "w", "", TEMPLATE)]);
    let (_, pod) = loaded.cluster.pods().next().unwrap();
    let labels: Vec<_> = pod.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(labels, ["app=a", "batch.kubernetes.io/job-name=w", "job-name=w"]);
}

#[test]
fn a_workload_does_not_stand_beside_its_own_pods() {
    let loaded = all(&[
        workload("Deployment", "web", "", TEMPLATE),
        workload("ReplicaSet", "web-1", &owned("Deployment", "web"), TEMPLATE),
        workload("ReplicaSet", "web-0", &owned("Deployment", "web"), &format!("replicas: 0, {TEMPLATE}")),
        pod("web-1-x", &owned("ReplicaSet", "web-1")),
        workload("CronJob", "tick", "", &format!("jobTemplate: {{spec: {{{TEMPLATE}}}}}")),
        workload("Job", "tick-1", &owned("CronJob", "tick"), TEMPLATE),
        pod("tick-1-x", &owned("Job", "tick-1")),
        workload("StatefulSet", "db", "", TEMPLATE),
        pod("db-0", &owned("StatefulSet", "db")),
        pod("bare", ""),
    ]);
    assert_eq!(
        belongs(&loaded),
        [
            "default/bare of none",
            "default/db-0 of statefulset/db",
            "default/tick-1-x of cronjob/tick",
            "default/web-1-x of deployment/web",
        ]
    );
}

#[test]
fn of_workloads_without_pods_the_topmost_that_is_loaded_stands() {
    let replica_set = |name: &str, replicas: u32| {
        workload(
            "ReplicaSet",
            name,
            &owned("Deployment", "web"),
            &format!("replicas: {replicas}, {TEMPLATE}"),
        )
    };
    let loaded = all(&[workload("Deployment", "web", "", TEMPLATE), replica_set("web-1", 3)]);
    assert_eq!(belongs(&loaded), ["default/deployment/web of deployment/web"]);
    // The Deployment was not loaded: what it left behind without replicas has no pods.
    let loaded = all(&[replica_set("web-0", 0), replica_set("web-1", 3)]);
    assert_eq!(belongs(&loaded), ["default/replicaset/web-1 of deployment/web"]);
}

#[test]
fn a_pod_belongs_to_owners_that_were_not_loaded_as_far_as_they_are_named() {
    let hashed =
        |hash: &str| format!("labels: {{pod-template-hash: {hash}}}, {}", owned("ReplicaSet", "web-5f"));
    let loaded = all(&[
        pod("a", &owned("ReplicaSet", "web-5f")),
        pod("b", &hashed("5f")),
        pod("c", &hashed("6f")),
        pod("d", &owned("Job", "tick-1")),
        pod("e", "ownerReferences: [{apiVersion: v1, kind: Node, name: n1, uid: u, controller: true}]"),
        pod(
            "f",
            "ownerReferences: [{apiVersion: example.com/v1, kind: Deployment, name: n1, uid: u, controller: true}]",
        ),
        pod("g", "ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: n1, uid: u}]"),
    ]);
    assert_eq!(
        belongs(&loaded),
        [
            "default/a of replicaset/web-5f",
            "default/b of deployment/web",
            "default/c of replicaset/web-5f",
            "default/d of job/tick-1",
            "default/e of none",
            "default/f of none",
            "default/g of none",
        ]
    );
}

#[test]
fn a_deployment_knows_its_pods_without_the_replica_set_between_them() {
    let metadata = format!("labels: {{pod-template-hash: 5f}}, {}", owned("ReplicaSet", "web-5f"));
    let loaded = all(&[workload("Deployment", "web", "", TEMPLATE), pod("web-5f-x", &metadata)]);
    assert_eq!(belongs(&loaded), ["default/web-5f-x of deployment/web"]);
}

#[test]
fn owners_are_looked_up_in_their_own_namespace() {
    let loaded = all(&[
        workload("StatefulSet", "db", "namespace: bank", TEMPLATE),
        pod("db-0", &owned("StatefulSet", "db")),
    ]);
    assert_eq!(belongs(&loaded), ["bank/statefulset/db of statefulset/db", "default/db-0 of statefulset/db"]);
}

#[test]
fn owners_in_a_circle_end_in_an_answer() {
    let loaded = all(&[
        workload("ReplicaSet", "a", &owned("ReplicaSet", "b"), TEMPLATE),
        workload("ReplicaSet", "b", &owned("ReplicaSet", "a"), TEMPLATE),
        pod("x", &owned("ReplicaSet", "a")),
    ]);
    assert_eq!(belongs(&loaded), ["default/x of replicaset/b"]);
}
