//! Manifests as text: YAML and JSON with positions, every problem reported at once.
//!
//! [`load`] reads texts into a cluster and a set of policies, or says everything that is wrong with them.

mod code;
pub(crate) mod decode;
pub mod edit;
pub(crate) mod kinds;
mod load;
mod problem;
mod report;
pub mod text;
pub mod tree;

pub use code::Code;
pub use decode::Strength;
pub use load::{Change, Document, LoadOptions, Loaded, Source, Workspace, load, load_texts};
pub(crate) use problem::sort_by_place;
pub use problem::{Problem, Severity};
pub use report::{Note, Report};
