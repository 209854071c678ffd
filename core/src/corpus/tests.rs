use alloc::string::ToString;
use alloc::vec;
use alloc::vec::Vec;

use super::{Case, Probe, ProbeEnd, ProbePort, Scenario, read};
use crate::decision::{Decide, Decision, Reason, Side, Verdict};
use crate::flow::{Connection, Flow};
use crate::net::{PortName, Protocol};

const CASE: &str = r#"
case: everything-that-a-case-can-say
suite: own
step: 2
tags: [a, "yes"]
rules: [NP-008]
source: "see: #12"
base: grid
options: {loopback: evaluated, end-port: honoured}
manifests: |
  a: 1

  b: "é\u0085"
warned: [unknown-field]
objects:
  - kind: Pod
    metadata: {name: "80", labels: {"": "", "on": "off", t: "~", q: "a\"b\\c\nd\u2028e"}, annotations: null}
    spec: {x: [], y: {}, list: [[1, 2], [{a: 1.5, b: [true]}]], big: 1e300}
probes:
  - {from: {pod: x/a}, to: {ip: "fd00::1"}, protocol: UDP, port: dns, sourcePort: 7, allowed: false,
     egressReason: isolated, egressRule: null, ingress: true}
  - {from: {workload: x/deployment/web}, to: {ip: 192.0.2.1}, protocol: 1, icmpType: 8, icmpCode: 3,
     connection: established, egressReason: rule, egressRule: "x/p spec.egress[0]"}
"#;

#[test]
fn a_case_is_read_whole_and_reads_back_equal() {
    let case = read(CASE).unwrap().remove(0);
    let [first, second] = &case.probes[..] else { panic!("{case:?}") };
    assert_eq!(
        (case.title().as_str(), case.is_about("NP-008")),
        ("everything-that-a-case-can-say (step 2)", true)
    );
    assert_eq!(first.port, Some(ProbePort::Name(PortName::try_from("dns").unwrap())));
    assert_eq!((first.egress.verdict, first.egress.rule.clone()), (Some(Verdict::Deny), Some(None)));
    assert_eq!((first.ingress.verdict, first.ingress.reason), (Some(Verdict::Allow), None));
    assert_eq!((second.protocol, second.icmp), (Protocol::Other(1), Some((8, 3))));
    assert_eq!(second.connection, Connection::Established);
    assert_eq!(second.to_string(), "x/deployment/web → 192.0.2.1, ICMP, established");
    let text = case.to_yaml();
    assert_eq!(read(&text).unwrap(), [case], "{text}");
}

#[test]
fn cases_are_read_from_json_lines_and_from_yaml_documents() {
    let line = r#"{"case":"a","probes":[{"from":{"ip":"192.0.2.1"},"to":{"ip":"192.0.2.2"},"port":80}]}"#;
    let names = |text: &str| read(text).unwrap().into_iter().map(|case| case.name).collect::<Vec<_>>();
    assert_eq!(names(&[line, line].join("\n")), ["a", "a"]);
    assert_eq!(names("case: a\nrefused: [x]\n---\ncase: b\nrefused: [x]\n"), ["a", "b"]);
    assert_eq!(read(""), Ok(vec![]));
}

#[test]
fn what_would_not_be_checked_is_refused() {
    let probe = "{from: {ip: 192.0.2.1}, to: {ip: 192.0.2.2}";
    let cases = [
        ("case: a".to_string(), "a case has either `probes` or `refused`"),
        ("probes: []".to_string(), "`case` is missing"),
        ("case: a\nrefused: [x]\nrefused: [y]".to_string(), "key `refused` already set in this mapping"),
        ("case: a\nrefuse: [x]\nprobes: []".to_string(), "there is no key `refuse` here"),
        ("case: a\noptions: {loop: x}\nrefused: [x]".to_string(), "there is no option `loop`"),
        (format(probe, "port: 80, allow: true"), "there is no key `allow` here"),
        (format(probe, "allowed: true"), "a protocol with ports needs a `port`"),
        (format(probe, "protocol: 1, port: 80"), "this protocol has no ports; remove `port`"),
        (format(probe, "protocol: 1, icmpCode: 8"), "`icmpCode` needs `icmpType`"),
        (format(probe, "protocol: tcp6, port: 80"), "must be `TCP`, `UDP`, `SCTP` or a number to 255"),
        (format(probe, "port: 65536"), "must be a whole number in its bounds"),
        (format(probe, "port: 80, connection: old"), "must be `new`, `established` or `reply`"),
        (format(probe, "port: 80, egressReason: closed"), "there is no reason `closed`"),
        (
            format(probe, "port: 80, egressReason: isolated, egress: true"),
            "`egress` is not the reason's verdict",
        ),
        (format(probe, "port: 80, egress: false, allowed: true"), "`allowed` is not what the two sides make"),
        (format("{from: {}, to: {ip: 192.0.2.1}", "port: 80"), "an end has exactly one of"),
        (format("{from: {ip: 010.0.0.1}, to: {ip: 192.0.2.1}", "port: 80"), "leading zeros"),
    ];
    for (text, expected) in cases {
        let error = read(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}\n{error}");
    }
}

fn format(ends: &str, rest: &str) -> alloc::string::String {
    alloc::format!("case: a\nprobes:\n- {ends}, {rest}}}\n")
}

/// Answers everything alike.
struct Always(Decision);

impl Decide for Always {
    fn decide(&self, _: &Flow) -> Decision {
        self.0
    }
}

#[test]
fn differences_are_told_in_words() {
    let mut case = Case { name: "open".into(), ..Case::default() };
    let outside = |address: &str| ProbeEnd::Ip(address.parse().unwrap());
    let mut probe =
        Probe::new(outside("192.0.2.1"), outside("192.0.2.2"), Protocol::TCP, Some(ProbePort::Number(80)));
    probe.verdict = Some(Verdict::Allow);
    probe.egress.reason = Some(Reason::NotAPod);
    probe.ingress.verdict = Some(Verdict::Deny);
    case.probes.push(probe.clone());
    case.probes.push(Probe { to: ProbeEnd::Pod("x/a".into()), ..probe });
    let scenario = Scenario::load(&case, |_| None).unwrap().unwrap();
    let side = Side::without_rule;
    let closed = Always(Decision { egress: side(Reason::Isolated), ingress: side(Reason::NoPolicy) });
    let found: Vec<_> = scenario.check(&case, &closed).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "open: probes[0]: 192.0.2.1 → 192.0.2.2, TCP 80: is denied, expected allowed",
            "open: probes[0]: 192.0.2.1 → 192.0.2.2, TCP 80: egress is denied (isolated), expected (not-a-pod)",
            "open: probes[0]: 192.0.2.1 → 192.0.2.2, TCP 80: ingress is allowed (no-policy), expected denied",
            "open: probes[1]: 192.0.2.1 → x/a, TCP 80: there is no `x/a`",
        ]
    );
}

#[test]
fn a_case_that_should_be_refused_and_is_not_is_a_mismatch() {
    let case = Case { name: "a".into(), refused: vec!["empty-peer".into()], ..Case::default() };
    let message = Scenario::load(&case, |_| None).unwrap_err().to_string();
    assert_eq!(message, "a: loading gives the errors {}, expected {\"empty-peer\"}");
    let case = Case { name: "a".into(), base: Some("none".into()), ..Case::default() };
    assert_eq!(Scenario::load(&case, |_| None).unwrap_err().to_string(), "a: there is no base `none`");
}
