//! Manifests as text: YAML and JSON with positions, every problem reported at once.

pub mod text;
pub mod tree;
