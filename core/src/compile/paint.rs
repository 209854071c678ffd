//! Painting: from rules in order to the row of the first that matches.
//!
//! Ports are swept from the lowest key to the highest. A rule comes into play where one of its strokes begins and leaves
//! where the last of them ends; between two such keys the same rules match, and the first of them is what the row has.

use alloc::vec::Vec;

use super::buckets::{first_of, pair, second_of};
use super::named_ports::Numbers;
use super::rows::{Bound, Ground, Painted, Stroke, answer};
use crate::decision::Reason;
use crate::image::{other_protocols, place, port_key, value};
use crate::policy::Action;

/// A rule with its place in its table's list.
#[derive(Clone, Copy)]
pub(super) struct Laid<'a> {
    pub(super) index: u32,
    pub(super) action: Action,
    pub(super) traffic: &'a Painted,
}

/// The word of an edge that is no rule's: from its key on something else may hold.
const NO_RULE: u32 = u32::MAX;

/// Room for a sweep, kept from row to row.
#[derive(Clone, Debug, Default)]
pub(super) struct Sweep {
    /// Where strokes begin and end: the key, [`pair`]ed with the rule's place among those that are painted, doubled, and
    /// one more where a stroke ends.
    edges: Vec<u64>,
    rules: Vec<Swept>,
    /// The rules that hold the key, a bit each.
    holding: Vec<u64>,
}

/// A rule in a sweep.
#[derive(Clone, Copy, Debug)]
struct Swept {
    index: u32,
    action: Action,
    /// How many of its strokes hold the key.
    strokes: u32,
}

impl Sweep {
    /// The row of rules in order, for a destination whose port names stand for `names`.
    ///
    /// # Complexity
    /// The strokes' edges are sorted; at each, one rule in 64 is looked at.
    pub(super) fn paint<'a>(
        &mut self,
        rules: impl Iterator<Item = Laid<'a>>,
        ground: Ground,
        names: Numbers<'_>,
    ) -> Vec<Bound> {
        self.begin(rules, names);
        if ground.protocols_denied {
            self.edges.push(pair(other_protocols(), NO_RULE));
        }
        self.edges.sort_unstable();
        let admin = self.rules.partition_point(|rule| place(rule.index) < ground.admin());
        let mut bounds: Vec<Bound> = Vec::with_capacity(self.edges.len().saturating_add(1));
        let mut next = 0;
        let mut start = 0;
        loop {
            while let Some(edge) = self.edges.get(next).copied().filter(|edge| first_of(*edge) == start) {
                self.cross(second_of(edge));
                next = next.saturating_add(1);
            }
            let value = self.value(start, admin, ground);
            if bounds.last().is_none_or(|last| last.value != value) {
                bounds.push(Bound { start, value });
            }
            match self.edges.get(next) {
                Some(edge) => start = first_of(*edge),
                None => return bounds,
            }
        }
    }

    /// Takes rules with the edges of their strokes.
    fn begin<'a>(&mut self, rules: impl Iterator<Item = Laid<'a>>, names: Numbers<'_>) {
        let Self { edges, rules: swept, holding } = self;
        edges.clear();
        swept.clear();
        for (Laid { index, action, traffic }, at) in rules.zip(0_u32..) {
            let word = at.wrapping_shl(1);
            let mut stroke = |first: u32, last: u32| {
                edges.push(pair(first, word));
                // The key after the last port of SCTP is that of the other protocols: every key of a port has one after it.
                edges.push(pair(last.saturating_add(1), word | 1));
            };
            match traffic {
                // NP-006: every key there is.
                Painted::Any => edges.push(pair(0, word)),
                Painted::Of(strokes) => {
                    for part in strokes {
                        match part {
                            Stroke::Ports { protocol, first, last } => {
                                stroke(port_key(*protocol, *first), port_key(*protocol, *last));
                            }
                            Stroke::Named { protocol, name } => {
                                for number in names.of(*name) {
                                    let key = port_key(*protocol, *number);
                                    stroke(key, key);
                                }
                            }
                        }
                    }
                }
            }
            swept.push(Swept { index, action, strokes: 0 });
        }
        holding.clear();
        holding.resize(swept.len().div_ceil(64), 0);
    }

    /// Crosses an edge.
    fn cross(&mut self, word: u32) {
        let at = place(word.wrapping_shr(1));
        // NO_RULE is nobody's place.
        let (Some(rule), Some(bits)) = (self.rules.get_mut(at), self.holding.get_mut(at / 64)) else {
            return;
        };
        rule.strokes =
            if word & 1 == 0 { rule.strokes.saturating_add(1) } else { rule.strokes.saturating_sub(1) };
        let bit = 1_u64.wrapping_shl(word.wrapping_shr(1));
        *bits = if rule.strokes > 0 { *bits | bit } else { *bits & !bit };
    }

    /// The first rule from a place on that holds the key.
    fn first_from(&self, from: usize) -> Option<&Swept> {
        let mut known = u64::MAX.wrapping_shl(u32::try_from(from % 64).unwrap_or(0));
        for (word, at) in self.holding.iter().zip(0_usize..).skip(from / 64) {
            let held = word & known;
            if held != 0 {
                let bit = usize::try_from(held.trailing_zeros()).unwrap_or(0);
                return self.rules.get(at.saturating_mul(64).saturating_add(bit));
            }
            known = u64::MAX;
        }
        None
    }

    /// What holds at a key, where the first `admin` rules are those of the first tier.
    fn value(&self, key: u32, admin: usize, ground: Ground) -> u32 {
        match self.first_from(0).filter(|rule| place(rule.index) < ground.admin()) {
            // CNP-003: a rule that passes shows what is beneath its tier.
            None | Some(Swept { action: Action::Pass, .. }) => self.beneath(key, admin, ground),
            Some(rule) => rule.value(),
        }
    }

    /// What the tiers after the first say.
    fn beneath(&self, key: u32, admin: usize, ground: Ground) -> u32 {
        // NP-021: the option denies such protocols to whoever is isolated, whatever rules say.
        if ground.protocols_denied && key >= other_protocols() {
            return answer(Reason::ProtocolDenied);
        }
        self.first_from(admin).map_or_else(|| ground.answer(), |rule| rule.value())
    }
}

impl Swept {
    /// What the rule says where it is the first.
    fn value(&self) -> u32 {
        match self.action {
            Action::Allow => self.index,
            Action::Deny => self.index | value::DENY,
            // CNP-003: beneath the last tier everything is allowed.
            Action::Pass => answer(Reason::NoPolicy),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compile::random::random;
    use crate::net::L4Protocol;

    fn ports(protocol: L4Protocol, first: u16, last: u16) -> Painted {
        Painted::Of(alloc::vec![Stroke::Ports { protocol, first, last }])
    }

    const ISOLATED: Ground = Ground { admin: 0, isolated: true, protocols_denied: false };

    fn paint_allowing(rules: &[Painted], names: Numbers<'_>) -> Vec<Bound> {
        let laid: Vec<Laid<'_>> =
            (0..).zip(rules).map(|(index, traffic)| Laid { index, action: Action::Allow, traffic }).collect();
        Sweep::default().paint(laid.into_iter(), ISOLATED, names)
    }

    #[test]
    fn cnp_003_what_a_rule_passes_on_is_what_the_next_tier_says() {
        use L4Protocol::Tcp;
        let rules = [
            (Action::Allow, ports(Tcp, 10, 19)),
            (Action::Pass, ports(Tcp, 15, 45)),
            (Action::Deny, Painted::Any),
            (Action::Allow, ports(Tcp, 30, 39)),
            (Action::Deny, ports(Tcp, 35, 50)),
        ];
        let painted = |ground: Ground| {
            let laid: Vec<Laid<'_>> = (0..)
                .zip(&rules)
                .map(|(index, (action, traffic))| Laid { index, action: *action, traffic })
                .collect();
            let row = Sweep::default().paint(laid.into_iter(), ground, Numbers::of_test(&[]));
            [9, 10, 15, 19, 20, 30, 39, 40, 45, 46].map(|port| value_at(&row, port_key(Tcp, port)))
        };
        let denied = |index: u32| index | value::DENY;
        let free = answer(Reason::NoPolicy);
        let baseline = painted(Ground { admin: 3, isolated: false, protocols_denied: false });
        assert_eq!(
            baseline,
            [denied(2), 0, 0, 0, free, 3, 3, denied(4), denied(4), denied(2)],
            "two tiers, the last of which allows what it does not name"
        );
        let all_baseline = painted(Ground { admin: 0, isolated: false, protocols_denied: false });
        assert_eq!(
            all_baseline,
            [denied(2), 0, 0, 0, free, free, free, free, free, denied(2)],
            "there is nothing beneath the last tier"
        );
        let isolated = painted(Ground { admin: 3, isolated: true, protocols_denied: false });
        assert_eq!(isolated.get(4), Some(&answer(Reason::Isolated)));
    }

    fn value_at(row: &[Bound], key: u32) -> u32 {
        row.iter().rev().find(|bound| bound.start <= key).unwrap().value
    }

    #[test]
    fn the_first_rule_that_matches_is_the_one_a_row_gives() {
        use L4Protocol::{Sctp, Tcp, Udp};
        let denied = answer(Reason::Isolated);
        let named = Painted::Of(alloc::vec![Stroke::Named { protocol: Tcp, name: 0 }]);
        let rules = [
            ports(Tcp, 80, 90),
            ports(Tcp, 85, 100),
            named,
            ports(Udp, 0, u16::MAX),
            ports(Sctp, 65535, 65535),
            ports(Tcp, 1, 65535),
            Painted::Of(Vec::new()),
        ];
        let known = [(0, alloc::vec![100, 8080])];
        let row = paint_allowing(&rules, Numbers::of_test(&known));
        let cases = [
            (port_key(Tcp, 0), denied),
            (port_key(Tcp, 1), 5),
            (port_key(Tcp, 79), 5),
            (port_key(Tcp, 80), 0),
            (port_key(Tcp, 90), 0),
            (port_key(Tcp, 91), 1),
            (port_key(Tcp, 100), 1),
            (port_key(Tcp, 101), 5),
            (port_key(Tcp, 8080), 2),
            (port_key(Tcp, 8081), 5),
            (port_key(Tcp, 65535), 5),
            (port_key(Udp, 0), 3),
            (port_key(Udp, 65535), 3),
            (port_key(Sctp, 0), denied),
            (port_key(Sctp, 65535), 4),
            (other_protocols(), denied),
        ];
        for (key, value) in cases {
            assert_eq!(value_at(&row, key), value, "{key:x}");
        }
    }

    #[test]
    fn np_006_a_rule_without_ports_covers_every_protocol() {
        let rules = [ports(L4Protocol::Tcp, 80, 80), Painted::Any, ports(L4Protocol::Udp, 1, 1)];
        let row = paint_allowing(&rules, Numbers::of_test(&[]));
        assert_eq!(row.len(), 3);
        assert_eq!(value_at(&row, port_key(L4Protocol::Tcp, 80)), 0);
        assert_eq!(value_at(&row, port_key(L4Protocol::Udp, 1)), 1);
        assert_eq!(value_at(&row, other_protocols()), 1);
    }

    /// Ends of protocols, and ports so few that strokes meet and overlap.
    const PORTS: [u16; 9] = [0, 1, 2, 3, 4, 5, u16::MAX - 2, u16::MAX - 1, u16::MAX];

    /// What rules in order say of one key, one after the other.
    fn asked(rules: &[(Action, Painted)], key: u32, ground: Ground) -> u32 {
        let holds = |traffic: &Painted| match traffic {
            Painted::Any => true,
            Painted::Of(strokes) => strokes.iter().any(|stroke| match stroke {
                Stroke::Ports { protocol, first, last } => {
                    (port_key(*protocol, *first)..=port_key(*protocol, *last)).contains(&key)
                }
                Stroke::Named { .. } => false,
            }),
        };
        let mut passed = false;
        for ((action, traffic), index) in rules.iter().zip(0_u32..) {
            let is_first_tier = place(index) < ground.admin();
            if !is_first_tier && ground.protocols_denied && key >= other_protocols() {
                return answer(Reason::ProtocolDenied);
            }
            if !holds(traffic) || is_first_tier && passed {
                continue;
            }
            match action {
                Action::Allow => return index,
                Action::Deny => return index | value::DENY,
                Action::Pass if is_first_tier => passed = true,
                Action::Pass => return answer(Reason::NoPolicy),
            }
        }
        if ground.protocols_denied && key >= other_protocols() {
            return answer(Reason::ProtocolDenied);
        }
        ground.answer()
    }

    #[test]
    fn a_row_says_at_every_key_what_the_rules_say_one_after_the_other() {
        let mut random = random(7);
        let mut sweep = Sweep::default();
        for round in 0..2_000 {
            // Some lists are longer than the word that a sweep keeps their bits in.
            let count = if round % 50 == 0 { 150 } else { random(8) };
            let mut traffic = || match random(6) {
                0 => Painted::Any,
                _ => Painted::Of(
                    (0..random(4))
                        .map(|_| {
                            let protocol = L4Protocol::ALL[place(random(3))];
                            let (one, other) = (PORTS[place(random(9))], PORTS[place(random(9))]);
                            Stroke::Ports { protocol, first: one.min(other), last: one.max(other) }
                        })
                        .collect(),
                ),
            };
            let painted: Vec<Painted> = (0..count).map(|_| traffic()).collect();
            let rules: Vec<(Action, Painted)> = painted
                .into_iter()
                .map(|traffic| ([Action::Allow, Action::Deny, Action::Pass][place(random(3))], traffic))
                .collect();
            let isolated = random(2) == 0;
            let protocols_denied = isolated && random(2) == 0;
            let ground = Ground { admin: random(count + 1), isolated, protocols_denied };
            let laid = rules.iter().zip(0..).map(|((action, traffic), index)| Laid {
                index,
                action: *action,
                traffic,
            });
            let row = sweep.paint(laid, ground, Numbers::of_test(&[]));
            assert!(
                row.windows(2).all(|pair| pair[0].start < pair[1].start && pair[0].value != pair[1].value)
            );
            for protocol in L4Protocol::ALL {
                for port in (0..8).chain(u16::MAX - 4..=u16::MAX) {
                    let key = port_key(protocol, port);
                    assert_eq!(value_at(&row, key), asked(&rules, key, ground), "round {round}, key {key:x}");
                }
            }
            let key = other_protocols();
            assert_eq!(value_at(&row, key), asked(&rules, key, ground), "round {round}, other protocols");
        }
    }
}
