//! IP protocols: those that policies can name, and all others.

use core::fmt;

/// A transport protocol that a NetworkPolicy can name (NP-007).
///
/// Exhaustive on purpose: the API has these three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum L4Protocol {
    /// TCP, IP protocol 6.
    Tcp,
    /// UDP, IP protocol 17.
    Udp,
    /// SCTP, IP protocol 132.
    Sctp,
}

impl L4Protocol {
    /// All of them, in order.
    pub const ALL: [Self; 3] = [Self::Tcp, Self::Udp, Self::Sctp];

    /// The API's spelling.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Sctp => "SCTP",
        }
    }

    /// The IP protocol number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Tcp => 6,
            Self::Udp => 17,
            Self::Sctp => 132,
        }
    }
}

impl fmt::Display for L4Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The protocol of a flow: one that has ports, or another by its IP protocol number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// A protocol that policies can name.
    L4(L4Protocol),
    /// Any other IP protocol (ICMP is 1, ICMPv6 is 58); never 6, 17 or 132 when made by [`Protocol::from_number`].
    Other(u8),
}

impl Protocol {
    /// TCP.
    pub const TCP: Self = Self::L4(L4Protocol::Tcp);
    /// UDP.
    pub const UDP: Self = Self::L4(L4Protocol::Udp);
    /// SCTP.
    pub const SCTP: Self = Self::L4(L4Protocol::Sctp);

    /// The protocol of an IP protocol number.
    #[must_use]
    pub const fn from_number(number: u8) -> Self {
        match number {
            6 => Self::TCP,
            17 => Self::UDP,
            132 => Self::SCTP,
            other => Self::Other(other),
        }
    }

    /// The IP protocol number.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::L4(protocol) => protocol.number(),
            Self::Other(number) => number,
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::L4(protocol) => protocol.fmt(f),
            Self::Other(1) => f.write_str("ICMP"),
            Self::Other(58) => f.write_str("ICMPv6"),
            Self::Other(number) => write!(f, "IP protocol {number}"),
        }
    }
}

/// The UDP port of VXLAN.
pub(crate) const VXLAN_PORT: u16 = 4789;
/// The protocol number of IPv4 in IP.
pub(crate) const IP_IN_IP: u8 = 4;
const ICMP: u8 = 1;
const ICMPV6: u8 = 58;

/// The type that asks for an echo.
pub(crate) const fn echo_request(protocol: u8) -> u8 {
    if protocol == ICMPV6 { 128 } else { 8 }
}

/// Whether a message is one that kube-router never denies: echo requests, unreachable destinations and time exceeded, of
/// IPv6 also echo replies and neighbour discovery.
pub(crate) const fn is_basic_icmp(protocol: u8, kind: u8) -> bool {
    match protocol {
        ICMP => matches!(kind, 3 | 8 | 11),
        ICMPV6 => matches!(kind, 1 | 3 | 128 | 129 | 133..=136),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_protocols_convert_both_ways() {
        for number in 0..=u8::MAX {
            assert_eq!(Protocol::from_number(number).number(), number);
        }
        for protocol in L4Protocol::ALL {
            assert_eq!(Protocol::from_number(protocol.number()), Protocol::L4(protocol));
        }
    }

    #[test]
    fn protocols_print_as_people_write_them() {
        let cases =
            [(6, "TCP"), (17, "UDP"), (132, "SCTP"), (1, "ICMP"), (58, "ICMPv6"), (47, "IP protocol 47")];
        for (number, text) in cases {
            assert_eq!(alloc::format!("{}", Protocol::from_number(number)), text);
        }
    }
}
