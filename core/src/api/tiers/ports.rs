//! A rule's `protocols` or `ports`.

use alloc::format;
use alloc::string::ToString;
use alloc::vec::Vec;

use super::form::{Form, Present, only_one};
use super::{check_length, missing, too_many_fields};
use crate::api::network_policy::{protocol, rule_of_port_names};
use crate::manifest::Code;
use crate::manifest::decode::{At, Context, Fields, Known, quote};
use crate::net::{L4Protocol, PortName, PortRange};
use crate::policy::PortMatch;

const PROTOCOLS: &[&str] = &["destinationNamedPort", "sctp", "tcp", "udp"];
const PORTS: &[&str] = &["namedPort", "portNumber", "portRange"];
const NUMBERS: &[&str] = &["number", "range"];

/// The items of a rule's list; nothing when there is no list. Items that match nothing are left out.
pub(super) fn traffic(cx: &mut Context, rule: &Fields<'_, '_>, form: &Form) -> Option<Vec<PortMatch>> {
    let read = |cx: &mut Context, fields: &Fields<'_, '_>| match form.is_new() {
        true => protocol_item(cx, fields),
        false => port_item(cx, fields),
    };
    let items = rule.items(cx, form.ports, read)?;
    check_length(cx, rule, form.ports, items.len(), form.max);
    Some(items.into_iter().flatten().collect())
}

fn protocol_item(cx: &mut Context, fields: &Fields<'_, '_>) -> Option<PortMatch> {
    fields.warn_unknown(cx, &Known { names: PROTOCOLS, ..Known::NOTHING });
    let read = |cx: &mut Context, name: &str, protocol| {
        let node = fields.node(name)?;
        let fields = Fields::of(cx, node, fields.path().field(name));
        of_protocol(cx, &fields, protocol)
    };
    let protocols = [("sctp", L4Protocol::Sctp), ("tcp", L4Protocol::Tcp), ("udp", L4Protocol::Udp)];
    match only_one(fields, PROTOCOLS) {
        Present::None => unknown(cx, fields),
        Present::Many => {
            too_many_fields(cx, fields, PROTOCOLS);
            // What is wrong with each is reported all the same.
            for (name, protocol) in protocols {
                read(cx, name, protocol);
            }
            None
        }
        Present::One(name) => match protocols.into_iter().find(|(other, _)| *other == name) {
            Some((name, protocol)) => read(cx, name, protocol),
            None => port_name(cx, fields, name),
        },
    }
}

/// An item without any field that is known.
fn unknown(cx: &mut Context, fields: &Fields<'_, '_>) -> Option<PortMatch> {
    let message = "there is no field here that is known".to_string();
    if cx.creates() {
        let help = "say which protocol and port; for all of them remove the list";
        cx.error(Code::EmptyPort, fields.path(), fields.at(), message, help);
        return None;
    }
    // CNP-010: a newer API server may hold what this version does not know.
    let help = "the rule fails closed: it allows nothing, or denies everything";
    cx.warning(Code::UnknownPort, fields.path(), fields.at(), message, help);
    Some(PortMatch::Unknown)
}

fn of_protocol(cx: &mut Context, fields: &Fields<'_, '_>, protocol: L4Protocol) -> Option<PortMatch> {
    fields.warn_unknown(cx, &Known { names: &["destinationPort"], ..Known::NOTHING });
    let Some(node) = fields.node("destinationPort") else {
        if cx.creates() || !fields.is_empty() {
            return unknown(cx, fields);
        }
        // CNP-011: a protocol alone is every port of it.
        return Some(PortMatch::Protocol(protocol));
    };
    let fields = Fields::of(cx, node, fields.path().field("destinationPort"));
    fields.warn_unknown(cx, &Known { names: NUMBERS, ..Known::NOTHING });
    let range = |cx: &mut Context| {
        let node = fields.node("range")?;
        let fields = Fields::of(cx, node, fields.path().field("range"));
        fields.warn_unknown(cx, &Known { names: &["end", "start"], ..Known::NOTHING });
        let (start, end) = (number(cx, &fields, "start"), number(cx, &fields, "end"));
        let (start, end) = (start?, end?);
        if start >= end {
            let message = format!("the range from `{start}` to `{end}` does not rise");
            let help = "write the lower port as `start`; one port is a `number`";
            cx.error(Code::PortRangeReversed, fields.path(), fields.at(), message, help);
        }
        PortRange::new(start, end).ok()
    };
    let ports = match only_one(&fields, NUMBERS) {
        Present::None => return unknown(cx, &fields),
        Present::Many => {
            too_many_fields(cx, &fields, NUMBERS);
            number(cx, &fields, "number");
            range(cx);
            return None;
        }
        Present::One("range") => range(cx)?,
        Present::One(name) => PortRange::single(number(cx, &fields, name)?).ok()?,
    };
    Some(PortMatch::Numbered { protocol, ports })
}

fn port_item(cx: &mut Context, fields: &Fields<'_, '_>) -> Option<PortMatch> {
    fields.warn_unknown(cx, &Known { names: PORTS, ..Known::NOTHING });
    match only_one(fields, PORTS) {
        Present::None => unknown(cx, fields),
        Present::Many => {
            too_many_fields(cx, fields, PORTS);
            numbered(cx, fields, "portNumber", ["port", "port"]);
            numbered(cx, fields, "portRange", ["start", "end"]);
            None
        }
        Present::One("portNumber") => numbered(cx, fields, "portNumber", ["port", "port"]),
        Present::One("portRange") => numbered(cx, fields, "portRange", ["start", "end"]),
        Present::One(name) => port_name(cx, fields, name),
    }
}

/// The field `portNumber` or `portRange`.
fn numbered(
    cx: &mut Context,
    parent: &Fields<'_, '_>,
    name: &str,
    [first, last]: [&'static str; 2],
) -> Option<PortMatch> {
    let node = parent.node(name)?;
    let fields = Fields::of(cx, node, parent.path().field(name));
    let names: &[&str] = if first == last { &["port", "protocol"] } else { &["end", "protocol", "start"] };
    fields.warn_unknown(cx, &Known { names, ..Known::NOTHING });
    // ANP-003: the protocol is TCP unless it is given, and the server does not look at what is given.
    let text = fields.string(cx, "protocol");
    let path = fields.path().field("protocol");
    let found = match &text {
        None => Some(L4Protocol::Tcp),
        Some(text) => cx.leniently(|cx| protocol(cx, text, &path)).0,
    };
    let start = number(cx, &fields, first);
    let end = if first == last { start } else { number(cx, &fields, last) };
    let (start, end) = (start?, end?);
    let Some(protocol) = found else { return Some(PortMatch::Unknown) };
    let Ok(ports) = PortRange::new(start, end) else {
        // ANP-003: the server does not look at the order either.
        let message = format!("the range from `{start}` to `{end}` holds no port");
        cx.warning(Code::PortRangeReversed, fields.path(), fields.at(), message, "swap the two");
        return None;
    };
    Some(PortMatch::Numbered { protocol, ports })
}

/// A port by name (CNP-011, ANP-004).
fn port_name(cx: &mut Context, fields: &Fields<'_, '_>, name: &str) -> Option<PortMatch> {
    let At { value: text, at } = fields.string(cx, name)?;
    if text.is_empty() {
        // The server lets the empty text through, and clients take it for nothing at all.
        let message = "the name of the port is empty".to_string();
        let help = "the rule fails closed; write the name that containers give the port";
        cx.warning(Code::UnknownPort, &fields.path().field(name), at, message, help);
        return Some(PortMatch::Unknown);
    }
    match PortName::try_from(text.as_str()) {
        Ok(name) => Some(PortMatch::Name(name)),
        Err(_) => {
            let message = format!("{} is no port name: it {}", quote(&text), rule_of_port_names());
            let help = "no container can give such a name, so it matches nothing";
            cx.warning(Code::InvalidPortName, &fields.path().field(name), at, message, help);
            None
        }
    }
}

/// A port's number that has to be there.
fn number(cx: &mut Context, fields: &Fields<'_, '_>, name: &'static str) -> Option<u16> {
    if fields.node(name).is_none() {
        missing(cx, fields, name, "write a number from 1 to 65535");
        return None;
    }
    let number = fields.int64(cx, name)?;
    let port = u16::try_from(number.value).ok().filter(|port| *port != 0);
    if port.is_none() {
        let message = format!("`{}` is no port: ports go from 1 to 65535", number.value);
        let help = "write a number from 1 to 65535";
        cx.error(Code::PortOutOfRange, &fields.path().field(name), number.at, message, help);
    }
    port
}
