//! The manual: prose that is rendered and versioned with the crate.
//!
//! - [`semantics`]: every rule by its number, and the order in which a flow is decided.
//! - [`network_model`]: services and the paths through them, by number; what happens before policies are asked.
//! - [`options`]: the points that the specification leaves open, and what each can be set to.
//! - [`profiles`]: what network plugins really enforce, and how it is known.
//! - [`embedding`]: the engine inside other dataplanes, in a sandbox or not.
//! - [`performance`]: how a decision is made in constant time.
//! - [`glossary`]: the words that this project uses, one a concept.

pub mod embedding;
pub mod glossary;
pub mod network_model;
pub mod options;
pub mod performance;
pub mod profiles;
pub mod semantics;
