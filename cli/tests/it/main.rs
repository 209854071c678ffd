//! Runs the `portcullis` binary as people and programs do.

mod engine;
mod eval;
mod examples;
mod fix;
mod input;
mod list;
mod pages;
mod playground;
mod plugins;
mod profiles;
mod readme;
mod replay;
mod run;
mod save_case;
mod services;
mod suggest;
mod test;
mod tiers;
mod validate;
mod why;
