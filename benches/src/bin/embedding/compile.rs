//! Compiling inside of the guest: the same request natively and in the sandbox, from manifests to an image.

use std::time::Instant;

use portcullis::Options;
use portcullis::generate::{World, to_objects};
use portcullis_benches::workload::{Family, Size, synthetic};
use portcullis_host::{Control, Engine, Settings, Template};
use portcullis_wasm::full::Full;

use crate::report::{Goal, Report};

pub(crate) fn measure(quick: bool, seed: u64, report: &mut Report) -> Result<(), String> {
    // As many pods as policies, so that most of the time is theirs.
    let policies = if quick { 1_000 } else { 10_000 };
    let size = Size { name: "policies", pods: policies, policies, cidrs: 0 };
    let workload = synthetic(size, Family::V4, seed);
    let world = World {
        namespaces: workload.cluster.namespaces().map(|(_, namespace)| namespace.clone()).collect(),
        nodes: Vec::new(),
        pods: workload.cluster.pods().map(|(_, pod)| pod.clone()).collect(),
        policies: workload.policies.policies().map(|(_, policy)| policy.clone()).collect(),
        resolved: Vec::new(),
        options: Options::default(),
    };
    let text = format!(r#"{{"apiVersion":"v1","kind":"List","items":[{}]}}"#, to_objects(&world).join(","));
    let mut quoted = String::with_capacity(text.len() + text.len() / 4);
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            '\n' => quoted.push_str("\\n"),
            other => quoted.push(other),
        }
    }
    let request = format!(r#"{{"sources":[{{"name":"all.json","text":"{quoted}"}}]}}"#);

    let mut native = (f64::INFINITY, Vec::new());
    for _ in 0..2 {
        let mut full = Full::new();
        let started = Instant::now();
        full.load(request.as_bytes()).map_err(|refusal| refusal.message)?;
        native.0 = native.0.min(started.elapsed().as_secs_f64());
        full.image().map_err(|refusal| refusal.message)?;
        native.1 = full.answer().to_vec();
    }
    let settings =
        Settings { memory_bytes: 1 << 30, stack_bytes: 1 << 20, deadlines: None, ..Settings::default() };
    let engine = Engine::new(settings).map_err(|error| error.to_string())?;
    let template = Template::full(&engine).map_err(|error| error.to_string())?;
    let mut guest = f64::INFINITY;
    for _ in 0..2 {
        let mut control = Control::new(&template).map_err(|error| error.to_string())?;
        let started = Instant::now();
        let answer = control.load(request.as_bytes()).map_err(|error| error.to_string())?;
        guest = guest.min(started.elapsed().as_secs_f64());
        if !answer.contains("\"valid\":true") {
            return Err(format!("the guest does not load the cluster: {answer}"));
        }
    }
    let what = format!(
        "{policies} policies loaded and compiled in WASM ÷ native ({:.0} and {:.0} ms)",
        guest * 1e3,
        native.0 * 1e3
    );
    report.goal(what, Goal::at_most(1.3), guest / native.0);
    Ok(())
}
