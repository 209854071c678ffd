//! A worker: decides batches on one thread, whatever the guest does.

use std::time::Instant;

use portcullis::{Image, Packet, PacketDecision};

use crate::breaker::Breaker;
use crate::failure::{FailurePolicy, LastVerdicts};
use crate::fault::{Fault, HostError};
use crate::images::{Images, Refresh, image_of};
use crate::instance::Instance;
use crate::metrics::Metrics;

/// Whatever decides packets in batches.
pub trait DecidePackets {
    /// Decides packets in order; as many as the shorter of the two slices has. Total: it cannot fail.
    fn decide_packets(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]);
}

impl DecidePackets for Image<'_> {
    fn decide_packets(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]) {
        self.decide_batch(packets, decisions);
    }
}

impl DecidePackets for Worker {
    fn decide_packets(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]) {
        self.decide_batch(packets, decisions);
    }
}

/// Decides batches by the newest of some [`Images`]; one for each thread.
#[derive(Debug)]
pub struct Worker {
    images: Images,
    policy: FailurePolicy,
    /// Nothing after a trap, until it is replaced.
    instance: Option<Instance>,
    /// The publication that the instance has; 0 for none.
    sequence: u64,
    breaker: Breaker,
    last: LastVerdicts,
    max_batch: usize,
}

impl Worker {
    /// A worker with an instance of its own.
    ///
    /// # Errors
    /// When there is no memory for it. What happens later is for the failure policy.
    pub fn new(images: &Images, policy: FailurePolicy) -> Result<Self, HostError> {
        let settings = images.template().engine().settings();
        let mut worker = Self {
            images: images.clone(),
            policy,
            instance: Some(Instance::new(images.template())?),
            sequence: 0,
            breaker: Breaker::new(settings.replacements_a_minute),
            last: LastVerdicts::default(),
            max_batch: 1,
        };
        worker.max_batch = worker.instance.as_ref().map_or(1, Instance::max_batch);
        worker.refresh()?;
        Ok(worker)
    }

    /// The failure policy.
    #[must_use]
    pub fn policy(&self) -> FailurePolicy {
        self.policy
    }

    /// Decides packets in order, as many as the shorter of the two slices has; gives how many of them the failure policy
    /// answered, whose decisions have the flag [`FALLBACK`](crate::FALLBACK).
    pub fn decide_batch(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]) -> usize {
        let mut fallbacks = 0_usize;
        for (packets, decisions) in packets.chunks(self.max_batch).zip(decisions.chunks_mut(self.max_batch)) {
            let both = packets.len().min(decisions.len());
            if let (Some(packets), Some(decisions)) = (packets.get(..both), decisions.get_mut(..both)) {
                fallbacks = fallbacks.saturating_add(self.decide_some(packets, decisions));
            }
        }
        let decided = packets.len().min(decisions.len()).saturating_sub(fallbacks);
        self.metrics().decisions.add(decided);
        self.metrics().batches.add(1);
        fallbacks
    }

    fn decide_some(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]) -> usize {
        match self.ask(packets, decisions) {
            Ok(()) => 0,
            Err(_) => self.recover(packets, decisions),
        }
    }

    /// Asks the instance once. One that failed is gone.
    fn ask(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]) -> Result<(), Fault> {
        let asked = self.refresh().and_then(|()| match &mut self.instance {
            Some(instance) => instance.decide(packets, decisions),
            None => Err(GONE),
        });
        match &asked {
            Ok(()) if self.policy == FailurePolicy::LastVerdict => self.last.remember(packets, decisions),
            Ok(()) => {}
            Err(fault) => {
                if self.instance.take().is_some() {
                    self.metrics().count(fault);
                }
            }
        }
        asked
    }

    /// Brings the instance to the newest publication.
    fn refresh(&mut self) -> Result<(), Fault> {
        if self.images.sequence() == self.sequence {
            return Ok(());
        }
        let Some(instance) = &mut self.instance else { return Err(GONE) };
        let from = std::mem::replace(&mut self.sequence, 0);
        self.sequence = match self.images.refresh(from) {
            Refresh::Patches(sequence, patches) => {
                for (generation, patch) in patches {
                    instance.patch(&patch, generation, true)?;
                }
                sequence
            }
            Refresh::Whole(sequence, image) => {
                // The canary's guest has checked these very bytes.
                instance.load_shared(&image, true)?;
                sequence
            }
        };
        self.images.template().engine().metrics().refreshes.add(1);
        Ok(())
    }

    /// A fresh instance, where the breaker allows one.
    fn replace(&mut self) -> bool {
        self.sequence = 0;
        if !self.breaker.allows(Instant::now()) {
            return false;
        }
        self.metrics().replacements.add(1);
        self.instance = Instance::new(self.images.template()).ok();
        self.instance.is_some()
    }

    /// Asks a fresh instance, and if that does not answer either, fresh ones about each packet.
    #[cold]
    fn recover(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]) -> usize {
        if !self.replace() {
            self.fall_back(packets, decisions);
            return packets.len();
        }
        if self.ask(packets, decisions).is_ok() {
            return 0;
        }
        let sequence = self.images.sequence();
        let mut offenders = Vec::new();
        for (packet, decision) in packets.iter().zip(decisions.iter_mut()) {
            let (packet, decision) = (std::slice::from_ref(packet), std::slice::from_mut(decision));
            let may_ask = self.instance.is_some() || self.replace();
            if !may_ask || self.ask(packet, decision).is_err() {
                self.fall_back(packet, decision);
                offenders.extend_from_slice(packet);
            }
        }
        self.images.incident(sequence, &offenders);
        offenders.len()
    }

    fn fall_back(&mut self, packets: &[Packet], decisions: &mut [PacketDecision]) {
        self.metrics().fallbacks.add(packets.len());
        let lines = self.images.current();
        match image_of(&lines) {
            Ok(image) => self.policy.answer(packets, decisions, &self.last, &image),
            Err(_) => decisions.fill(PacketDecision::default()),
        }
    }

    fn metrics(&self) -> &Metrics {
        self.images.template().engine().metrics()
    }
}

/// The instance was not replaced.
const GONE: Fault = Fault::Garbage("there is no instance");
