//! Numbers for tests that try many cases: the same ones every time.

/// Gives numbers below a bound.
pub(super) fn random(seed: u32) -> impl FnMut(u32) -> u32 {
    let mut state = seed;
    move |below| {
        state ^= state.wrapping_shl(13);
        state ^= state.wrapping_shr(17);
        state ^= state.wrapping_shl(5);
        state.checked_rem(below).unwrap_or(0)
    }
}
