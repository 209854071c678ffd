//! The tree that text parses to: JSON's data model, with a position on every node and key.

use alloc::string::String;
use alloc::vec::Vec;

pub use crate::source::Position;

/// A value and where it starts.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where the value starts.
    pub at: Position,
}

/// A value as the API server sees it after its conversion from YAML to JSON.
///
/// Exhaustive on purpose: JSON's data model is closed.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// `true` or `false`, and YAML 1.1's other spellings.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction, or beyond whole numbers.
    Float(f64),
    /// Text.
    String(String),
    /// A list.
    Sequence(Vec<Node>),
    /// Fields in the order of the text; each key occurs once (the last one wins, as on the server).
    Mapping(Vec<Field>),
}

/// One field of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// The key as text (YAML 1.1 integers, floats and booleans as keys become text).
    pub key: String,
    /// Where the key starts.
    pub at: Position,
    /// The value.
    pub node: Node,
}
