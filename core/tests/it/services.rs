//! Services: paths and their decisions are those of the specification, on generated clusters that deltas made.

use portcullis::path::Refusal;
use portcullis_spec::calls::{Calls, compare};
use portcullis_spec::differential::fresh_seed;

const WORLDS: u64 = 600;
const CALLS: usize = 60;

#[test]
fn paths_are_those_of_the_specification_and_the_calls_are_worth_asking() {
    let first = fresh_seed();
    let mut seen = Calls::default();
    for seed in (0..WORLDS).map(|number| first.wrapping_add(number)) {
        if let Err(difference) = compare(seed, CALLS, &mut seen) {
            panic!("{difference}");
        }
    }
    println!("{seen:?}");
    let Calls { calls, with_paths, several, rewritten, decisions, refusals } = seen;
    assert!(with_paths * 5 > calls, "{with_paths} of {calls} have paths");
    assert!(
        rewritten * 40 > calls && several * 20 > calls,
        "{rewritten} rewritten, {several} with several paths"
    );
    assert!(decisions > with_paths, "{decisions}");
    let all = [
        Refusal::Alias(String::new()),
        Refusal::NoEndpoints,
        Refusal::NoEndpointsOnNode,
        Refusal::NoLocalEndpoints,
        Refusal::NotExposed,
        Refusal::SourceRange,
    ];
    for refusal in all.iter().map(Refusal::as_str) {
        assert!(refusals.contains_key(refusal), "no call is refused because of `{refusal}`");
    }
}
