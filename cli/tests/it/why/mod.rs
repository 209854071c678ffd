//! `portcullis why`: the whole story of one flow.

mod json;
mod parts;
mod story;
