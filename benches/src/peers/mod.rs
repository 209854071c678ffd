//! Peers: other ways to decide, over the same workloads, checked to decide the same before they are timed.
