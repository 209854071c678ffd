//! Runs the `portcullis` binary as people and programs do.

mod approved;
mod compare;
mod engine;
mod eval;
mod examples;
mod explain;
mod exposure;
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
mod svg;
mod test;
mod tiers;
mod validate;
mod why;
mod wrong;
