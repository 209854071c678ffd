//! The compiler: cluster, policies and options → the lines of an [`Image`](crate::Image).
//!
//! Steps, each in its file: the policies that concern the pods whose sides are decided are found (`scope`), what they ask
//! of pods, addresses and ports gets numbers (`conditions`); pods fall into identity classes by their answers (`classes`),
//! addresses into intervals (`intervals`), both together into atoms (`atoms`), and what broad peers hold alike into
//! regions (`regions`). Peers reach atoms (`reach`), and for each class and direction the rules become a table from the
//! peer's atom to a row of ports (`fill`, `painter`, `paint`, `rows`, `buckets`). Addresses become hash lines and tries
//! (`addresses`). `live` takes these steps, at once and later for whatever a delta changes.

mod addresses;
mod atoms;
mod buckets;
mod classes;
mod conditions;
mod directory;
mod effect;
mod fill;
mod intern;
mod intervals;
mod live;
mod named_ports;
mod paint;
mod painter;
#[cfg(test)]
mod random;
mod reach;
mod regions;
mod row_lines;
mod rows;
mod scope;
mod words;

pub(crate) use classes::has_identity;
pub(crate) use directory::{Resolved, claim_order, is_own_node};
pub(crate) use effect::{effect, fails_closed};
pub(crate) use intern::Interner;
pub(crate) use live::Live;
pub(crate) use named_ports::{resolve as declared_port_numbers, resolve_on as resolve_port_name};
pub(crate) use scope::Scope;
