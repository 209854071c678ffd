//! Options: all default, a few changed, or any mixture.

use super::{Bytes, Scope};
use crate::options::{FinishedPods, InitContainerPorts, Loopback, NodeToOwnPod, Options};

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
    for entry in Options::default().entries() {
        let others = entry.values.get(1..).unwrap_or_default();
        if bytes.chance(percent_changed)
            && let Some(value) = bytes.pick(others)
        {
            // Key and value come from the list of those that exist.
            let known = options.set(entry.key, value);
            debug_assert!(known.is_ok(), "an option that lists itself can be set");
        }
    }
    options
}
