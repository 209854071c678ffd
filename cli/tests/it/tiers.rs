//! Policies of the cluster: the tier and the priority in answers, what passes on, ties.

use expect_test::expect;

use crate::run::{run, run_with};

const TIERS: &str = "-f examples/tiers";

#[test]
fn eval_names_the_tier_and_the_priority_of_the_rule_that_decides() {
    let cases = [
        (
            "--from monitoring/scraper --to tenant-a/db --port metrics",
            expect![[r#"
            allowed: monitoring/scraper -> tenant-a/db, TCP 9187 (`metrics`)
              egress   allowed  no policy isolates the pod in this direction
              ingress  allowed  by the tier Admin, priority 10: ClusterNetworkPolicy monitoring spec.ingress[0] (examples/tiers/policies.yaml:10)
            exit 0
        "#]],
        ),
        (
            "--from tenant-b/web --to tenant-a/web --port http",
            expect![[r#"
            allowed: tenant-b/web -> tenant-a/web, TCP 8080 (`http`)
              egress   allowed  no policy isolates the pod in this direction
              ingress  allowed  by tenant-a/web spec.ingress[0] (examples/tiers/policies.yaml:58); the tier Admin passed it on, by ClusterNetworkPolicy tenants spec.ingress[0] (examples/tiers/policies.yaml:28)
            exit 0
        "#]],
        ),
        (
            "--from tenant-b/web --to tenant-a/db --port sql",
            expect![[r#"
            denied: tenant-b/web -> tenant-a/db, TCP 5432 (`sql`)
              egress   allowed  no policy isolates the pod in this direction
              ingress  denied   by the tier Baseline, priority 50: ClusterNetworkPolicy apart spec.ingress[1] (examples/tiers/policies.yaml:47); the tier Admin passed it on, by ClusterNetworkPolicy tenants spec.ingress[0] (examples/tiers/policies.yaml:28)
            exit 1
        "#]],
        ),
        (
            "--from tenant-a/web --to 169.254.169.254 --port 80",
            expect![[r#"
            denied: tenant-a/web -> 169.254.169.254, TCP 80
              egress   denied   by the tier Admin, priority 20: ClusterNetworkPolicy tenants spec.egress[0] (examples/tiers/policies.yaml:24)
              ingress  allowed  it is no pod, and policies select pods only
            exit 1
        "#]],
        ),
    ];
    for (args, expected) in cases {
        expected.assert_eq(&run(&format!("eval {TIERS} {args}")).all());
    }
}

#[test]
fn json_names_the_kind_the_tier_and_the_priority() {
    let ran = run(&format!("eval {TIERS} --from tenant-b/web --to tenant-a/db --port sql -o json"));
    let answer: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let rule = &answer["ingress"]["rule"];
    assert_eq!(answer["ingress"]["reason"], "deny-rule");
    assert_eq!(
        (&rule["kind"], &rule["tier"], &rule["priority"], &rule["policy"], &rule["path"]),
        (
            &"ClusterNetworkPolicy".into(),
            &"Baseline".into(),
            &50.into(),
            &"apart".into(),
            &"spec.ingress[1]".into()
        )
    );
}

#[test]
fn why_tells_what_each_tier_says() {
    expect![[r#"
        denied: tenant-b/web -> tenant-a/web, TCP 9100 (`metrics`)

        egress of tenant-b/web: allowed
          no policy isolates the pod in this direction
          tiers
            Admin: no rule matches, goes on to the next tier
            NetworkPolicy: no policy speaks of this pod and direction
            Baseline: no policy speaks of this pod and direction
          not by monitoring  examples/tiers/policies.yaml:2 (not about egress)

        ingress of tenant-a/web: denied
          tiers
            Admin: passed on to the next tier by ClusterNetworkPolicy tenants spec.ingress[0]  examples/tiers/policies.yaml:28, priority 20
            NetworkPolicy: isolates the pod, and no rule allows this
            Baseline: not asked
          isolated by
            tenant-a/web  examples/tiers/policies.yaml:52 (1 rule)
          their only rule does not match
            tenant-a/web spec.ingress[0]  examples/tiers/policies.yaml:58
                58 |   - ports: [{port: http}]
              spec.ingress[0].ports[0].port: the flow goes to TCP 9100, and `http` is `8080` on `tenant-a/web`
        exit 1
    "#]]
        .assert_eq(&run(&format!("why {TIERS} --from tenant-b/web --to tenant-a/web --port metrics")).all());
}

#[test]
fn a_tie_is_reported_where_both_policies_match() {
    let policy = |name: &str, action: &str| {
        format!(
            "apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {{name: {name}}}\n\
             spec:\n  tier: Admin\n  priority: 7\n  subject: {{namespaces: {{}}}}\n  ingress:\n  - action: {action}\n    \
             from: [{{namespaces: {{}}}}]\n---\n"
        )
    };
    let pods = "apiVersion: v1\nkind: Pod\nmetadata: {namespace: a, name: one}\nspec: {containers: []}\n---\n\
                apiVersion: v1\nkind: Pod\nmetadata: {namespace: a, name: two}\nspec: {containers: []}\n";
    let manifests = format!("{}{}{pods}", policy("deny", "Deny"), policy("accept", "Accept"));
    let ran = run_with("eval -f - --from a/one --to a/two --port 80", &manifests);
    assert_eq!(ran.code, 0, "{}", ran.all());
    assert!(
        ran.stdout.contains("ambiguous: ClusterNetworkPolicy `accept` and ClusterNetworkPolicy `deny`"),
        "{}",
        ran.all()
    );
    let other =
        run_with("eval -f - --from a/one --to a/two --port 80 --set tie-break=reverse-name", &manifests);
    assert_eq!(other.code, 1, "{}", other.all());
}
