//! Removal: what a rule or a policy is there for, found by taking it away.
//!
//! A flow is decided by the rules of its two ends. Taking a rule away changes the answers of the pods that its policy
//! selects, with the peers that the rule holds: those pairs are decided twice, with it and without it, over all ports at
//! once. That is exact: [`Need::Needed`] means that some flow of the cluster would be decided otherwise, and every other
//! answer that none would.

mod bits;
mod reach;
mod seats;
mod table;

use alloc::rc::Rc;
use alloc::vec::Vec;

use hashbrown::HashMap;

use crate::Engine;
use crate::policy::{Direction, PolicyId, RuleId, Tier};
use crate::sorted::{SortedMap, SortedSet};
use bits::Bits;
use reach::Reach;
use seats::Seats;
use table::{Cell, Table, Tables};

/// Both directions, in the order of a policy's lists.
pub(super) const DIRECTIONS: [Direction; 2] = [Direction::Ingress, Direction::Egress];
/// How many rules are named that decide in another's place.
const NAMED: usize = 4;

/// Something that can be taken out of a set of policies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Removal {
    /// A whole policy.
    Policy(PolicyId),
    /// One rule; its policy goes on to apply to the direction, and to isolate in it.
    Rule(RuleId),
}

/// What something is there for, by what its removal would change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// Some flow would be decided otherwise.
    Needed,
    /// It has to do with no flow: it selects no pod, or holds no peer or no port.
    Idle,
    /// It has to do with flows, and without it each is decided alike on both of its sides.
    Covered {
        /// Rules that decide in its place; none where it decides nothing but what is denied as well without it.
        by: Vec<RuleId>,
        /// Whether pods are isolated no longer without it, so that what no rule holds is decided by what comes after, or
        /// allowed.
        opens: bool,
        /// Whether it decides nothing even now, because others come before it.
        shadowed: bool,
    },
    /// Without it the side of the pods that it selects would be decided otherwise, but none of these flows passes: the
    /// other end denies them all, with it and without it.
    Blocked {
        /// Whether the other end lets other traffic of the same pairs pass.
        other_ports: bool,
    },
}

impl Need {
    /// Whether removal would change no flow.
    #[must_use]
    pub fn is_redundant(&self) -> bool {
        *self != Self::Needed
    }
}

/// What has been taken away.
#[derive(Clone, Debug, Default)]
struct Gone {
    policies: SortedSet<PolicyId>,
    rules: SortedSet<RuleId>,
}

impl Gone {
    fn with(&self, removal: Removal) -> Self {
        let mut gone = self.clone();
        match removal {
            Removal::Policy(id) => gone.policies.insert(id),
            Removal::Rule(id) => gone.rules.insert(id),
        };
        gone
    }
}

/// Says what rules and policies of a cluster are there for.
///
/// ```
/// use portcullis::analyze::{Need, Removal, Removals};
/// use portcullis::cluster::{ClusterBuilder, Pod};
/// use portcullis::policy::{
///     NamespaceMatch, Peers, PodMatch, Policy, PolicyId, PolicySet, Rank, Rule, Traffic,
/// };
/// use portcullis::selector::Selector;
/// use portcullis::source::{Origin, Position};
/// use portcullis::{Engine, Options};
///
/// let mut builder = ClusterBuilder::new();
/// builder.pod(Pod::new("shop", "web"));
/// let allow_all = Policy {
///     rank: Rank::NetworkPolicy,
///     namespace: "shop".into(),
///     name: "allow-all".into(),
///     subject: PodMatch { namespaces: NamespaceMatch::Named("shop".into()), pods: Selector::everything() },
///     ingress: Some(vec![Rule::allow(Peers::Any, Traffic::Any, Position::default())]),
///     egress: None,
///     unlisted: vec![],
///     origin: Origin::default(),
/// };
/// let policies = PolicySet::new([allow_all]).unwrap();
/// let engine = Engine::new(builder.build().unwrap(), policies, Options::default());
/// let mut removals = Removals::of(&engine);
/// // Without the policy nothing isolates the pod, so that everything reaches it as before.
/// let need = removals.need(Removal::Policy(PolicyId(0)));
/// assert_eq!(need, Need::Covered { by: vec![], opens: true, shadowed: false });
/// let rule = engine.policies().rule_id(PolicyId(0), portcullis::policy::Direction::Ingress, 0).unwrap();
/// assert_eq!(removals.need(Removal::Rule(rule)), Need::Needed);
/// ```
#[derive(Debug)]
pub struct Removals<'a> {
    engine: &'a Engine,
    seats: Seats<'a>,
    tables: Tables<'a>,
    gone: Gone,
    /// The tables as they are.
    present: HashMap<(usize, Direction), Rc<Table>>,
    /// The peers that each of them does not tell apart.
    alike: HashMap<(usize, Direction), Rc<[Bits]>>,
}

/// Two states of the policies: as they are, and without what is asked about.
#[derive(Debug)]
struct Change {
    removal: Removal,
    /// The rules that go.
    own: SortedSet<RuleId>,
    after: Gone,
    /// The tables without them.
    tables: HashMap<(usize, Direction), Rc<Table>>,
}

/// What the pairs of ends that a removal concerns say of it.
#[derive(Debug, Default)]
struct Evidence {
    /// Whether there is a flow that it has to do with.
    concerns: bool,
    /// Whether pods are isolated no longer.
    opens: bool,
    /// Whether some side is decided otherwise.
    changes: bool,
    /// Whether the other end of a changed side lets something pass.
    other_ports: bool,
    /// Whether it decides something.
    decides: bool,
    /// The rules that alone could take its place, as far as has been seen.
    single: Option<SortedSet<RuleId>>,
    /// All rules that take a part of its place.
    several: SortedSet<RuleId>,
}

/// One side: whose it is, and with whom.
#[derive(Clone, Copy, Debug)]
struct Pair {
    subject: usize,
    peer: usize,
    direction: Direction,
}

impl<'a> Removals<'a> {
    /// Prepares a cluster.
    ///
    /// # Complexity
    /// Linear in policies times the pods that they can tell apart.
    #[must_use]
    pub fn of(engine: &'a Engine) -> Self {
        let seats = Seats::of(engine);
        let tables = Tables::new(engine, &seats);
        Self { engine, seats, tables, gone: Gone::default(), present: HashMap::new(), alike: HashMap::new() }
    }

    /// Takes something away for good: what is asked from then on is asked of what is left.
    pub fn take(&mut self, removal: Removal) {
        self.gone = self.gone.with(removal);
        let policy = match removal {
            Removal::Policy(id) => Some(id),
            Removal::Rule(id) => self.engine.enforced_policies().rule(id).map(|rule| rule.policy_id),
        };
        for group in policy.into_iter().flat_map(|id| self.tables.groups_of(id)) {
            for direction in DIRECTIONS {
                self.present.remove(&(group, direction));
                self.alike.remove(&(group, direction));
            }
        }
    }

    /// What something is there for.
    ///
    /// # Complexity
    /// Linear in the pairs of the pods that are selected and the peers that are held, as far as policies tell them apart;
    /// for what is needed it ends with the first pair that says so.
    #[must_use]
    pub fn need(&mut self, removal: Removal) -> Need {
        let policies = self.engine.enforced_policies();
        let (policy, directions, own) = match removal {
            Removal::Policy(id) => (id, DIRECTIONS.to_vec(), policies.rules_of(id).collect()),
            Removal::Rule(id) => {
                let Some(rule) = policies.rule(id) else { return Need::Idle };
                (rule.policy_id, alloc::vec![rule.direction], SortedSet::from([id]))
            }
        };
        let after = self.gone.with(removal);
        let mut change = Change { removal, own, after, tables: HashMap::new() };
        let mut evidence = Evidence::default();
        for group in self.tables.groups_of(policy) {
            for direction in &directions {
                if self.is_needed_in(&mut change, group, *direction, &mut evidence) {
                    return Need::Needed;
                }
            }
        }
        evidence.need()
    }

    /// The table of a group as it is.
    fn present(&mut self, group: usize, direction: Direction) -> Rc<Table> {
        let Self { tables, gone, present, .. } = self;
        present
            .entry((group, direction))
            .or_insert_with(|| Rc::new(tables.table(group, direction, gone)))
            .clone()
    }

    /// The peers that a group's table does not tell apart, put together.
    fn alike(&mut self, group: usize, direction: Direction, table: &Table) -> Rc<[Bits]> {
        let Self { tables, seats, alike, .. } = self;
        let found = alike.entry((group, direction));
        found.or_insert_with(|| tables.alike(alloc::vec![seats.all()], table, direction).into()).clone()
    }

    /// The table of a group without what is asked about.
    fn absent(&self, change: &mut Change, group: usize, direction: Direction) -> Rc<Table> {
        let Change { after, tables, .. } = change;
        let found = tables.entry((group, direction));
        found.or_insert_with(|| Rc::new(self.tables.table(group, direction, after))).clone()
    }

    /// Looks at all pairs of a group's pods with their peers; whether some flow is decided otherwise.
    fn is_needed_in(
        &mut self,
        change: &mut Change,
        group: usize,
        direction: Direction,
        evidence: &mut Evidence,
    ) -> bool {
        let old = self.present(group, direction);
        let new = self.absent(change, group, direction);
        // Where the default comes back, or goes, every peer is concerned; else those that the rules hold.
        let others = old.rules().filter(|rule| !change.own.contains(rule));
        let everyone = !old.is_like(&new) || !others.eq(new.rules());
        let mut alike = self.alike(group, direction, &old);
        if everyone {
            alike = self.tables.alike(alike.to_vec(), &new, direction).into();
        }
        let subjects = self.tables.seats_of(group);
        if let Removal::Policy(id) = change.removal
            && old.isolates()
            && self.isolates(id, direction)
        {
            // NP-004: without a rule it still denies what others deny, too.
            evidence.concerns = true;
            evidence.opens |= !new.isolates();
        }
        for peers in alike.iter() {
            let Some(first) = peers.iter().next() else { continue };
            let was = self.tables.cell(&self.seats, group, first, direction, &old);
            let touched: Vec<RuleId> =
                was.matched.iter().copied().filter(|rule| change.own.contains(rule)).collect();
            let holds = |tables: &mut Tables<'a>, rule| {
                !tables.reach_of(&self.seats, rule, group, first, direction).is_nothing()
            };
            if !everyone && !touched.iter().any(|rule| holds(&mut self.tables, *rule)) {
                continue;
            }
            let is = self.tables.cell(&self.seats, group, first, direction, &new);
            let same = was.allowed == is.allowed;
            let subjects = || subjects.iter().copied();
            for (peer, subject) in
                peers.iter().flat_map(|peer| subjects().map(move |subject| (peer, subject)))
            {
                let pair = Pair { subject, peer, direction };
                if !self.seats.can_meet(subject, peer) {
                    continue;
                }
                let open = self.seats.policed(self.engine, pair);
                if open.is_nothing() {
                    continue;
                }
                evidence.concerns = true;
                if same {
                    // One pair is as good as the others.
                    self.attribute(change, &touched, (&was, &old), (group, first, direction), evidence);
                    break;
                }
                if was.allowed.and(&open) != is.allowed.and(&open) {
                    evidence.changes = true;
                    if self.flow_changes(change, pair, (&was, &is), &open, evidence) {
                        return true;
                    }
                }
            }
        }
        false
    }

    /// Whether a policy isolates the pods that it selects.
    fn isolates(&self, policy: PolicyId, direction: Direction) -> bool {
        let policy = self.engine.enforced_policies().policy(policy);
        policy.is_some_and(|policy| {
            policy.rank.tier() == Tier::NetworkPolicy && policy.rules(direction).is_some()
        })
    }

    /// Whether flows between two ends are decided otherwise, when the answers of one side have changed.
    fn flow_changes(
        &mut self,
        change: &mut Change,
        pair: Pair,
        (was, is): (&Cell, &Cell),
        open: &Reach,
        evidence: &mut Evidence,
    ) -> bool {
        let exempt = self.seats.exempt(self.engine, pair);
        let whole = |cell: &Cell| cell.allowed.and(open).or(&exempt);
        let back = Pair {
            subject: pair.peer,
            peer: pair.subject,
            direction: match pair.direction {
                Direction::Ingress => Direction::Egress,
                Direction::Egress => Direction::Ingress,
            },
        };
        let Some(group) = self.tables.group_of(back.subject) else {
            let other = self.seats.exempt(self.engine, back);
            evidence.other_ports |= !other.is_nothing();
            return whole(was).and(&other) != whole(is).and(&other);
        };
        let old = self.present(group, back.direction);
        let other_was = self.side(back, group, &old);
        evidence.other_ports |= !other_was.is_nothing();
        let other_is = match change.removal {
            // A rule is one direction's alone.
            Removal::Rule(_) => other_was.clone(),
            Removal::Policy(_) => {
                let new = self.absent(change, group, back.direction);
                self.side(back, group, &new)
            }
        };
        whole(was).and(&other_was) != whole(is).and(&other_is)
    }

    /// What a side allows.
    fn side(&mut self, pair: Pair, group: usize, table: &Table) -> Reach {
        let cell = self.tables.cell(&self.seats, group, pair.peer, pair.direction, table);
        let open = self.seats.policed(self.engine, pair);
        cell.allowed.and(&open).or(&self.seats.exempt(self.engine, pair))
    }

    /// Finds who decides in the place of what is removed, for one peer.
    fn attribute(
        &mut self,
        change: &Change,
        touched: &[RuleId],
        (was, old): (&Cell, &Table),
        (group, peer, direction): (usize, usize, Direction),
        evidence: &mut Evidence,
    ) {
        for rule in touched {
            let reach = self.tables.reach_of(&self.seats, *rule, group, peer, direction);
            if reach.is_nothing() {
                continue;
            }
            let mut left = Reach::clone(&reach);
            let mut before = true;
            let mut alone = SortedSet::new();
            for other in &was.matched {
                if other == rule {
                    evidence.decides |= before && !left.is_nothing();
                    before = false;
                    continue;
                }
                if change.own.contains(other) || old.passes(*other) {
                    continue;
                }
                let others = self.tables.reach_of(&self.seats, *other, group, peer, direction);
                if reach.minus(&others).is_nothing() {
                    alone.insert(*other);
                }
                if !reach.and(&others).is_nothing() && evidence.several.len() < NAMED.saturating_mul(NAMED) {
                    evidence.several.insert(*other);
                }
                if before {
                    left = left.minus(&others);
                }
            }
            evidence.single = Some(match evidence.single.take() {
                Some(single) => single.intersection(&alone).copied().collect(),
                None => alone,
            });
        }
    }
}

impl Evidence {
    fn need(self) -> Need {
        if !self.concerns {
            return Need::Idle;
        }
        if self.changes {
            return Need::Blocked { other_ports: self.other_ports };
        }
        let shadowed = !self.decides && !self.several.is_empty();
        let single = self.single.and_then(|single| single.into_iter().next());
        let by = match single {
            Some(rule) => alloc::vec![rule],
            None => self.several.into_iter().take(NAMED).collect(),
        };
        Need::Covered { by, opens: self.opens, shadowed }
    }
}

/// Numbers of things, in a map.
type Numbers<K> = SortedMap<K, usize>;
