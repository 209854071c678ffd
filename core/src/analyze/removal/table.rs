//! Tables: which rules decide for the pods that the same policies select, and what they say of a peer.

use alloc::rc::Rc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::bits::Bits;
use super::reach::Reach;
use super::seats::Seats;
use super::{Gone, Numbers};
use crate::Engine;
use crate::cluster::ContainerPort;
use crate::compile::effect;
use crate::policy::{Action, Deciding, Direction, Peers, PolicyId, PortMatch, RuleId, Traffic};
use crate::sorted::SortedSet;

/// The rules that decide for a group of pods in a direction.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// Nothing where no policy has a say.
    deciding: Option<Deciding>,
    passing: SortedSet<RuleId>,
}

/// What a table says of one peer.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    /// The rules that hold the peer, in the order in which they are asked.
    pub(super) matched: Vec<RuleId>,
    /// What is allowed.
    pub(super) allowed: Rc<Reach>,
}

/// Pods that the same policies select, and that give port names the same numbers.
#[derive(Debug)]
struct Group {
    policies: Vec<PolicyId>,
    seats: Vec<usize>,
}

/// The tables of a cluster.
#[derive(Debug)]
pub(super) struct Tables<'a> {
    engine: &'a Engine,
    groups: Vec<Group>,
    group_of: Vec<Option<usize>>,
    /// The groups that each policy selects.
    selected: HashMap<PolicyId, Vec<usize>>,
    /// Each distinct list of peers, by the number that `peers` has for a rule.
    lists: Vec<Bits>,
    peers: HashMap<RuleId, usize>,
    /// Each distinct traffic, likewise.
    traffics: Vec<&'a Traffic>,
    traffic: HashMap<RuleId, usize>,
    /// What a traffic is at a destination: a group of pods, or none.
    reaches: HashMap<(usize, Option<usize>), Rc<Reach>>,
    /// What rules in order allow, at a destination.
    painted: HashMap<PaintKey, Rc<Reach>>,
}

/// What decides what is allowed: the rules, how many of them come first, whether the rest is denied, the destination.
type PaintKey = (Vec<RuleId>, usize, bool, Option<usize>);

impl Table {
    /// The rules, in order.
    pub(super) fn rules(&self) -> impl Iterator<Item = RuleId> + '_ {
        self.deciding.iter().flat_map(|deciding| deciding.rules.iter().copied())
    }

    /// Whether what no rule holds is decided alike, and the same tiers are asked.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let kind = |table: &Self| table.deciding.as_ref().map(|deciding| deciding.isolated);
        let (own, others) = (kind(self), kind(other));
        own == others || matches!((own, others), (None, Some(false)) | (Some(false), None))
    }

    /// Whether what no rule holds is denied (NP-004).
    pub(super) fn isolates(&self) -> bool {
        self.deciding.as_ref().is_some_and(|deciding| deciding.isolated)
    }

    /// Whether a rule leaves flows to those after it.
    pub(super) fn passes(&self, rule: RuleId) -> bool {
        self.passing.contains(&rule)
    }
}

impl<'a> Tables<'a> {
    pub(super) fn new(engine: &'a Engine, seats: &Seats<'a>) -> Self {
        let mut tables = Self {
            engine,
            groups: Vec::new(),
            group_of: alloc::vec![None; seats.len()],
            selected: HashMap::new(),
            lists: Vec::new(),
            peers: HashMap::new(),
            traffics: Vec::new(),
            traffic: HashMap::new(),
            reaches: HashMap::new(),
            painted: HashMap::new(),
        };
        tables.add_rules(seats);
        tables.add_groups(seats);
        tables
    }

    fn add_rules(&mut self, seats: &Seats<'a>) {
        let mut known: HashMap<&Peers, usize> = HashMap::new();
        let mut traffics: HashMap<&Traffic, usize> = HashMap::new();
        let policies = self.engine.enforced_policies();
        for id in policies.policies().flat_map(|(id, _)| policies.rules_of(id)) {
            let Some(found) = policies.rule(id) else { continue };
            let effect = effect(found.rule, self.engine.options());
            let at = *known.entry(effect.peers).or_insert_with(|| {
                self.lists.push(match effect.peers {
                    // NP-005: no list means everybody.
                    Peers::Any => seats.all(),
                    Peers::Of(peers) => peers.iter().fold(Bits::none(seats.len()), |mut all, peer| {
                        all.add(&seats.of_peer(self.engine, peer));
                        all
                    }),
                });
                self.lists.len().saturating_sub(1)
            });
            self.peers.insert(id, at);
            let at = *traffics.entry(effect.traffic).or_insert_with(|| {
                self.traffics.push(effect.traffic);
                self.traffics.len().saturating_sub(1)
            });
            self.traffic.insert(id, at);
        }
    }

    fn add_groups(&mut self, seats: &Seats<'a>) {
        let policies = self.engine.enforced_policies();
        let mut selecting: Vec<Vec<PolicyId>> = alloc::vec![Vec::new(); seats.len()];
        for (id, policy) in policies.policies() {
            for seat in seats.of_pods(&policy.subject).iter() {
                if let Some(list) = selecting.get_mut(seat) {
                    list.push(id);
                }
            }
        }
        let mut known: Numbers<(Vec<PolicyId>, &[ContainerPort])> = Numbers::new();
        for (seat, mut list) in selecting.into_iter().enumerate() {
            let Some((_, pod)) = seats.pod(seat) else { continue };
            policies.sort(&mut list, self.engine.options());
            let at = *known.entry((list.clone(), pod.ports.as_slice())).or_insert_with(|| {
                self.groups.push(Group { policies: list, seats: Vec::new() });
                self.groups.len().saturating_sub(1)
            });
            if let Some(group) = self.groups.get_mut(at) {
                group.seats.push(seat);
            }
            if let Some(place) = self.group_of.get_mut(seat) {
                *place = Some(at);
            }
        }
        for (at, group) in self.groups.iter().enumerate() {
            for policy in &group.policies {
                self.selected.entry(*policy).or_default().push(at);
            }
        }
    }

    /// The groups that a policy selects.
    pub(super) fn groups_of(&self, policy: PolicyId) -> Vec<usize> {
        self.selected.get(&policy).cloned().unwrap_or_default()
    }

    pub(super) fn group_of(&self, seat: usize) -> Option<usize> {
        self.group_of.get(seat).copied().flatten()
    }

    pub(super) fn seats_of(&self, group: usize) -> Rc<[usize]> {
        self.groups.get(group).map(|group| group.seats.as_slice()).unwrap_or_default().into()
    }

    /// The seats that a rule's peers hold.
    pub(super) fn peers_of(&self, rule: RuleId) -> &Bits {
        static NOBODY: Bits = Bits::EMPTY;
        self.peers.get(&rule).and_then(|at| self.lists.get(*at)).unwrap_or(&NOBODY)
    }

    /// Cuts sets of peers until a table tells the peers of none of them apart.
    pub(super) fn alike(&self, sets: Vec<Bits>, table: &Table, direction: Direction) -> Vec<Bits> {
        let mut sets = sets;
        for rule in table.rules() {
            let held = self.peers_of(rule);
            sets = sets.into_iter().flat_map(|set| set.cut(held)).collect();
        }
        // NP-008: the ports that have a name are the destination's.
        let has_names = |rule: RuleId| {
            let traffic = self.traffic.get(&rule).and_then(|at| self.traffics.get(*at));
            traffic.is_some_and(|traffic| match traffic {
                Traffic::Any => false,
                Traffic::Of(items) => {
                    items.iter().any(|item| matches!(item, PortMatch::Named { .. } | PortMatch::Name(_)))
                }
            })
        };
        if direction == Direction::Ingress || !table.rules().any(has_names) {
            return sets;
        }
        let mut told_apart = Vec::new();
        for set in sets {
            let mut by_destination: Numbers<Option<usize>> = Numbers::new();
            for peer in set.iter() {
                let at = *by_destination.entry(self.group_of(peer)).or_insert_with(|| {
                    told_apart.push(Bits::none(self.group_of.len()));
                    told_apart.len().saturating_sub(1)
                });
                if let Some(set) = told_apart.get_mut(at) {
                    set.insert(peer);
                }
            }
        }
        told_apart
    }

    /// The table of a group, without what is gone.
    pub(super) fn table(&self, group: usize, direction: Direction, gone: &Gone) -> Table {
        let policies = self.engine.enforced_policies();
        let all = self.groups.get(group).map(|group| group.policies.as_slice()).unwrap_or_default();
        let left: Vec<PolicyId> = all.iter().copied().filter(|id| !gone.policies.contains(id)).collect();
        let mut deciding = policies.deciding_rules(&left, direction, self.engine.options());
        if let Some(deciding) = &mut deciding {
            let is_left = |rule: &RuleId| !gone.rules.contains(rule);
            deciding.admin = deciding.rules.iter().take(deciding.admin).filter(|rule| is_left(rule)).count();
            deciding.rules.retain(is_left);
        }
        let rules = deciding.iter().flat_map(|deciding| deciding.rules.iter().copied());
        let passing = rules.filter(|rule| self.action(*rule) == Some(Action::Pass)).collect();
        Table { deciding, passing }
    }

    fn action(&self, rule: RuleId) -> Option<Action> {
        let found = self.engine.enforced_policies().rule(rule)?;
        Some(effect(found.rule, self.engine.options()).action)
    }

    /// The destination that port names are asked of.
    fn destination(&self, group: usize, peer: usize, direction: Direction) -> Option<usize> {
        match direction {
            Direction::Ingress => Some(group),
            Direction::Egress => self.group_of(peer),
        }
    }

    /// What a rule's traffic is between a group and a peer.
    pub(super) fn reach_of(
        &mut self,
        seats: &Seats<'a>,
        rule: RuleId,
        group: usize,
        peer: usize,
        direction: Direction,
    ) -> Rc<Reach> {
        self.reach_at(seats, rule, self.destination(group, peer, direction))
    }

    fn reach_at(&mut self, seats: &Seats<'a>, rule: RuleId, destination: Option<usize>) -> Rc<Reach> {
        let Some(at) = self.traffic.get(&rule).copied() else { return Rc::default() };
        if let Some(reach) = self.reaches.get(&(at, destination)) {
            return reach.clone();
        }
        let seat = destination.and_then(|group| self.groups.get(group)?.seats.first().copied());
        let pod = seat.and_then(|seat| seats.pod(seat)).map(|(_, pod)| pod);
        let Some(traffic) = self.traffics.get(at).copied() else { return Rc::default() };
        let reach = Rc::new(Reach::of(traffic, pod, self.engine.options()));
        self.reaches.insert((at, destination), reach.clone());
        reach
    }

    /// What a table says of a peer.
    pub(super) fn cell(
        &mut self,
        seats: &Seats<'a>,
        group: usize,
        peer: usize,
        direction: Direction,
        table: &Table,
    ) -> Cell {
        let Some(deciding) = &table.deciding else {
            // NP-003: nothing has a say.
            return Cell { matched: Vec::new(), allowed: Rc::new(Reach::all()) };
        };
        let holds = |rule: &&RuleId| self.peers_of(**rule).contains(peer);
        let first = deciding.rules.iter().take(deciding.admin).filter(holds);
        let mut matched: Vec<RuleId> = first.copied().collect();
        let admin = matched.len();
        matched.extend(deciding.rules.iter().skip(deciding.admin).filter(holds).copied());
        let destination = self.destination(group, peer, direction);
        let key = (matched, admin, deciding.isolated, destination);
        if let Some(allowed) = self.painted.get(&key) {
            let allowed = allowed.clone();
            return Cell { matched: key.0, allowed };
        }
        let allowed = Rc::new(self.paint(seats, &key));
        self.painted.insert(key.clone(), allowed.clone());
        Cell { matched: key.0, allowed }
    }

    /// What rules allow, asked in order (CNP-001, CNP-003, NP-017).
    fn paint(&mut self, seats: &Seats<'a>, (rules, admin, isolated, destination): &PaintKey) -> Reach {
        let mut open = Reach::all();
        let mut allowed = Reach::default();
        let mut passed = Reach::default();
        for rule in rules.iter().take(*admin) {
            let hit = open.and(&self.reach_at(seats, *rule, *destination));
            open = open.minus(&hit);
            match self.action(*rule) {
                Some(Action::Allow) => allowed = allowed.or(&hit),
                Some(Action::Pass) => passed = passed.or(&hit),
                Some(Action::Deny) | None => {}
            }
        }
        let mut open = open.or(&passed);
        for rule in rules.iter().skip(*admin) {
            let hit = open.and(&self.reach_at(seats, *rule, *destination));
            open = open.minus(&hit);
            // After the last tier there is nobody to pass to: what is passed is allowed (CNP-006).
            if matches!(self.action(*rule), Some(Action::Allow | Action::Pass)) {
                allowed = allowed.or(&hit);
            }
        }
        if *isolated { allowed } else { allowed.or(&open) }
    }
}
