//! Problems of policies.

use alloc::format;
use alloc::vec::Vec;

use super::{Case, block, error, on_create, peer, policy, port, subject, warning};
use crate::manifest::Code;
use crate::manifest::Strength::{Create, Stored};

pub(super) fn cases() -> Vec<Case> {
    let cidr = "spec.ingress[0].from[0].ipBlock.cidr";
    let except = "spec.ingress[0].from[0].ipBlock.except[0]";
    let from = "spec.ingress[0].from[0]";
    let end = "spec.ingress[0].ports[0].endPort";
    let number = "spec.ingress[0].ports[0].port";
    let operator = "spec.podSelector.matchExpressions[0].operator";
    let values = "spec.podSelector.matchExpressions[0].values";
    let expression = |rest: &str| subject(&format!("{{matchExpressions: [{{key: a, {rest}}}]}}"));
    let good_cidr = || block("{cidr: 10.0.0.0/8}");
    alloc::vec![
        warning(Code::CidrHostBits, Stored, cidr, block("{cidr: 10.0.0.1/8}"), block("{cidr: 10.0.0.1/32}")),
        on_create(Code::CidrHostBits, cidr, block("{cidr: 10.0.0.1/8}"), block("{cidr: 10.0.0.1/32}")),
        warning(Code::CidrPrefixZeros, Stored, cidr, block("{cidr: 10.0.0.0/08}"), good_cidr()),
        on_create(Code::CidrPrefixZeros, cidr, block("{cidr: 10.0.0.0/08}"), good_cidr()),
        warning(
            Code::CidrNotCanonical,
            Create,
            cidr,
            block("{cidr: '2001:0DB8::/32'}"),
            block("{cidr: '2001:db8::/32'}")
        ),
        error(Code::EmptyPeer, from, peer("{}"), peer("{podSelector: {}}")),
        error(Code::EmptyPeer, from, peer("null"), peer("{namespaceSelector: {}}")),
        error(Code::EndPortBelowPort, end, port("{port: 80, endPort: 79}"), port("{port: 80, endPort: 80}")),
        error(Code::EndPortWithNamedPort, end, port("{port: web, endPort: 90}"), port("{port: web}")),
        error(Code::EndPortWithoutPort, end, port("{endPort: 90}"), port("{port: 1, endPort: 90}")),
        error(
            Code::ExceptOutsideCidr,
            except,
            block("{cidr: 10.0.0.0/8, except: [10.0.0.0/8]}"),
            block("{cidr: 10.0.0.0/8, except: [10.0.0.0/9]}")
        ),
        error(
            Code::ExceptOutsideCidr,
            except,
            block("{cidr: 0.0.0.0/0, except: ['::/1']}"),
            block("{cidr: '::/0', except: ['::/1']}")
        ),
        error(Code::IntegerOutOfRange, number, port("{port: 2147483648}"), port("{port: 65535}")),
        error(Code::InvalidCidr, cidr, block("{cidr: 10.0.0.0}"), good_cidr()),
        error(Code::InvalidCidr, cidr, block("{cidr: 10.0.0.0/33}"), block("{cidr: 10.0.0.0/32}")),
        error(
            Code::InvalidExcept,
            except,
            block("{cidr: 10.0.0.0/8, except: [10.1.0]}"),
            block("{cidr: 10.0.0.0/8, except: []}")
        ),
        error(Code::InvalidPortName, number, port("{port: '80'}"), port("{port: 80}")),
        error(Code::InvalidPortName, number, port("{port: ''}"), port("{port: null}")),
        error(
            Code::IpBlockBesideSelector,
            from,
            peer("{ipBlock: {cidr: 10.0.0.0/8}, podSelector: {}}"),
            peer("{ipBlock: {cidr: 10.0.0.0/8}}, {podSelector: {}}")
        ),
        error(Code::Ipv4Mapped, cidr, block("{cidr: '::ffff:10.0.0.0/104'}"), good_cidr()),
        error(Code::LeadingZeros, cidr, block("{cidr: 010.0.0.0/8}"), good_cidr()),
        error(Code::MissingCidr, cidr, block("{except: []}"), good_cidr()),
        error(Code::PortOutOfRange, number, port("{port: 0}"), port("{port: 1}")),
        error(Code::PortOutOfRange, number, port("{port: 65536}"), port("{port: 65535}")),
        error(
            Code::PortOutOfRange,
            end,
            port("{port: 1, endPort: 65536}"),
            port("{port: 1, endPort: 65535}")
        ),
        error(
            Code::TooManyPolicyTypes,
            "spec.policyTypes",
            policy("  policyTypes: [Ingress, Egress, Ingress]"),
            policy("  policyTypes: [Ingress, Ingress]")
        ),
        warning(
            Code::UnknownField,
            Stored,
            "spec.ingress[0].port",
            policy("  ingress: [{port: 80}]"),
            policy("  ingress: [{ports: [{port: 80}]}]")
        ),
        error(
            Code::UnknownOperator,
            operator,
            expression("operator: in, values: [a]"),
            expression("operator: Exists")
        ),
        error(
            Code::UnknownPolicyType,
            "spec.policyTypes[0]",
            policy("  policyTypes: [ingress]"),
            policy("  policyTypes: [Ingress]")
        ),
        error(
            Code::UnknownProtocol,
            "spec.ingress[0].ports[0].protocol",
            port("{protocol: tcp}"),
            port("{protocol: TCP}")
        ),
        error(
            Code::ValuesForbidden,
            values,
            expression("operator: Exists, values: [a]"),
            expression("operator: Exists, values: []")
        ),
        error(
            Code::ValuesMissing,
            values,
            expression("operator: In"),
            expression("operator: In, values: ['']")
        ),
        error(Code::WrongType, number, port("{port: yes}"), port("{port: 'yes'}")),
        error(Code::WrongType, number, port("{port: 80.5}"), port("{port: 80.0}")),
    ]
}
