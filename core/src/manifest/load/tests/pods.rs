//! Pods and nodes: addresses, phases, ports, and dumps of a cluster.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{codes, notes, read, sound};
use crate::cluster::{ContainerKind, Phase, Pod};
use crate::manifest::Strength::{Create, Stored};

fn pod(text: &str) -> Pod {
    let loaded = sound(&format!("{{apiVersion: v1, kind: Pod, {text}}}"));
    loaded.cluster.pods().next().unwrap().1.clone()
}

fn status(text: &str) -> Pod {
    pod(&format!("metadata: {{name: a}}, status: {{{text}}}"))
}

fn strings<T: ToString>(items: &[T]) -> Vec<String> {
    items.iter().map(ToString::to_string).collect()
}

#[test]
fn np_027_all_addresses_of_a_pod_are_read_the_primary_one_first_and_each_once() {
    let cases = [
        ("", [].as_slice()),
        ("podIP: 10.0.0.1", &["10.0.0.1"]),
        ("podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: '2001:db8::1'}]", &["10.0.0.1", "2001:db8::1"]),
        ("podIPs: [{ip: '2001:DB8::1'}, {ip: 10.0.0.1}, {}]", &["2001:db8::1", "10.0.0.1"]),
    ];
    for (text, expected) in cases {
        assert_eq!(strings(&status(text).addresses), expected, "{text}");
        let host = text.replace("pod", "host");
        assert_eq!(strings(&status(&host).host_addresses), expected, "{host}");
    }
}

#[test]
fn cal_5_and_cil_7_pods_run_as_the_account_that_they_name_by_either_field_or_as_default() {
    let cases = [
        ("spec: {}", Some("default")),
        ("spec: {serviceAccountName: till}", Some("till")),
        ("spec: {serviceAccount: older}", Some("older")),
        ("spec: {serviceAccountName: till, serviceAccount: older}", Some("till")),
        ("spec: {serviceAccountName: ''}", Some("default")),
    ];
    for (text, expected) in cases {
        assert_eq!(
            pod(&format!("metadata: {{name: a}}, {text}")).service_account.as_deref(),
            expected,
            "{text}"
        );
        let template = format!(
            "{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: a}}, spec: {{selector: {{matchLabels: {{a: b}}}}, \
             template: {{metadata: {{labels: {{a: b}}}}, {text}}}}}}}"
        );
        let loaded = sound(&template);
        assert_eq!(
            loaded.cluster.pods().next().unwrap().1.service_account.as_deref(),
            expected,
            "{template}"
        );
    }
    let mirror = pod("metadata: {name: a, annotations: {kubernetes.io/config.mirror: x}}");
    assert_eq!(mirror.service_account, None);
}

#[test]
fn np_025_where_a_pod_is_in_its_life_is_read() {
    let phases = [
        ("", Phase::Running),
        ("phase: null", Phase::Running),
        ("phase: Pending", Phase::Pending),
        ("phase: Running", Phase::Running),
        ("phase: Succeeded", Phase::Succeeded),
        ("phase: Failed", Phase::Failed),
        ("phase: Unknown", Phase::Unknown),
    ];
    for (text, expected) in phases {
        assert_eq!(status(text).phase, expected, "{text}");
    }
    let life = pod(
        "metadata: {name: a, creationTimestamp: '2026-01-02T03:04:05+01:00', deletionTimestamp: '2026-01-02T03:04:05Z'}",
    );
    assert_eq!((life.created.as_deref(), life.terminating), (Some("2026-01-02T02:04:05Z"), true));
    assert!(!status("").terminating);
}

#[test]
fn np_028_ports_of_every_container_are_read_regular_ones_first() {
    let found = pod("metadata: {name: a}, spec: {nodeName: n1, initContainers: [
        {name: i, ports: [{name: web, containerPort: 1}]},
        {name: s, restartPolicy: Always, ports: [{containerPort: 2, protocol: UDP}]}],
        containers: [{name: c, ports: [{name: web, containerPort: 3}, {containerPort: 4.0, protocol: SCTP}]}, {name: d}]}");
    let ports: Vec<_> = found
        .ports
        .iter()
        .map(|it| {
            (it.port.get(), it.protocol.as_str(), it.name.as_ref().map(ToString::to_string), it.container)
        })
        .collect();
    let web = || Some("web".to_string());
    assert_eq!(
        ports,
        [
            (3, "TCP", web(), ContainerKind::Regular),
            (4, "SCTP", None, ContainerKind::Regular),
            (1, "TCP", web(), ContainerKind::Init),
            (2, "UDP", None, ContainerKind::Sidecar),
        ]
    );
    assert_eq!((found.node.as_deref(), found.host_network), (Some("n1"), false));
}

#[test]
fn np_025_only_running_pods_that_own_an_address_can_share_one() {
    let pod =
        |name: &str, rest: &str| format!("{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, {rest}}}");
    let running = "status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: '::1'}]}";
    let cases = [
        (running, 2),
        ("status: {phase: Failed, podIP: 10.0.0.1}", 0),
        ("status: {phase: Running, podIP: 10.0.0.2}", 0),
        ("spec: {hostNetwork: true}, status: {phase: Running, podIP: 10.0.0.1}", 0),
        ("status: {podIP: '::1'}", 1),
    ];
    for (other, count) in cases {
        let text = format!("{}\n---\n{}", pod("a", running), pod("b", other));
        let found = sound(&text).report.problems;
        assert_eq!(found.len(), count, "{other}");
        for problem in found {
            assert_eq!(
                (problem.code.as_str(), problem.object.as_deref()),
                ("shared-address", Some("Pod default/b"))
            );
            assert!(problem.message.contains("Pod default/a at a.yaml:1"), "{problem}");
        }
    }
}

#[test]
fn np_026_pods_without_address_are_noted_unless_they_are_finished() {
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}, status: {phase: Succeeded}}";
    let found = notes(&sound(text));
    let about_pods: Vec<_> = found.iter().filter(|note| note.starts_with("pod")).collect();
    assert_eq!(about_pods, ["pod `default/a` has no address; no `ipBlock` matches it"]);
}

#[test]
fn a_node_has_all_its_addresses_but_not_its_names() {
    let text = "{apiVersion: v1, kind: Node, metadata: {name: n1, labels: {zone: a}}, status: {addresses: [
        {type: InternalIP, address: 10.1.0.1}, {type: InternalIP, address: '2001:db8::1'},
        {type: ExternalIP, address: 203.0.113.1}, {type: Hostname, address: n1}, {type: InternalDNS, address: n1.x}]}}";
    let loaded = sound(text);
    let (_, node) = loaded.cluster.nodes().next().unwrap();
    assert_eq!((node.name.as_str(), node.labels.len()), ("n1", 1));
    assert_eq!(strings(&node.addresses), ["10.1.0.1", "2001:db8::1", "203.0.113.1"]);
    let broken = text.replace("203.0.113.1", "n1");
    assert_eq!(codes(read(&broken, Stored)), ["invalid-address status.addresses[2].address"]);
}

#[test]
fn the_status_of_a_pod_that_is_made_is_dropped_as_the_server_drops_it() {
    let text = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: c, image: i}]}, status: {podIP: x}}";
    assert_eq!(codes(read(text, Create)), [""; 0]);
    assert_eq!(codes(read(text, Stored)), ["invalid-address status.podIP"]);
}

#[test]
fn a_dump_of_a_pod_reads_without_a_word() {
    let text = r#"
apiVersion: v1
items:
- apiVersion: v1
  kind: Pod
  metadata:
    annotations: {kubectl.kubernetes.io/last-applied-configuration: "{}"}
    creationTimestamp: "2026-01-02T03:04:05Z"
    generateName: web-5f-
    generation: 1
    labels: {app: web, pod-template-hash: 5f}
    managedFields:
    - {apiVersion: v1, fieldsType: FieldsV1, fieldsV1: {"f:metadata": {"f:labels": {".": {}}}}, manager: m, operation: Update, time: "2026-01-02T03:04:05Z"}
    name: web-5f-x
    namespace: shop
    ownerReferences:
    - {apiVersion: apps/v1, blockOwnerDeletion: true, controller: true, kind: ReplicaSet, name: web-5f, uid: u}
    resourceVersion: "12"
    uid: u
  spec:
    containers:
    - image: i
      imagePullPolicy: Always
      name: c
      ports: [{containerPort: 80, hostIP: 127.0.0.1, name: http, protocol: TCP}]
      resources: {limits: {cpu: 500m}}
      volumeMounts: [{mountPath: /x, name: v, readOnly: true}]
    dnsPolicy: ClusterFirst
    nodeName: n1
    tolerations: [{effect: NoExecute, key: k, operator: Exists, tolerationSeconds: 300}]
  status:
    conditions: [{lastProbeTime: null, status: "True", type: Ready}]
    hostIP: 10.1.0.1
    hostIPs: [{ip: 10.1.0.1}]
    phase: Running
    podIP: 10.0.0.1
    podIPs: [{ip: 10.0.0.1}]
    qosClass: Burstable
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {creationTimestamp: null, name: p, namespace: shop, selfLink: /x, clusterName: ""}
  spec: {podSelector: {}}
  status: {}
kind: List
metadata: {resourceVersion: ""}
"#;
    let loaded = sound(text);
    assert_eq!((loaded.report.problems.as_slice(), loaded.report.objects), ([].as_slice(), 2));
    let (_, pod) = loaded.cluster.pods().next().unwrap();
    assert_eq!(
        (pod.to_string().as_str(), pod.workload.as_ref().map(ToString::to_string).as_deref()),
        ("shop/web-5f-x", Some("deployment/web"))
    );
}
