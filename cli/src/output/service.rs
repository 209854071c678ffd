//! The paths through a service, for people and for programs.

use std::fmt::Write;

use portcullis::ask::answer::{Answer, Cell, Outcome};
use portcullis::cluster::PodIdentity;
use portcullis::flow::End;
use portcullis::policy::Direction;
use portcullis::{Engine, Verdict};
use serde::Serialize;

use super::json::SideJson;
use super::style;

/// How many paths a list names before it is cut.
const LISTED: usize = 20;

/// The paths of an answer, one a line; nothing where no service is asked for.
pub(crate) fn paths(answer: &Answer) -> String {
    let mut text = String::new();
    let Some(passage) = &answer.passage else { return text };
    let count = answer.cells.len();
    if count > 0 {
        let noun = if count == 1 { "path" } else { "paths" };
        let _ = writeln!(text, "  through service {}: {count} {noun}", passage.service);
    }
    for cell in answer.cells.iter().take(LISTED) {
        let (verdict, gap) = match cell.verdict() {
            Some(Verdict::Deny) => (style::verdict(Verdict::Deny), "  "),
            Some(Verdict::Allow) => (style::verdict(Verdict::Allow), " "),
            None => (style::outcome(Outcome::Unknown), " "),
        };
        let _ = writeln!(text, "    {verdict}{gap}{}", path(answer, cell));
    }
    if count > LISTED {
        let _ = writeln!(text, "    and {} more", count - LISTED);
    }
    for (from, refusal) in &passage.refusals {
        let of = match answer.from.members.as_slice() {
            [_] => String::new(),
            members => members.get(*from).map(|member| format!(" from {}", member.name)).unwrap_or_default(),
        };
        let _ = writeln!(text, "  no path{of}: {refusal} ({})", refusal.rule());
    }
    text
}

/// The endpoint, the port there and the source that it sees.
fn path(answer: &Answer, cell: &Cell) -> String {
    let mut text = String::new();
    if answer.from.members.len() > 1 {
        let _ = write!(text, "{} -> ", answer.source_name(cell));
    }
    text.push_str(&answer.destination_name(cell));
    let Some(path) = cell.path else { return text };
    let end = path.sent.destination();
    if let (Some(address), Some(_)) = (end.address(), end.pod()) {
        let _ = write!(text, " ({address})");
    }
    if let Some(port) = path.port() {
        let _ = write!(text, ", port {port}");
    }
    if path.is_rewritten() {
        let _ = write!(text, ", which sees it come from {}", answer.seen_source_name(cell));
    }
    text
}

/// A service in an answer, for programs.
#[derive(Debug, Serialize)]
pub(crate) struct PassageJson {
    /// The service that translates, as `namespace/name`.
    service: String,
    paths: Vec<PathJson>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusalJson>,
}

/// One path with what was decided of it.
#[derive(Debug, Serialize)]
struct PathJson {
    /// Where it comes from, where the source is several pods.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<EndJson>,
    endpoint: EndJson,
    /// The endpoint's address that is used, where it is known.
    address: Option<String>,
    /// The port of the endpoint.
    port: Option<u16>,
    /// The source as the endpoint sees it; null where a node sends it on whose address is not known.
    source: Option<EndJson>,
    allowed: Option<bool>,
    egress: SideJson,
    ingress: SideJson,
}

#[derive(Debug, Serialize)]
struct RefusalJson {
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    code: &'static str,
    rule: &'static str,
    message: String,
}

/// An end as `replay` reads it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
enum EndJson {
    Ip(String),
    Pod(String),
    Workload(String),
}

impl EndJson {
    fn new(engine: &Engine, end: End) -> Option<Self> {
        match end.pod().and_then(|id| engine.cluster().pod(id)) {
            Some(pod) => Some(match pod.identity {
                PodIdentity::Named(_) => Self::Pod(pod.to_string()),
                PodIdentity::Template(_) => Self::Workload(pod.to_string()),
            }),
            None => end.address().map(|address| Self::Ip(address.to_string())),
        }
    }
}

impl PassageJson {
    pub(crate) fn new(engine: &Engine, answer: &Answer) -> Option<Self> {
        let passage = answer.passage.as_ref()?;
        let several = answer.from.members.len() > 1;
        let paths = answer.cells.iter().filter_map(|cell| {
            let path = cell.path?;
            Some(PathJson {
                from: EndJson::new(engine, path.sent.source()).filter(|_| several),
                endpoint: EndJson::new(engine, path.sent.destination())?,
                address: path.sent.destination().address().map(|address| address.to_string()),
                port: path.port(),
                source: EndJson::new(engine, path.seen.source()),
                allowed: cell.verdict().map(Verdict::is_allow),
                egress: SideJson::of_cell(engine, cell, Direction::Egress),
                ingress: SideJson::of_cell(engine, cell, Direction::Ingress),
            })
        });
        let refused = passage.refusals.iter().map(|(from, refusal)| RefusalJson {
            from: answer.from.members.get(*from).filter(|_| several).map(|member| member.name.clone()),
            code: refusal.as_str(),
            rule: refusal.rule(),
            message: refusal.to_string(),
        });
        Some(Self { service: passage.service.clone(), paths: paths.collect(), refused: refused.collect() })
    }
}
