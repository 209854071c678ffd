//! CIDRs and the `ipBlock` peer.

use alloc::vec::Vec;
use core::fmt;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// A range of addresses given by a prefix; host bits are always zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(IpNet);

/// Why a text is no CIDR.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CidrError {
    /// The part before `/` is no address.
    #[error("the part before `/` must be an IPv4 or IPv6 address")]
    Address,
    /// An IPv4 address in IPv6 form: readers differ on which family it is.
    #[error("must not be an IPv4-mapped IPv6 address, which some readers take for IPv4 and some for IPv6")]
    Ipv4Mapped,
    /// An octet with a leading zero: decimal to some readers, octal to others.
    #[error("must not have leading zeros in an octet, which some readers take for octal")]
    LeadingZeros,
    /// There is no `/`.
    #[error("must be an address and a prefix length, such as `10.0.0.0/8`")]
    NoPrefixLength,
    /// The prefix length is no number, or too large for the family.
    #[error("the prefix length must be a number from 0 to 32 for IPv4, to 128 for IPv6")]
    PrefixLength,
}

/// What an older API server stores and a newer one refuses; the meaning is plain all the same (NP-014).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CidrNote {
    /// Bits after the prefix are set: `10.0.0.1/8` is read as `10.0.0.0/8`.
    HostBits,
    /// Zeros before the prefix length: `/08` is read as `/8`.
    PrefixZeros,
}

/// A CIDR and what was odd about its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedCidr {
    /// The range.
    pub cidr: Cidr,
    /// What the newest API server would refuse.
    pub notes: Vec<CidrNote>,
}

impl Cidr {
    /// The prefix of `length` bits that holds an address.
    ///
    /// # Errors
    /// When `length` is above 32 for IPv4 or 128 for IPv6.
    pub fn new(address: IpAddr, length: u8) -> Result<Self, CidrError> {
        IpNet::new(address, length).map(|net| Self(net.trunc())).map_err(|_| CidrError::PrefixLength)
    }

    /// Reads a CIDR as stored objects have it (NP-014).
    ///
    /// # Errors
    /// When the text is no CIDR, or one that readers disagree on (leading zeros in an octet, IPv4-mapped).
    pub fn parse(text: &str) -> Result<ParsedCidr, CidrError> {
        let (address_text, length_text) = text.split_once('/').ok_or(CidrError::NoPrefixLength)?;
        let address = parse_address(address_text)?;
        let mut notes = Vec::new();
        if length_text.is_empty() || !length_text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(CidrError::PrefixLength);
        }
        if length_text.len() > 1 && length_text.starts_with('0') {
            notes.push(CidrNote::PrefixZeros);
        }
        let length: u8 = length_text.parse().map_err(|_| CidrError::PrefixLength)?;
        let cidr = Self::new(address, length)?;
        if cidr.address() != address {
            notes.push(CidrNote::HostBits);
        }
        Ok(ParsedCidr { cidr, notes })
    }

    /// The first address.
    #[must_use]
    pub fn address(self) -> IpAddr {
        self.0.addr()
    }

    /// The number of leading bits that are fixed.
    #[must_use]
    pub fn prefix_length(self) -> u8 {
        self.0.prefix_len()
    }

    /// The last address.
    #[must_use]
    pub fn last_address(self) -> IpAddr {
        self.0.broadcast()
    }

    /// Whether the range is of IPv4 addresses.
    #[must_use]
    pub fn is_ipv4(self) -> bool {
        matches!(self.0, IpNet::V4(_))
    }

    /// Whether an address lies in the range; never for the other family.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        self.0.contains(&address)
    }

    /// Whether another range lies in this one; a range lies in itself.
    #[must_use]
    pub fn includes(self, other: Self) -> bool {
        self.0.contains(&other.0)
    }
}

impl From<Ipv4Net> for Cidr {
    fn from(net: Ipv4Net) -> Self {
        Self(IpNet::V4(net.trunc()))
    }
}

impl From<Ipv6Net> for Cidr {
    fn from(net: Ipv6Net) -> Self {
        Self(IpNet::V6(net.trunc()))
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Reads an address that means the same to every reader.
///
/// # Errors
/// When the text is no address, has a leading zero in an octet, or is an IPv4-mapped IPv6 address.
pub fn parse_address(text: &str) -> Result<IpAddr, CidrError> {
    if text.contains(':') {
        let address: Ipv6Addr = text.parse().map_err(|_| CidrError::Address)?;
        if address.to_ipv4_mapped().is_some() {
            return Err(CidrError::Ipv4Mapped);
        }
        return Ok(IpAddr::V6(address));
    }
    if let Ok(address) = text.parse::<Ipv4Addr>() {
        return Ok(IpAddr::V4(address));
    }
    let octets: Vec<&str> = text.split('.').collect();
    // Only a text that would be an address without the zeros is reported as one with them.
    let is_octet = |octet: &&str| {
        let digits = octet.trim_start_matches('0');
        !octet.is_empty()
            && digits.len() <= 3
            && digits.bytes().all(|b| b.is_ascii_digit())
            && (digits.is_empty() || digits.parse::<u8>().is_ok())
    };
    if octets.len() == 4 && octets.iter().all(is_octet) {
        return Err(CidrError::LeadingZeros);
    }
    Err(CidrError::Address)
}

/// Why a CIDR and exceptions are no `ipBlock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IpBlockError {
    /// An exception is not strictly inside the CIDR (another family is not either); its place in the list.
    #[error("must be a strict subset of `cidr`")]
    NotStrictSubset(usize),
}

/// A peer by address: a CIDR without its exceptions (NP-014).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IpBlock {
    cidr: Cidr,
    except: Vec<Cidr>,
}

impl IpBlock {
    /// A CIDR without the addresses of `except`.
    ///
    /// # Errors
    /// When an exception is not a strict subset of the CIDR.
    pub fn new(cidr: Cidr, except: Vec<Cidr>) -> Result<Self, IpBlockError> {
        match except.iter().position(|hole| !cidr.includes(*hole) || *hole == cidr) {
            Some(index) => Err(IpBlockError::NotStrictSubset(index)),
            None => Ok(Self { cidr, except }),
        }
    }

    /// The range.
    #[must_use]
    pub fn cidr(&self) -> Cidr {
        self.cidr
    }

    /// The ranges taken out of it.
    #[must_use]
    pub fn except(&self) -> &[Cidr] {
        &self.except
    }

    /// Whether an address is in the range and in no exception.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        // NP-014: an exception carves out of its own peer only, so it is part of the peer and of nothing wider.
        self.cidr.contains(address) && !self.except.iter().any(|hole| hole.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use alloc::vec;

    fn cidr(text: &str) -> Cidr {
        Cidr::parse(text).unwrap().cidr
    }

    #[test]
    fn np_014_cidrs_are_read_as_stored_objects_have_them() {
        use CidrNote::{HostBits, PrefixZeros};
        let cases = [
            ("10.0.0.0/8", Ok(("10.0.0.0/8", vec![]))),
            ("10.0.0.1/8", Ok(("10.0.0.0/8", vec![HostBits]))),
            ("10.0.0.0/08", Ok(("10.0.0.0/8", vec![PrefixZeros]))),
            ("0.0.0.0/0", Ok(("0.0.0.0/0", vec![]))),
            ("::/0", Ok(("::/0", vec![]))),
            ("::/00", Ok(("::/0", vec![PrefixZeros]))),
            ("2001:db8::1/32", Ok(("2001:db8::/32", vec![HostBits]))),
            ("::10.0.0.0/100", Ok(("::/100", vec![HostBits]))),
            ("10.0.0.0/32", Ok(("10.0.0.0/32", vec![]))),
            ("10.0.0.0/33", Err(CidrError::PrefixLength)),
            ("::/129", Err(CidrError::PrefixLength)),
            ("10.0.0.0/", Err(CidrError::PrefixLength)),
            ("10.0.0.0/+8", Err(CidrError::PrefixLength)),
            ("10.0.0.0/-1", Err(CidrError::PrefixLength)),
            ("10.0.0.0/999", Err(CidrError::PrefixLength)),
            ("10.0.0.0/8/8", Err(CidrError::PrefixLength)),
            ("10.0.0.0", Err(CidrError::NoPrefixLength)),
            ("", Err(CidrError::NoPrefixLength)),
            ("/8", Err(CidrError::Address)),
            ("010.0.0.0/8", Err(CidrError::LeadingZeros)),
            ("10.00.0.0/8", Err(CidrError::LeadingZeros)),
            ("10.0.0/8", Err(CidrError::Address)),
            ("10.0.0.256/8", Err(CidrError::Address)),
            ("10.0.0.0256/8", Err(CidrError::Address)),
            ("10..0.0/8", Err(CidrError::Address)),
            (" 10.0.0.0/8", Err(CidrError::Address)),
            ("a/8", Err(CidrError::Address)),
            ("::ffff:10.0.0.0/104", Err(CidrError::Ipv4Mapped)),
            ("::ffff:a00:0/104", Err(CidrError::Ipv4Mapped)),
            ("fe80::1%eth0/64", Err(CidrError::Address)),
        ];
        for (text, expected) in cases {
            let found = Cidr::parse(text).map(|parsed| (parsed.cidr.to_string(), parsed.notes));
            assert_eq!(found, expected.map(|(text, notes)| (text.to_string(), notes)), "{text:?}");
        }
    }

    #[test]
    fn a_range_holds_addresses_of_its_own_family_only() {
        assert!(cidr("0.0.0.0/0").contains("203.0.113.7".parse().unwrap()));
        assert!(!cidr("0.0.0.0/0").contains("::1".parse().unwrap()));
        assert!(!cidr("::/0").contains("10.0.0.1".parse().unwrap()));
        assert!(cidr("0.0.0.0/0").is_ipv4() && !cidr("::/0").is_ipv4());
        let eight = cidr("10.0.0.0/8");
        assert_eq!(eight.last_address().to_string(), "10.255.255.255");
        assert_eq!((eight.address().to_string().as_str(), eight.prefix_length()), ("10.0.0.0", 8));
    }

    #[test]
    fn np_014_an_exception_must_lie_strictly_inside() {
        let block = |outer: &str, hole: &str| IpBlock::new(cidr(outer), vec![cidr(hole)]).map(|_| ());
        assert_eq!(block("10.0.0.0/8", "10.1.0.0/16"), Ok(()));
        assert_eq!(block("10.0.0.0/8", "10.0.0.0/8"), Err(IpBlockError::NotStrictSubset(0)));
        assert_eq!(block("10.1.0.0/16", "10.0.0.0/8"), Err(IpBlockError::NotStrictSubset(0)));
        assert_eq!(block("10.0.0.0/8", "11.0.0.0/16"), Err(IpBlockError::NotStrictSubset(0)));
        assert_eq!(block("0.0.0.0/0", "::/1"), Err(IpBlockError::NotStrictSubset(0)));
    }

    #[test]
    fn np_014_exceptions_are_taken_out_of_their_block() {
        let block = IpBlock::new(cidr("10.0.0.0/8"), vec![cidr("10.1.0.0/16"), cidr("10.1.2.0/24")]).unwrap();
        let found = ["9.0.0.1", "10.0.0.1", "10.1.0.1", "10.1.2.3", "10.2.0.1"]
            .map(|address| block.contains(address.parse().unwrap()));
        assert_eq!(found, [false, true, false, false, true]);
        assert_eq!((block.cidr(), block.except().len()), (cidr("10.0.0.0/8"), 2));
    }
}
