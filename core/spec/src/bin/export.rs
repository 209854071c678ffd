//! Writes the corpus as files that need no reader of cases: images, packets and the answers that are right.
//!
//! `export --out FOLDER [--break]`; `cargo xtask corpus` runs it. Whoever embeds the engine runs these files, whatever
//! the language:
//!
//! ```text
//! cases/0001/title            what has to be true
//!            options          lines of `key=value`: what differs from the defaults
//!            resolved         lines of a domain name and its addresses, with spaces between; only where there are some
//!            sources/00 …     the manifests, in order, with their names in the lines of `names`
//!            refused          the codes of all errors, one a line, where the manifests cannot be loaded; else:
//!            image            the compiled image, generation 0: compiling the sources gives these very bytes
//!            packets          records of 40 bytes
//!            decisions        records of 16 bytes: the answers, byte by byte
//!            rules            for each packet a line of `egress<TAB>ingress`: the rules as people name them, or `-`
//!            questions        for each probe a line of JSON: the `question` as `portcullis replay` reads it, what is `right` for
//!                             each pair or path, why a service has none (`refused`), whether it has no answer (`error`)
//! chains/00/options           the cases of equal options once more, as one engine that deltas lead from each to the next
//!           image             where it begins
//!           steps/0001/…      `title`, `patch` (applies to the image of the step before), `packets`, `decisions`
//! ```
//!
//! Every answer is the specification's; the engine has to give it before it is written. Questions that packets cannot
//! ask, because an end has no address or names a pod otherwise than its address does, are left out and counted. With
//! `--break` one answer in each case is wrong, for those who want to see their test fail.

use std::fs;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use portcullis::cluster::Cluster;
use portcullis::corpus::{Case, Probe, ProbeEnd, ProbePort, Scenario, read};
use portcullis::flow::Connection;
use portcullis::net::Protocol;
use portcullis::path::Paths;
use portcullis::policy::{PolicySet, RuleId};
use portcullis::{Decide, Decision, Engine, Packet, PacketDecision};
use portcullis_spec::Spec;

/// What was written.
#[derive(Default)]
struct Tally {
    cases: usize,
    packets: usize,
    left_out: usize,
    steps: usize,
}

struct Exporter {
    out: PathBuf,
    is_broken: bool,
    tally: Tally,
}

fn main() -> ExitCode {
    match run() {
        Ok(Tally { cases, packets, left_out, steps }) => {
            println!(
                "{cases} cases, {packets} packets, {steps} steps of deltas; packets cannot ask {left_out} questions"
            );
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<Tally, String> {
    let mut out = None;
    let mut is_broken = false;
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        match flag.as_str() {
            "--out" => out = arguments.next().map(PathBuf::from),
            "--break" => is_broken = true,
            _ => return Err(format!("there is no option `{flag}`")),
        }
    }
    let out = out.ok_or("`--out FOLDER` is missing")?;
    let mut exporter = Exporter { out, is_broken, tally: Tally::default() };
    for part in ["cases", "chains"] {
        let folder = exporter.out.join(part);
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| said(&folder, &error))?;
        }
    }
    let cases = cases()?;
    exporter.cases(&cases)?;
    exporter.chains(&cases)?;
    Ok(exporter.tally)
}

fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../testdata").join(name)
}

fn base(name: &str) -> Option<String> {
    fs::read_to_string(testdata("bases").join(format!("{name}.yaml"))).ok()
}

fn cases() -> Result<Vec<Case>, String> {
    let folder = testdata("corpus");
    let entries = fs::read_dir(&folder).map_err(|error| said(&folder, &error))?;
    let mut files: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).map_err(|error| said(&file, &error))?;
        cases.extend(read(&text).map_err(|error| said(&file, &error))?);
    }
    Ok(cases)
}

impl Exporter {
    fn cases(&mut self, cases: &[Case]) -> Result<(), String> {
        for (case, number) in cases.iter().zip(1_u32..) {
            let folder = self.out.join(format!("cases/{number:04}"));
            write(&folder, "title", case.title())?;
            write(&folder, "options", options(case))?;
            if !case.resolved.is_empty() {
                write(&folder, "resolved", resolved(case))?;
            }
            let sources = case.sources(base).map_err(|mismatch| mismatch.to_string())?;
            let names: String = sources.iter().map(|source| format!("{}\n", source.name)).collect();
            write(&folder, "names", names)?;
            for (source, number) in sources.iter().zip(0_u32..) {
                write(&folder.join("sources"), &format!("{number:02}"), &source.text)?;
            }
            self.tally.cases = self.tally.cases.saturating_add(1);
            let Some(scenario) = Scenario::load(case, base).map_err(|mismatch| mismatch.to_string())? else {
                let mut codes = case.refused.clone();
                codes.sort();
                write(&folder, "refused", codes.iter().map(|code| format!("{code}\n")).collect::<String>())?;
                continue;
            };
            let Scenario { cluster, policies, options } = &scenario;
            let engine = Engine::new(cluster.clone(), policies.clone(), *options);
            write(&folder, "image", engine.image().as_bytes())?;
            self.answers(case, &scenario, &engine, &folder)?;
            let questions = case.probes.iter().filter_map(|probe| question(&scenario, probe, self.is_broken));
            write(&folder, "questions", questions.collect::<String>())?;
        }
        Ok(())
    }

    /// Leads one engine for each set of options through the cases that can be loaded.
    fn chains(&mut self, cases: &[Case]) -> Result<(), String> {
        let mut chains: Vec<(Engine, PathBuf, u32)> = Vec::new();
        for case in cases {
            let loaded = Scenario::load(case, base).map_err(|mismatch| mismatch.to_string())?;
            let Some(Scenario { cluster, policies, options: wanted }) = loaded else { continue };
            if chains.iter().all(|(engine, _, _)| engine.options() != wanted) {
                let folder = self.out.join(format!("chains/{:02}", chains.len()));
                let engine = Engine::new(Cluster::default(), PolicySet::default(), wanted);
                write(&folder, "options", options(case))?;
                write(&folder, "image", engine.image().as_bytes())?;
                chains.push((engine, folder, 0));
            }
            let chain = chains.iter_mut().find(|(engine, _, _)| engine.options() == wanted);
            let Some((engine, folder, step)) = chain else { continue };
            engine.apply_all(engine.deltas_to(&cluster, &policies)).map_err(|error| error.to_string())?;
            *step = step.saturating_add(1);
            let folder = folder.join(format!("steps/{step:04}"));
            write(&folder, "title", case.title())?;
            let patch = engine.patch().ok_or("a transaction has a patch")?;
            write(&folder, "patch", patch.to_bytes())?;
            let (cluster, policies) = (engine.cluster().clone(), engine.policies().clone());
            self.answers(case, &Scenario { cluster, policies, options: wanted }, engine, &folder)?;
            self.tally.steps = self.tally.steps.saturating_add(1);
        }
        Ok(())
    }

    /// Writes what is asked of a case and the answers, once the engine gives those of the specification.
    fn answers(
        &mut self,
        case: &Case,
        scenario: &Scenario,
        engine: &Engine,
        folder: &Path,
    ) -> Result<(), String> {
        let spec = Spec::new(&scenario.cluster, &scenario.policies, scenario.options);
        if let Some(mismatch) = scenario.check(case, &spec).first() {
            return Err(mismatch.to_string());
        }
        let image = engine.image();
        let rule = |rule: Option<RuleId>| {
            let found = rule.and_then(|id| scenario.policies.rule(id));
            found.map_or_else(|| "-".to_string(), |rule| rule.to_string())
        };
        let mut packets = Vec::new();
        let mut decisions = Vec::new();
        let mut rules = String::new();
        for probe in &case.probes {
            for flow in scenario.flows(probe)? {
                let Some(packet) = engine.packet(&flow) else {
                    self.tally.left_out = self.tally.left_out.saturating_add(1);
                    continue;
                };
                let answer = image.decide(&packet);
                let (found, right) = (image.decision(&answer), spec.decide(&flow).as_packets_see_it());
                let has_verdict = (answer.verdict == 1) == right.verdict().is_allow();
                if found != right || !has_verdict {
                    let title = case.title();
                    return Err(format!("{title}: {probe}: the engine says {found:?}, the spec {right:?}"));
                }
                packets.extend(packet_bytes(&packet));
                decisions.extend(decision_bytes(&answer));
                rules.push_str(&format!("{}\t{}\n", rule(right.egress.rule), rule(right.ingress.rule)));
                self.tally.packets = self.tally.packets.saturating_add(1);
            }
        }
        if self.is_broken
            && let Some(verdict) = decisions.first_mut()
        {
            *verdict ^= 1;
        }
        write(folder, "packets", packets)?;
        write(folder, "decisions", decisions)?;
        write(folder, "rules", rules)
    }
}

/// A probe as a question in JSON, with what the specification says; nothing for one that names a packet of a service, which
/// nobody can ask about.
fn question(scenario: &Scenario, probe: &Probe, is_broken: bool) -> Option<String> {
    if probe.via_service {
        return None;
    }
    let Scenario { cluster, policies, options } = scenario;
    let spec = Spec::new(cluster, policies, *options);
    let (mut decisions, mut refused, mut is_error) = (Vec::new(), Vec::new(), false);
    match probe.calls(cluster) {
        Ok(Some(calls)) => {
            for paths in calls.iter().map(|call| Paths::of(cluster, call)) {
                let Ok(paths) = paths else {
                    is_error = true;
                    continue;
                };
                refused.extend(paths.refusal.map(|refusal| format!("{:?}", refusal.as_str())));
                let paths = paths.paths.iter().map(|path| path.with_connection(probe.connection));
                decisions.extend(paths.map(|path| path.decide(&spec)));
            }
        }
        Ok(None) => match scenario.flows(probe) {
            Ok(flows) => decisions.extend(flows.iter().map(|flow| spec.decide(flow))),
            Err(_) => is_error = true,
        },
        Err(_) => is_error = true,
    }
    let mut right: Vec<String> = decisions.iter().map(|it| right_side(policies, *it, is_broken)).collect();
    right.sort();
    right.dedup();
    Some(format!(
        "{{\"question\": {{{}}}, \"right\": [{}], \"refused\": [{}], \"error\": {is_error}}}\n",
        fields(probe).join(", "),
        right.join(", "),
        refused.join(", ")
    ))
}

/// A decision: for each side whether it allows, why, and by which rule.
fn right_side(policies: &PolicySet, decision: Decision, is_broken: bool) -> String {
    let sides = [decision.egress, decision.ingress].map(|side| {
        let rule = side.rule.and_then(|id| policies.rule(id)).map_or(String::new(), |rule| rule.to_string());
        format!("{}, {:?}, {rule:?}", side.verdict().is_allow() != is_broken, side.reason.as_str())
    });
    format!("[{}]", sides.join(", "))
}

fn fields(probe: &Probe) -> Vec<String> {
    let end = |end: &ProbeEnd| match end {
        ProbeEnd::Ip(address) => format!("{{\"ip\": \"{address}\"}}"),
        ProbeEnd::Pod(name) => format!("{{\"pod\": {name:?}}}"),
        ProbeEnd::Service(name) => format!("{{\"service\": {name:?}}}"),
        ProbeEnd::Workload(name) => format!("{{\"workload\": {name:?}}}"),
    };
    let mut fields = Vec::new();
    let mut field = |key: &str, value: String| fields.push(format!("{key:?}: {value}"));
    field("from", end(&probe.from));
    field("to", end(&probe.to));
    match probe.protocol {
        Protocol::L4(protocol) => field("protocol", format!("{:?}", protocol.as_str())),
        Protocol::Other(number) => field("protocol", number.to_string()),
    }
    match &probe.port {
        Some(ProbePort::Name(name)) => field("port", format!("{:?}", name.as_str())),
        Some(ProbePort::Number(number)) => field("port", number.to_string()),
        None => {}
    }
    if let Some(port) = probe.source_port {
        field("sourcePort", port.to_string());
    }
    if let Some((icmp_type, code)) = probe.icmp {
        field("icmpType", icmp_type.to_string());
        field("icmpCode", code.to_string());
    }
    match probe.connection {
        Connection::New => {}
        Connection::Established => field("connection", "\"established\"".to_string()),
        Connection::Reply => field("connection", "\"reply\"".to_string()),
    }
    fields
}

/// A packet as the record that dataplanes pass; written out here, so that the layout is checked twice.
fn packet_bytes(packet: &Packet) -> Vec<u8> {
    let rest = [packet.protocol, packet.flags, packet.icmp_type, packet.icmp_code];
    let parts: [&[u8]; 5] =
        [&packet.source, &packet.destination, &packet.source_port, &packet.destination_port, &rest];
    parts.concat()
}

fn decision_bytes(decision: &PacketDecision) -> Vec<u8> {
    let head = [decision.verdict, decision.egress_reason, decision.ingress_reason, decision.flags];
    let words = [decision.egress_rule, decision.ingress_rule, decision.generation];
    head.into_iter().chain(words.into_iter().flat_map(u32::to_le_bytes)).collect()
}

fn options(case: &Case) -> String {
    case.options.iter().map(|(key, value)| format!("{key}={value}\n")).collect()
}

fn resolved(case: &Case) -> String {
    let line = |(name, addresses): &(String, Vec<IpAddr>)| {
        let addresses = addresses.iter().map(|address| format!(" {address}"));
        format!("{name}{}\n", addresses.collect::<String>())
    };
    case.resolved.iter().map(line).collect()
}

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| said(folder, &error))?;
    let file = folder.join(name);
    fs::write(&file, bytes).map_err(|error| said(&file, &error))
}

fn said(path: &Path, error: &dyn std::fmt::Display) -> String {
    format!("{}: {error}", path.display())
}
