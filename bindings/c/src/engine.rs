//! Engines: clusters read from manifests, changed object by object, explained.

use std::net::IpAddr;
use std::str;
use std::sync::{Mutex, MutexGuard, PoisonError};

use portcullis::manifest::{Code, LoadOptions, Loaded, Problem, Report, Severity, Source, load, text};
use portcullis::net::DomainName;
use portcullis::{Delta, Engine, Options, Packet, PacketDecision, Reader};

use crate::handle::Handle;
use crate::image::decide_batch;
use crate::input::{ObjectName, Packets, SourceText};
use crate::status::{Failure, Poison, Status};

/// An engine that one thread at a time changes or asks for explanations, while any number decide.
pub(crate) struct SharedEngine {
    engine: Mutex<Engine>,
    reader: Reader,
    poison: Poison,
}

/// Manifests that were read, or why not; what there is to say of them in either case, as JSON.
pub(crate) struct Read {
    pub(crate) loaded: Result<Loaded, Failure>,
    pub(crate) report: String,
}

/// Reads manifests; those that are no text are problems like others.
pub(crate) fn read(sources: &[SourceText<'_>]) -> Read {
    let mut texts = Vec::new();
    let mut unreadable = Vec::new();
    for source in sources {
        match str::from_utf8(source.bytes) {
            Ok(text) => texts.push(Source { name: source.name.to_string(), text: text.to_string() }),
            Err(error) => unreadable.push(not_text(source, error.valid_up_to())),
        }
    }
    let mut result = load(&texts, &LoadOptions::default());
    if !unreadable.is_empty() {
        let mut report = result.map_or_else(|report| report, |loaded| loaded.report);
        report.problems.extend(unreadable);
        result = Err(report);
    }
    match result {
        Ok(loaded) => Read { report: loaded.report.to_json().to_string(), loaded: Ok(loaded) },
        Err(report) => Read { loaded: Err(refused(&report)), report: report.to_json().to_string() },
    }
}

fn refused(report: &Report) -> Failure {
    let errors: Vec<&Problem> =
        report.problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    let first = errors.first().map(ToString::to_string).unwrap_or_default();
    Failure::new(
        Status::Manifests,
        format!("{} errors in the manifests, the first is: {first}", errors.len()),
    )
}

fn not_text(source: &SourceText<'_>, valid: usize) -> Problem {
    let before = source.bytes.get(..valid).unwrap_or_default();
    let lines = before.iter().filter(|byte| **byte == b'\n').count();
    Problem {
        code: Code::Text(text::Code::NotUtf8),
        severity: Severity::Error,
        object: None,
        field: String::new(),
        file: source.name.to_string(),
        line: u32::try_from(lines.saturating_add(1)).unwrap_or(u32::MAX),
        column: 1,
        message: "a byte in this line is no UTF-8".to_string(),
        help: "save the file as UTF-8".to_string(),
    }
}

/// Reads options: a line of `key=value` for each that differs from its default.
pub(crate) fn options(text: &str) -> Result<Options, Failure> {
    let mut options = Options::default();
    for line in text.lines().filter(|line| !line.is_empty()) {
        let (key, value) = line.split_once('=').ok_or_else(|| {
            Failure::new(Status::Request, format!("`{line}` is no option: write `key=value`"))
        })?;
        options.set(key, value)?;
    }
    Ok(options)
}

impl SharedEngine {
    pub(crate) fn new(loaded: Loaded, options: Options) -> Self {
        let mut engine = Engine::new(loaded.cluster, loaded.policies, options);
        let reader = engine.reader();
        Self { engine: Mutex::new(engine), reader, poison: Poison::default() }
    }

    /// Removes objects and puts others, as one transaction; gives the patch for copies of the image.
    pub(crate) fn update(&self, put: &Loaded, removed: &[ObjectName<'_>]) -> Result<Vec<u8>, Failure> {
        let mut deltas = removed.iter().map(removal).collect::<Result<Vec<_>, _>>()?;
        deltas.extend(Delta::puts(&put.cluster, &put.policies));
        self.apply(|_| deltas)
    }

    /// Makes the objects those that were read; gives the patch for copies of the image.
    pub(crate) fn replace(&self, wanted: Loaded) -> Result<Vec<u8>, Failure> {
        let Loaded { cluster, policies, .. } = wanted;
        self.apply(|engine| {
            // Manifests cannot say what names resolve to: what is known of them stays.
            let known = engine.cluster().resolved().map(|(name, own)| (name.clone(), own.to_vec()));
            engine.deltas_to(&cluster.with_resolved(known), &policies)
        })
    }

    /// Says which addresses a domain name has; gives the patch for copies of the image.
    pub(crate) fn resolve(&self, name: &str, addresses: Vec<IpAddr>) -> Result<Vec<u8>, Failure> {
        let name = DomainName::try_from(name).map_err(|error| {
            Failure::new(Status::Request, format!("`{name}` is no domain name: it {error}"))
        })?;
        self.apply(|_| vec![Delta::Resolved { name, addresses }])
    }

    fn apply(&self, deltas: impl FnOnce(&Engine) -> Vec<Delta>) -> Result<Vec<u8>, Failure> {
        let mut engine = self.lock();
        let deltas = deltas(&engine);
        engine.apply_all(deltas)?;
        Ok(engine.patch().map(|patch| patch.to_bytes()).unwrap_or_default())
    }

    pub(crate) fn image(&self) -> Vec<u8> {
        self.reader.pin().image().as_bytes().to_vec()
    }

    pub(crate) fn explain(&self, packet: &Packet) -> Result<String, Failure> {
        let engine = self.lock();
        let flow = engine.flow_of(packet)?;
        Ok(engine.explain(&flow).to_json(&engine).to_string())
    }

    fn lock(&self) -> MutexGuard<'_, Engine> {
        // Whoever panicked with the lock has poisoned the handle, too, and nobody comes here any more.
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Handle for SharedEngine {
    fn poison(&self) -> &Poison {
        &self.poison
    }

    fn decide(&self, packet: &Packet) -> PacketDecision {
        self.reader.pin().image().decide(packet)
    }

    fn decide_batch(&self, packets: Packets<'_>, decisions: &mut [PacketDecision]) {
        decide_batch(&self.reader.pin().image(), packets, decisions);
    }
}

fn removal(object: &ObjectName<'_>) -> Result<Delta, Failure> {
    let ObjectName { kind, namespace, name } = object;
    Delta::removal(kind, namespace, name).ok_or_else(|| {
        Failure::new(
            Status::Request,
            format!(
                "`{kind}` is no kind that can be removed; name `Namespace`, `Node`, `Pod`, `Service`, `EndpointSlice`, `Endpoints`, \
                 a kind of policy or a workload"
            ),
        )
    })
}
