//! Comparison: a flow by the specification and by a plugin, and which behaviours make the difference.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::cell::OnceCell;

use super::worlds::{Way, ways};
use super::{Behaviour, Profile};
use crate::cluster::Cluster;
use crate::decision::{Decide, Decision, Side, Verdict};
use crate::engine::Engine;
use crate::flow::Flow;
use crate::options::{Loopback, Options};
use crate::path::Path;
use crate::policy::{Direction, PolicySet};

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
    profile: Profile,
    behaviours: Vec<Behaviour>,
    is_between_siblings: bool,
    /// The same between two pods that are alike; made when the first such flow comes.
    siblings: OnceCell<Box<Comparison>>,
    upstream: Engine,
    /// The plugin in the first way that it could be, which answers start from.
    base: Engine,
    /// The other ways that it could be; their engines are made when somebody asks.
    worlds: Vec<World>,
    /// Whether there are more ways than are followed.
    is_cut: bool,
    /// The plugin without one behaviour, and the specification with only one.
    without: Vec<OnceCell<Engine>>,
    alone: Vec<OnceCell<Engine>>,
}

/// One way that a plugin could be.
#[derive(Clone, Debug)]
struct World {
    way: Way,
    /// Whether it is about nothing but what a service sends back to the pod that it comes from.
    is_about_hairpins: bool,
    engine: OnceCell<Engine>,
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

/// A flow, or a path through a service, whose two sides see different flows.
type Asked<'a> = &'a dyn Fn(&Engine) -> Decision;

fn verdicts(decision: Decision) -> Verdicts {
    (decision.egress.verdict(), decision.ingress.verdict())
}

impl Comparison {
    /// Compiles both.
    ///
    /// # Complexity
    /// Compiles once for the specification and once for the plugin; once more for each way that the plugin's unknown
    /// behaviours could be, when the first flow is judged.
    #[must_use]
    pub fn new(cluster: Cluster, policies: PolicySet, profile: &Profile) -> Self {
        Self::with(cluster, policies, profile, false)
    }

    fn with(cluster: Cluster, policies: PolicySet, profile: &Profile, is_between_siblings: bool) -> Self {
        let behaviours: Vec<Behaviour> = profile
            .behaviours()
            .into_iter()
            .filter(|it| !(is_between_siblings && it.is_about_hairpins()))
            .collect();
        let (ways, is_cut) = ways(&behaviours, &policies, |_| true);
        let is_about_hairpins = |way: &Way| {
            behaviours.iter().zip(way).any(|(behaviour, way)| behaviour.is_about_hairpins() && *way != 0)
        };
        let others = ways.into_iter().skip(1).map(|way| World {
            is_about_hairpins: is_about_hairpins(&way),
            way,
            engine: OnceCell::new(),
        });
        let worlds = others.collect();
        let cells = || behaviours.iter().map(|_| OnceCell::new()).collect();
        let (without, alone) = (cells(), cells());
        let options = |way: &dyn Fn(usize) -> Option<usize>| options(&behaviours, is_between_siblings, way);
        let base = Engine::new(cluster.clone(), policies.clone(), options(&|_| Some(0)));
        let upstream = Engine::new(cluster, policies, options(&|_| None));
        let (profile, siblings) = (profile.clone(), OnceCell::new());
        Self {
            profile,
            behaviours,
            is_between_siblings,
            siblings,
            upstream,
            base,
            worlds,
            is_cut,
            without,
            alone,
        }
    }

    /// The same, to which a pod and itself are two pods that are alike: those of a workload that stands for several.
    ///
    /// # Complexity
    /// As [`Comparison::new`], the first time.
    #[must_use]
    pub fn between_siblings(&self) -> &Self {
        if self.is_between_siblings {
            return self;
        }
        self.siblings.get_or_init(|| {
            let (cluster, policies) = (self.upstream.cluster().clone(), self.upstream.policies().clone());
            Box::new(Self::with(cluster, policies, &self.profile, true))
        })
    }

    /// The plugin.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// The engine of the specification.
    #[must_use]
    pub fn upstream(&self) -> &Engine {
        &self.upstream
    }

    /// The engine of the plugin, in the first way that it could be.
    #[must_use]
    pub fn base(&self) -> &Engine {
        &self.base
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
        self.judge_by(self.is_hairpin(flow), &|engine| engine.decide(flow))
    }

    /// Decides a path through a service both ways.
    ///
    /// # Complexity
    /// As [`Comparison::judge`].
    #[must_use]
    pub fn judge_path(&self, path: &Path) -> Judgement {
        self.judge_by(self.is_hairpin(&path.sent), &|engine| path.decide(engine))
    }

    /// Whether a service sends a flow back to the pod that it comes from (SVC-019).
    fn is_hairpin(&self, flow: &Flow) -> bool {
        let source = self.upstream.pod_of(flow.source());
        flow.via_service() && source.is_some() && source == self.upstream.pod_of(flow.destination())
    }

    fn judge_by(&self, is_hairpin: bool, asked: Asked<'_>) -> Judgement {
        let (ideal, actual) = (asked(&self.upstream), asked(&self.base));
        let worlds = self.worlds.iter().filter(|world| is_hairpin || !world.is_about_hairpins);
        let others = worlds.map(|world| verdicts(asked(self.engine_of(world))));
        let found: Vec<Verdicts> = core::iter::once(verdicts(actual)).chain(others).collect();
        let (egress, ingress) =
            (self.common(&found, |(out, _)| *out), self.common(&found, |(_, into)| *into));
        let both = |(out, into): &Verdicts| Verdict::from(out.is_allow() && into.is_allow());
        let verdict = self.common(&found, both);
        let mut judgement =
            Judgement { ideal, actual, verdict, egress, ingress, differs: Vec::new(), unknown: Vec::new() };
        if egress.is_none() || ingress.is_none() {
            judgement.unknown = self.undecided(is_hairpin, asked);
        }
        let sides = verdicts(ideal);
        // A side of which nobody knows does not differ: it is unknown.
        let differs = egress.is_some_and(|verdict| verdict != sides.0)
            || ingress.is_some_and(|verdict| verdict != sides.1);
        if differs {
            judgement.differs = self.culprits(asked, sides, (egress, ingress));
        }
        judgement
    }

    fn common(&self, found: &[Verdicts], part: impl Fn(&Verdicts) -> Verdict) -> Option<Verdict> {
        let first = found.first().map(&part)?;
        (!self.is_cut && found.iter().all(|verdicts| part(verdicts) == first)).then_some(first)
    }

    /// The unknown behaviours without which the answer would be known.
    fn undecided(&self, is_hairpin: bool, asked: Asked<'_>) -> Vec<&'static str> {
        let may_matter =
            |behaviour: &Behaviour| behaviour.is_unknown() && (is_hairpin || !behaviour.is_about_hairpins());
        let unknown = || self.behaviours.iter().enumerate().filter(|(_, behaviour)| may_matter(behaviour));
        let base = verdicts(asked(&self.base));
        let matters = |index: usize, behaviour: &Behaviour| {
            (1..behaviour.ways()).any(|way| {
                let world = self.worlds.iter().find(|world| {
                    world
                        .way
                        .iter()
                        .enumerate()
                        .all(|(other, own)| *own == if other == index { way } else { 0 })
                });
                world.is_some_and(|world| verdicts(asked(self.engine_of(world))) != base)
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
        asked: Asked<'_>,
        ideal: Verdicts,
        (egress, ingress): (Option<Verdict>, Option<Verdict>),
    ) -> Vec<&'static str> {
        // Sides of which nobody knows are left out of the comparison.
        let known = |(out, into): Verdicts| (egress.map(|_| out), ingress.map(|_| into));
        let actual = known(verdicts(asked(&self.base)));
        let ids = |is_it: &dyn Fn(usize) -> bool| -> Vec<&'static str> {
            let chosen = self.behaviours.iter().enumerate().filter(|(index, _)| is_it(*index));
            chosen.map(|(_, behaviour)| behaviour.id).collect()
        };
        let needed = ids(&|index| {
            let without = self.cached(&self.without, index, |other| (other != index).then_some(0));
            without.is_none_or(|engine| known(verdicts(asked(engine))) != actual)
        });
        if !needed.is_empty() {
            return needed;
        }
        let enough = ids(&|index| {
            let alone = self.cached(&self.alone, index, |other| (other == index).then_some(0));
            alone.is_none_or(|engine| known(verdicts(asked(engine))) != known(ideal))
        });
        if enough.is_empty() { ids(&|_| true) } else { enough }
    }

    fn cached<'a>(
        &self,
        cells: &'a [OnceCell<Engine>],
        index: usize,
        way: impl Fn(usize) -> Option<usize>,
    ) -> Option<&'a Engine> {
        cells.get(index).map(|cell| cell.get_or_init(|| self.engine(way)))
    }

    fn engine_of<'a>(&self, world: &'a World) -> &'a Engine {
        world.engine.get_or_init(|| self.engine(|at| world.way.get(at).copied()))
    }

    /// An engine with the behaviours for which `way` gives a way.
    fn engine(&self, way: impl Fn(usize) -> Option<usize>) -> Engine {
        let options = options(&self.behaviours, self.is_between_siblings, &way);
        Engine::new(self.upstream.cluster().clone(), self.upstream.policies().clone(), options)
    }
}

/// The options of the behaviours for which `way` gives a way.
fn options(
    behaviours: &[Behaviour],
    is_between_siblings: bool,
    way: &dyn Fn(usize) -> Option<usize>,
) -> Options {
    let mut options = Options::default();
    for (index, behaviour) in behaviours.iter().enumerate() {
        if let Some(way) = way(index) {
            behaviour.apply(way, &mut options);
        }
    }
    if is_between_siblings {
        // NP-020 is about one pod: two that are alike are policed.
        options.loopback = Loopback::Evaluated;
    }
    options
}
