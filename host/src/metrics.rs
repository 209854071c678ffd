//! Counters, for whoever watches.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::fault::{Fault, TrapKind};

/// What workers, images and canaries of an engine have counted. Counters only grow.
#[derive(Debug, Default)]
pub struct Metrics {
    /// Packets that guests decided.
    pub decisions: Counter,
    /// Batches.
    pub batches: Counter,
    /// Packets that a failure policy answered.
    pub fallbacks: Counter,
    /// Instances that were replaced.
    pub replacements: Counter,
    /// Answers that could not be.
    pub garbage: Counter,
    /// Calls that guests refused.
    pub refusals: Counter,
    /// Images and patches that workers took.
    pub refreshes: Counter,
    /// Images and patches that were published.
    pub publications: Counter,
    /// Images and patches that canaries kept from being published.
    pub canary_failures: Counter,
    /// Images that were taken back.
    pub quarantines: Counter,
    traps: [Counter; TrapKind::ALL.len()],
}

/// A number that grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

impl Counter {
    /// What it stands at.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    pub(crate) fn add(&self, count: usize) {
        self.0.fetch_add(u64::try_from(count).unwrap_or(0), Ordering::Relaxed);
    }
}

impl Metrics {
    /// Traps of a kind.
    #[must_use]
    pub fn traps(&self, kind: TrapKind) -> u64 {
        self.counter(kind).map_or(0, Counter::get)
    }

    fn counter(&self, kind: TrapKind) -> Option<&Counter> {
        TrapKind::ALL.iter().zip(&self.traps).find(|(other, _)| **other == kind).map(|(_, counter)| counter)
    }

    pub(crate) fn count(&self, fault: &Fault) {
        match fault {
            Fault::Garbage(_) => self.garbage.add(1),
            Fault::Refused { .. } => self.refusals.add(1),
            Fault::Trap { kind, .. } => {
                if let Some(counter) = self.counter(*kind) {
                    counter.add(1);
                }
            }
        }
    }
}

impl fmt::Display for Metrics {
    /// One line a counter, as Prometheus reads it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counters = [
            ("decisions", &self.decisions),
            ("batches", &self.batches),
            ("fallbacks", &self.fallbacks),
            ("replacements", &self.replacements),
            ("garbage", &self.garbage),
            ("refusals", &self.refusals),
            ("refreshes", &self.refreshes),
            ("publications", &self.publications),
            ("canary_failures", &self.canary_failures),
            ("quarantines", &self.quarantines),
        ];
        for (name, counter) in counters {
            writeln!(f, "portcullis_guest_{name}_total {}", counter.get())?;
        }
        for (kind, counter) in TrapKind::ALL.iter().zip(&self.traps) {
            writeln!(f, "portcullis_guest_traps_total{{kind=\"{kind:?}\"}} {}", counter.get())?;
        }
        Ok(())
    }
}
