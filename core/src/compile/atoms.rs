//! Atoms: what policies can tell apart of an end, its identity class and the blocks that hold its address.

use super::classes::NO_IDENTITY;
use super::intern::Interner;
use super::intervals::NO_BLOCKS;
use crate::options::{IpBlockPods, Options};

/// An identity class and a set of blocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Atom {
    pub(super) class: u32,
    pub(super) blocks: u32,
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

    /// The atom of an end of a class with an address that lies in a set of blocks.
    pub(super) fn intern(&mut self, class: u32, blocks: u32) -> u32 {
        // NP-015: an address is an address, a pod's too, unless the options keep blocks for what is no pod.
        let hidden = class != NO_IDENTITY && self.ip_block_pods == IpBlockPods::Ignore;
        self.atoms.intern(Atom { class, blocks: if hidden { NO_BLOCKS } else { blocks } })
    }

    /// The atoms, by number.
    pub(super) fn all(&self) -> &[Atom] {
        self.atoms.values()
    }
}
