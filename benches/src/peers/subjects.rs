//! Subjects and their slots, for the peer of hash maps: which rows a list of rules gives to which peers.

use hashbrown::HashMap;
use portcullis::cluster::ContainerPort;
use portcullis::policy::{
    Direction, Peer as RulePeer, Peers, PodMatch, Policy, PolicySet, PortMatch, Rule, RuleId, Traffic,
};

use super::classes::{Class, Classes};
use super::maps::{FREE, Maps, Slot, Subject};
use super::rows::Rows;

/// From so many atoms on, a peer of whole namespaces counts its namespaces and not its atoms.
const NAMESPACE_WIDE: usize = 128;

/// The atoms that a rule's peers hold: all pods, all outside, or these; toggled where by default.
#[derive(Clone, Default)]
struct Reach {
    pods: bool,
    outside: bool,
    exceptions: Vec<u32>,
    /// How many namespaces the exceptions are all atoms of, where the peers are whole namespaces.
    namespaces: Option<usize>,
}

pub(super) struct Builder<'a, 'b> {
    policies: &'a PolicySet,
    classes: &'b Classes<'a>,
    by_subject: HashMap<u32, Vec<(u32, &'a Policy, u32)>>,
    of_matches: HashMap<u32, Vec<u32>>,
    of_lists: HashMap<u32, Vec<u32>>,
    counts: [usize; 2],
    known: HashMap<(Direction, Vec<u32>, Vec<&'a ContainerPort>), u32>,
    reaches: HashMap<&'a Peers, Reach>,
}

impl<'a, 'b> Builder<'a, 'b> {
    pub(super) fn new(policies: &'a PolicySet, classes: &'b Classes<'a>, maps: &Maps<'a>) -> Self {
        let mut of_matches: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut of_lists: HashMap<u32, Vec<u32>> = HashMap::new();
        let mut counts = [0, 0];
        for (atom, number) in maps.atoms.iter().zip(0_u32..) {
            counts[usize::from(atom.class.is_none())] += 1;
            for pods in atom.class.iter().flat_map(|class| &classes.all[*class as usize].matches) {
                of_matches.entry(*pods).or_default().push(number);
            }
            for list in &maps.prefixes.sets[atom.set as usize] {
                of_lists.entry(*list).or_default().push(number);
            }
        }
        let mut by_subject: HashMap<u32, Vec<_>> = HashMap::new();
        let mut first = 0;
        for (id, policy) in policies.policies() {
            if let Some(number) = classes.matches.get(&policy.subject) {
                by_subject.entry(*number).or_default().push((id.0, policy, first));
            }
            let both = [Direction::Ingress, Direction::Egress];
            first += both.iter().map(|way| policy.rules(*way).map_or(0, <[_]>::len)).sum::<usize>() as u32;
        }
        let (known, reaches) = (HashMap::new(), HashMap::new());
        Self { policies, classes, by_subject, of_matches, of_lists, counts, known, reaches }
    }

    /// The subject of a class in a direction.
    pub(super) fn subject(&mut self, maps: &mut Maps<'a>, class: &Class<'a>, direction: Direction) -> u32 {
        let mut selecting: Vec<_> =
            class.matches.iter().filter_map(|number| self.by_subject.get(number)).flatten().collect();
        selecting.sort_unstable_by_key(|(id, _, _)| *id);
        let mut isolated = false;
        let mut rules: Vec<u32> = Vec::new();
        for (_, policy, first) in selecting {
            let Some(own) = policy.rules(direction) else { continue };
            isolated = true;
            let before = match direction {
                Direction::Ingress => 0,
                Direction::Egress => policy.rules(Direction::Ingress).map_or(0, <[_]>::len),
            };
            rules.extend((0..own.len()).map(|index| first + (before + index) as u32));
        }
        if !isolated {
            return FREE;
        }
        let ports = if direction == Direction::Ingress { class.ports.clone() } else { Vec::new() };
        let key = (direction, rules, ports);
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        let number = maps.subjects.len() as u32;
        let subject = self.fill(maps, number, direction, &key.1, &key.2);
        maps.subjects.push(subject);
        self.known.insert(key, number);
        number
    }

    fn fill(
        &mut self,
        maps: &mut Maps<'a>,
        number: u32,
        direction: Direction,
        rules: &[u32],
        own_ports: &[&'a ContainerPort],
    ) -> Subject {
        let policies = self.policies;
        let objects: Vec<(u32, &Rule)> = rules
            .iter()
            .filter_map(|rule| policies.rule(RuleId(*rule)).map(|found| (*rule, found.rule)))
            .collect();
        let mut by_default: [Vec<u32>; 2] = [Vec::new(), Vec::new()];
        let mut toggles: Vec<(u32, u32)> = Vec::new();
        let mut fewer = 0;
        for ((_, rule), index) in objects.iter().zip(0_u32..) {
            let reach = self.reach(maps, &rule.peers);
            if reach.pods {
                by_default[0].push(index);
            }
            if reach.outside {
                by_default[1].push(index);
            }
            if let Some(namespaces) = reach.namespaces.filter(|_| reach.exceptions.len() > NAMESPACE_WIDE) {
                fewer += reach.exceptions.len() - namespaces;
            }
            toggles.extend(reach.exceptions.iter().map(|atom| (*atom, index)));
        }
        toggles.sort_unstable();
        let mut known: HashMap<(Vec<u32>, Vec<&'a ContainerPort>), Slot> = HashMap::new();
        let mut slot = |rows: &mut Rows, list: Vec<u32>, ports: &[&'a ContainerPort]| {
            *known.entry((list, ports.to_vec())).or_insert_with_key(|(list, ports)| {
                let rules = list.iter().map(|index| objects[*index as usize]);
                rows.row(rules.map(|(rule, object)| (rule, &object.traffic)), ports)
            })
        };
        let none: &[&ContainerPort] = &[];
        let default_ports = if direction == Direction::Ingress { own_ports } else { none };
        let defaults = by_default.clone().map(|list| {
            let rules = list.iter().map(|index| objects[*index as usize]);
            maps.rows.row(rules.map(|(rule, object)| (rule, &object.traffic)), default_ports)
        });
        let mut slots = 0_usize;
        // On egress the peer's own names decide, so that pods by default need slots too where names are in use.
        let names_by_default = direction == Direction::Egress
            && by_default[0].iter().any(|index| has_names(&objects[*index as usize].1.traffic));
        let mut groups: Vec<(u32, Vec<u32>)> = toggles
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| (group[0].0, group.iter().map(|(_, index)| *index).collect()))
            .collect();
        if names_by_default {
            let listed: Vec<u32> = groups.iter().map(|(atom, _)| *atom).collect();
            let pods = maps.atoms.iter().zip(0_u32..).filter(|(atom, _)| atom.class.is_some());
            let rest = pods.map(|(_, number)| number).filter(|atom| listed.binary_search(atom).is_err());
            groups.extend(rest.map(|atom| (atom, Vec::new())));
        }
        for (atom, toggled) in groups {
            let class = maps.atoms[atom as usize].class;
            let kind = usize::from(class.is_none());
            let mut list: Vec<u32> =
                by_default[kind].iter().copied().filter(|i| !toggled.contains(i)).collect();
            list.extend(toggled.into_iter().filter(|index| !by_default[kind].contains(index)));
            list.sort_unstable();
            let ports = match direction {
                Direction::Ingress => own_ports.to_vec(),
                Direction::Egress => {
                    class.map_or(Vec::new(), |class| self.classes.all[class as usize].ports.clone())
                }
            };
            let found = slot(&mut maps.rows, list, &ports);
            if found != defaults[kind] {
                maps.table.insert((number, atom), found);
                slots += 1;
            }
        }
        maps.shape.slots += slots - fewer.min(slots);
        Subject { pods: defaults[0], outside: defaults[1] }
    }

    fn reach(&mut self, maps: &Maps<'a>, peers: &'a Peers) -> Reach {
        if let Some(known) = self.reaches.get(peers) {
            return known.clone();
        }
        let reach = self.find_reach(maps, peers);
        self.reaches.insert(peers, reach.clone());
        reach
    }

    fn find_reach(&self, maps: &Maps<'a>, peers: &'a Peers) -> Reach {
        let Peers::Of(list) = peers else {
            return Reach { pods: true, outside: true, ..Reach::default() };
        };
        let mut held: Vec<u32> = Vec::new();
        let mut whole = !list.is_empty();
        for peer in list {
            match peer {
                RulePeer::Pods(pods) => {
                    held.extend(
                        self.classes
                            .matches
                            .get(pods)
                            .and_then(|at| self.of_matches.get(at))
                            .into_iter()
                            .flatten(),
                    );
                    whole &= is_whole(pods);
                }
                _ => whole = false,
            }
        }
        if let Some(list) = maps.prefixes.lists.get(peers) {
            held.extend(self.of_lists.get(list).into_iter().flatten());
        }
        held.sort_unstable();
        held.dedup();
        let mut reach = Reach::default();
        for kind in [0, 1] {
            let is_kind = |atom: &u32| usize::from(maps.atoms[*atom as usize].class.is_none()) == kind;
            let of_kind: Vec<u32> = held.iter().copied().filter(is_kind).collect();
            if of_kind.len() * 2 <= self.counts[kind] {
                reach.exceptions.extend(of_kind);
                continue;
            }
            if kind == 0 {
                reach.pods = true
            } else {
                reach.outside = true
            }
            let all = (0..maps.atoms.len() as u32).filter(is_kind);
            reach.exceptions.extend(all.filter(|atom| of_kind.binary_search(atom).is_err()));
        }
        if whole {
            let classes = reach.exceptions.iter().filter_map(|atom| maps.atoms[*atom as usize].class);
            let mut spaces: Vec<u32> =
                classes.map(|class| self.classes.all[class as usize].namespace).collect();
            spaces.sort_unstable();
            spaces.dedup();
            reach.namespaces = Some(spaces.len());
        }
        reach
    }
}

fn is_whole(pods: &PodMatch) -> bool {
    pods.pods.is_everything()
}

fn has_names(traffic: &Traffic) -> bool {
    match traffic {
        Traffic::Any => false,
        Traffic::Of(ports) => ports.iter().any(|port| matches!(port, PortMatch::Named { .. })),
    }
}
