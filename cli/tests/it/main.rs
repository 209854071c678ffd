//! Runs the `portcullis` binary as people and programs do.

mod eval;
mod examples;
mod input;
mod run;
