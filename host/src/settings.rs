//! What an engine is told: limits, deadlines, which modules it runs.

use std::time::Duration;

use portcullis::Packet;
use wasmtime::{StoreLimits, StoreLimitsBuilder};

/// How guests are run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How long calls may take; nothing for guests that are trusted to end, which ours is by construction.
    pub deadlines: Option<Deadlines>,
    /// The most memory of an instance, in bytes. Growth beyond it is refused, which the guest reports.
    pub memory_bytes: usize,
    /// The stack of an instance, in bytes.
    pub stack_bytes: usize,
    /// Whether 4 GiB of addresses are set aside for each instance, so that accesses need no checks; without them
    /// decisions take 1.6 times as long. Where the system refuses, the engine goes on without: see
    /// [`Engine::has_guard_pages`](crate::Engine::has_guard_pages).
    pub guard_pages: bool,
    /// Whether instances share the pages of their image where that is possible: with the feature `map-images`, on Linux,
    /// with guard pages. Elsewhere each has a copy.
    pub map_images: bool,
    /// Whether the system is asked for large pages, of 2 MiB, for images that are copied and have that much: a decision by
    /// a large image waits for memory less. It needs the feature `huge-pages`, which is what this is by default, and Linux
    /// with `madvise` or `always` in `/sys/kernel/mm/transparent_hugepage/enabled`; elsewhere nothing comes of it. An
    /// instance takes no more memory than without, since only pages that the image fills are asked for.
    pub huge_pages: bool,
    /// Whether traps come as signals. Off for processes whose signal handlers are their own: about a tenth slower.
    pub signals: bool,
    /// The fuel of a call, for tests that bound work exactly.
    pub fuel: Option<u64>,
    /// The modules that may be run.
    pub modules: Modules,
    /// Packets for the instance of a worker at a time, at most 4,096; larger batches are cut.
    pub max_batch: u32,
    /// Replacements of a worker's instance a minute, before it gives up for a while.
    pub replacements_a_minute: usize,
    /// Packets that a canary is asked beside the built-in ones.
    pub probes: Vec<Packet>,
}

/// Deadlines, in ticks of a clock that a thread of its own drives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deadlines {
    /// The time of a tick.
    pub tick: Duration,
    /// Ticks for deciding a batch: enough that a thread that the system puts aside does not miss it.
    pub decide_ticks: u64,
    /// Ticks for images, patches and requests.
    pub load_ticks: u64,
}

/// Which modules may be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Modules {
    /// Any that has the interface: for tests, and for those who check elsewhere.
    Any,
    /// Those that were built with this crate.
    BuiltIn,
    /// Those with one of these SHA-256 digests.
    Listed(Vec<[u8; 32]>),
}

impl Default for Deadlines {
    fn default() -> Self {
        Self { tick: Duration::from_millis(5), decide_ticks: 20, load_ticks: 1_000 }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            deadlines: Some(Deadlines::default()),
            memory_bytes: 256 << 20,
            stack_bytes: 256 << 10,
            guard_pages: true,
            map_images: cfg!(feature = "map-images"),
            huge_pages: cfg!(feature = "huge-pages"),
            signals: true,
            fuel: None,
            modules: Modules::BuiltIn,
            max_batch: 1_024,
            replacements_a_minute: 30,
            probes: Vec::new(),
        }
    }
}

impl Settings {
    /// The limits of a store that holds so many modules.
    pub(crate) fn limits(&self, modules: usize) -> StoreLimits {
        StoreLimitsBuilder::new()
            .memory_size(self.memory_bytes)
            .memories(1)
            .instances(modules)
            .tables(modules)
            .table_elements(10_000)
            .build()
    }
}
