//! Comparison: a flow by the specification and by a plugin, and which behaviours make the difference.

use alloc::vec::Vec;
use core::cell::OnceCell;

use super::{Behaviour, Profile};
use crate::cluster::Cluster;
use crate::decision::{Decide, Decision, Side, Verdict};
use crate::engine::Engine;
use crate::flow::Flow;
use crate::options::Options;
use crate::policy::{Direction, PolicySet};

/// The most ways that unknown behaviours are followed in; past them nothing is known.
const MOST_WORLDS: usize = 256;

/// A cluster and its policies by the specification and by a plugin.
///
/// ```
/// use portcullis::cluster::ClusterBuilder;
/// use portcullis::flow::{Endpoint, Flow, Transport};
/// use portcullis::net::L4Protocol;
/// use portcullis::policy::PolicySet;
/// use portcullis::profile::{Comparison, Profile};
///
/// let cluster = ClusterBuilder::new().build().unwrap();
/// let end = |text: &str| Endpoint::Address(text.parse().unwrap());
/// let http = Transport::new(L4Protocol::Tcp, 80);
/// let flow = Flow::new(&cluster, end("192.0.2.1"), end("192.0.2.2"), http).unwrap();
/// let comparison = Comparison::new(cluster, PolicySet::default(), &Profile::find("calico").unwrap());
/// assert!(comparison.judge(&flow).differs.is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct Comparison {
    behaviours: Vec<Behaviour>,
    upstream: Engine,
    /// The plugin, in each way that it could be; the first is the base.
    worlds: Vec<Engine>,
    /// Whether there are more ways than were followed.
    is_cut: bool,
    /// The plugin without one behaviour, and the specification with only one.
    without: Vec<OnceCell<Engine>>,
    alone: Vec<OnceCell<Engine>>,
}

/// What the specification and a plugin say of a flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// By the specification.
    pub ideal: Decision,
    /// By the plugin, in the first way that it could be.
    pub actual: Decision,
    /// The plugin's verdict; nothing where nobody knows.
    pub verdict: Option<Verdict>,
    /// The verdict of the plugin's egress side; nothing where nobody knows.
    pub egress: Option<Verdict>,
    /// The verdict of the plugin's ingress side; nothing where nobody knows.
    pub ingress: Option<Verdict>,
    /// The ids of the behaviours that make a side's verdict differ from the specification's.
    pub differs: Vec<&'static str>,
    /// The ids of the unknown behaviours that the plugin's answer hangs on.
    pub unknown: Vec<&'static str>,
}

impl Judgement {
    /// What the plugin says of a direction; nothing where nobody knows.
    #[must_use]
    pub fn side(&self, direction: Direction) -> Option<Side> {
        let is_known = match direction {
            Direction::Egress => self.egress.is_some(),
            Direction::Ingress => self.ingress.is_some(),
        };
        is_known.then(|| self.actual.side(direction))
    }
}

type Verdicts = (Verdict, Verdict);

fn verdicts(engine: &Engine, flow: &Flow) -> Verdicts {
    let decision = engine.decide(flow);
    (decision.egress.verdict(), decision.ingress.verdict())
}

impl Comparison {
    /// Compiles both.
    ///
    /// # Complexity
    /// Compiles once for the specification, and once for each way that the plugin's unknown behaviours could be.
    #[must_use]
    pub fn new(cluster: Cluster, policies: PolicySet, profile: &Profile) -> Self {
        let behaviours = profile.behaviours();
        let mut ways: Vec<Vec<usize>> = alloc::vec![Vec::new()];
        for behaviour in &behaviours {
            let longer = |way: &Vec<usize>| {
                let way = way.clone();
                (0..behaviour.ways()).map(move |next| way.iter().copied().chain([next]).collect::<Vec<_>>())
            };
            ways = ways.iter().flat_map(longer).collect();
        }
        let is_cut = ways.len() > MOST_WORLDS;
        ways.truncate(MOST_WORLDS);
        let options = |way: &Vec<usize>| {
            let mut options = Options::default();
            for (behaviour, way) in behaviours.iter().zip(way) {
                behaviour.apply(*way, &mut options);
            }
            options
        };
        let engine = |options: Options| Engine::new(cluster.clone(), policies.clone(), options);
        let worlds = ways.iter().map(|way| engine(options(way))).collect();
        let cells = || behaviours.iter().map(|_| OnceCell::new()).collect();
        let (without, alone) = (cells(), cells());
        let upstream = engine(Options::default());
        Self { behaviours, upstream, worlds, is_cut, without, alone }
    }

    /// The engine of the specification.
    #[must_use]
    pub fn upstream(&self) -> &Engine {
        &self.upstream
    }

    /// The engine of the plugin, in the first way that it could be.
    #[must_use]
    pub fn base(&self) -> &Engine {
        self.worlds.first().unwrap_or(&self.upstream)
    }

    /// The behaviours of the plugin.
    #[must_use]
    pub fn behaviours(&self) -> &[Behaviour] {
        &self.behaviours
    }

    /// Decides a flow both ways.
    ///
    /// # Complexity
    /// A few decisions; where the plugin differs, it is compiled once more for each of its behaviours, the first time.
    #[must_use]
    pub fn judge(&self, flow: &Flow) -> Judgement {
        let (ideal, actual) = (self.upstream.decide(flow), self.base().decide(flow));
        let found: Vec<Verdicts> = self.worlds.iter().map(|engine| verdicts(engine, flow)).collect();
        let (egress, ingress) =
            (self.common(&found, |(out, _)| *out), self.common(&found, |(_, into)| *into));
        let both = |(out, into): &Verdicts| Verdict::from(out.is_allow() && into.is_allow());
        let verdict = self.common(&found, both);
        let mut judgement =
            Judgement { ideal, actual, verdict, egress, ingress, differs: Vec::new(), unknown: Vec::new() };
        if egress.is_none() || ingress.is_none() {
            judgement.unknown = self.undecided(flow);
        }
        let sides = (ideal.egress.verdict(), ideal.ingress.verdict());
        // A side of which nobody knows does not differ: it is unknown.
        let differs = egress.is_some_and(|verdict| verdict != sides.0)
            || ingress.is_some_and(|verdict| verdict != sides.1);
        if differs {
            judgement.differs = self.culprits(flow, sides, (egress, ingress));
        }
        judgement
    }

    fn common(&self, found: &[Verdicts], part: impl Fn(&Verdicts) -> Verdict) -> Option<Verdict> {
        let first = found.first().map(&part)?;
        (!self.is_cut && found.iter().all(|verdicts| part(verdicts) == first)).then_some(first)
    }

    /// The unknown behaviours without which the answer would be known.
    fn undecided(&self, flow: &Flow) -> Vec<&'static str> {
        let unknown = || self.behaviours.iter().enumerate().filter(|(_, behaviour)| behaviour.is_unknown());
        let base = verdicts(self.base(), flow);
        let matters = |index: usize, behaviour: &Behaviour| {
            (1..behaviour.ways()).any(|way| {
                let options = self.options(|other| if other == index { Some(way) } else { Some(0) });
                verdicts(&self.engine(options), flow) != base
            })
        };
        let found: Vec<&'static str> = unknown()
            .filter(|(index, behaviour)| matters(*index, behaviour))
            .map(|(_, behaviour)| behaviour.id)
            .collect();
        if found.is_empty() { unknown().map(|(_, behaviour)| behaviour.id).collect() } else { found }
    }

    /// The behaviours without any of which a known side would be what the specification says, or else differ.
    fn culprits(
        &self,
        flow: &Flow,
        ideal: Verdicts,
        (egress, ingress): (Option<Verdict>, Option<Verdict>),
    ) -> Vec<&'static str> {
        // Sides of which nobody knows are left out of the comparison.
        let known = |(out, into): Verdicts| (egress.map(|_| out), ingress.map(|_| into));
        let actual = known(verdicts(self.base(), flow));
        let ids = |is_it: &dyn Fn(usize) -> bool| -> Vec<&'static str> {
            let chosen = self.behaviours.iter().enumerate().filter(|(index, _)| is_it(*index));
            chosen.map(|(_, behaviour)| behaviour.id).collect()
        };
        let needed = ids(&|index| {
            let without = self.cached(&self.without, index, |other| (other != index).then_some(0));
            without.is_none_or(|engine| known(verdicts(engine, flow)) != actual)
        });
        if !needed.is_empty() {
            return needed;
        }
        let enough = ids(&|index| {
            let alone = self.cached(&self.alone, index, |other| (other == index).then_some(0));
            alone.is_none_or(|engine| known(verdicts(engine, flow)) != known(ideal))
        });
        if enough.is_empty() { ids(&|_| true) } else { enough }
    }

    fn cached<'a>(
        &self,
        cells: &'a [OnceCell<Engine>],
        index: usize,
        way: impl Fn(usize) -> Option<usize>,
    ) -> Option<&'a Engine> {
        cells.get(index).map(|cell| cell.get_or_init(|| self.engine(self.options(way))))
    }

    /// The options of the behaviours for which `way` gives a way.
    fn options(&self, way: impl Fn(usize) -> Option<usize>) -> Options {
        let mut options = Options::default();
        for (index, behaviour) in self.behaviours.iter().enumerate() {
            if let Some(way) = way(index) {
                behaviour.apply(way, &mut options);
            }
        }
        options
    }

    fn engine(&self, options: Options) -> Engine {
        Engine::new(self.upstream.cluster().clone(), self.upstream.policies().clone(), options)
    }
}
