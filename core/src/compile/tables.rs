//! Tables: for each class and direction, from the peer's atom to a row.

use alloc::collections::BTreeMap;
use alloc::vec::Vec;

use hashbrown::HashMap;

use super::atoms::{Atom, Atoms};
use super::classes::{Class, Classes};
use super::conditions::Conditions;
use super::intern::{Interner, place};
use super::intervals::Intervals;
use super::rows::{Painted, paint};
use crate::image::{Bound, Image, NO_TABLE, Slot, Table};
use crate::options::Options;
use crate::policy::{Direction, Peer, Peers, PolicyId, PolicySet, RuleId};

/// Builds the image of all classes' tables.
pub(super) fn build(
    policies: &PolicySet,
    conditions: &Conditions,
    classes: &Classes,
    atoms: &Atoms,
    intervals: &Intervals,
    options: Options,
) -> Image {
    let by_subject = policies_by_subject(policies, conditions);
    let mut builder = Builder {
        policies,
        conditions,
        classes: classes.all(),
        atoms: atoms.all(),
        members: Members::new(classes.all(), atoms.all(), intervals),
        options,
        rows: Interner::new(),
        tables: Vec::new(),
        known: HashMap::new(),
        painted: HashMap::new(),
        reached: HashMap::new(),
    };
    let mut class_tables = Vec::new();
    for class in classes.all() {
        let mut selecting: Vec<PolicyId> = Vec::new();
        for number in &class.matches {
            selecting.extend(by_subject.get(number).into_iter().flatten());
        }
        selecting.sort_unstable();
        let mut table = |direction| builder.table(class, &selecting, direction);
        class_tables.push([table(Direction::Ingress), table(Direction::Egress)]);
    }
    let atom_tables = atoms
        .all()
        .iter()
        .map(|atom| class_tables.get(place(atom.class)).copied().unwrap_or([NO_TABLE, NO_TABLE]))
        .collect();
    Image::new(atom_tables, builder.tables, builder.rows.into_values())
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

/// What makes two tables the same: direction, rules in order and, where it matters, the subject's port names.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct TableKey {
    direction: Direction,
    rules: Vec<RuleId>,
    names: Vec<Vec<u16>>,
}

struct Builder<'a> {
    policies: &'a PolicySet,
    conditions: &'a Conditions,
    classes: &'a [Class],
    atoms: &'a [Atom],
    members: Members,
    options: Options,
    rows: Interner<Vec<Bound>>,
    tables: Vec<Table>,
    known: HashMap<TableKey, u32>,
    painted: HashMap<RuleId, Painted>,
    reached: HashMap<&'a [Peer], Vec<u32>>,
}

impl<'a> Builder<'a> {
    /// The number of a class's table; `NO_TABLE` where no policy isolates the class in the direction (NP-017).
    fn table(&mut self, class: &Class, selecting: &[PolicyId], direction: Direction) -> u32 {
        let mut isolated = false;
        let mut rules = Vec::new();
        for id in selecting {
            let Some(list) = self.policies.policy(*id).and_then(|policy| policy.rules(direction)) else {
                continue;
            };
            // NP-004: an empty list isolates as any other does; it only has nothing to allow.
            isolated = true;
            rules.extend((0..list.len()).filter_map(|index| self.policies.rule_id(*id, direction, index)));
        }
        if !isolated {
            return NO_TABLE;
        }
        for rule in &rules {
            self.paint_rule(*rule);
        }
        let named = rules.iter().any(|rule| self.painted.get(rule).is_some_and(Painted::has_names));
        // NP-008: on ingress the selected pod is the destination, so its names are part of the table.
        let names = if named && direction == Direction::Ingress { class.ports.clone() } else { Vec::new() };
        let key = TableKey { direction, rules, names };
        if let Some(number) = self.known.get(&key) {
            return *number;
        }
        let table = self.fill(&key, named);
        let number = u32::try_from(self.tables.len()).unwrap_or(NO_TABLE);
        self.tables.push(table);
        self.known.insert(key, number);
        number
    }

    fn paint_rule(&mut self, id: RuleId) {
        if let Some(found) = self.policies.rule(id) {
            let paint = || Painted::new(found.rule, self.conditions, self.options);
            self.painted.entry(id).or_insert_with(paint);
        }
    }

    fn fill(&mut self, key: &TableKey, named: bool) -> Table {
        let mut of_all: Vec<RuleId> = Vec::new();
        let mut of_atoms: BTreeMap<u32, Vec<RuleId>> = BTreeMap::new();
        for id in &key.rules {
            let Some(found) = self.policies.rule(*id) else { continue };
            match &found.rule.peers {
                // NP-005: no `from` or `to` means every peer.
                Peers::Any => of_all.push(*id),
                Peers::Of(peers) => {
                    let members = &self.members;
                    let conditions = self.conditions;
                    let reached =
                        self.reached.entry(peers).or_insert_with(|| members.reached(peers, conditions));
                    for atom in reached.iter() {
                        of_atoms.entry(*atom).or_default().push(*id);
                    }
                }
            }
        }
        let on_egress = named && key.direction == Direction::Egress;
        if on_egress {
            // NP-008: on egress the peer is the destination: every peer with names of its own needs its own row.
            for (atom, number) in self.atoms.iter().zip(0..) {
                if self.classes.get(place(atom.class)).is_some_and(|class| class.is_pod) {
                    of_atoms.entry(number).or_default();
                }
            }
        }
        let nobody = self.classes.first().map_or(&[][..], |class| class.ports.as_slice());
        let outside_names = if on_egress { nobody } else { key.names.as_slice() };
        let default_row = self.row(&of_all, outside_names);
        let mut seen: HashMap<(Vec<RuleId>, u32), u32> = HashMap::new();
        let mut slots = Vec::new();
        for (atom, rules) in of_atoms {
            let mut rules: Vec<RuleId> = rules;
            rules.extend(&of_all);
            rules.sort_unstable();
            let class_number = self.atoms.get(place(atom)).map_or(0, |atom| atom.class);
            let class = if on_egress { class_number } else { 0 };
            let row = match seen.get(&(rules.clone(), class)) {
                Some(row) => *row,
                None => {
                    let peer_names =
                        self.classes.get(place(class_number)).map_or(&[][..], |c| c.ports.as_slice());
                    let row = self.row(&rules, if on_egress { peer_names } else { key.names.as_slice() });
                    seen.insert((rules, class), row);
                    row
                }
            };
            if row != default_row {
                slots.push(Slot { atom, row });
            }
        }
        Table { default_row, slots }
    }

    fn row(&mut self, rules: &[RuleId], names: &[Vec<u16>]) -> u32 {
        let painted = &self.painted;
        let painted: Vec<(u32, &Painted)> =
            rules.iter().filter_map(|rule| Some((rule.0, painted.get(rule)?))).collect();
        let row = paint(painted.into_iter(), names);
        self.rows.intern(row)
    }
}

/// Which atoms each condition holds for.
struct Members {
    of_matches: HashMap<u32, Vec<u32>>,
    of_blocks: HashMap<u32, Vec<u32>>,
}

impl Members {
    fn new(classes: &[Class], atoms: &[Atom], intervals: &Intervals) -> Self {
        let mut of_matches: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut of_blocks: HashMap<u32, Vec<u32>> = HashMap::new();
        for (atom, number) in atoms.iter().zip(0..) {
            for pod_match in classes.get(place(atom.class)).into_iter().flat_map(|class| &class.matches) {
                of_matches.entry(*pod_match).or_default().push(number);
            }
            for block in intervals.blocks(atom.blocks) {
                of_blocks.entry(*block).or_default().push(number);
            }
        }
        Self { of_matches, of_blocks }
    }

    /// The atoms that any of the peers holds for, sorted. A condition without atoms reaches nothing, never everything.
    fn reached(&self, peers: &[Peer], conditions: &Conditions) -> Vec<u32> {
        let mut atoms: Vec<u32> = Vec::new();
        for peer in peers {
            let members = match peer {
                Peer::IpBlock(block) => {
                    conditions.block_number(block).and_then(|number| self.of_blocks.get(&number))
                }
                Peer::Pods(pods) => {
                    conditions.pod_match_number(pods).and_then(|number| self.of_matches.get(&number))
                }
            };
            atoms.extend(members.into_iter().flatten());
        }
        atoms.sort_unstable();
        atoms.dedup();
        atoms
    }
}
