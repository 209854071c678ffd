//! Lists and differences: every cell is what the specification decides, on generated clusters, half of them under plugins.

use portcullis::generate::Scope;
use portcullis_spec::differential::fresh_seed;
use portcullis_spec::lists::{Cells, compare};

const WORLDS: u64 = 150;

#[test]
fn cells_are_what_the_specification_decides_and_differences_what_cells_differ_by() {
    let first = fresh_seed();
    let mut seen = Cells::default();
    for number in 0..WORLDS {
        let scope = if number % 3 == 0 { Scope::Tiered } else { Scope::V1Valid };
        if let Err(difference) = compare(first.wrapping_add(number), scope, &mut seen) {
            panic!("{difference}");
        }
    }
    println!("{seen:?}");
    assert!(seen.partial * 20 > seen.cells, "{seen:?}");
    assert!(seen.changed * 5 > seen.worlds && seen.of_plugins * 3 > seen.worlds, "{seen:?}");
}
