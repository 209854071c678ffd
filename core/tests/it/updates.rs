//! Updates: after any transactions the engine decides as the specification does, and as if it were built anew.

use portcullis::generate::Scope;
use portcullis_spec::differential::fresh_seed;
use portcullis_spec::updates::{Steps, run};

#[test]
fn after_every_transaction_the_engine_decides_as_specified_and_as_built_anew() {
    let first = fresh_seed();
    let mut steps = Steps::default();
    for number in 0..60 {
        let scope = if number % 2 == 0 { Scope::Model } else { Scope::V1Valid };
        let seed = first.wrapping_add(number);
        run(seed, scope, 40, 12, &mut steps).unwrap_or_else(|difference| panic!("{scope:?}, {difference}"));
    }
    println!("{steps:?}");
    assert!(steps.decisions > 60 * 40 * 8 && steps.packets > 60 * 40 * 3, "{steps:?}");
}
