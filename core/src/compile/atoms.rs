//! Atoms: what policies can tell apart of an end, its identity class and the blocks that hold its address.

use alloc::vec::Vec;
use core::net::IpAddr;

use super::classes::NO_IDENTITY;
use super::intern::Interner;
use super::intervals::NO_BLOCKS;
use crate::image::{atom_number, is_pod, kind, place, record_place};
use crate::options::{IpBlockPods, Options};

/// The records before those of pods: the one of all others.
const RECORDS_OF_OTHERS: u32 = 1;

/// An identity class and a set of blocks; the kind and the region say which default rows apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Atom {
    pub(super) class: u32,
    pub(super) blocks: u32,
    pub(super) kind: u32,
    pub(super) region: u32,
}

/// The atoms that occur: those of pods, which have records of their own, and all others, which share one.
#[derive(Clone, Debug)]
pub(super) struct Atoms {
    pods: Interner<Atom>,
    others: Interner<Atom>,
    /// Those that nobody has taken notice of, in the order in which they came.
    new: Vec<(u32, Atom)>,
    ip_block_pods: IpBlockPods,
}

impl Atoms {
    pub(super) fn new(options: Options) -> Self {
        let ip_block_pods = options.ip_block_pods;
        Self { pods: Interner::new(), others: Interner::new(), new: Vec::new(), ip_block_pods }
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
        let of_sort = if is_pod { &mut self.pods } else { &mut self.others };
        let known = of_sort.values().len();
        let at = of_sort.intern(atom);
        let number =
            atom_number(kind, region, if is_pod { at.saturating_add(RECORDS_OF_OTHERS) } else { at });
        if of_sort.values().len() > known {
            self.new.push((number, atom));
        }
        number
    }

    /// The classes of the records that pods' atoms have, in their order.
    pub(super) fn classes_of_pods(&self) -> impl Iterator<Item = u32> {
        self.pods.values().iter().map(|atom| atom.class)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.pods.values().len().saturating_add(self.others.values().len())
    }

    /// Those that nobody has taken notice of, with their numbers, in the order in which they came.
    pub(super) fn take_new(&mut self) -> Vec<(u32, Atom)> {
        core::mem::take(&mut self.new)
    }

    /// The class of an atom; that of whatever is no pod, where there is no such atom.
    pub(super) fn class_of(&self, number: u32) -> u32 {
        if !is_pod(number) {
            return NO_IDENTITY;
        }
        let at = record_place(number).checked_sub(RECORDS_OF_OTHERS);
        at.and_then(|at| self.pods.values().get(place(at))).map_or(NO_IDENTITY, |atom| atom.class)
    }
}
