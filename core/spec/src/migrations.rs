//! Migrations against the specification: the fate of every cell is what deciding its flows says under both plugins, in
//! every way that either of them could be.

use std::collections::BTreeSet;

use portcullis::Engine;
use portcullis::analyze::{Certainty, Migration, PortSet};
use portcullis::generate::{Case, Scope};
use portcullis::profile::Profile;

use crate::Spec;
use crate::lists::{Asked, Cells, decided, entry_of, narrowed, outside, pairs, ports, profile};

/// The most ways of both plugins together that a world is asked in.
const MOST_WAYS: usize = 12;

/// Generates a world and compares a migration between two plugins with what the specification decides under both.
///
/// # Errors
/// What differs first.
pub fn compare(seed: u64, scope: Scope, seen: &mut Cells) -> Result<(), String> {
    let mut world = Case::from_seed(seed, scope, 0).world;
    for pod in &mut world.pods {
        // A flow is of a family, so that of two addresses of one family, which no API server holds, only one is asked.
        let mut families = BTreeSet::new();
        pod.addresses.retain(|address| families.insert(address.is_ipv4()));
    }
    let upstream = || Profile::find("upstream").map_err(|error| error.to_string());
    let plugin = |seed: u64| profile(seed | 1).map_or_else(upstream, Ok);
    let (from, to) = (plugin(seed)?, plugin(seed.rotate_left(7))?);
    let told = || format!("seed {seed}, {scope:?}, from {from} to {to}");
    let policies = world.policy_set().map_err(|error| format!("{error:?}"))?;
    let (Some(old), Some(new)) = (from.worlds(&policies), to.worlds(&policies)) else { return Ok(()) };
    if old.len().saturating_add(new.len()) > MOST_WAYS {
        return Ok(());
    }
    let asked = |ways: &[portcullis::Options]| -> Result<Vec<Asked>, String> {
        ways.iter().map(|options| Asked::new(&world, *options)).collect()
    };
    let (old, new) = (asked(&old)?, asked(&new)?);
    let engines = |ways: &[Asked]| -> Vec<Engine> { ways.iter().map(|way| way.engine.clone()).collect() };
    let migration = Migration::of(&engines(&old), &engines(&new));
    let certainty = Certainty::of(&engines(&old));
    let Some(first) = old.first() else { return Err(format!("{}: no way at all", told())) };
    let ports = ports(&policies, first.engine.cluster());
    let addresses = outside(&first.engine);
    let ends = first.ends(&addresses);
    seen.worlds = seen.worlds.saturating_add(1);
    seen.changed = seen.changed.saturating_add(u64::from(!migration.is_nothing()));
    seen.of_plugins = seen.of_plugins.saturating_add(u64::from(!migration.unknown.is_empty()));
    for (from, to) in pairs(&ends) {
        let mut fate = |ways: &[Asked]| -> (PortSet, PortSet) {
            let mut sets = ways.iter().map(|way| {
                let spec = Spec::new(way.engine.cluster(), way.engine.policies(), way.engine.options());
                decided(&spec, way, from, to, &ports, seen)
            });
            let first = sets.next().unwrap_or_default();
            sets.fold((first.clone(), first), |(certain, possible), set| {
                (certain.and(&set), possible.or(&set))
            })
        };
        let ((old_certain, old_possible), (new_certain, new_possible)) = (fate(&old), fate(&new));
        let old_open = old_possible.minus(&old_certain);
        let open = old_open.or(&new_possible.minus(&new_certain));
        let expected = [
            ("added", &migration.added, new_certain.minus(&old_possible)),
            ("removed", &migration.removed, old_certain.minus(&new_possible)),
            ("unknown", &migration.unknown, open),
            ("certain", &certainty.connections, old_certain),
            ("open", &certainty.unknown, old_open),
        ];
        for (what, entries, expected) in expected {
            let found = entry_of(entries, from, to).map_err(|error| format!("{}: {error}", told()))?;
            let found = narrowed(&found, &ports);
            if found != expected {
                return Err(format!("{}: {from:?} → {to:?}: {what} {found}, decided {expected}", told()));
            }
        }
        seen.cells = seen.cells.saturating_add(1);
    }
    Ok(())
}
