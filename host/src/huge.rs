//! Large pages for images that instances have copies of: where an image is larger than what a processor's tables of
//! addresses reach with small ones, each of a decision's lines costs a walk through the tables beside the line itself.

/// Has the system use large pages for what lies in them as a whole, where nobody has touched it yet; nothing else of the
/// memory changes, and where the system does not do it all stays as it is.
#[cfg(all(feature = "huge-pages", target_os = "linux"))]
#[expect(unsafe_code, reason = "advice on pages of a guest's memory")]
pub(crate) fn ask_for(place: &mut [u8]) {
    use rustix::mm::{Advice, madvise};

    let Some(whole) = whole(place, LARGE_PAGE) else { return };
    // SAFETY: the pages are memory of one instance, which is borrowed here as a whole. The advice is about how the system
    // keeps them; what they hold and who may do what with them stays, and unmapping takes them as it would have before.
    let _ = unsafe { madvise(whole.as_mut_ptr().cast(), whole.len(), Advice::LinuxHugepage) };
}

#[cfg(not(all(feature = "huge-pages", target_os = "linux")))]
pub(crate) fn ask_for(_: &mut [u8]) {}

/// A large page of the processors that most machines have. Where they are larger, the system does what it can with it.
#[cfg(any(test, all(feature = "huge-pages", target_os = "linux")))]
const LARGE_PAGE: usize = 2 << 20;

/// The part of some memory that is whole pages of a size, if there is one.
#[cfg(any(test, all(feature = "huge-pages", target_os = "linux")))]
fn whole(place: &mut [u8], page: usize) -> Option<&mut [u8]> {
    let skipped = place.as_ptr().addr().wrapping_neg().checked_rem(page)?;
    let len = place.len().checked_sub(skipped)?;
    let len = len.checked_sub(len.checked_rem(page)?)?;
    place.get_mut(skipped..)?.get_mut(..len).filter(|whole| !whole.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_whole_pages_are_asked_for() {
        let mut memory = vec![0_u8; 4 * 4_096];
        let first = memory.as_ptr().addr().next_multiple_of(4_096) - memory.as_ptr().addr();
        // From there on, so many bytes: where the whole pages begin, and how many there are.
        let cases = [
            (first, 8_192, Some((first, 2))),
            (first, 8_191, Some((first, 1))),
            (first, 4_095, None),
            (first + 1, 8_191, Some((first + 4_096, 1))),
            (first + 1, 8_190, None),
            (first + 1, 0, None),
        ];
        let start = memory.as_ptr().addr();
        for (from, len, wanted) in cases {
            let found = whole(&mut memory[from..from + len], 4_096);
            let found = found.map(|whole| (whole.as_ptr().addr() - start, whole.len() / 4_096));
            assert_eq!(found, wanted, "{from} {len}");
        }
        assert_eq!(whole(&mut memory, LARGE_PAGE), None);
    }
}
