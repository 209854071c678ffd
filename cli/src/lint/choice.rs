//! Which checks are asked for.

use std::collections::BTreeSet;

use portcullis::analyze::lint::Check;
use portcullis::ask::failure::{Failure, nearest};
use portcullis::manifest::Code;

/// The checks that are wanted, and those that are not.
#[derive(Debug)]
pub(super) struct Choice {
    only: BTreeSet<String>,
    skipped: BTreeSet<String>,
}

impl Choice {
    pub(super) fn new(only: &[String], skipped: &[String]) -> Result<Self, Failure> {
        for (option, ids) in [("--check", only), ("--skip", skipped)] {
            for id in ids {
                known(id).map_err(|hint| {
                    Failure::new("unknown-check", format!("`{option} {id}`: there is no such check; {hint}"))
                })?;
            }
        }
        let set = |ids: &[String]| ids.iter().cloned().collect();
        Ok(Self { only: set(only), skipped: set(skipped) })
    }

    pub(super) fn wants(&self, check: &str) -> bool {
        (self.only.is_empty() || self.only.contains(check)) && !self.skipped.contains(check)
    }
}

/// Whether something is the id of a check, or the code of a problem that a load reports; else what to do.
pub(crate) fn known(id: &str) -> Result<(), String> {
    let codes = Code::ALL.iter().map(|code| code.as_str());
    let ids: BTreeSet<&str> = Check::ALL.iter().map(|check| check.as_str()).chain(codes).collect();
    if ids.contains(id) {
        return Ok(());
    }
    Err(match nearest(id, ids.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`portcullis lint --list-checks` names them all".to_string(),
    })
}
