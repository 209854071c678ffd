//! The memory of a module that brings its own allocator: what lies behind its data first, then what it is given more.
#![expect(unsafe_code, reason = "addresses that the linker and the runtime give, as blocks to allocate from")]

use core::alloc::Layout;
use core::arch::wasm32::{memory_grow, memory_size};
use core::ptr::NonNull;

use talc::base::Talc;
use talc::base::binning::Binning;
use talc::cell::TalcSyncCell;
use talc::source::Source;
use talc::wasm::WasmBinning;

const PAGE_BYTES: usize = 1 << 16;
/// What the allocator may need beside a block and its alignment: rounding up, and the marks around it.
const MARKS_BYTES: usize = 64;

/// The module is a seventh smaller than with the allocator that the standard library brings along, and compiles sooner.
/// Where that library is there anyway, its own is kept: it loads manifests 2 % faster.
#[global_allocator]
static ALLOCATOR: TalcSyncCell<Linear, WasmBinning> = TalcSyncCell::new_wasm(Linear { end: None });

unsafe extern "C" {
    /// Where the module's data end, by its address: the linker's word.
    static __heap_base: u8;
}

/// One heap, from the end of the module's data to the end of the memory.
///
/// The pages that a module begins with are used before others are asked for, so that an instance that decides a few
/// packets at a time never asks: that costs more than all else that the guest does when it starts.
#[derive(Debug)]
struct Linear {
    /// The end of the heap, once there is one.
    end: Option<NonNull<u8>>,
}

// SAFETY: nothing below allocates.
unsafe impl Source for Linear {
    fn acquire<B: Binning>(talc: &mut Talc<Self, B>, layout: Layout) -> Result<(), ()> {
        let end = match talc.source.end {
            None => {
                let base = (&raw const __heap_base).cast_mut();
                let len = memory_end().addr().saturating_sub(base.addr());
                // SAFETY: the linker puts nothing behind its data, and the module has no other allocator. This heap is the
                // only one, and the only one who asks for more memory.
                unsafe { talc.claim(base, len) }.ok_or(())?
            }
            Some(end) => {
                let bytes = layout.size().saturating_add(layout.align()).saturating_add(MARKS_BYTES);
                if memory_grow::<0>(bytes.div_ceil(PAGE_BYTES)) == usize::MAX {
                    return Err(());
                }
                // SAFETY: as above: what lies behind the heap's end are the pages that came just now.
                unsafe { talc.extend(end, memory_end()) }
            }
        };
        talc.source.end = Some(end);
        Ok(())
    }
}

/// Where the memory ends; at most 256 MiB, as the module says of itself.
fn memory_end() -> *mut u8 {
    core::ptr::with_exposed_provenance_mut(memory_size::<0>().saturating_mul(PAGE_BYTES))
}
