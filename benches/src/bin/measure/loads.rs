//! The loads that other projects publish figures for, and adversarial ones.

use portcullis_benches::arguments::BenchArguments;
use portcullis_benches::workload::{
    TrafficKind, Workload, all_to_all, calico_production, cidr_deny_list, many_namespaces, many_policies,
    nested_cidrs, own_policy_each,
};

use crate::results::Results;
use crate::run::{Effort, measure as run};
use crate::tables;

/// The loads by their names; S6 is a churn over S2 and measured with the updates.
const NAMES: [&str; 7] = ["S1", "S2", "S3", "S4", "S5", "A1", "A2"];

/// Those that take seconds.
const QUICK: [&str; 3] = ["S1", "S5", "A1"];

pub(crate) fn measure(arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let (packets, repeats) = if arguments.quick { (1 << 16, 3) } else { (1 << 18, 5) };
    let effort = Effort {
        packets,
        repeats,
        check: 0.3,
        compiles: 2,
        ..Effort::new(arguments.seed, &TrafficKind::ALL)
    };
    let mut measured = Vec::new();
    if arguments.quick {
        results.leave_out("loads S2, S3, S4 and A2: --quick");
    }
    for name in NAMES.into_iter().filter(|name| !arguments.quick || QUICK.contains(name)) {
        measured.push(run(&named(name, arguments.seed)?, effort, results)?);
    }
    println!("\n== loads of the field (S1 to S5), and adversarial ones (A1, A2)");
    tables::print(&measured);
    measured.iter().for_each(|found| results.add(found));
    Ok(())
}

/// The load of a name.
pub(crate) fn named(name: &str, seed: u64) -> Result<Workload, String> {
    Ok(match name.to_ascii_uppercase().as_str() {
        "S1" => calico_production(seed),
        "S2" => many_namespaces(seed),
        "S3" => all_to_all(seed),
        "S4" => cidr_deny_list(1_000_000, seed),
        "S5" => nested_cidrs(seed),
        "A1" => many_policies(seed),
        "A2" => own_policy_each(seed),
        _ => return Err(format!("there is no size `{name}`")),
    })
}
