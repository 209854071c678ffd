//! Migrations: the fate of every cell is what the specification decides under both plugins, on generated clusters.

use portcullis::generate::Scope;
use portcullis_spec::differential::fresh_seed;
use portcullis_spec::lists::Cells;
use portcullis_spec::migrations::compare;

const WORLDS: u64 = 100;

#[test]
fn the_fate_of_every_cell_is_what_is_decided_under_both_plugins_in_every_way_that_they_could_be() {
    let first = fresh_seed();
    let mut seen = Cells::default();
    for number in 0..WORLDS {
        let scope = if number % 3 == 0 { Scope::Tiered } else { Scope::V1Valid };
        if let Err(difference) = compare(first.wrapping_add(number), scope, &mut seen) {
            panic!("{difference}");
        }
    }
    println!("{seen:?}");
    assert!(seen.worlds * 2 > WORLDS && seen.changed * 4 > seen.worlds, "{seen:?}");
    // Worlds in which nobody knows the fate of something are among them.
    assert!(seen.of_plugins > 0, "{seen:?}");
}
