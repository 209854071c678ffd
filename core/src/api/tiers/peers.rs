//! A rule's `from` or `to`.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::form::{Form, Present, only_one};
use super::{check_length, selectors, too_many_fields};
use crate::api::network_policy::parse_cidr;
use crate::manifest::Code;
use crate::manifest::decode::{At, Context, Fields, Known, quote};
use crate::net::{Cidr, CidrNote, DomainPattern};
use crate::policy::{Action, Direction, Peer};

/// The most networks or domain names of a peer.
const MAX_ADDRESSES: usize = 25;
/// The longest text of a network, in characters.
const MAX_CIDR: usize = 43;

/// A peer; nothing when it is broken, which is reported.
pub(super) fn peer(
    cx: &mut Context,
    fields: &Fields<'_, '_>,
    direction: Direction,
    action: Option<Action>,
    form: &Form,
) -> Option<Peer> {
    let names = form.peer_names(direction);
    fields.warn_unknown(cx, &Known { names, ..Known::NOTHING });
    // CNP-013: what nobody would store elsewhere is a peer that nobody knows.
    let pods =
        |found: Option<selectors::PodSelection>| Some(found?.known().map_or(Peer::Unknown, Peer::Pods));
    match only_one(fields, names) {
        Present::None => unknown(cx, fields),
        Present::Many => {
            too_many_fields(cx, fields, names);
            // What is wrong with each is reported all the same.
            selectors::peer_namespaces(cx, fields, form);
            selectors::pods(cx, fields, form);
            networks(cx, fields);
            domain_names(cx, fields, action);
            None
        }
        Present::One("namespaces") => {
            pods(selectors::peer_namespaces(cx, fields, form).map(selectors::Selection::into_selection))
        }
        Present::One("pods") => pods(selectors::pods(cx, fields, form)),
        Present::One("networks") => networks(cx, fields).map(Peer::Networks),
        Present::One("nodes") => {
            let nodes = selectors::namespaces(cx, fields, "nodes")?;
            Some(nodes.known().map_or(Peer::Unknown, Peer::Nodes))
        }
        Present::One(_) => domain_names(cx, fields, action).map(Peer::DomainNames),
    }
}

/// A peer without any field that is known.
fn unknown(cx: &mut Context, fields: &Fields<'_, '_>) -> Option<Peer> {
    let message = "the peer has no field that is known".to_string();
    if cx.creates() {
        let help = "say who the other end is; all pods are `namespaces: {}`";
        cx.error(Code::EmptyPeer, fields.path(), fields.at(), message, help);
        return None;
    }
    // CNP-010: a newer API server may hold what this version does not know.
    let help = "the rule fails closed: it allows nothing, or denies everything";
    cx.warning(Code::UnknownPeer, fields.path(), fields.at(), message, help);
    Some(Peer::Unknown)
}

fn networks(cx: &mut Context, peer: &Fields<'_, '_>) -> Option<Vec<Cidr>> {
    let texts = peer.texts(cx, "networks")?;
    check_length(cx, peer, "networks", texts.len(), MAX_ADDRESSES);
    check_duplicates(cx, peer, "networks", &texts);
    let path = peer.path().field("networks");
    let mut found = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        let path = path.index(index);
        if text.value.chars().count() > MAX_CIDR {
            let message = format!("{} has more than {MAX_CIDR} characters", quote(&text.value));
            cx.error(Code::InvalidCidr, &path, text.at, message, "write it in the short form");
            continue;
        }
        let Some(parsed) = parse_cidr(cx, text, Code::InvalidCidr, &path) else { continue };
        for note in &parsed.notes {
            if *note == CidrNote::PrefixZeros {
                let message = format!("{} has zeros before its prefix length", quote(&text.value));
                cx.error(Code::InvalidCidr, &path, text.at, message, format!("write `{}`", parsed.cidr));
            } else {
                // CNP-008: the server lets them through.
                let message = format!(
                    "{} has bits set after its prefix; it is read as `{}`",
                    quote(&text.value),
                    parsed.cidr
                );
                cx.warning(Code::CidrHostBits, &path, text.at, message, format!("write `{}`", parsed.cidr));
            }
        }
        found.push(parsed.cidr);
    }
    Some(found)
}

fn domain_names(
    cx: &mut Context,
    peer: &Fields<'_, '_>,
    action: Option<Action>,
) -> Option<Vec<DomainPattern>> {
    let texts = peer.texts(cx, "domainNames")?;
    check_length(cx, peer, "domainNames", texts.len(), MAX_ADDRESSES);
    check_duplicates(cx, peer, "domainNames", &texts);
    let path = peer.path().field("domainNames");
    if action.is_some_and(|action| action != Action::Allow) {
        // CNP-012: an address that is not known yet gets past the rule.
        let message = "`domainNames` are for rules that accept".to_string();
        let help = "accept the names that are meant, and deny the rest by a later rule";
        let at = peer.node("domainNames").map_or(peer.at(), |node| node.at);
        cx.warning(Code::DomainNamesNotAccepted, &path, at, message, help);
    }
    let mut found = Vec::new();
    for (index, text) in texts.iter().enumerate() {
        match DomainPattern::try_from(text.value.as_str()) {
            Ok(pattern) => found.push(pattern),
            Err(error) => {
                let message = format!("{} is no domain name: it {error}", quote(&text.value));
                let help = "write `example.com`, or `*.example.com` for all names below it";
                cx.error(Code::InvalidDomainName, &path.index(index), text.at, message, help);
            }
        }
    }
    Some(found)
}

fn check_duplicates(
    cx: &mut Context,
    peer: &Fields<'_, '_>,
    name: &str,
    texts: &[At<alloc::string::String>],
) {
    let path = peer.path().field(name);
    for (index, text) in texts.iter().enumerate() {
        if texts.iter().take(index).any(|earlier| earlier.value == text.value) {
            let message = format!("{} is there twice", quote(&text.value));
            cx.error(Code::DuplicateItem, &path.index(index), text.at, message, "remove one of the two");
        }
    }
}
