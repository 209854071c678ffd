//! Puts what was read together, and finds what only shows then.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::net::IpAddr;

use super::owners::{Owners, owners};
use super::{Item, Loaded, Model, Objects};
use crate::cluster::{ClusterBuilder, Phase};
use crate::manifest::code::Code;
use crate::manifest::kinds::Kind;
use crate::manifest::problem::{Problem, Severity};
use crate::manifest::report::{Note, Report};
use crate::policy::{Policy, PolicySet};
use crate::sorted::SortedMap;

/// The cluster and policies of the objects, unless a problem is an error.
pub(super) fn assemble(objects: Objects) -> Result<Loaded, Report> {
    let Objects { items, count, skipped, notes, mut problems, .. } = objects;
    problems.extend(shared_addresses(&items));
    let mut report = Report { problems, objects: count, skipped, notes };
    if report.has_errors() {
        return Err(report);
    }
    let Owners { tops, stands } = owners(&items);
    let mut builder = ClusterBuilder::new();
    let mut policies = Vec::new();
    for ((item, top), stands) in items.into_iter().zip(tops).zip(stands) {
        let kind = item.kind;
        // What nobody else keeps is taken, not copied.
        let (namespace, name, model) = match Arc::try_unwrap(item) {
            Ok(item) => (item.namespace, item.name, item.model),
            Err(shared) => (shared.namespace.clone(), shared.name.clone(), shared.model.clone()),
        };
        if kind.is_namespaced() {
            builder.mention_namespace(namespace);
        }
        match model {
            Model::Namespace(labels) => {
                builder.namespace(name, labels);
            }
            Model::Node(node) => {
                builder.node(node);
            }
            Model::Policy(policy) => policies.push(policy),
            Model::Service(service) => {
                builder.service(service);
            }
            Model::Slice(slice) => {
                builder.slice(slice);
            }
            Model::Pod(mut pod) if kind == Kind::Pod => {
                // NP-026: such a pod is a full member, only no address range holds it.
                if pod.addresses.is_empty() && !pod.is_finished() {
                    report.notes.push(Note::PodWithoutAddress(pod.to_string()));
                }
                pod.workload = top;
                builder.pod(pod);
            }
            Model::Pod(mut pod) => {
                if stands {
                    report.notes.push(Note::WorkloadStandsForPods(pod.to_string()));
                    pod.workload = top;
                    builder.pod(pod);
                }
            }
        }
    }
    // What was read has names that are valid and occur once: only the number of objects can be too large.
    let (Ok(cluster), Ok(policies)) = (builder.build(), PolicySet::new(policies)) else {
        report.problems.push(too_many());
        return Err(report);
    };
    report.problems.extend(ties(&policies));
    let undeclared = cluster.namespaces().filter(|(_, namespace)| !namespace.declared);
    report.notes.extend(undeclared.map(|(_, namespace)| Note::NamespaceNotDeclared(namespace.name.clone())));
    report.notes.sort();
    Ok(Loaded { cluster, policies, report })
}

/// A warning for every running pod that has an address of another one (NP-025).
fn shared_addresses(items: &[Arc<Item>]) -> Vec<Problem> {
    let mut owners: SortedMap<IpAddr, &Item> = SortedMap::new();
    let mut problems = Vec::new();
    for item in items {
        let Model::Pod(pod) = &item.model else { continue };
        // A host-network pod shares its node's address by nature.
        if pod.phase != Phase::Running || pod.host_network {
            continue;
        }
        for address in &pod.addresses {
            let Some(earlier) = owners.get(address) else {
                owners.insert(*address, item);
                continue;
            };
            problems.push(Problem {
                code: Code::SharedAddress,
                severity: Severity::Warning,
                object: Some(item.label.clone()),
                field: "status.podIP".to_string(),
                file: item.origin.file.as_deref().unwrap_or_default().to_string(),
                line: item.origin.at.line,
                column: item.origin.at.column,
                message: format!(
                    "the running pod has address `{address}`, and so has {} at {}",
                    earlier.label, earlier.origin
                ),
                help: "an address is one pod's: take both from one dump of one moment".to_string(),
            });
        }
    }
    problems
}

/// A warning for every policy of the cluster that has the priority of an earlier one in its tier (CNP-005).
fn ties(policies: &PolicySet) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut earlier: Option<&Policy> = None;
    for (_, policy) in policies.policies() {
        let rank = policy.rank;
        let (Some(priority), Some(first)) =
            (rank.priority(), earlier.filter(|first| first.rank.place() == rank.place()))
        else {
            earlier = Some(policy);
            continue;
        };
        let (kind, tier) = (rank.kind(), rank.tier());
        problems.push(Problem {
            code: Code::EqualPriority,
            severity: Severity::Warning,
            object: Some(format!("{kind} {policy}")),
            field: "spec.priority".to_string(),
            file: policy.origin.file.as_deref().unwrap_or_default().to_string(),
            line: policy.origin.at.line,
            column: policy.origin.at.column,
            message: format!(
                "`{policy}` has priority {priority} in the tier {tier}, and so has {} `{first}` at {}: where both \
                 match it is ambiguous which of them decides; here it is `{first}`, whose name comes first",
                first.rank.kind(),
                first.origin,
            ),
            help: "give each its own priority, the lower one to the policy that is to win".to_string(),
        });
    }
    problems
}

fn too_many() -> Problem {
    Problem {
        code: Code::TooManyObjects,
        severity: Severity::Error,
        object: None,
        field: String::new(),
        file: String::new(),
        line: 0,
        column: 0,
        message: "there are more objects or rules than can be numbered".to_string(),
        help: "load fewer of them at once".to_string(),
    }
}
