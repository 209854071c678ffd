//! The naive evaluator: every rule of the semantics, in order and readable.
