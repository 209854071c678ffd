//! Lists of CIDRs with exceptions: nested, overlapping, a few wide ones among many narrow.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::num::NonZeroUsize;

use portcullis::net::{Cidr, IpBlock};

use super::Family;
use crate::random::Random;

/// Blocks in the pool that short lists draw from.
const POOL: usize = 6;

/// Makes lists of blocks.
pub(super) struct Blocks {
    family: Family,
    /// How many CIDRs a list holds; 0 for short lists from the pool.
    per_list: usize,
    made: Vec<Cidr>,
}

impl Blocks {
    pub(super) fn new(cidrs: usize, lists: NonZeroUsize, family: Family) -> Self {
        Self { family, per_list: cidrs / lists, made: Vec::new() }
    }

    /// The blocks of one list.
    pub(super) fn list(&mut self, random: &mut Random) -> Vec<IpBlock> {
        if self.per_list == 0 {
            while self.made.len() < POOL {
                let cidr = random_cidr(random, self.family);
                self.made.push(cidr);
            }
            let count = random.between(1, 3);
            return (0..count).map(|_| with_exceptions(*random.pick(&self.made), 0)).collect();
        }
        let mut blocks = Vec::new();
        let mut cidrs = 0;
        while cidrs < self.per_list {
            let cidr = self.next(random);
            let exceptions = if random.percent(10) { random.between(1, 2) } else { 0 };
            let block = with_exceptions(cidr, exceptions);
            cidrs += 1 + block.except().len();
            blocks.push(block);
        }
        blocks
    }

    /// A block anywhere, or for every twentieth one inside an earlier one.
    fn next(&mut self, random: &mut Random) -> Cidr {
        let cidr = match self.made.len() {
            0 => random_cidr(random, self.family),
            _ if random.percent(5) => narrower(*random.pick(&self.made), random),
            _ => random_cidr(random, self.family),
        };
        self.made.push(cidr);
        cidr
    }

    /// Everything but the private networks.
    pub(super) fn internet(family: Family) -> Vec<IpBlock> {
        let cidr = |text: &str| Cidr::parse(text).expect("the CIDR is valid").cidr;
        let mut blocks = Vec::new();
        if family.has_v4() {
            let private = ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"].map(cidr).to_vec();
            blocks.push(IpBlock::new(cidr("0.0.0.0/0"), private).expect("exceptions lie inside"));
        }
        if family.has_v6() {
            blocks
                .push(IpBlock::new(cidr("::/0"), vec![cidr("fc00::/7")]).expect("the exception lies inside"));
        }
        blocks
    }
}

/// A public network: mostly /24, one in ten /16, some hosts; in IPv6 /48, /32 and hosts.
pub(super) fn random_cidr(random: &mut Random, family: Family) -> Cidr {
    let v6 = match family {
        Family::V4 => false,
        Family::V6 => true,
        Family::Dual => random.percent(50),
    };
    let (narrow, wide, host) = if v6 { (48, 32, 128) } else { (24, 16, 32) };
    let length = match random.below(100) {
        0..=8 => wide,
        9..=23 => host,
        _ => narrow,
    };
    Cidr::new(public(random, v6), length).expect("the length fits")
}

/// An address that no cluster has: neither private nor this host's.
pub(super) fn public(random: &mut Random, v6: bool) -> IpAddr {
    if v6 {
        let network = (0x2a00 + random.below(0x40) as u128) << 112;
        let rest = u128::from(random.next()) << 48 | u128::from(random.next() & 0xffff_ffff_ffff);
        return IpAddr::V6(Ipv6Addr::from_bits(network | rest));
    }
    loop {
        let address = Ipv4Addr::from_bits(random.next() as u32);
        let first = address.octets()[0];
        if (1..224).contains(&first) && first != 127 && !address.is_private() {
            return IpAddr::V4(address);
        }
    }
}

/// Part of a network, or the network where it is a host.
fn narrower(cidr: Cidr, random: &mut Random) -> Cidr {
    let full = if cidr.is_ipv4() { 32 } else { 128 };
    let length = (cidr.prefix_length() + 2).min(full);
    Cidr::new(address_in(cidr, random), length).expect("the length fits")
}

/// A random address of a network.
pub(super) fn address_in(cidr: Cidr, random: &mut Random) -> IpAddr {
    match cidr.address() {
        IpAddr::V4(first) => {
            let hosts = u32::MAX.checked_shr(cidr.prefix_length().into()).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(first.to_bits() | (random.next() as u32 & hosts)))
        }
        IpAddr::V6(first) => {
            let hosts = u128::MAX.checked_shr(cidr.prefix_length().into()).unwrap_or(0);
            let bits = u128::from(random.next()) << 64 | u128::from(random.next());
            IpAddr::V6(Ipv6Addr::from_bits(first.to_bits() | (bits & hosts)))
        }
    }
}

/// A block without some of its parts: its first sixteenth, and one inside its second.
fn with_exceptions(cidr: Cidr, count: usize) -> IpBlock {
    let full = if cidr.is_ipv4() { 32 } else { 128 };
    let length = cidr.prefix_length() + 4;
    let mut except = Vec::new();
    if length < full && count > 0 {
        except.push(Cidr::new(cidr.address(), length).expect("the length fits"));
        if count > 1 {
            // Overlapping exceptions: the second lies inside the first.
            except.push(Cidr::new(cidr.address(), length + 1).expect("the length fits"));
        }
    }
    IpBlock::new(cidr, except).expect("exceptions lie inside")
}
