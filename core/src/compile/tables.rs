//! Tables: for each class and direction, from the peer's atom to a row.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::atoms::Atoms;
use super::buckets::{Buckets, TablePlace};
use super::classes::{Class, Classes};
use super::conditions::Conditions;
use super::fill::{self, Names, Ruled, fill};
use super::intervals::Intervals;
use super::reach::{Members, Reach};
use super::rows::{Bound, Painted, Rows, answer};
use crate::decision::Reason;
use crate::image::{HalfRecord, Line, kind, place};
use crate::options::Options;
use crate::policy::{Direction, Peers, PolicyId, PolicySet, RuleId};

/// The lines of the three sections that tables make.
pub(super) struct Tables {
    pub(super) records: Vec<Line>,
    pub(super) buckets: Vec<Line>,
    pub(super) rows: Vec<Line>,
    pub(super) rule_lists: Vec<u32>,
}

/// What tables are built from.
#[derive(Clone, Copy)]
pub(super) struct Input<'a> {
    pub(super) policies: &'a PolicySet,
    pub(super) conditions: &'a Conditions,
    pub(super) classes: &'a Classes,
    pub(super) atoms: &'a Atoms,
    pub(super) intervals: &'a Intervals,
    pub(super) options: Options,
}

/// Builds the tables of all classes; nothing when the rows are more than `row_bits` can number.
pub(super) fn build(input: Input<'_>, row_bits: u32) -> Option<Tables> {
    let mut builder = Builder {
        input,
        members: Members::new(input.classes.all(), input.atoms, input.intervals),
        rows: Rows::new(row_bits),
        buckets: Buckets::new(),
        known: HashMap::new(),
        rules: HashMap::new(),
        rule_lists: Vec::new(),
        reaches: HashMap::new(),
    };
    let by_subject = policies_by_subject(input.policies, input.conditions);
    let outside = builder.uniform(Reason::NotAPod);
    let free = builder.uniform(Reason::NoPolicy);
    let mut elsewhere = None;
    let mut of_classes: Vec<Line> = Vec::new();
    for class in input.classes.all() {
        if !class.is_pod {
            of_classes.push(Line { low: outside, high: outside });
            continue;
        }
        if !class.is_subject {
            let elsewhere = *elsewhere.get_or_insert_with(|| builder.uniform(Reason::Skipped));
            of_classes.push(Line { low: elsewhere, high: elsewhere });
            continue;
        }
        let mut selecting: Vec<PolicyId> =
            class.matches.iter().filter_map(|number| by_subject.get(number)).flatten().copied().collect();
        selecting.sort_by(|a, b| input.policies.compare(*a, *b));
        let mut half = |direction| builder.half(class, &selecting, direction).unwrap_or(free);
        of_classes.push(Line { low: half(Direction::Egress), high: half(Direction::Ingress) });
    }
    let record = |(_, atom): (u32, &super::atoms::Atom)| of_classes.get(place(atom.class)).copied();
    let records = input.atoms.iter().filter_map(record).collect();
    builder.rows.fits().then(|| Tables {
        records,
        buckets: builder.buckets.into_lines(),
        rows: builder.rows.into_lines(),
        rule_lists: builder.rule_lists,
    })
}

/// Tables that know no end, so that every flow is denied as not evaluated: for more rows than can be numbered.
pub(super) fn nothing() -> Tables {
    Tables {
        records: Vec::new(),
        buckets: Buckets::new().into_lines(),
        rows: Vec::new(),
        rule_lists: Vec::new(),
    }
}

fn policies_by_subject(policies: &PolicySet, conditions: &Conditions) -> HashMap<u32, Vec<PolicyId>> {
    let mut by_subject: HashMap<u32, Vec<PolicyId>> = HashMap::new();
    for (id, policy) in policies.policies() {
        if let Some(number) = conditions.pod_match_number(&policy.subject) {
            by_subject.entry(number).or_default().push(id);
        }
    }
    by_subject
}

/// What makes two classes' tables the same: direction, rules in order and, where it matters, their port names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TableKey {
    direction: Direction,
    rules: Vec<RuleId>,
    names: Vec<Vec<u16>>,
}

/// A rule, ready to be laid into tables.
#[derive(Clone)]
struct Prepared {
    traffic: Painted,
    reach: alloc::sync::Arc<Reach>,
}

struct Builder<'a> {
    input: Input<'a>,
    members: Members,
    rows: Rows,
    buckets: Buckets,
    known: HashMap<TableKey, [u32; 8]>,
    rules: HashMap<RuleId, Prepared>,
    /// The rules of each table in order: rows know rules by their places in it.
    rule_lists: Vec<u32>,
    reaches: HashMap<&'a Peers, alloc::sync::Arc<Reach>>,
}

impl Builder<'_> {
    /// The half record of subjects that get one answer whatever the peer.
    fn uniform(&mut self, reason: Reason) -> [u32; 8] {
        let slot = self.rows.slot(alloc::vec![Bound { start: 0, value: answer(reason) }]);
        let table = self.buckets.table(Vec::new());
        half_record(table, [slot; kind::COUNT], 0)
    }

    /// The half record of a class; nothing where no policy isolates it in the direction (NP-017).
    fn half(&mut self, class: &Class, selecting: &[PolicyId], direction: Direction) -> Option<[u32; 8]> {
        let policies = self.input.policies;
        let rules = policies.isolating_rules(selecting, direction)?;
        let prepared: Vec<Prepared> = rules.iter().filter_map(|rule| self.prepare(*rule)).collect();
        let named = prepared.iter().any(|rule| rule.traffic.has_names());
        // NP-008: on ingress the selected pod is the destination, so its names are part of the table.
        let names = if named && direction == Direction::Ingress { class.ports.clone() } else { Vec::new() };
        let key = TableKey { direction, rules, names };
        if let Some(known) = self.known.get(&key) {
            return Some(*known);
        }
        let base = u32::try_from(self.rule_lists.len()).unwrap_or(u32::MAX);
        self.rule_lists.extend(key.rules.iter().map(|rule| rule.0));
        let half = self.fill(&key, &prepared, named && direction == Direction::Egress, base);
        self.known.insert(key, half);
        Some(half)
    }

    fn prepare(&mut self, id: RuleId) -> Option<Prepared> {
        if let Some(known) = self.rules.get(&id) {
            return Some(known.clone());
        }
        let rule = self.input.policies.rule(id)?.rule;
        let (members, conditions) = (&self.members, self.input.conditions);
        let reach = self
            .reaches
            .entry(&rule.peers)
            .or_insert_with(|| alloc::sync::Arc::new(members.reach(&rule.peers, conditions)));
        let prepared =
            Prepared { traffic: Painted::new(rule, conditions, self.input.options), reach: reach.clone() };
        self.rules.insert(id, prepared.clone());
        Some(prepared)
    }

    /// Lays rules into a table.
    fn fill(&mut self, key: &TableKey, rules: &[Prepared], on_peers_names: bool, base: u32) -> [u32; 8] {
        let ruled: Vec<Ruled<'_>> = rules
            .iter()
            .map(|rule| Ruled {
                traffic: &rule.traffic,
                by_default: rule.reach.by_default,
                exceptions: &rule.reach.exceptions,
            })
            .collect();
        let of_peers = Ends { input: self.input, members: &self.members };
        let names = if on_peers_names { Names::Peers(&of_peers) } else { Names::Own(&key.names) };
        let filled = fill(&ruled, &names, &mut self.rows);
        half_record(self.buckets.table(filled.slots), filled.defaults, base)
    }
}

/// The ends that peers can be.
struct Ends<'a> {
    input: Input<'a>,
    members: &'a Members,
}

impl fill::Peers for Ends<'_> {
    fn pods(&self) -> Vec<u32> {
        self.members.pods().collect()
    }

    fn class(&self, atom: u32) -> u32 {
        self.input.atoms.get(atom).map_or(0, |atom| atom.class)
    }

    fn names(&self, class: u32) -> &[Vec<u16>] {
        self.input.classes.all().get(place(class)).map_or(&[], |class| class.ports.as_slice())
    }
}

pub(super) fn half_record(table: TablePlace, defaults: [u32; kind::COUNT], base: u32) -> [u32; 8] {
    let [pod, pod6, outside, outside6] = defaults;
    let half = [table.first, table.buckets, pod, pod6, outside, outside6, base, table.seed];
    debug_assert_eq!(half.get(HalfRecord::RULE_BASE), Some(&base));
    half
}
