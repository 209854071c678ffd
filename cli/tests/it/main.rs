//! Runs the `portcullis` binary as people and programs do.

mod approved;
mod compare;
mod documents;
mod engine;
mod eval;
mod examples;
mod explain;
mod exposure;
mod fix;
mod flags;
mod hooks;
mod input;
mod lint;
mod list;
mod pages;
#[path = "../shared/places.rs"]
mod places;
mod playground;
mod plugins;
mod profiles;
mod replay;
mod run;
mod sarif;
mod save_case;
#[path = "../shared/served.rs"]
mod served;
mod services;
#[path = "../shared/shown.rs"]
mod shown;
mod suggest;
mod svg;
mod test;
mod tiers;
mod validate;
mod why;
mod wrong;
