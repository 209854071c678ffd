//! Running clusters as input: a server of our own that misbehaves on purpose, and a real one.

mod misbehaving;
#[path = "../shared/places.rs"]
mod places;
mod played;
mod real;
mod run;
mod server;
#[path = "../shared/shown.rs"]
mod shown;
