//! Images that instances share: pages of a file in memory, mapped into guests, where nobody can write to them.
//!
//! wasmtime promises nothing about this; what it rests on is said at each `unsafe`, tested with every release of
//! wasmtime that is taken, and does without where it does not hold: then images are copied.
#![expect(unsafe_code, reason = "pages of a guest's memory are replaced")]

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, PoisonError};

use portcullis::Line;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::mm::{MapFlags, MprotectFlags, ProtFlags, mmap, mprotect};

use crate::fault::{Fault, HostError};
use crate::images::copy;

/// An image whose pages any number of instances have in their memory.
#[derive(Debug)]
pub struct SharedImage {
    lines: Arc<Vec<Line>>,
    /// Written when the first instance takes the image.
    pages: Mutex<Pages>,
}

#[derive(Debug)]
enum Pages {
    Unwritten,
    /// The image in a file, beginning so many bytes into its first page.
    Written(File, usize),
    /// The system gives no such file, or does not map it.
    Refused,
}

/// The part of a guest's memory that is mapped: whole pages, from an address of the guest's on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Mapped {
    /// From the beginning of the image on.
    skipped: usize,
    len: usize,
}

impl SharedImage {
    /// Copies an image, once it is one.
    ///
    /// # Errors
    /// When the bytes are no image.
    pub fn new(image: &[u8]) -> Result<Self, HostError> {
        copy(image).map(|lines| Self::of(Arc::new(lines)))
    }

    /// The image in lines that were opened before.
    pub(crate) fn of(lines: Arc<Vec<Line>>) -> Self {
        Self { lines, pages: Mutex::new(Pages::Unwritten) }
    }

    /// The image.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.lines)
    }

    /// Puts the image into a guest's memory: whole pages are mapped, what is left at both ends is copied; all is, where
    /// mapping is not possible.
    ///
    /// `place` is memory of an instance that the guest has set aside for an image of this length, and that stays where
    /// it is as long as the instance lives.
    pub(crate) fn place(&self, place: &mut [u8]) -> Result<Option<Mapped>, Fault> {
        let image = self.as_bytes();
        let page = rustix::param::page_size();
        let shift = place.as_ptr().addr() % page;
        let skipped = (page - shift) % page;
        let len = image.len().saturating_sub(skipped) / page * page;
        let mut pages = self.pages.lock().unwrap_or_else(PoisonError::into_inner);
        if let Pages::Unwritten = *pages {
            *pages = written(image, shift).map_or(Pages::Refused, |file| Pages::Written(file, shift));
        }
        let file = match &*pages {
            // Instances with the same history have the same addresses, so that one file does for nearly all of them.
            Pages::Written(file, written) if *written == shift && len > 0 => file,
            _ => {
                place.copy_from_slice(image);
                return Ok(None);
            }
        };
        let (head, rest) = place.split_at_mut(skipped);
        let (middle, tail) = rest.split_at_mut(len);
        head.copy_from_slice(&image[..skipped]);
        tail.copy_from_slice(&image[skipped + len..]);
        let offset = u64::try_from(shift + skipped).unwrap_or(0);
        // SAFETY: `middle` is whole pages of the memory of one instance, which is borrowed here as a whole, so that
        // nobody else has a reference to them, and no guest runs. Everything that may be done to the pages afterwards
        // may be done to the new ones: they are as long, the mapping is private, so that nobody sees what is written
        // to it once it is writable again, and the file is sealed, so that its bytes never change. While it is not
        // writable, the guest's own stores fault inside of its reservation, which wasmtime takes for what it is, a
        // trap; the host writes only to regions that are not committed, which are writable (`Instance::load`).
        // The instance unmaps its whole reservation when it is dropped, these pages included.
        let mapped = unsafe {
            mmap(
                middle.as_mut_ptr().cast(),
                len,
                ProtFlags::READ,
                MapFlags::PRIVATE | MapFlags::FIXED,
                file,
                offset,
            )
        };
        if mapped.is_err() {
            // Nobody knows what is at the place now: this instance is of no use any more, the next one copies.
            *pages = Pages::Refused;
            return Err(Fault::Garbage("memory that the system does not map"));
        }
        Ok(Some(Mapped { skipped, len }))
    }
}

impl Mapped {
    /// Makes the pages ordinary memory of the guest again, which are copied one by one as they are written to.
    ///
    /// `place` is where the image was put.
    pub(crate) fn release(self, place: &mut [u8]) -> Result<(), Fault> {
        let Some(pages) = place.get_mut(self.skipped..).and_then(|rest| rest.get_mut(..self.len)) else {
            return Err(Fault::Garbage("an image that is no longer in its memory"));
        };
        // SAFETY: whole pages of the memory of one instance, as in `place`; they were writable before they were
        // replaced, and writing to a private mapping changes nothing but the memory of this instance.
        let released = unsafe {
            mprotect(pages.as_mut_ptr().cast(), self.len, MprotectFlags::READ | MprotectFlags::WRITE)
        };
        released.map_err(|_| Fault::Garbage("memory that the system does not release"))
    }
}

/// A file in memory with the image, which nobody can change any more.
fn written(image: &[u8], shift: usize) -> std::io::Result<File> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let file = File::from(memfd_create("portcullis-image", flags)?);
    file.set_len(u64::try_from(shift + image.len()).unwrap_or(u64::MAX))?;
    file.write_all_at(image, u64::try_from(shift).unwrap_or(u64::MAX))?;
    fcntl_add_seals(&file, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok(file)
}
