//! Hostile sizes: manifests as large as objects can be are loaded, compiled and decided as the specification has it,
//! within stated limits of memory. One test alone in its program: the count is of all threads.

use std::fmt::Write as _;

use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::manifest::{LoadOptions, Loaded, Source, load};
use portcullis::net::L4Protocol::{self, Sctp, Tcp, Udp};
use portcullis::{Decide, Engine, Image, Options, Verdict};
use portcullis_benches::heap::{Counting, count};
use portcullis_spec::Spec;

#[global_allocator]
static HEAP: Counting = Counting;

/// A manifest, limits, and flows that are decided as the specification has it.
struct Hostile {
    name: &'static str,
    text: String,
    limits: Limits,
    /// From and to, as addresses, with protocol and port.
    flows: Vec<(String, String, L4Protocol, u16)>,
}

/// The most that each step may take, in bytes: what it does take, and about a third more.
struct Limits {
    /// The heap while the text is read, in bytes for each byte of it.
    load: usize,
    /// The heap while it is compiled.
    compile: usize,
    image: usize,
}

/// Namespace `x` with the pods `a` on 10.0.0.1 and `b` on 10.0.0.2.
const PODS: &str = "\
{apiVersion: v1, kind: Pod, metadata: {name: a, namespace: x, labels: {app: a}}, status: {phase: Running, podIP: 10.0.0.1}}
---
{apiVersion: v1, kind: Pod, metadata: {name: b, namespace: x}, status: {phase: Running, podIP: 10.0.0.2}}
";

fn policy(name: &str, spec: &str) -> String {
    format!(
        "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: x}}\n\
         spec:\n  podSelector: {{}}\n  policyTypes: [Ingress]\n{spec}"
    )
}

fn rules(each: impl Iterator<Item = String>) -> String {
    each.fold("  ingress:\n".to_string(), |mut text, rule| {
        let _ = writeln!(text, "  - {rule}");
        text
    })
}

/// The address of a number in 172.16.0.0/12.
fn outside(number: u32) -> String {
    std::net::Ipv4Addr::from(0xac10_0000 + number).to_string()
}

fn to_a(from: impl Into<String>, protocol: L4Protocol, port: u16) -> (String, String, L4Protocol, u16) {
    (from.into(), "10.0.0.1".into(), protocol, port)
}

fn many_rules(count: u32) -> String {
    let rule = |number: u32| {
        let port = number % 60_000 + 1;
        format!("{{from: [{{ipBlock: {{cidr: {}/32}}}}], ports: [{{port: {port}}}]}}", outside(number * 3))
    };
    PODS.to_string() + &policy("many", &rules((0..count).map(rule)))
}

fn samples(count: u32) -> Vec<(String, String, L4Protocol, u16)> {
    let mut flows = Vec::new();
    for number in [0, 1, count / 3, count / 2, count - 2, count - 1] {
        let port = u16::try_from(number % 60_000 + 1).unwrap();
        flows.push(to_a(outside(number * 3), Tcp, port));
        flows.push(to_a(outside(number * 3), Tcp, port + 1));
        flows.push(to_a(outside(number * 3 + 1), Tcp, port));
    }
    flows
}

fn many_policies() -> Hostile {
    let mut text = PODS.to_string();
    for number in 0..10_000_u32 {
        let rule = format!("{{from: [{{podSelector: {{}}}}], ports: [{{port: {}}}]}}", number + 1);
        text += &policy(&format!("p{number}"), &rules(std::iter::once(rule)));
    }
    Hostile {
        name: "10,000 policies that select one pod",
        text,
        limits: Limits { load: 33, compile: 5_400_000, image: 250_000 },
        flows: [1, 2, 5_000, 9_999, 10_000, 10_001].map(|port| to_a("10.0.0.2", Tcp, port)).into(),
    }
}

/// Blocks in blocks, each with the next as its exception, and one block with thousands of exceptions, which nest.
fn nested_excepts() -> Hostile {
    let v4 = (8..32).map(|length| format!("{{cidr: 10.0.0.0/{length}, except: [10.0.0.0/{}]}}", length + 1));
    let v6 =
        (8..128).map(|length| format!("{{cidr: \"fd00::/{length}\", except: [\"fd00::/{}\"]}}", length + 1));
    let nest: Vec<String> = (13..32).map(|length| format!("172.16.0.0/{length}")).collect();
    let singles = (0..10_000).map(|number| format!("{}/32", outside(0x8_0000 + number * 2)));
    let excepts: Vec<String> = nest.into_iter().chain(singles).collect();
    let large = format!("{{cidr: 172.16.0.0/12, except: [{}]}}", excepts.join(", "));
    let rule = |block: String| format!("{{from: [{{ipBlock: {block}}}]}}");
    let text = PODS.to_string() + &policy("nested", &rules(v4.chain(v6).chain([large]).map(rule)));
    let mut flows = vec![to_a("10.0.0.2", Tcp, 1), to_a("10.200.0.1", Tcp, 1), to_a("10.0.0.0", Tcp, 1)];
    for number in [0, 1, 0x7_ffff, 0x8_0000, 0x8_0001, 0x8_4e1e, 0x8_4e1f, 0x8_4e20, 0xf_ffff] {
        flows.push(to_a(outside(number), Udp, 9));
    }
    Hostile {
        name: "excepts 120 levels deep, and 10,000 of one block",
        text,
        limits: Limits { load: 42, compile: 5_300_000, image: 320_000 },
        flows,
    }
}

/// Ranges that touch no other: odd ports of TCP, even ones of UDP.
fn many_port_ranges() -> Hostile {
    let mut ports = String::new();
    for number in 1..=65_535_u32 {
        let protocol = if number % 2 == 1 { "TCP" } else { "UDP" };
        let _ = write!(ports, "{{protocol: {protocol}, port: {number}, endPort: {number}}}, ");
    }
    let rule = format!("{{from: [{{podSelector: {{}}}}], ports: [{ports}]}}");
    let mut flows = Vec::new();
    for port in [1, 2, 3, 32_767, 32_768, 65_534, 65_535] {
        flows.extend([Tcp, Udp, Sctp].map(|protocol| to_a("10.0.0.2", protocol, port)));
    }
    Hostile {
        name: "65,535 port ranges in one rule",
        text: PODS.to_string() + &policy("ports", &rules(std::iter::once(rule))),
        limits: Limits { load: 120, compile: 11_000_000, image: 2_200_000 },
        flows,
    }
}

/// Every name, key and value as long as it can be: 200 pods, 20 labels each, and a policy for every second.
fn long_names() -> Hostile {
    let long = |length: usize, number: usize| format!("{number:0>length$}");
    let dns = |length: usize, number: usize| {
        // Subdomains are made of parts of at most 63 characters.
        let parts = (0..length / 64).map(|part| long(63, part)).collect::<Vec<_>>().join(".");
        format!("{parts}.{}", long(length - parts.len() - 1, number))
    };
    let namespace = |number: usize| format!("n{}", long(62, number));
    let labels = |number: usize| -> Vec<String> {
        let label = |at: usize| {
            format!(
                "\"{}/k{}\": v{}",
                dns(253, at),
                long(62, at),
                long(62, if at == 0 { number } else { at })
            )
        };
        (0..20).map(label).collect()
    };
    let mut text = String::new();
    for number in 0..200 {
        let _ = write!(
            text,
            "---\napiVersion: v1\nkind: Pod\nmetadata: {{name: {}, namespace: {}, labels: {{{}}}}}\n\
             spec: {{containers: [{{name: c, ports: [{{name: p{}, containerPort: {}}}]}}]}}\n\
             status: {{phase: Running, podIP: 10.0.1.{number}}}\n",
            dns(253, number),
            namespace(number % 10),
            labels(number).join(", "),
            long(14, number % 7),
            8_000 + number,
        );
    }
    for number in (0..200).step_by(2) {
        let _ = write!(
            text,
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {}, namespace: {}}}\n\
             spec:\n  podSelector: {{matchLabels: {{{}}}}}\n  ingress:\n  - from: [{{namespaceSelector: \
             {{matchLabels: {{kubernetes.io/metadata.name: {}}}}}}}]\n    ports: [{{port: p{}}}]\n",
            dns(253, number),
            namespace(number % 10),
            labels(number).join(", "),
            namespace((number + 1) % 10),
            long(14, number % 7),
        );
    }
    let mut flows = Vec::new();
    for number in [0, 1, 42, 43, 198, 199] {
        for from in [number + 1, number + 2] {
            let end = |number: usize| format!("10.0.1.{}", number % 200);
            flows.push((end(from), end(number), Tcp, u16::try_from(8_000 + number).unwrap()));
        }
    }
    Hostile {
        name: "names, labels and port names of the greatest length",
        text,
        limits: Limits { load: 4, compile: 6_600_000, image: 110_000 },
        flows,
    }
}

/// A pod with a thousand labels, and selectors that ask for all of them, with a thousand values.
fn long_selectors() -> Hostile {
    let labels: Vec<String> = (0..1_000).map(|number| format!("k{number}: v{number}")).collect();
    let values: Vec<String> = (0..1_000).map(|number| format!("v{number}")).collect();
    let mut text = format!(
        "{{apiVersion: v1, kind: Pod, metadata: {{name: a, namespace: x, labels: {{{}}}}}, \
         status: {{phase: Running, podIP: 10.0.0.1}}}}\n---\n\
         {{apiVersion: v1, kind: Pod, metadata: {{name: b, namespace: x}}, status: {{phase: Running, podIP: 10.0.0.2}}}}\n",
        labels.join(", ")
    );
    for number in 0..100_u16 {
        let _ = write!(
            text,
            "---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: p{number}, namespace: x}}\n\
             spec:\n  podSelector: {{matchLabels: {{{}}}, matchExpressions: [{{key: k{number}, operator: In, \
             values: [{}]}}]}}\n  ingress:\n  - ports: [{{port: {}}}]\n",
            labels.join(", "),
            values.join(", "),
            number + 1,
        );
    }
    Hostile {
        name: "selectors of 1,000 labels and 1,000 values",
        text,
        limits: Limits { load: 40, compile: 150_000_000, image: 15_600 },
        flows: [1, 2, 99, 100, 101].map(|port| to_a("10.0.0.2", Tcp, port)).into(),
    }
}

fn cases() -> Vec<Hostile> {
    vec![
        Hostile {
            name: "10,000 rules in one policy",
            text: many_rules(10_000),
            limits: Limits { load: 62, compile: 26_000_000, image: 2_900_000 },
            flows: samples(10_000),
        },
        Hostile {
            name: "70,000 rules in one policy",
            text: many_rules(70_000),
            limits: Limits { load: 62, compile: 190_000_000, image: 19_000_000 },
            flows: samples(70_000),
        },
        many_policies(),
        nested_excepts(),
        many_port_ranges(),
        long_names(),
        long_selectors(),
    ]
}

#[test]
fn hostile_sizes_are_decided_as_specified_within_their_limits() {
    for Hostile { name, text, limits, flows } in cases() {
        let source = Source { name: "hostile.yaml".into(), text };
        let length = source.text.len();
        let sources = [source];
        let (loaded, load_heap) = count(|| load(&sources, &LoadOptions::default()));
        let Loaded { cluster, policies, .. } =
            loaded.unwrap_or_else(|report| panic!("{name}: {:?}", report.problems.first()));
        let given = (cluster.clone(), policies.clone());
        let (engine, heap) = count(|| Engine::new(given.0, given.1, Options::default()));
        let image = engine.image();
        println!(
            "{name}: {length} bytes of text take {} of heap to load, {} to compile, and make an image of {}",
            load_heap.peak,
            heap.peak,
            image.sizes().bytes
        );
        let within = load_heap.peak <= limits.load * length
            && heap.peak <= limits.compile
            && image.sizes().bytes <= limits.image;
        assert!(within, "{name}: {load_heap:?} {heap:?} {:?}", image.sizes());
        Image::open(image.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));

        let spec = Spec::new(&cluster, &policies, Options::default());
        let mut verdicts = Vec::new();
        for (from, to, protocol, port) in flows {
            let [from, to] = [from, to].map(|text| Endpoint::Address(text.parse().unwrap()));
            let flow = Flow::new(&cluster, from, to, Transport::new(protocol, port)).unwrap();
            let expected = spec.decide(&flow);
            assert_eq!(engine.decide(&flow), expected, "{name}: {flow:?}");
            let packet = engine.packet(&flow).unwrap();
            assert_eq!(image.decision(&image.decide(&packet)), expected, "{name}: {flow:?}");
            verdicts.push(expected.verdict());
        }
        let both = [Verdict::Allow, Verdict::Deny].iter().all(|verdict| verdicts.contains(verdict));
        assert!(both, "{name}: only {verdicts:?}");
    }
}
