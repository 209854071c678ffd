//! Modules, clusters and packets for the other tests.

use std::net::Ipv4Addr;
use std::path::Path;

use portcullis::manifest::{LoadOptions, Loaded, Source, load};
use portcullis::net::Protocol;
use portcullis::{Engine as Native, Options, Packet};
use portcullis_host::{Engine, Modules, Settings, Template};

/// A module: as it was built last where `PORTCULLIS_WASM_DIR` says where, else the prebuilt one.
pub(crate) fn module(name: &str) -> Vec<u8> {
    match std::env::var_os("PORTCULLIS_WASM_DIR") {
        Some(folder) => std::fs::read(Path::new(&folder).join(format!("{name}.wasm"))).unwrap(),
        None => {
            let found = portcullis_wasm_modules::ALL.into_iter().find(|module| module.name == name);
            found.unwrap().bytes.to_vec()
        }
    }
}

/// An engine that runs any module.
pub(crate) fn engine(settings: Settings) -> Engine {
    Engine::new(Settings { modules: Modules::Any, ..settings }).unwrap()
}

/// The module that decides.
pub(crate) fn template(engine: &Engine) -> Template {
    Template::new(engine, &module("decide"), None).unwrap()
}

/// A cluster of `web` at 10.0.0.1 and `db` at 10.0.0.2; a policy closes `db` but for some ports from `web`.
pub(crate) fn manifests(ports: &[u16]) -> String {
    let pod = |name: &str, address: &str| {
        format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{namespace: shop, name: {name}, labels: {{app: {name}}}}}, \
             spec: {{containers: []}}, status: {{podIP: {address}}}}}\n---\n"
        )
    };
    let ports: Vec<_> = ports.iter().map(|port| format!("{{port: {port}}}")).collect();
    let rules = if ports.is_empty() {
        String::new()
    } else {
        format!("{{from: [{{podSelector: {{matchLabels: {{app: web}}}}}}], ports: [{}]}}", ports.join(", "))
    };
    let policy = format!(
        "{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: shop, name: db}}, \
         spec: {{podSelector: {{matchLabels: {{app: db}}}}, policyTypes: [Ingress], ingress: [{rules}]}}}}\n"
    );
    pod("web", "10.0.0.1") + &pod("db", "10.0.0.2") + &policy
}

/// The cluster, loaded.
pub(crate) fn loaded(ports: &[u16]) -> Loaded {
    let source = Source { name: "shop.yaml".into(), text: manifests(ports) };
    load(&[source], &LoadOptions::default()).unwrap()
}

/// The native engine over the cluster.
pub(crate) fn native(ports: &[u16]) -> Native {
    let Loaded { cluster, policies, .. } = loaded(ports);
    Native::new(cluster, policies, Options::default())
}

/// An image of some pages: `web` and `db`, and so many pods beside them, of which each tenth has a policy.
pub(crate) fn large(ports: &[u16]) -> Native {
    let mut text = manifests(ports);
    for number in 0..400 {
        text += &format!(
            "---\n{{apiVersion: v1, kind: Pod, metadata: {{namespace: shop, name: p{number}, \
             labels: {{number: n{number}}}}}, spec: {{containers: []}}, status: {{podIP: 10.0.{}.{}}}}}\n",
            1 + number / 200,
            1 + number % 200,
        );
        if number % 10 == 0 {
            text += &format!(
                "---\n{{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: shop, \
                 name: p{number}}}, spec: {{podSelector: {{matchLabels: {{number: n{number}}}}}, \
                 ingress: [{{from: [{{podSelector: {{matchLabels: {{app: web}}}}}}]}}]}}}}\n"
            );
        }
    }
    let source = Source { name: "large.yaml".into(), text };
    let Loaded { cluster, policies, .. } = load(&[source], &LoadOptions::default()).unwrap();
    Native::new(cluster, policies, Options::default())
}

/// An image that is looked up as those are that no cache near a core holds: `db` lets many blocks of addresses in.
pub(crate) fn wide(blocks: u32) -> Native {
    let mut text = manifests(&[]);
    text += "---\n{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {namespace: shop, name: wide}, \
             spec: {podSelector: {matchLabels: {app: db}}, ingress: [{from: [";
    for number in 0..blocks {
        text += &format!("{{ipBlock: {{cidr: {}/32}}}}, ", block(number));
    }
    text += "]}]}}\n";
    let source = Source { name: "wide.yaml".into(), text };
    let Loaded { cluster, policies, .. } = load(&[source], &LoadOptions::default()).unwrap();
    Native::new(cluster, policies, Options::default())
}

/// The address of one of those blocks: all over the address space.
pub(crate) fn block(number: u32) -> Ipv4Addr {
    Ipv4Addr::from_bits(number.wrapping_mul(0x9e37_79b1) | 1)
}

/// A packet of TCP from `web` to `db`.
pub(crate) fn to_db(port: u16) -> Packet {
    Packet::new("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), Protocol::TCP, port)
}
