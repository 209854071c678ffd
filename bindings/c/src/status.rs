//! Status codes, the text of the last error, and the border that no panic crosses.

use std::cell::RefCell;
use std::ffi::{CStr, CString};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use portcullis::flow::FlowError;
use portcullis::options::OptionError;
use portcullis::{DeltaError, ImageError, PatchError};

/// What is wrong, with the number and the name that callers see; those of the WASM interface mean the same there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Ok,
    Argument,
    Image,
    Version,
    Generation,
    Request,
    Manifests,
    Poisoned,
}

impl Status {
    pub(crate) const ALL: [Self; 8] = [
        Self::Ok,
        Self::Argument,
        Self::Image,
        Self::Version,
        Self::Generation,
        Self::Request,
        Self::Manifests,
        Self::Poisoned,
    ];

    /// The number that callers see.
    pub(crate) const fn number(self) -> i32 {
        match self {
            Self::Ok => 0,
            Self::Argument => -1,
            Self::Image => -3,
            Self::Version => -4,
            Self::Generation => -5,
            Self::Request => -10,
            Self::Manifests => -11,
            Self::Poisoned => -12,
        }
    }

    /// The name that callers see.
    pub(crate) const fn name(self) -> &'static CStr {
        match self {
            Self::Ok => c"ok",
            Self::Argument => c"argument",
            Self::Image => c"image",
            Self::Version => c"version",
            Self::Generation => c"generation",
            Self::Request => c"request",
            Self::Manifests => c"manifests",
            Self::Poisoned => c"poisoned",
        }
    }
}

/// Why a call failed: a status, and a text for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: Status,
    pub(crate) message: String,
}

impl Failure {
    pub(crate) fn new(status: Status, message: impl ToString) -> Self {
        Self { status, message: message.to_string() }
    }

    pub(crate) fn argument(message: &str) -> Self {
        Self::new(Status::Argument, message)
    }
}

impl From<ImageError> for Failure {
    fn from(error: ImageError) -> Self {
        let status = match error {
            ImageError::Version { .. } => Status::Version,
            _ => Status::Image,
        };
        Self::new(status, error)
    }
}

impl From<PatchError> for Failure {
    fn from(error: PatchError) -> Self {
        let status = match error {
            PatchError::Base { .. } => Status::Generation,
            _ => Status::Image,
        };
        Self::new(status, error)
    }
}

impl From<DeltaError> for Failure {
    fn from(error: DeltaError) -> Self {
        Self::new(Status::Request, error)
    }
}

impl From<FlowError> for Failure {
    fn from(error: FlowError) -> Self {
        Self::new(Status::Request, error)
    }
}

impl From<OptionError> for Failure {
    fn from(error: OptionError) -> Self {
        Self::new(Status::Request, error)
    }
}

thread_local! {
    static MESSAGE: RefCell<CString> = RefCell::default();
}

/// The text of this thread's last failure; it lives until the next call on this thread.
pub(crate) fn message() -> *const std::ffi::c_char {
    MESSAGE.try_with(|message| message.borrow().as_ptr()).unwrap_or(c"".as_ptr())
}

fn tell(message: &str) {
    // A text with a zero in it ends there for C.
    let text = message.split('\0').next().unwrap_or_default();
    let _ = MESSAGE.try_with(|last| *last.borrow_mut() = CString::new(text).unwrap_or_default());
}

/// Whether a panic has left something in a state that nobody knows.
#[derive(Debug, Default)]
pub(crate) struct Poison(AtomicBool);

/// Runs a call: its failure becomes a status and a text; a panic stops here and poisons what it was in.
pub(crate) fn call(poison: Option<&Poison>, body: impl FnOnce() -> Result<(), Failure>) -> i32 {
    let is_poisoned = || poison.is_some_and(|poison| poison.0.load(Ordering::Acquire));
    let result = if is_poisoned() {
        Err(Failure::new(
            Status::Poisoned,
            "an earlier call has panicked: close this handle and open a new one",
        ))
    } else {
        catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|_| {
            if let Some(poison) = poison {
                poison.0.store(true, Ordering::Release);
            }
            Err(Failure::new(
                Status::Poisoned,
                "the library has panicked, which is a defect: please report it",
            ))
        })
    };
    match result {
        Ok(()) => Status::Ok.number(),
        Err(failure) => {
            tell(&failure.message);
            failure.status.number()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told() -> String {
        // SAFETY: `message` gives a string that lives until the next call on this thread.
        #[expect(unsafe_code, reason = "reads the text as callers do")]
        let text = unsafe { CStr::from_ptr(message()) };
        text.to_str().unwrap().to_string()
    }

    #[test]
    fn a_panic_stops_at_the_border_and_poisons_what_it_was_in() {
        let poison = Poison::default();
        assert_eq!(call(Some(&poison), || Ok(())), 0);
        assert_eq!(call(Some(&poison), || panic!("on purpose")), Status::Poisoned.number());
        assert_eq!(call(Some(&poison), || Ok(())), Status::Poisoned.number());
        assert_eq!(told(), "an earlier call has panicked: close this handle and open a new one");
    }

    #[test]
    fn a_failure_tells_its_text_up_to_the_first_zero() {
        let fail = || Err(Failure::new(Status::Request, "no option `a\0b`"));
        assert_eq!(call(None, fail), Status::Request.number());
        assert_eq!(told(), "no option `a");
    }

    #[test]
    fn numbers_and_names_are_each_used_once() {
        let mut numbers: Vec<_> = Status::ALL.iter().map(|status| status.number()).collect();
        let mut names: Vec<_> = Status::ALL.iter().map(|status| status.name()).collect();
        numbers.sort_unstable();
        numbers.dedup();
        names.sort_unstable();
        names.dedup();
        assert_eq!((numbers.len(), names.len()), (Status::ALL.len(), Status::ALL.len()));
    }
}
