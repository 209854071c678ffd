//! What to do about a panic.

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
