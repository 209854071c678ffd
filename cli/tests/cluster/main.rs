//! Running clusters as input: a server of our own that misbehaves on purpose, and a real one.

mod misbehaving;
mod played;
mod real;
mod run;
mod server;
