//! The compiler: cluster, policies and options → [`Image`].
//!
//! Steps, each in its file: the conditions that policies ask of pods and addresses get numbers (`conditions`), pods fall
//! into identity classes by their answers (`classes`), addresses into blocks' intervals (`intervals`), both together
//! into atoms (`atoms`), and for each class and direction the rules become a table from the peer's atom to a row of
//! ports (`tables`, `rows`).

mod atoms;
mod classes;
mod conditions;
mod directory;
mod intern;
mod intervals;
mod named_ports;
mod rows;
mod tables;

pub(crate) use directory::{Directory, Resolved};
pub(crate) use named_ports::resolve_on as resolve_port_name;

use crate::cluster::Cluster;
use crate::image::Image;
use crate::options::Options;
use crate::policy::PolicySet;

/// Compiles an image, and the directory that finds the atoms of flows' ends in it.
///
/// # Complexity
/// Linear in the pods, in the rules times the atoms that each matches, and in the ports' bounds.
pub(crate) fn compile(cluster: &Cluster, policies: &PolicySet, options: Options) -> (Image, Directory) {
    let conditions = conditions::Conditions::collect(policies);
    let classes = classes::Classes::new(cluster, &conditions, options);
    let intervals = intervals::Intervals::new(conditions.blocks());
    let mut atoms = atoms::Atoms::new(options);
    let directory = Directory::new(cluster, &classes, &intervals, &mut atoms, options);
    let image = tables::build(policies, &conditions, &classes, &atoms, &intervals, options);
    (image, directory)
}
