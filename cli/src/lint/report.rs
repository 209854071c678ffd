//! What was found, what of it counts, and what somebody has approved.

use portcullis::analyze::lint::{Finding, Level};
use serde_json::{Value, json};

use super::baseline::Baseline;
use crate::approved::{Approval, Approved, FindingPattern, today};

/// An approval of findings, with the place where it is written.
#[derive(Clone, Debug)]
pub(super) struct Approving {
    pub(super) approval: Approval<FindingPattern>,
    /// `file:line`.
    pub(super) origin: String,
}

/// All findings, by what becomes of them.
#[derive(Debug)]
pub(super) struct Report {
    /// Those that count.
    pub(super) findings: Vec<Counted>,
    /// Those that are approved, with the approval.
    pub(super) approved: Vec<(Finding, Approving)>,
    /// Those that the baseline has.
    pub(super) known: Vec<Finding>,
    /// How many objects were read.
    pub(super) objects: usize,
    /// Whether all checks were made; not so where objects are refused.
    pub(super) is_complete: bool,
    notes: Vec<String>,
}

/// A finding that counts.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) finding: Finding,
    /// The approval that is over.
    pub(super) was_approved: Option<Approving>,
}

impl Report {
    pub(super) fn new(
        findings: Vec<Finding>,
        approved: &Approved,
        mut baseline: Baseline,
        objects: usize,
        is_complete: bool,
    ) -> Self {
        let today = today();
        let approvals: Vec<Approving> = approved
            .findings
            .iter()
            .map(|approval| Approving {
                approval: approval.clone(),
                origin: format!("{}:{}", approved.file, approval.line),
            })
            .collect();
        let mut report = Self {
            findings: Vec::new(),
            approved: Vec::new(),
            known: Vec::new(),
            objects,
            is_complete,
            notes: Vec::new(),
        };
        for approving in &approvals {
            if !findings.iter().any(|finding| approving.approval.what.is_about(finding)) {
                let note =
                    format!("the approval at {} matches nothing that was found; remove it", approving.origin);
                report.notes.push(note);
            }
        }
        for finding in findings {
            let matching = approvals.iter().filter(|approving| approving.approval.what.is_about(&finding));
            // Of several the one that lasts longest counts.
            match matching.max_by_key(|approving| approving.approval.expires).cloned() {
                Some(approving) if approving.approval.counts_on(today) && is_complete => {
                    report.approved.push((finding, approving));
                }
                None if baseline.knows(&finding) => report.known.push(finding),
                was_approved => report.findings.push(Counted { finding, was_approved }),
            }
        }
        report
    }

    /// What the reader should know beside the findings.
    pub(super) fn notes(&self) -> Vec<String> {
        self.notes.clone()
    }

    /// How many findings of a level there are.
    pub(super) fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|counted| counted.finding.level == level).count()
    }

    /// How many findings of a level or worse there are.
    pub(super) fn counts_from(&self, level: Level) -> usize {
        self.findings.iter().filter(|counted| counted.finding.level >= level).count()
    }

    pub(super) fn to_json(&self) -> Value {
        let with = |finding: &Finding, approval: Option<&Approving>| {
            let mut value = json!(finding);
            if let (Some(Approving { approval, .. }), Some(object)) = (approval, value.as_object_mut()) {
                let expires = approval.expires.to_string();
                object.insert("approval".to_string(), json!({"reason": approval.reason, "expires": expires}));
            }
            value
        };
        let findings: Vec<Value> =
            self.findings.iter().map(|it| with(&it.finding, it.was_approved.as_ref())).collect();
        let approved: Vec<Value> =
            self.approved.iter().map(|(finding, approval)| with(finding, Some(approval))).collect();
        json!({
            "complete": self.is_complete,
            "objects": self.objects,
            "findings": findings,
            "approved": approved,
            "known": self.known,
        })
    }
}
