//! Changes of the texts that bring a verdict about.

use portcullis::Verdict;
use portcullis::analyze::fix::{Fix, FixError, fixes_in};
use portcullis::ask::ends::EndName;
use portcullis::ask::failure::Failure;
use portcullis::ask::names::Names;
use portcullis::ask::question::{Carried, Question};
use portcullis::corpus::{Probe, ProbeEnd, ProbePort};
use portcullis::flow::Transport;
use portcullis::manifest::Workspace;
use portcullis::net::{PortName, Protocol};
use serde_json::{Value, json};

use crate::asked::Asked;
use crate::place::Places;
use crate::{Refusal, Session};

impl Session {
    /// Changes after which all of a question is as wanted, the one with the fewest side effects first.
    ///
    /// # Errors
    /// When the question has no answer, all of it is as wanted already, or what decides is no policy.
    pub fn fix(&self, asked: &Asked, expect: &str) -> Result<Value, Refusal> {
        let want = match expect {
            "allow" => Verdict::Allow,
            "deny" => Verdict::Deny,
            other => return Err(Refusal(format!("`{other}` is no verdict: write `allow` or `deny`"))),
        };
        let refused = |Failure { message, .. }| Refusal(message);
        let question = asked.question(self.settings.namespace.as_deref()).map_err(refused)?;
        let names = Names::new(self.engine.cluster());
        let probe = probe(&question, &names).map_err(refused)?;
        let (texts, places) = self.answered();
        match fixes_in(texts, &self.engine, &probe, want) {
            Ok(found) => Ok(found.iter().map(|fix| told(fix, texts, places)).collect()),
            Err(FixError::AlreadySo) => {
                let word = if want.is_allow() { "allowed" } else { "denied" };
                Err(Refusal(format!("nothing to do: it is {word} already")))
            }
            Err(error) => Err(Refusal(error.to_string())),
        }
    }
}

fn told(fix: &Fix, texts: &Workspace, places: &Places) -> Value {
    let edits = fix.texts.iter().zip(&fix.edits);
    let edits = edits.map(
        |(new, edits)| json!({ "document": new.name, "changes": places.changes(texts, &new.name, edits) }),
    );
    json!({
        "title": fix.title(),
        "edits": edits.collect::<Vec<_>>(),
        "changes": fix.difference.to_json(),
    })
}

/// The question with the names that the cluster gives its ends.
fn probe(question: &Question, names: &Names<'_>) -> Result<Probe, Failure> {
    let (from, to) = (end(&question.from, names)?, end(&question.to, names)?);
    let probe = match &question.carried {
        Carried::Known(Transport::Ports { protocol, source_port, port }) => Probe {
            source_port: *source_port,
            ..Probe::new(from, to, Protocol::L4(*protocol), Some(ProbePort::Number(*port)))
        },
        Carried::Known(Transport::Other { protocol, icmp }) => {
            Probe { icmp: *icmp, ..Probe::new(from, to, Protocol::Other(*protocol), None) }
        }
        Carried::Named { protocol, name, source_port } => {
            let name = PortName::try_from(name.as_str());
            let name = name.map_err(|error| Failure::new("bad-port", format!("a port's name {error}")))?;
            let probe = Probe::new(from, to, Protocol::L4(*protocol), Some(ProbePort::Name(name)));
            Probe { source_port: *source_port, ..probe }
        }
    };
    Ok(Probe { connection: question.connection, ..probe })
}

fn end(end: &EndName, names: &Names<'_>) -> Result<ProbeEnd, Failure> {
    if let EndName::Service { namespace, name } = end {
        names.service(namespace, name)?;
        return Ok(ProbeEnd::Service(format!("{namespace}/{name}")));
    }
    if let EndName::Address(address) = end {
        return Ok(ProbeEnd::Ip(*address));
    }
    let name = names.find(end)?.name;
    // A workload's name has its kind between.
    Ok(if name.matches('/').count() > 1 { ProbeEnd::Workload(name) } else { ProbeEnd::Pod(name) })
}
