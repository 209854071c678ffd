//! Reasons and notes in words.

use alloc::format;
use alloc::string::{String, ToString};

use crate::cluster::PodId;
use crate::explain::Note;
use crate::{Engine, Reason};

/// A reason for people, to follow "allowed: " or "denied: "; rules and isolation say more where they are printed.
#[must_use]
pub const fn in_words(reason: Reason) -> &'static str {
    match reason {
        Reason::Dropped => "the plugin drops such packets, whatever policies say",
        Reason::DenyRule => "a rule denies it",
        Reason::Established => "the connection was allowed when it began",
        Reason::FinishedPod => "the pod has ended, and policies select no such pod (NP-025)",
        Reason::HostNetwork => "the pod uses its node's network, and policies select no such pod (NP-019)",
        Reason::Isolated => "policies isolate the pod, and none of their rules allows this",
        Reason::Loopback => "a pod always reaches itself (NP-020)",
        Reason::NoPolicy => "no policy isolates the pod in this direction",
        Reason::NotAPod => "it is no pod, and policies select pods only",
        Reason::NotEvaluated => "it was not evaluated",
        Reason::OwnNode => "the pod's own node is at the other end (NP-018)",
        Reason::ProtocolDenied => "the pod is isolated, and the options deny this protocol to isolated pods",
        Reason::ProtocolExempt => "the options exempt this protocol",
        Reason::Reply => "it is a reply of an allowed connection",
        Reason::Rule => "a rule allows it",
        other => other.as_str(),
    }
}

/// A note for people.
#[must_use]
pub fn note_in_words(engine: &Engine, note: &Note) -> String {
    let pod = |id: PodId| engine.cluster().pod(id).map(ToString::to_string).unwrap_or_default();
    match note {
        Note::AddressUnknown(id) => {
            format!(
                "`{}` has no address here, so the `ipBlock`s that were considered do not hold it",
                pod(*id)
            )
        }
        Note::Ambiguous(first, second) => {
            let name = |id| {
                let policy = engine.policies().policy(id);
                policy.map(|it| format!("{} `{it}`", it.rank.kind())).unwrap_or_default()
            };
            format!(
                "ambiguous: {} and {} have the same tier and priority, and both match; here the first counts, \
                 elsewhere it may be the second",
                name(*first),
                name(*second),
            )
        }
        Note::Finished(id) => {
            format!("`{}` has ended: no policy selects it, and no selector holds it", pod(*id))
        }
        Note::HostNetwork(id) => format!("`{}` uses its node's network: it is its node's address", pod(*id)),
        Note::NamespaceNotDeclared(id) => {
            let name = engine.cluster().namespace(*id).map(|namespace| namespace.name.as_str());
            let name = name.unwrap_or_default();
            format!(
                "no object declares namespace `{name}`: it is taken to have the one label \
                 `kubernetes.io/metadata.name: {name}`"
            )
        }
        Note::SharedAddress(address, id) => {
            format!("several pods claim address `{address}`; it is taken to be that of `{}`", pod(*id))
        }
    }
}
