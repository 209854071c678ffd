//! The sets of manifests that are compared: generated ones, the situations of well-known recipes, and the examples.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// How many sets are generated.
const GENERATED: u64 = 64;
/// Where generated sets and recipes lie.
pub(super) const FOLDER: &str = "cli/testdata/compare";

/// A set: its name, and its files from the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Set {
    pub(super) name: String,
    pub(super) files: Vec<PathBuf>,
}

/// Writes the generated sets; they are the same on every machine.
pub(super) fn write_generated(root: &Path) -> std::io::Result<()> {
    let folder = root.join(FOLDER).join("generated");
    fs::create_dir_all(&folder)?;
    for number in 1..=GENERATED {
        fs::write(folder.join(format!("{number:02}.yaml")), generate(number))?;
    }
    Ok(())
}

/// All sets, by name.
pub(super) fn all(root: &Path) -> std::io::Result<Vec<Set>> {
    let mut sets = Vec::new();
    for folder in ["generated", "recipes"] {
        for file in listed(&root.join(FOLDER).join(folder))? {
            let stem = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            sets.push(Set { name: format!("{folder}/{stem}"), files: vec![from_root(root, &file)] });
        }
    }
    for mistake in listed(&root.join("examples/mistakes"))?.into_iter().filter(|path| path.is_dir()) {
        let name = mistake.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for state in ["before", "after"] {
            let files = [mistake.join("cluster.yaml"), mistake.join(format!("{state}.yaml"))];
            let files = files.iter().filter(|file| file.exists()).map(|file| from_root(root, file)).collect();
            sets.push(Set { name: format!("mistakes/{name}/{state}"), files });
        }
    }
    for folder in ["examples/diff/old", "examples/diff/new", "examples/shop"] {
        let mut files = Vec::new();
        for file in listed(&root.join(folder))? {
            let is_yaml = file.extension().is_some_and(|extension| extension == "yaml");
            // Assertions are about a cluster, and nothing that both could read.
            if is_yaml && !fs::read_to_string(&file)?.contains("apiVersion: portcullis.dev/") {
                files.push(from_root(root, &file));
            }
        }
        sets.push(Set { name: folder.to_string(), files });
    }
    Ok(sets)
}

fn listed(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    paths.sort();
    Ok(paths)
}

fn from_root(root: &Path, file: &Path) -> PathBuf {
    file.strip_prefix(root).unwrap_or(file).to_path_buf()
}

/// Numbers that look random and are the same everywhere (SplitMix64).
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, count: u64) -> u64 {
        self.next() % count
    }

    fn one<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len() as u64) as usize]
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

const NAMESPACES: [(&str, &str); 3] =
    [("a", "team: red, env: prod"), ("b", "team: blue"), ("c", "env: test")];
/// Namespace, name, kind, labels, ports.
const WORKLOADS: [(&str, &str, &str, &str, &str); 6] = [
    ("a", "web", "Deployment", "app: web, tier: front", "{name: http, containerPort: 8080}"),
    (
        "a",
        "api",
        "Deployment",
        "app: api, tier: back",
        "{name: http, containerPort: 8000}, {name: dns, containerPort: 53, protocol: UDP}",
    ),
    ("a", "db", "StatefulSet", "app: db", "{name: pg, containerPort: 5432}"),
    ("b", "client", "Deployment", "app: client, tier: front", ""),
    ("b", "worker", "DaemonSet", "app: worker, tier: back", "{name: http, containerPort: 80}"),
    ("c", "probe", "Deployment", "app: probe", "{name: sctp, containerPort: 7, protocol: SCTP}"),
];
const LABELS: [&str; 6] = [
    "matchLabels: {app: web}",
    "matchLabels: {tier: back}",
    "matchExpressions: [{key: app, operator: In, values: [web, client, db]}]",
    "matchExpressions: [{key: tier, operator: NotIn, values: [back]}]",
    "matchExpressions: [{key: tier, operator: Exists}]",
    "matchExpressions: [{key: tier, operator: DoesNotExist}]",
];
const SPACES: [&str; 5] = [
    "matchLabels: {team: red}",
    "matchLabels: {kubernetes.io/metadata.name: b}",
    "matchExpressions: [{key: env, operator: In, values: [prod, test]}]",
    "matchExpressions: [{key: team, operator: NotIn, values: [red]}]",
    "matchExpressions: [{key: env, operator: DoesNotExist}]",
];
const BLOCKS: [&str; 6] = [
    "cidr: 0.0.0.0/0",
    "cidr: 10.0.0.0/8, except: [10.1.0.0/16, 10.2.3.0/24]",
    "cidr: 192.168.0.0/16",
    "cidr: 203.0.113.7/32",
    "cidr: '2001:db8::/32', except: ['2001:db8:1::/48']",
    "cidr: '::/0'",
];
const PORTS: [&str; 9] = [
    "{port: 80}",
    "{port: 8000, endPort: 8080}",
    "{port: http}",
    "{port: pg}",
    "{protocol: UDP, port: 53}",
    "{protocol: UDP}",
    "{protocol: SCTP, port: 7}",
    "{port: 8080, endPort: 9090}",
    "{protocol: TCP}",
];

fn generate(number: u64) -> String {
    let mut draws = Draws(number);
    let mut out = String::new();
    for (name, labels) in NAMESPACES {
        let _ = writeln!(
            out,
            "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {name}\n  labels: {{kubernetes.io/metadata.name: {name}, {labels}}}\n---"
        );
    }
    for (namespace, name, kind, labels, ports) in WORKLOADS {
        let _ = writeln!(
            out,
            "apiVersion: apps/v1\nkind: {kind}\nmetadata: {{namespace: {namespace}, name: {name}}}\nspec:\n  selector: {{matchLabels: {{{labels}}}}}\n  template:\n    metadata: {{labels: {{{labels}}}}}\n    spec: {{containers: [{{name: main, image: main, ports: [{ports}]}}]}}\n---"
        );
    }
    let policies = 2 + number % 5;
    for policy in 0..policies {
        if policy > 0 {
            out.push_str("---\n");
        }
        out.push_str(&one_policy(&mut draws, policy));
    }
    out
}

fn one_policy(draws: &mut Draws, number: u64) -> String {
    let namespace = draws.one(&["a", "a", "b", "c"]);
    let subject = if draws.chance(35) { "" } else { draws.one(&LABELS) };
    let mut out = format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{namespace: {namespace}, name: p{number}}}\nspec:\n  podSelector: {{{subject}}}\n"
    );
    let types = draws.one(&["", "[Ingress]", "[Egress]", "[Ingress, Egress]"]);
    if !types.is_empty() {
        let _ = writeln!(out, "  policyTypes: {types}");
    }
    for (list, peers, named) in [("ingress", "from", "Ingress"), ("egress", "to", "Egress")] {
        // It refuses policies with rules of a type that they do not name, which the API server takes.
        let is_named = types.is_empty() || types.contains(named);
        if draws.chance(35) || !is_named {
            continue;
        }
        let rules = draws.below(3);
        if rules == 0 {
            let _ = writeln!(out, "  {list}: []");
            continue;
        }
        let _ = writeln!(out, "  {list}:");
        for _ in 0..rules {
            let mut fields = Vec::new();
            if draws.chance(80) {
                let count = 1 + draws.below(2);
                let list: Vec<String> = (0..count).map(|_| one_peer(draws)).collect();
                fields.push(format!("{peers}: [{}]", list.join(", ")));
            }
            if draws.chance(65) {
                let count = 1 + draws.below(2);
                let list: Vec<&str> = (0..count).map(|_| draws.one(&PORTS)).collect();
                fields.push(format!("ports: [{}]", list.join(", ")));
            }
            let _ = writeln!(out, "  - {{{}}}", fields.join(", "));
        }
    }
    out
}

fn one_peer(draws: &mut Draws) -> String {
    match draws.below(5) {
        0 => format!("{{podSelector: {{{}}}}}", draws.one(&LABELS)),
        1 => format!("{{namespaceSelector: {{{}}}}}", draws.one(&SPACES)),
        2 => "{namespaceSelector: {}}".to_string(),
        3 => {
            let (pods, spaces) = (draws.one(&LABELS), draws.one(&SPACES));
            format!("{{podSelector: {{{pods}}}, namespaceSelector: {{{spaces}}}}}")
        }
        _ => format!("{{ipBlock: {{{}}}}}", draws.one(&BLOCKS)),
    }
}
