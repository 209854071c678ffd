//! Deployments with policies, as text: the shape on which analyzers are compared.
//!
//! Each policy selects one Deployment and lets in, on a port and a range of ports, pods of a group in its own and in
//! other namespaces and a block of addresses with an exception; every third one speaks of egress too.

use std::fmt::Write as _;

/// How many Deployments share a namespace.
const IN_NAMESPACE: usize = 25;
/// How many groups of Deployments there are.
const GROUPS: usize = 10;

/// Manifests of so many Deployments and policies; `edit` changes one policy in every hundred.
#[must_use]
pub fn deployments(workloads: usize, policies: usize, edit: bool) -> String {
    let mut text = String::new();
    for namespace in 0..workloads.div_ceil(IN_NAMESPACE) {
        let _ = writeln!(
            text,
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: ns-{namespace}\n  labels: {{team: team-{}}}\n---",
            namespace % 4
        );
    }
    for number in 0..workloads {
        let labels = format!("app: app-{number}, group: group-{}", number % GROUPS);
        let _ = writeln!(
            text,
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{namespace: ns-{}, name: app-{number}}}\nspec:\n  replicas: 3\n  selector: {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n    spec: {{containers: [{{name: main, image: main, ports: [{{containerPort: 8080}}]}}]}}\n---",
            number / IN_NAMESPACE
        );
    }
    for number in 0..policies {
        let of = number % workloads.max(1);
        let (second, third) = (number % 250, number / 250);
        let port = 8000 + number % 50 + if edit && number % 100 == 7 { 100 } else { 0 };
        let ends = format!(
            "    - podSelector: {{matchLabels: {{group: group-{}}}}}\n    - namespaceSelector: {{matchLabels: {{team: team-{}}}}}\n      podSelector: {{matchLabels: {{group: group-{}}}}}\n    - ipBlock: {{cidr: 10.{second}.{third}.0/24, except: [10.{second}.{third}.64/28]}}\n",
            number % GROUPS,
            number % 4,
            (number + 3) % GROUPS,
        );
        let ports =
            format!("    ports: [{{port: {port}}}, {{port: {}, endPort: {}}}]\n", port + 1000, port + 1010);
        let _ = write!(
            text,
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{namespace: ns-{}, name: policy-{number}}}\nspec:\n  podSelector: {{matchLabels: {{app: app-{of}}}}}\n  ingress:\n  - from:\n{ends}{ports}",
            of / IN_NAMESPACE
        );
        if number % 3 == 0 {
            let _ = write!(text, "  egress:\n  - to:\n{ends}{ports}");
        }
        text.push_str("---\n");
    }
    text
}
