//! The integration tests: one binary, one module a concern.

#[cfg(test)]
mod differential;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod validation;
