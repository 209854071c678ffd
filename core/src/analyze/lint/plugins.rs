//! What a plugin would not enforce as it is written.

use alloc::format;

use super::checks::Check;
use super::context::Context;
use crate::profile::{Difference, Profile, review};

pub(super) fn check(cx: &mut Context<'_>, profiles: &[Profile]) {
    let policies = cx.engine.policies();
    for profile in profiles {
        for reviewed in review(cx.cluster, policies, profile) {
            let Some(policy) = policies.policy(reviewed.policy) else { continue };
            for difference in reviewed.differences {
                let Difference { field, id, ideal, actual, .. } = &difference;
                let (check, help) = match difference {
                    Difference { is_unknown: true, .. } => (
                        Check::PluginUnknown,
                        format!(
                            "try it on a cluster with {profile}, or write it in a way that is known to work"
                        ),
                    ),
                    Difference { is_whole: true, .. } => (
                        Check::PluginIgnores,
                        format!("write it in a way that {profile} enforces, or rely on something else there"),
                    ),
                    _ => (
                        Check::PluginDiffers,
                        format!(
                            "write it in a way that means the same there; `portcullis eval --profile {profile}` \
                             decides as it does"
                        ),
                    ),
                };
                let message = format!("by the specification {ideal}; on {profile} {actual} (`{id}`)");
                cx.add(check, policy, field.as_str(), message, help);
            }
        }
    }
}
