//! The situations that are played: cases of the corpus and of other suites, as far as these namespaces can carry them.

use std::collections::BTreeSet;
use std::fs;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use portcullis::cluster::Cluster;
use portcullis::corpus::{Case, Scenario, read};
use portcullis::flow::{Connection, Flow, Transport};
use portcullis::net::{L4Protocol, Protocol};
use portcullis::policy::PolicySet;
use portcullis::{Engine, Options, Packet};

/// What was asked for.
pub(crate) struct Arguments {
    conformance: Option<PathBuf>,
    most: usize,
}

impl Arguments {
    pub(crate) fn read() -> Result<Self, String> {
        let mut found = Self { conformance: None, most: usize::MAX };
        let mut arguments = std::env::args().skip(1);
        while let Some(flag) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("`{flag}` needs a value"))?;
            match flag.as_str() {
                "--conformance" => found.conformance = Some(value.into()),
                "--most" => found.most = value.parse().map_err(|_| format!("`{value}` is no number"))?,
                _ => return Err(format!("there is no option `{flag}`")),
            }
        }
        Ok(found)
    }
}

/// A cluster with policies, and flows in it with the verdicts that are right.
pub(crate) struct Situation {
    pub(crate) title: String,
    pub(crate) cluster: Cluster,
    pub(crate) policies: PolicySet,
    pub(crate) flows: Vec<Wanted>,
}

/// A flow and whether it is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) title: String,
    pub(crate) source: Ipv4Addr,
    pub(crate) destination: Ipv4Addr,
    pub(crate) protocol: L4Protocol,
    pub(crate) port: u16,
    pub(crate) allowed: bool,
}

impl Situation {
    /// Every address that a flow has.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = Ipv4Addr> {
        self.flows.iter().flat_map(|flow| [flow.source, flow.destination])
    }

    /// The flows that are allowed, where policies have a say in any.
    pub(crate) fn all_allowed(&self) -> Option<(&Self, Vec<Wanted>)> {
        let flows: Vec<_> = self.flows.iter().filter(|flow| flow.allowed).cloned().collect();
        (flows.len() > 4 && flows.len() < self.flows.len()).then_some((self, flows))
    }
}

/// Everything that is played, in order.
pub(crate) fn situations(arguments: &Arguments) -> Result<Vec<Situation>, String> {
    let testdata = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../core/testdata");
    let base = |name: &str| fs::read_to_string(testdata.join("bases").join(format!("{name}.yaml"))).ok();
    let mut cases = Vec::new();
    let folder = testdata.join("corpus");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .map_err(|error| format!("{}: {error}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    files.sort();
    // One cluster, so that one set of namespaces is enough.
    for file in files {
        cases.extend(of_file(&file)?.into_iter().filter(|case| case.base.as_deref() == Some("grid")));
    }
    if let Some(folder) = &arguments.conformance {
        cases.extend(of_file(&folder.join("e2e.jsonl"))?);
    }
    let mut situations = Vec::new();
    for case in cases {
        let Ok(Some(scenario)) = Scenario::load(&case, base) else { continue };
        if scenario.options == Options::default() {
            situations.extend(situation(&case, scenario));
        }
    }
    situations.truncate(arguments.most);
    Ok(situations)
}

fn of_file(file: &Path) -> Result<Vec<Case>, String> {
    let said = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let bytes = fs::read(file).map_err(|error| said(&error))?;
    let mut text = String::new();
    if file.extension().is_some_and(|extension| extension == "gz") {
        GzDecoder::new(bytes.as_slice()).read_to_string(&mut text).map_err(|error| said(&error))?;
    } else {
        text = String::from_utf8(bytes).map_err(|error| said(&error))?;
    }
    read(&text).map_err(|error| said(&error))
}

/// A case as far as it can be played: first packets over TCP and UDP between two addresses of IPv4, of which the packet
/// alone says everything.
fn situation(case: &Case, scenario: Scenario) -> Option<Situation> {
    let engine = Engine::new(scenario.cluster.clone(), scenario.policies.clone(), scenario.options);
    let mut flows = Vec::new();
    let mut seen = BTreeSet::new();
    for probe in &case.probes {
        let Some(verdict) = probe.verdict else { continue };
        for flow in scenario.flows(probe).unwrap_or_default() {
            let Some((source, destination, protocol, port)) = carried(&engine, &flow) else { continue };
            if seen.insert((source, destination, protocol, port)) {
                let (title, allowed) = (probe.to_string(), verdict.is_allow());
                flows.push(Wanted { title, source, destination, protocol, port, allowed });
            }
        }
    }
    let Scenario { cluster, policies, .. } = scenario;
    (!flows.is_empty()).then(|| Situation { title: case.title(), cluster, policies, flows })
}

fn carried(engine: &Engine, flow: &Flow) -> Option<(Ipv4Addr, Ipv4Addr, L4Protocol, u16)> {
    let Transport::Ports {
        protocol: protocol @ (L4Protocol::Tcp | L4Protocol::Udp),
        source_port: None,
        port,
    } = flow.transport()
    else {
        return None;
    };
    let (Some(IpAddr::V4(source)), Some(IpAddr::V4(destination))) =
        (flow.source().address(), flow.destination().address())
    else {
        return None;
    };
    let plain = Packet::new(source.into(), destination.into(), Protocol::L4(protocol), port);
    let is_plain = engine.packet(flow) == Some(plain) && flow.connection() == Connection::New;
    let is_unicast = |address: Ipv4Addr| {
        !address.is_multicast()
            && !address.is_broadcast()
            && !address.is_loopback()
            && address.octets()[0] != 0
    };
    let can_go = source != destination && port != 0 && is_unicast(source) && is_unicast(destination);
    (is_plain && can_go).then_some((source, destination, protocol, port))
}
