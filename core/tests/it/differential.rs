//! Engine ≡ specification on generated clusters, and the quality of what is generated.

use portcullis::Reason;
use portcullis::generate::{Case, Scope};
use portcullis_spec::differential::{Tally, compare, fresh_seed, report};

const CASES: u64 = 3_000;
const FLOWS: usize = 100;

fn run(first_seed: u64, scope: Scope) -> Tally {
    let mut tally = Tally::default();
    for seed in (0..CASES).map(|number| first_seed.wrapping_add(number)) {
        let case = Case::from_seed(seed, scope, FLOWS);
        if let Err(mismatch) = compare(&case, &mut tally) {
            panic!("seed {seed}, {scope:?}:\n{}", report(&format!("world-{seed}"), &case, &mismatch));
        }
    }
    tally
}

#[test]
fn the_engine_decides_as_the_specification_does_whatever_the_model_holds() {
    let tally = run(fresh_seed(), Scope::Model);
    assert!(tally.decisions > CASES * 95, "{tally}");
}

#[test]
fn the_engine_decides_as_the_specification_does_on_tiers() {
    let tally = run(fresh_seed(), Scope::Tiered);
    println!("{tally}");
    let allowed = tally.per_mille(tally.allowed);
    assert!((350..=650).contains(&allowed), "{allowed} ‰ allowed: {tally}");
    for (reason, bound) in
        [(Reason::DenyRule, 40), (Reason::Rule, 150), (Reason::Isolated, 80), (Reason::NoPolicy, 120)]
    {
        let found = tally.per_mille_of_sides(reason);
        assert!(found >= bound, "`{reason}` is the reason of {found} ‰ of the sides: {tally}");
    }
}

#[test]
fn the_engine_decides_as_the_specification_does_and_the_cases_are_worth_deciding() {
    let tally = run(fresh_seed(), Scope::V1Valid);
    println!("{tally}");
    assert!(u64::try_from(tally.worlds.len()).unwrap() == CASES, "worlds repeat: {tally}");
    let allowed = tally.per_mille(tally.allowed);
    assert!((350..=650).contains(&allowed), "{allowed} ‰ allowed: {tally}");
    let policed = tally.per_mille(tally.policed);
    assert!(policed >= 760, "{policed} ‰ touch an isolated pod: {tally}");
    // Per mille of all sides, some way under what the generator gives, so that chance never fails a run.
    let least = [
        (Reason::Isolated, 200),
        (Reason::ProtocolDenied, 1),
        (Reason::Dropped, 1),
        (Reason::Rule, 180),
        (Reason::NoPolicy, 150),
        (Reason::NotAPod, 60),
        (Reason::HostNetwork, 20),
        (Reason::FinishedPod, 15),
        (Reason::Loopback, 20),
        (Reason::OwnNode, 8),
        (Reason::ProtocolExempt, 1),
        (Reason::Reply, 10),
        (Reason::Established, 2),
    ];
    assert_eq!(
        least.len() + 3,
        Reason::ALL.len(),
        "every reason but `not-evaluated`, `skipped` and, which is for tiers, `deny-rule` has a bound"
    );
    for (reason, bound) in least {
        let found = tally.per_mille_of_sides(reason);
        assert!(found >= bound, "`{reason}` is the reason of {found} ‰ of the sides: {tally}");
    }
    assert_eq!(tally.per_mille_of_sides(Reason::NotEvaluated), 0);
}
