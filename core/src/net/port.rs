//! Port ranges and port names.

use alloc::string::{String, ToString};
use core::fmt;

/// Why two numbers are no port range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortRangeError {
    /// A port is 0 or above 65535.
    #[error("must be between 1 and 65535")]
    OutOfBounds,
    /// The end lies below the start.
    #[error("must be greater than or equal to `port`")]
    Reversed,
}

/// Ports from a first to a last one, both included; never empty, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortRange {
    start: u16,
    end: u16,
}

impl PortRange {
    /// Every port.
    pub const ALL: Self = Self { start: 1, end: u16::MAX };

    /// The ports from `start` to `end` (NP-009).
    ///
    /// # Errors
    /// When a port is 0 or `end` lies below `start`.
    pub const fn new(start: u16, end: u16) -> Result<Self, PortRangeError> {
        if start == 0 || end == 0 {
            return Err(PortRangeError::OutOfBounds);
        }
        if end < start {
            return Err(PortRangeError::Reversed);
        }
        Ok(Self { start, end })
    }

    /// One port.
    ///
    /// # Errors
    /// When the port is 0.
    pub const fn single(port: u16) -> Result<Self, PortRangeError> {
        Self::new(port, port)
    }

    /// The first port.
    #[must_use]
    pub const fn start(self) -> u16 {
        self.start
    }

    /// The last port.
    #[must_use]
    pub const fn end(self) -> u16 {
        self.end
    }

    /// Whether a port lies in the range.
    #[must_use]
    pub const fn contains(self, port: u16) -> bool {
        self.start <= port && port <= self.end
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.start == self.end {
            write!(f, "{}", self.start)
        } else {
            write!(f, "{}-{}", self.start, self.end)
        }
    }
}

/// Why a text is no port name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PortNameError {
    /// The API's rule is not met.
    #[error(
        "must be 1 to 15 lower-case letters, digits or `-`, with at least one letter, no `-` at either end and no two in a row"
    )]
    Invalid,
}

/// The name of a container port (NP-008): an IANA service name, so it always has a letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PortName(String);

impl PortName {
    /// The name's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<&str> for PortName {
    type Error = PortNameError;

    fn try_from(text: &str) -> Result<Self, PortNameError> {
        let valid = (1..=15).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && text.bytes().any(|b| b.is_ascii_lowercase())
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if valid { Ok(Self(text.to_string())) } else { Err(PortNameError::Invalid) }
    }
}

impl fmt::Display for PortName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn np_009_a_range_holds_both_its_ends_and_cannot_be_empty() {
        let range = PortRange::new(80, 90).unwrap();
        let found = [79, 80, 85, 90, 91].map(|port| range.contains(port));
        assert_eq!(found, [false, true, true, true, false]);
        assert!(PortRange::new(80, 80).is_ok());
        assert_eq!(PortRange::new(80, 79), Err(PortRangeError::Reversed));
        assert_eq!(PortRange::new(0, 80), Err(PortRangeError::OutOfBounds));
        assert_eq!(PortRange::new(80, 0), Err(PortRangeError::OutOfBounds));
        assert_eq!(PortRange::single(0), Err(PortRangeError::OutOfBounds));
        assert!(PortRange::ALL.contains(1) && PortRange::ALL.contains(65535) && !PortRange::ALL.contains(0));
        assert_eq!((range.start(), range.end()), (80, 90));
    }

    #[test]
    fn ranges_print_short() {
        assert_eq!(PortRange::single(80).unwrap().to_string(), "80");
        assert_eq!(PortRange::new(80, 90).unwrap().to_string(), "80-90");
    }

    #[test]
    fn np_008_port_names_are_iana_service_names() {
        for good in ["http", "a", "80-tcp", "serve-80-tcp", "p15charslong-15"] {
            assert!(PortName::try_from(good).is_ok(), "{good}");
        }
        for bad in ["", "80", "Http", "a_b", "-a", "a-", "a--b", "sixteencharslong", "a.b", "ü"] {
            assert!(PortName::try_from(bad).is_err(), "{bad}");
        }
    }
}
