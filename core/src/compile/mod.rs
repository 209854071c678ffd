//! The compiler: cluster, policies and options → the lines of an [`Image`](crate::Image).
//!
//! Steps, each in its file: the policies that concern the pods whose sides are decided (`scope`) are found, the conditions that policies ask of pods and addresses get numbers (`conditions`), pods fall
//! into identity classes by their answers (`classes`), addresses into intervals (`intervals`), both together into atoms
//! (`atoms`); peers reach atoms (`reach`), and for each class and direction the rules become a table from the peer's atom
//! to a row of ports (`tables`, `buckets`, `rows`). Addresses become hash lines and tries (`addresses`), and all of it
//! one image (`assemble`).

mod addresses;
mod assemble;
mod atoms;
mod buckets;
mod classes;
mod conditions;
mod directory;
mod fill;
mod intern;
mod intervals;
mod live;
mod named_ports;
mod reach;
mod rows;
mod scope;
mod tables;

use alloc::vec::Vec;

pub(crate) use directory::{Directory, Resolved};
pub(crate) use live::Live;
pub(crate) use named_ports::resolve_on as resolve_port_name;
pub(crate) use scope::Scope;

use crate::cluster::Cluster;
use crate::image::Line;
use crate::options::Options;
use crate::policy::PolicySet;

/// Bits of a slot that number its row: first what suits nearly every cluster, then what suits all.
const ROW_BITS: [u32; 2] = [20, 31];

/// Compiles the lines of an image, and the directory that finds the atoms of flows' ends in it.
///
/// # Complexity
/// Linear in the pods, in the rules times the atoms that each reaches by exception, and in the ports' bounds.
pub(crate) fn compile(
    cluster: &Cluster,
    policies: &PolicySet,
    options: Options,
    scope: &Scope,
    generation: u32,
) -> (Vec<Line>, Directory) {
    let conditions = conditions::Conditions::collect(policies, &scope.concerned(cluster, policies, options));
    let classes = classes::Classes::new(cluster, &conditions, options, scope);
    let intervals = intervals::Intervals::new(conditions.block_lists());
    let mut atoms = atoms::Atoms::new(options);
    let directory = Directory::new(cluster, &classes, &intervals, &mut atoms, options);
    let mut tries = addresses::Tries::default();
    let root4 = tries.add(&intervals.outside(true, &mut atoms), 32);
    let root6 = tries.add(&intervals.outside(false, &mut atoms), 128);
    let pods = addresses::pod_lines(directory.owned());

    let input = tables::Input {
        policies,
        conditions: &conditions,
        classes: &classes,
        atoms: &atoms,
        intervals: &intervals,
        options,
    };
    let build = |row_bits: u32| tables::build(input, row_bits).map(|tables| (tables, row_bits));
    let (tables, row_bits) = ROW_BITS.into_iter().find_map(build).unwrap_or_else(|| (tables::nothing(), 31));
    let rules = policies.rule_bound();
    let parts = assemble::Parts { tables, pods, root4, root6, tries, row_bits, rules, options, generation };
    (assemble::assemble(parts), directory)
}
