//! Sets of addresses: ranges that no policy tells apart, and the fewest CIDRs for a set.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{Ipv4Subnets, Ipv6Subnets};

use crate::net::Cidr;
use crate::sorted::SortedSet;

/// Addresses from a first to a last one, both included, of one family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AddressRange {
    v6: bool,
    first: u128,
    last: u128,
}

impl AddressRange {
    /// The addresses of a CIDR.
    #[must_use]
    pub fn of(cidr: Cidr) -> Self {
        let v6 = !cidr.is_ipv4();
        Self { v6, first: bits(cidr.address()), last: bits(cidr.last_address()) }
    }

    /// Whether they are IPv4 addresses.
    #[must_use]
    pub const fn is_ipv4(self) -> bool {
        !self.v6
    }

    /// Whether an address is among them.
    #[must_use]
    pub fn contains(self, address: IpAddr) -> bool {
        address.is_ipv4() != self.v6 && (self.first..=self.last).contains(&bits(address))
    }

    /// The addresses that are in both; nothing where none is.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        let (first, last) = (self.first.max(other.first), self.last.min(other.last));
        (self.v6 == other.v6 && first <= last).then_some(Self { v6: self.v6, first, last })
    }

    /// The first of them.
    #[must_use]
    pub fn first(self) -> IpAddr {
        address(self.v6, self.first)
    }

    /// The last of them.
    #[must_use]
    pub fn last(self) -> IpAddr {
        address(self.v6, self.last)
    }
}

/// Both families cut where some CIDR begins or ends, in ascending order, IPv4 first.
pub(super) fn cut_at(cidrs: &SortedSet<Cidr>) -> Vec<AddressRange> {
    let mut ranges = Vec::new();
    for v6 in [false, true] {
        let highest = if v6 { u128::MAX } else { u128::from(u32::MAX) };
        let mut starts = SortedSet::from([0_u128]);
        for cidr in cidrs.iter().filter(|cidr| cidr.is_ipv4() != v6) {
            starts.insert(bits(cidr.address()));
            if let Some(next) = bits(cidr.last_address()).checked_add(1).filter(|next| *next <= highest) {
                starts.insert(next);
            }
        }
        let lasts = starts.iter().skip(1).map(|next| next.wrapping_sub(1)).chain([highest]);
        ranges.extend(starts.iter().zip(lasts).map(|(first, last)| AddressRange { v6, first: *first, last }));
    }
    ranges
}

/// The first address of a range that is not among some others; nothing where they hold it whole.
///
/// # Complexity
/// Linear in those of the others that the range begins with.
pub(super) fn first_free(range: AddressRange, taken: &SortedSet<IpAddr>) -> Option<IpAddr> {
    let mut free = Some(range.first);
    let last = range.last();
    for next in taken.at_least(&range.first()).take_while(|it| **it <= last).copied().map(bits) {
        if free != Some(next) {
            break;
        }
        free = next.checked_add(1);
    }
    free.filter(|free| *free <= range.last).map(|free| address(range.v6, free))
}

/// The fewest CIDRs that hold just these addresses, IPv4 first.
pub(super) fn fewest_cidrs(ranges: &[AddressRange]) -> Vec<Cidr> {
    let mut sorted = ranges.to_vec();
    sorted.sort_unstable();
    let mut joined: Vec<AddressRange> = Vec::new();
    for range in sorted {
        match joined.last_mut() {
            Some(before) if before.v6 == range.v6 && before.last.checked_add(1) >= Some(range.first) => {
                before.last = before.last.max(range.last);
            }
            _ => joined.push(range),
        }
    }
    let mut cidrs = Vec::new();
    for range in joined {
        match (range.first(), range.last()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                cidrs.extend(Ipv4Subnets::new(first, last, 0).map(Cidr::from));
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                cidrs.extend(Ipv6Subnets::new(first, last, 0).map(Cidr::from));
            }
            _ => {}
        }
    }
    cidrs
}

/// The addresses of both families that none of some CIDRs holds, as the fewest CIDRs.
///
/// ```
/// use portcullis::analyze::complement;
/// use portcullis::net::Cidr;
///
/// let cidr = |text| Cidr::parse(text).unwrap().cidr;
/// let rest = complement(&[cidr("0.0.0.0/1"), cidr("::/0")]);
/// assert_eq!(rest, [cidr("128.0.0.0/1")]);
/// ```
#[must_use]
pub fn complement(cidrs: &[Cidr]) -> Vec<Cidr> {
    let mut holes = Vec::new();
    let mut held: Vec<AddressRange> = cidrs.iter().copied().map(AddressRange::of).collect();
    held.sort_unstable();
    for v6 in [false, true] {
        let highest = if v6 { u128::MAX } else { u128::from(u32::MAX) };
        let mut next = Some(0);
        for range in held.iter().filter(|range| range.v6 == v6) {
            let before = range.first.checked_sub(1).filter(|last| next.is_some_and(|next| next <= *last));
            holes.extend(next.zip(before).map(|(first, last)| AddressRange { v6, first, last }));
            let after = range.last.checked_add(1).filter(|after| *after <= highest);
            next = next.and_then(|next| after.map(|after| next.max(after)));
        }
        holes.extend(next.map(|first| AddressRange { v6, first, last: highest }));
    }
    fewest_cidrs(&holes)
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits(),
    }
}

fn address(v6: bool, bits: u128) -> IpAddr {
    if v6 {
        IpAddr::V6(Ipv6Addr::from_bits(bits))
    } else {
        IpAddr::V4(Ipv4Addr::from_bits(u32::try_from(bits).unwrap_or(u32::MAX)))
    }
}

#[cfg(test)]
mod tests {
    use alloc::string::{String, ToString};

    use super::*;

    fn cidr(text: &str) -> Cidr {
        Cidr::parse(text).unwrap().cidr
    }

    #[test]
    fn addresses_are_cut_at_both_ends_of_every_cidr_and_put_together_again() {
        let cidrs = SortedSet::from(["10.0.0.0/8", "10.1.0.0/16", "2001:db8::/32"].map(cidr));
        let ranges = cut_at(&cidrs);
        let text = |range: &AddressRange| alloc::format!("{}-{}", range.first(), range.last());
        let v4: Vec<String> = ranges.iter().filter(|range| range.is_ipv4()).map(text).collect();
        let expected = [
            "0.0.0.0-9.255.255.255",
            "10.0.0.0-10.0.255.255",
            "10.1.0.0-10.1.255.255",
            "10.2.0.0-10.255.255.255",
            "11.0.0.0-255.255.255.255",
        ];
        assert_eq!(v4, expected);
        let all: Vec<String> = fewest_cidrs(&ranges).iter().map(ToString::to_string).collect();
        assert_eq!(all, ["0.0.0.0/0", "::/0"]);
    }

    #[test]
    fn a_free_address_is_the_first_behind_those_that_a_range_begins_with() {
        let taken = SortedSet::from(["10.0.0.0", "10.0.0.1", "10.0.0.4"].map(|text| text.parse().unwrap()));
        let free = |text| first_free(AddressRange::of(cidr(text)), &taken).map(|free| free.to_string());
        assert_eq!(free("10.0.0.0/24").as_deref(), Some("10.0.0.2"));
        assert_eq!(free("9.0.0.0/8").as_deref(), Some("9.0.0.0"));
        assert_eq!(free("10.0.0.0/31"), None);
        assert_eq!(free("255.255.255.255/32").as_deref(), Some("255.255.255.255"));
        assert_eq!(free("::/0").as_deref(), Some("::"));
    }

    #[test]
    fn a_hole_costs_as_few_cidrs_as_can_be() {
        let ranges = cut_at(&SortedSet::from([cidr("10.0.0.0/8")]));
        let outside: Vec<AddressRange> =
            ranges.into_iter().filter(|range| !cidr("10.0.0.0/8").contains(range.first())).collect();
        let text: Vec<String> = fewest_cidrs(&outside).iter().map(ToString::to_string).collect();
        let expected = [
            "0.0.0.0/5",
            "8.0.0.0/7",
            "11.0.0.0/8",
            "12.0.0.0/6",
            "16.0.0.0/4",
            "32.0.0.0/3",
            "64.0.0.0/2",
            "128.0.0.0/1",
            "::/0",
        ];
        assert_eq!(text, expected);
    }
}
