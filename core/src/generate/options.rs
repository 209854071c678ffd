//! Options: all default, a few changed, or any mixture.

use super::{Bytes, Scope};
use crate::options::{Enforcement, FinishedPods, InitContainerPorts, Loopback, NodeToOwnPod, Options};

pub(super) fn generate(bytes: &mut Bytes<'_>, scope: Scope) -> Options {
    let mut options = Options::default();
    if scope == Scope::Oracle {
        options.finished_pods = FinishedPods::Kept;
        options.init_container_ports = InitContainerPorts::Ignored;
        options.loopback = Loopback::Evaluated;
        options.node_to_own_pod = NodeToOwnPod::Policed;
        return options;
    }
    let percent_changed = bytes.weighted(0, &[(35, 12), (30, 60)]);
    // What plugins do to policies leaves little to find, so that most worlds are without.
    let percent_of_plugins = if bytes.chance(15) { 18 } else { 0 };
    for entry in Options::default().entries() {
        let others = entry.values.get(1..).unwrap_or_default();
        let percent = match entry.key {
            Enforcement::KEY => percent_of_plugins / 3,
            key if Options::is_of_plugins(key) => percent_of_plugins,
            _ => percent_changed,
        };
        if bytes.chance(percent)
            && let Some(value) = bytes.pick(others)
        {
            // Key and value come from the list of those that exist.
            let known = options.set(entry.key, value);
            debug_assert!(known.is_ok(), "an option that lists itself can be set");
        }
    }
    options
}
