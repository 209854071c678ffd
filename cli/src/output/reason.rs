//! What each reason means, in words.

use portcullis::Reason;

/// A reason for people, to follow "allowed: " or "denied: "; rules and isolation say more where they are printed.
pub(crate) fn in_words(reason: Reason) -> &'static str {
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
