//! Images that instances share where pages cannot be mapped: each instance has a copy.

use std::sync::Arc;

use portcullis::Line;

use crate::fault::{Fault, HostError};
use crate::images::copy;

/// An image that any number of instances take.
#[derive(Debug)]
pub struct SharedImage {
    lines: Arc<Vec<Line>>,
}

/// The part of a guest's memory that is mapped: there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mapped {}

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
        Self { lines }
    }

    /// The image.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        bytemuck::cast_slice(&self.lines)
    }

    /// Puts the image into a guest's memory.
    pub(crate) fn place(&self, place: &mut [u8]) -> Result<Option<Mapped>, Fault> {
        place.copy_from_slice(self.as_bytes());
        Ok(None)
    }
}

impl Mapped {
    pub(crate) fn release(self, _: &mut [u8]) -> Result<(), Fault> {
        match self {}
    }
}
