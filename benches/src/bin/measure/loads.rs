//! The loads that other projects publish figures for, and adversarial ones.

use portcullis_benches::arguments::{BenchArguments, Part};
use portcullis_benches::workload::{
    TrafficKind, Workload, all_to_all, calico_production, cidr_deny_list, many_namespaces, many_policies,
    nested_cidrs, own_policy_each,
};

use crate::results::{Results, Rows};
use crate::run::{Effort, measure as run};
use crate::units::Unit;

/// The loads by their names; S6 is a churn over S2 and measured with the updates.
const NAMES: [&str; 7] = ["S1", "S2", "S3", "S4", "S5", "A1", "A2"];

/// Those that take seconds.
const QUICK: [&str; 4] = ["S1", "S5", "A1", "A2"];

pub(crate) fn units(arguments: &BenchArguments, rows: &mut Rows) -> Vec<Unit> {
    if arguments.quick {
        rows.leave_out("loads S2, S3 and S4: --quick");
    }
    let wanted = NAMES.into_iter().filter(|name| !arguments.quick || QUICK.contains(name));
    wanted.map(|name| Unit::new(Part::Loads, name, 5)).collect()
}

pub(crate) fn measure(unit: &str, arguments: &BenchArguments, results: &mut Results) -> Result<(), String> {
    let (packets, repeats) = if arguments.quick { (1 << 16, 3) } else { (1 << 18, 5) };
    let effort = Effort {
        packets,
        repeats,
        check: 0.3,
        compiles: 2,
        ..Effort::new(arguments.seed, &TrafficKind::ALL)
    };
    let mut found = run(&named(unit, arguments.seed)?, effort, results)?;
    found.name = format!("{unit}: {}", found.name.trim_start_matches(unit).trim_start());
    results.add(&found);
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
