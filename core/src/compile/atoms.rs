//! Atoms: what policies can tell apart of an end, its identity class and the blocks that hold its address.

use core::net::IpAddr;

use super::classes::NO_IDENTITY;
use super::intern::Interner;
use super::intervals::NO_BLOCKS;
use crate::image::{atom_number, kind, place, record_place};
use crate::options::{IpBlockPods, Options};

/// An identity class and a set of blocks; the kind and the region say which default rows apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Atom {
    pub(super) class: u32,
    pub(super) blocks: u32,
    pub(super) kind: u32,
    pub(super) region: u32,
}

impl Atom {
    fn number(self, place: u32) -> u32 {
        atom_number(self.kind, self.region, place)
    }
}

/// The atoms that occur.
#[derive(Clone, Debug)]
pub(super) struct Atoms {
    atoms: Interner<Atom>,
    ip_block_pods: IpBlockPods,
}

impl Atoms {
    pub(super) fn new(options: Options) -> Self {
        Self { atoms: Interner::new(), ip_block_pods: options.ip_block_pods }
    }

    /// The atom of an end of a class, which lies in a region, with an address in a set of blocks or without an address.
    pub(super) fn intern(&mut self, class: u32, region: u32, address: Option<(IpAddr, u32)>) -> u32 {
        let is_pod = class != NO_IDENTITY;
        let kind = match (is_pod, address) {
            (true, Some((IpAddr::V6(_), _))) => kind::POD6,
            (true, _) => kind::POD,
            (false, Some((IpAddr::V6(_), _))) => kind::OUTSIDE6,
            (false, _) => kind::OUTSIDE,
        };
        // NP-026: without an address an end is in no block. NP-015: an address is an address, a pod's too, unless the
        // options keep blocks for what is no pod.
        let hidden = is_pod && self.ip_block_pods == IpBlockPods::Ignore;
        let blocks = address.filter(|_| !hidden).map_or(NO_BLOCKS, |(_, blocks)| blocks);
        let atom = Atom { class, blocks, kind, region };
        atom.number(self.atoms.intern(atom))
    }

    /// The atoms with their numbers.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &Atom)> {
        (0..).zip(self.atoms.values()).map(|(place, atom)| (atom.number(place), atom))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.atoms.values().len()
    }

    /// The atom at a place, with its number.
    pub(super) fn at(&self, at: usize) -> Option<(u32, Atom)> {
        let atom = *self.atoms.values().get(at)?;
        Some((atom.number(u32::try_from(at).unwrap_or(u32::MAX)), atom))
    }

    /// The atom of a number.
    pub(super) fn get(&self, number: u32) -> Option<&Atom> {
        self.atoms.values().get(place(record_place(number)))
    }
}
