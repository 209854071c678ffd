//! Exposure: what is said of pods that are not there is what the specification decides once one of them is.

use portcullis::generate::Scope;
use portcullis_spec::differential::fresh_seed;
use portcullis_spec::exposure::{Asked, compare};

const WORLDS: u64 = 60;

#[test]
fn what_absent_pods_may_do_is_what_is_decided_when_they_come() {
    let first = fresh_seed();
    let mut seen = Asked::default();
    for number in 0..WORLDS {
        let scope = if number % 2 == 0 { Scope::Tiered } else { Scope::V1Valid };
        if let Err(difference) = compare(first.wrapping_add(number), scope, &mut seen) {
            panic!("{difference}");
        }
    }
    println!("{seen:?}");
    assert!(seen.admitted * 20 > seen.sides && seen.admitted < seen.sides, "{seen:?}");
    assert!(seen.clusters > WORLDS && seen.negative > WORLDS, "{seen:?}");
}
