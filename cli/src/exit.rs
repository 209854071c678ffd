//! Exit codes.

use std::process::ExitCode;

/// How a command ended; the numbers are part of the command line's promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Allowed, valid, answered.
    Yes,
    /// Denied, differing from pod to pod, invalid.
    No,
    /// The question or the input cannot be read.
    Usage,
    /// A part was not answered.
    Unknown,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Yes => Self::from(0),
            Exit::No => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Unknown => Self::from(3),
        }
    }
}
