//! Values that several kinds have, and what the API server insists on when an object is made.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::names::{LABEL_RULE, SUBDOMAIN_RULE};
use crate::label::{LabelKey, is_dns_label, is_dns_subdomain};
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Path, quote};
use crate::manifest::kinds::{Kind, ObjectMeta};

/// Checks a name with an optional prefix.
pub(super) fn check_qualified_name(cx: &mut Context, text: &At<String>, path: &Path<'_>) {
    if let Err(error) = LabelKey::try_from(text.value.as_str()) {
        let message = format!("{} is no qualified name: {error}", quote(&text.value));
        cx.error(Code::InvalidQualifiedName, path, text.at, message, "write `name` or `prefix/name`");
    }
}

/// Checks the name of a node that an object refers to.
pub(super) fn check_node_name(cx: &mut Context, text: &At<String>, path: &Path<'_>) {
    if !is_dns_subdomain(&text.value) {
        let message = format!("{} is no name of a node: it {SUBDOMAIN_RULE}", quote(&text.value));
        cx.error(Code::InvalidName, path, text.at, message, "write the name of a node, or remove the field");
    }
}

/// Checks the name of a host.
pub(super) fn check_host_name(cx: &mut Context, text: &At<String>, path: &Path<'_>) {
    if !is_dns_label(&text.value) {
        let message = format!("{} is no name of a host: it {LABEL_RULE}", quote(&text.value));
        cx.error(Code::InvalidName, path, text.at, message, "rename it, or remove the field");
    }
}

/// Checks a text that can have only some values, of which empty is none.
pub(super) fn check_value(cx: &mut Context, text: &At<String>, values: &[&str], path: &Path<'_>) {
    if !values.contains(&text.value.as_str()) {
        let message = format!("{} is no value of this field", quote(&text.value));
        let known: Vec<String> = values.iter().map(|value| format!("`{value}`")).collect();
        cx.error(Code::UnknownValue, path, text.at, message, format!("write one of {}", known.join(", ")));
    }
}

/// Checks the generation of an object; that of other kinds is counted by the API server, whatever a manifest says.
pub(super) fn check_generation(cx: &mut Context, kind: Kind, meta: &ObjectMeta) {
    let is_kept = matches!(kind, Kind::Endpoints | Kind::Namespace | Kind::Node | Kind::Service);
    if let Some(generation) = meta.generation.filter(|generation| is_kept && generation.value < 0) {
        let metadata = Path::Root.field("metadata");
        let message = format!("`generation` is {}, below 0", generation.value);
        let help = "remove it: the API server counts generations";
        cx.error(Code::IntegerOutOfRange, &metadata.field("generation"), generation.at, message, help);
    }
}

/// Checks that an address can be one that packets from elsewhere are sent to.
pub(super) fn check_special(cx: &mut Context, address: IpAddr, text: &At<String>, path: &Path<'_>) {
    if let Some(range) = special_range(address) {
        let message = format!("{} is {range}", quote(&text.value));
        let help = "write an address that packets from elsewhere can be sent to";
        cx.error(Code::SpecialAddress, path, text.at, message, help);
    }
}

/// Why an address is nobody's.
fn special_range(address: IpAddr) -> Option<&'static str> {
    let is_link_local = match address {
        IpAddr::V4(address) => address.is_link_local(),
        IpAddr::V6(address) => address.is_unicast_link_local(),
    };
    let is_link_local_multicast = match address {
        IpAddr::V4(address) => matches!(address.octets(), [224, 0, 0, _]),
        // Whatever the flags, which are the third digit.
        IpAddr::V6(address) => address.segments().first().is_some_and(|first| first & 0xff0f == 0xff02),
    };
    match address {
        _ if address.is_unspecified() => Some("the unspecified address"),
        _ if address.is_loopback() => Some("a loopback address"),
        _ if is_link_local => Some("a link-local address"),
        _ if is_link_local_multicast => Some("a link-local multicast address"),
        _ => None,
    }
}
