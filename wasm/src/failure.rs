//! What a call can fail with, as a code and as a text.

use core::fmt;

use portcullis::{ImageError, PatchError};

use crate::abi::code;

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// An argument makes no sense.
    Argument(&'static str),
    /// The bytes are no image.
    Image(ImageError),
    /// More than one call may ask for.
    Limit(&'static str),
    /// There is no memory for it.
    Memory,
    /// There is no image to decide by.
    NoImage,
    /// The patch cannot be applied.
    Patch(PatchError),
}

impl Failure {
    /// The number that the host sees.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::Argument(_) => code::ARGUMENT,
            Self::Image(ImageError::Version { .. }) => code::VERSION,
            Self::Image(_) => code::IMAGE,
            Self::Limit(_) => code::LIMIT,
            Self::Memory => code::MEMORY,
            Self::NoImage => code::NO_IMAGE,
            Self::Patch(PatchError::Base { .. }) => code::GENERATION,
            Self::Patch(_) => code::IMAGE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Argument(what) | Self::Limit(what) => f.write_str(what),
            Self::Image(error) => error.fmt(f),
            Self::Memory => f.write_str("there is not enough memory in the instance"),
            Self::NoImage => f.write_str("no image has been committed"),
            Self::Patch(error) => error.fmt(f),
        }
    }
}
