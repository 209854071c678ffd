//! A rule's `from` or `to`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::api::label_selector;
use crate::manifest::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{IpBlock as IpBlockMirror, Peer as PeerMirror};
use crate::net::{Cidr, CidrError, CidrNote, IpBlock, IpBlockError, ParsedCidr};
use crate::policy::{NamespaceMatch, Peer, Peers, PodMatch};
use crate::selector::Selector;
use crate::source::Position;

/// The peers of a rule.
pub(super) fn peers(cx: &mut Context, mirrors: &[At<PeerMirror>], namespace: &str, path: &Path<'_>) -> Peers {
    if mirrors.is_empty() {
        // NP-005: `from` or `to` missing or empty means any peer.
        return Peers::Any;
    }
    let mirrors = mirrors.iter().enumerate();
    Peers::Of(mirrors.filter_map(|(index, mirror)| peer(cx, mirror, namespace, &path.index(index))).collect())
}

fn peer(cx: &mut Context, mirror: &At<PeerMirror>, namespace: &str, path: &Path<'_>) -> Option<Peer> {
    let PeerMirror { pod_selector, namespace_selector, ip_block } = &mirror.value;
    let pods = pod_selector.as_ref().map(|it| label_selector(cx, it, &path.field("podSelector")));
    let namespaces =
        namespace_selector.as_ref().map(|it| label_selector(cx, it, &path.field("namespaceSelector")));
    if let Some(block) = ip_block {
        let block = lower_ip_block(cx, block, &path.field("ipBlock"));
        if pods.is_some() || namespaces.is_some() {
            // NP-010: a peer is an address range or a selection of pods, never both.
            let message = "`ipBlock` stands beside a selector in one peer".to_string();
            let help = "make them two peers, each with its own `- `; either then allows the traffic";
            cx.error(Code::IpBlockBesideSelector, path, mirror.at, message, help);
            return None;
        }
        return block.map(Peer::IpBlock);
    }
    let namespaces = match (namespaces, &pods) {
        // NP-011: a namespace selector takes the place of the policy's own namespace.
        (Some(selector), _) => NamespaceMatch::Selected(selector),
        (None, Some(_)) => NamespaceMatch::Named(namespace.to_string()),
        (None, None) => {
            // NP-010: a peer has to say something.
            let message = "the peer is empty: it names no pods, no namespaces and no addresses".to_string();
            let help = "add `podSelector`, `namespaceSelector` or `ipBlock`; for every peer leave the whole list out, for all pods write `namespaceSelector: {}`";
            cx.error(Code::EmptyPeer, path, mirror.at, message, help);
            return None;
        }
    };
    // NP-011: a namespace selector alone means all pods there.
    Some(Peer::Pods(PodMatch { namespaces, pods: pods.unwrap_or_else(Selector::everything) }))
}

fn lower_ip_block(cx: &mut Context, mirror: &IpBlockMirror, path: &Path<'_>) -> Option<IpBlock> {
    let cidr_path = path.field("cidr");
    let except_path = path.field("except");
    let cidr = if mirror.cidr.value.is_empty() {
        let message = "`ipBlock` has no `cidr`".to_string();
        cx.error(
            Code::MissingCidr,
            &cidr_path,
            mirror.cidr.at,
            message,
            "add one, such as `cidr: 10.0.0.0/8`",
        );
        None
    } else {
        read_cidr(cx, &mirror.cidr, Code::InvalidCidr, &cidr_path)
    };
    let except: Vec<Option<Cidr>> = mirror
        .except
        .iter()
        .enumerate()
        .map(|(index, text)| read_cidr(cx, text, Code::InvalidExcept, &except_path.index(index)))
        .collect();
    let Some(cidr) = cidr else {
        report_outside_disputed(cx, mirror, &except, &except_path);
        return None;
    };
    for (index, (hole, text)) in except.iter().zip(&mirror.except).enumerate() {
        // NP-014: an exception has to be a strict subset of its own CIDR.
        let outside =
            |hole: &Cidr| matches!(IpBlock::new(cidr, [*hole].into()), Err(IpBlockError::NotStrictSubset(_)));
        if hole.as_ref().is_some_and(outside) {
            report_outside(cx, text, &cidr.to_string(), &except_path.index(index));
        }
    }
    IpBlock::new(cidr, except.into_iter().collect::<Option<Vec<_>>>()?).ok()
}

fn report_outside(cx: &mut Context, hole: &At<String>, cidr: &str, path: &Path<'_>) {
    let message = format!("the exception {} is not strictly inside `cidr` `{cidr}`", quote(&hole.value));
    let help =
        "an exception only takes addresses out of its own `cidr`; correct one of the two, or remove it";
    cx.error(Code::ExceptOutsideCidr, path, hole.at, message, help);
}

/// Reports exceptions of a CIDR that is refused because readers disagree on it: the API server, which takes zeros
/// for nothing and a mapped address for one of IPv6, looks at them all the same.
fn report_outside_disputed(
    cx: &mut Context,
    mirror: &IpBlockMirror,
    except: &[Option<Cidr>],
    except_path: &Path<'_>,
) {
    let text = mirror.cidr.value.as_str();
    let cidr = match Cidr::parse(text) {
        Err(CidrError::LeadingZeros) => Cidr::parse(&without_zeros(text)).ok().map(|parsed| parsed.cidr),
        Err(CidrError::Ipv4Mapped) => None,
        _ => return,
    };
    for (index, (hole, text)) in except.iter().zip(&mirror.except).enumerate() {
        let Some(hole) = hole else { continue };
        if cidr.is_none_or(|cidr| IpBlock::new(cidr, [*hole].into()).is_err()) {
            report_outside(cx, text, &mirror.cidr.value, &except_path.index(index));
        }
    }
}

/// A CIDR of IPv4 without zeros before its numbers.
fn without_zeros(text: &str) -> String {
    let number = |part: &str| match part.trim_start_matches('0') {
        "" => "0".to_string(),
        number => number.to_string(),
    };
    let (address, prefix) = text.split_once('/').unwrap_or((text, ""));
    let octets: Vec<String> = address.split('.').map(number).collect();
    format!("{}/{}", octets.join("."), number(prefix))
}

/// A CIDR with what is odd about it; what is none is reported.
pub(crate) fn parse_cidr(
    cx: &mut Context,
    text: &At<String>,
    invalid: Code,
    path: &Path<'_>,
) -> Option<ParsedCidr> {
    match Cidr::parse(&text.value) {
        Ok(parsed) => Some(parsed),
        Err(error) => {
            let invalid = |help| (invalid, format!("{} is no CIDR: {error}", quote(&text.value)), help);
            let ambiguous = |code, help| (code, format!("{} {error}", quote(&text.value)), help);
            let (code, message, help) = match error {
                CidrError::LeadingZeros => ambiguous(
                    Code::LeadingZeros,
                    "write the octets without leading zeros, as the numbers that are meant",
                ),
                CidrError::Ipv4Mapped => {
                    ambiguous(Code::Ipv4Mapped, "write the IPv4 form, such as `10.0.0.0/8`")
                }
                CidrError::NoPrefixLength => {
                    invalid("add the prefix length: `/32` (IPv4) or `/128` (IPv6) means the one address")
                }
                CidrError::PrefixLength => invalid("write the number of leading bits, such as `/24`"),
                _ => invalid("write an address and a prefix length, such as `10.0.0.0/8` or `2001:db8::/32`"),
            };
            cx.error(code, path, text.at, message, help);
            None
        }
    }
}

/// A CIDR, with what is odd about it reported.
pub(crate) fn read_cidr(cx: &mut Context, text: &At<String>, invalid: Code, path: &Path<'_>) -> Option<Cidr> {
    let parsed = parse_cidr(cx, text, invalid, path)?;
    for note in &parsed.notes {
        odd_cidr(cx, text, parsed.cidr, *note, path);
    }
    if cx.creates()
        && parsed.notes.is_empty()
        && !parsed.cidr.is_ipv4()
        && parsed.cidr.to_string() != text.value
    {
        let message = format!("{} is not in the short form of IPv6", quote(&text.value));
        cx.warning(Code::CidrNotCanonical, path, text.at, message, format!("write `{}`", parsed.cidr));
    }
    Some(parsed.cidr)
}

/// Reports what only older API servers accept: an error when an object is made, else a warning (NP-014).
fn odd_cidr(cx: &mut Context, text: &At<String>, cidr: Cidr, note: CidrNote, path: &Path<'_>) {
    let (code, message) = match note {
        CidrNote::PrefixZeros => {
            (Code::CidrPrefixZeros, format!("{} has zeros before its prefix length", quote(&text.value)))
        }
        _ => (
            Code::CidrHostBits,
            format!("{} has bits set after its prefix; it is read as `{cidr}`", quote(&text.value)),
        ),
    };
    let help = match note {
        CidrNote::PrefixZeros => format!("write `{cidr}`"),
        _ => format!("write `{cidr}` for the range{}", single(&text.value)),
    };
    report(cx, code, path, text.at, message, help);
}

/// The other thing that a CIDR with host bits may have been meant to be.
fn single(text: &str) -> String {
    match text.split_once('/') {
        Some((address, _)) if address.contains(':') => format!(", or `{address}/128` for the one address"),
        Some((address, _)) => format!(", or `{address}/32` for the one address"),
        None => String::new(),
    }
}

fn report(cx: &mut Context, code: Code, path: &Path<'_>, at: Position, message: String, help: String) {
    if cx.creates() {
        cx.error(code, path, at, message, help);
    } else {
        cx.warning(code, path, at, message, help);
    }
}
