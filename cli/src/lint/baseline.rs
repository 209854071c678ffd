//! Baselines: findings that were there before, so that only new ones count.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use portcullis::analyze::lint::Finding;
use portcullis::ask::failure::Failure;
use serde::{Deserialize, Serialize};

const VERSION: u32 = 1;

/// What was found before, by what does not change when lines move.
#[derive(Clone, Debug, Default)]
pub(super) struct Baseline {
    left: BTreeMap<Key, usize>,
}

/// What makes a finding the same as another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Key {
    check: String,
    object: String,
    field: String,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    findings: Vec<Key>,
}

impl Key {
    fn of(finding: &Finding) -> Self {
        Self {
            check: finding.check.to_string(),
            object: finding.object.clone().unwrap_or_default(),
            field: finding.field.clone(),
        }
    }
}

impl Baseline {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut left: BTreeMap<Key, usize> = BTreeMap::new();
        for finding in findings {
            *left.entry(Key::of(finding)).or_default() += 1;
        }
        Self { left }
    }

    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            let hint = "write one with `--write-baseline`";
            Failure::new("unreadable", format!("cannot read the baseline `{name}`: {error}; {hint}"))
        })?;
        let bad = |why: String| {
            let hint = "write it anew with `--write-baseline`";
            Failure::new("bad-baseline", format!("`{name}` is no baseline: {why}; {hint}"))
        };
        let file: File = serde_json::from_str(&text).map_err(|error| bad(error.to_string()))?;
        if file.version != VERSION {
            return Err(bad(format!("its version is {}, and this program writes {VERSION}", file.version)));
        }
        let mut left: BTreeMap<Key, usize> = BTreeMap::new();
        for key in file.findings {
            *left.entry(key).or_default() += 1;
        }
        Ok(Self { left })
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), Failure> {
        let repeated = self.left.iter().flat_map(|(key, count)| std::iter::repeat_n(key.clone(), *count));
        let file = File { version: VERSION, findings: repeated.collect() };
        let text = serde_json::to_string_pretty(&file).unwrap_or_default();
        fs::write(path, format!("{text}\n")).map_err(|error| {
            Failure::new("unwritable", format!("cannot write the baseline `{}`: {error}", path.display()))
        })
    }

    /// Whether a finding was there before; each entry stands for one.
    pub(super) fn knows(&mut self, finding: &Finding) -> bool {
        match self.left.get_mut(&Key::of(finding)) {
            Some(count) if *count > 0 => {
                *count -= 1;
                true
            }
            _ => false,
        }
    }
}
