//! How often instances may be replaced.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

const MINUTE: Duration = Duration::from_secs(60);
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// Counts replacements, and pauses them: each pause twice as long as the one before, up to a minute.
#[derive(Debug)]
pub(crate) struct Breaker {
    allowed: usize,
    done: VecDeque<Instant>,
    pause: Duration,
    until: Option<Instant>,
}

impl Breaker {
    pub(crate) const fn new(allowed: usize) -> Self {
        Self { allowed, done: VecDeque::new(), pause: FIRST_PAUSE, until: None }
    }

    /// Whether one more may be made now; counts it.
    pub(crate) fn allows(&mut self, now: Instant) -> bool {
        if self.until.is_some_and(|until| now < until) {
            return false;
        }
        while self.done.front().is_some_and(|first| now.duration_since(*first) > MINUTE) {
            self.done.pop_front();
            self.pause = FIRST_PAUSE;
        }
        if self.done.len() >= self.allowed {
            self.until = now.checked_add(self.pause);
            self.pause = self.pause.saturating_mul(2).min(MINUTE);
            // Half of them count no more, so that there are some after the pause.
            self.done.drain(..self.done.len().div_ceil(2));
            return false;
        }
        self.done.push_back(now);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_many_replacements_pause_and_pauses_grow() {
        let mut breaker = Breaker::new(4);
        let start = Instant::now();
        assert!((0..4).all(|_| breaker.allows(start)));
        assert!(!breaker.allows(start));
        assert!(!breaker.allows(start + Duration::from_millis(999)));
        assert!(breaker.allows(start + Duration::from_secs(1)));
        assert!(breaker.allows(start + Duration::from_secs(1)));
        assert!(!breaker.allows(start + Duration::from_secs(1)));
        assert!(!breaker.allows(start + Duration::from_millis(2_900)), "the second pause is twice as long");
        assert!(breaker.allows(start + Duration::from_secs(3)));
    }

    #[test]
    fn none_are_allowed_where_none_should_be() {
        assert!(!Breaker::new(0).allows(Instant::now()));
    }
}
