//! A counting allocator: how often code allocates, and how much it holds at most.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicBool, AtomicIsize, AtomicUsize, Ordering};

/// The system's allocator, counting while [`count`] runs.
#[derive(Debug)]
pub struct Counting;

static ON: AtomicBool = AtomicBool::new(false);
static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);
static LIVE: AtomicIsize = AtomicIsize::new(0);
static PEAK: AtomicIsize = AtomicIsize::new(0);

/// What code did to the heap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heap {
    /// How often it asked for memory.
    pub allocations: usize,
    /// How many bytes more than before it held at most.
    pub peak: usize,
    /// How many bytes more than before were held in the end.
    pub kept: usize,
}

/// Runs code and counts what all threads allocate meanwhile.
///
/// Counts nothing where [`Counting`] is not the program's allocator.
pub fn count<T>(run: impl FnOnce() -> T) -> (T, Heap) {
    ALLOCATIONS.store(0, Ordering::Relaxed);
    LIVE.store(0, Ordering::Relaxed);
    PEAK.store(0, Ordering::Relaxed);
    ON.store(true, Ordering::SeqCst);
    let result = run();
    ON.store(false, Ordering::SeqCst);
    let bytes = |count: &AtomicIsize| usize::try_from(count.load(Ordering::Relaxed)).unwrap_or(0);
    let heap =
        Heap { allocations: ALLOCATIONS.load(Ordering::Relaxed), peak: bytes(&PEAK), kept: bytes(&LIVE) };
    (result, heap)
}

fn add(bytes: usize) {
    if ON.load(Ordering::Relaxed) {
        ALLOCATIONS.fetch_add(1, Ordering::Relaxed);
        let bytes = bytes.cast_signed();
        let live = LIVE.fetch_add(bytes, Ordering::Relaxed) + bytes;
        PEAK.fetch_max(live, Ordering::Relaxed);
    }
}

fn remove(bytes: usize) {
    if ON.load(Ordering::Relaxed) {
        LIVE.fetch_sub(bytes.cast_signed(), Ordering::Relaxed);
    }
}

#[expect(unsafe_code, reason = "the trait of global allocators is unsafe; all work is the system's")]
// SAFETY: every call is handed on to the system's allocator with the arguments that it came with; counting touches
// atomic numbers only, and neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps `alloc`'s contract, which is the system's.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        add(layout.size());
        // SAFETY: the caller keeps `alloc_zeroed`'s contract, which is the system's.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        remove(layout.size());
        // SAFETY: the pointer came from the system's allocator, as all of this allocator's do, with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        remove(layout.size());
        add(size);
        // SAFETY: the pointer came from the system's allocator with this layout; the caller vouches for the size.
        unsafe { System.realloc(pointer, layout, size) }
    }
}
