//! A whole agent in about a hundred lines: compiles manifests, has packets decided in the sandbox, and follows changes.
//!
//! `agent FILE…`, then on standard input, a line each: `10.0.0.1 10.0.0.2 tcp 5432` asks about a packet, `reload` reads
//! the files once more, `metrics` prints counters.

use std::io::{BufRead, Write};
use std::net::IpAddr;
use std::process::ExitCode;

use portcullis::manifest::{LoadOptions, Loaded, Source, load};
use portcullis::net::{L4Protocol, Protocol};
use portcullis::policy::RuleId;
use portcullis::{Engine as Native, Options, Packet, PacketDecision};
use portcullis_host::{Engine, FALLBACK, FailurePolicy, Images, Settings, Template, Worker};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let files: Vec<String> = std::env::args().skip(1).collect();
    match run(&files, std::io::stdin().lock(), &mut std::io::stdout().lock()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(files: &[String], orders: impl BufRead, out: &mut impl Write) -> Result<(), Failure> {
    // The native engine knows the cluster; what it compiles is decided by in the sandbox.
    let Loaded { cluster, policies, .. } = read(files)?;
    let mut native = Native::new(cluster, policies, Options::default());

    // Once a process: wasmtime with its limits, the module that was checked, the image that a canary has tried.
    let engine = Engine::new(Settings::default())?;
    if !engine.has_guard_pages() {
        eprintln!("no guard pages: decisions take half as long again");
    }
    let template = Template::decide(&engine)?;
    let images = Images::new(&template, native.image().as_bytes())?;

    // Once a thread. What the guest cannot answer is denied.
    let mut worker = Worker::new(&images, FailurePolicy::Deny)?;

    for order in orders.lines() {
        let order = order?;
        match order.trim() {
            "" => {}
            "metrics" => write!(out, "{}", engine.metrics())?,
            "reload" => match reload(files, &mut native, &images) {
                Ok(generation) => writeln!(out, "generation {generation}")?,
                // The image before goes on deciding.
                Err(error) => writeln!(out, "not reloaded: {error}")?,
            },
            question => match packet(question) {
                Some(packet) => {
                    let mut decisions = [PacketDecision::default()];
                    // A dataplane has many packets at a time, and pays for the way into the sandbox once.
                    worker.decide_batch(&[packet], &mut decisions);
                    writeln!(out, "{question}: {}", describe(&native, &decisions[0]))?;
                }
                None => writeln!(out, "`{question}` is no packet: SOURCE DESTINATION tcp|udp|sctp PORT")?,
            },
        }
    }
    Ok(())
}

fn read(files: &[String]) -> Result<Loaded, Failure> {
    let mut sources = Vec::new();
    for file in files {
        sources.push(Source { name: file.clone(), text: std::fs::read_to_string(file)? });
    }
    load(&sources, &LoadOptions::default()).map_err(|report| {
        let problems = report
            .problems
            .iter()
            .map(|problem| format!("{}:{}: {}", problem.file, problem.line, problem.message));
        problems.collect::<Vec<_>>().join("\n").into()
    })
}

/// Brings the engine to what the files say now, and the workers to what the engine says.
fn reload(files: &[String], native: &mut Native, images: &Images) -> Result<u32, Failure> {
    let Loaded { cluster, policies, .. } = read(files)?;
    let deltas = native.deltas_to(&cluster, &policies);
    if !deltas.is_empty() {
        native.apply_all(deltas)?;
        let published = native.patch().map(|patch| images.publish_patch(&patch));
        if !matches!(published, Some(Ok(()))) {
            // There is no patch, or it does not fit what is published: the whole image does.
            images.publish(native.image().as_bytes())?;
        }
    }
    Ok(images.generation())
}

fn packet(question: &str) -> Option<Packet> {
    let words: Vec<&str> = question.split_whitespace().collect();
    let [source, destination, protocol, port] = words.try_into().ok()?;
    let named = L4Protocol::ALL.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(protocol))?;
    let (source, destination): (IpAddr, IpAddr) = (source.parse().ok()?, destination.parse().ok()?);
    Some(Packet::new(source, destination, Protocol::L4(named), port.parse().ok()?))
}

fn describe(native: &Native, decision: &PacketDecision) -> String {
    let word = if decision.verdict == 1 { "allowed" } else { "denied" };
    if decision.flags & FALLBACK != 0 {
        return format!("{word}, because the guest did not answer");
    }
    let answer = native.image().decision(decision);
    let rule =
        |rule: Option<RuleId>| rule.and_then(|id| native.policies().rule(id)).map(|rule| rule.to_string());
    let side = |name, reason: portcullis::Reason, id| match rule(id) {
        Some(rule) => format!("{name} {reason} `{rule}`"),
        None => format!("{name} {reason}"),
    };
    let egress = side("egress", answer.egress.reason, answer.egress.rule);
    let ingress = side("ingress", answer.ingress.reason, answer.ingress.rule);
    format!("{word} ({egress}; {ingress})")
}

#[cfg(test)]
mod tests {
    use super::run;

    #[test]
    fn the_agent_decides_and_follows_changes() {
        let file = std::env::temp_dir().join(format!("portcullis-agent-{}.yaml", std::process::id()));
        let cluster = |port: u16| {
            format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{namespace: shop, name: web, labels: {{app: web}}}}, \
                 spec: {{containers: []}}, status: {{podIP: 10.0.0.1}}}}\n---\n\
                 {{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {{namespace: shop, name: web}}, \
                 spec: {{podSelector: {{}}, ingress: [{{ports: [{{port: {port}}}]}}]}}}}\n"
            )
        };
        std::fs::write(&file, cluster(80)).unwrap();
        let files = [file.to_str().unwrap().to_string()];
        let mut out = Vec::new();
        run(
            &files,
            &b"192.0.2.1 10.0.0.1 tcp 80\n192.0.2.1 10.0.0.1 udp 80\nreload\nnonsense\n"[..],
            &mut out,
        )
        .unwrap();
        let _ = std::fs::remove_file(&file);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "192.0.2.1 10.0.0.1 tcp 80: allowed (egress not-a-pod; ingress rule `shop/web spec.ingress[0]`)\n\
             192.0.2.1 10.0.0.1 udp 80: denied (egress not-a-pod; ingress isolated)\n\
             generation 0\n\
             `nonsense` is no packet: SOURCE DESTINATION tcp|udp|sctp PORT\n"
        );
    }
}
