//! A session: texts, what was read of them, and an engine that follows.

use std::cell::RefCell;

use portcullis::analyze::lint::Outlines;
use portcullis::manifest::{Change, Loaded, Report, Workspace};
use portcullis::profile::{Comparison, Profile};
use portcullis::sorted::SortedMap;
use portcullis::{Engine, Options};

use crate::Refusal;
use crate::place::Places;
use crate::settings::{Decider, Settings};

/// Texts, and what they say of flows.
///
/// Answers are values of JSON, as `types.d.ts` describes them.
#[derive(Debug)]
pub struct Session {
    pub(crate) settings: Settings,
    /// The texts as they stand.
    pub(crate) texts: Workspace,
    pub(crate) places: Places,
    /// The texts that were loaded last, and their places, where those that stand have errors.
    held: Option<(Workspace, Places)>,
    pub(crate) decider: Decider,
    pub(crate) engine: Engine,
    pub(crate) generation: u32,
    /// What was loaded last had to say.
    pub(crate) report: Report,
    pub(crate) pinned: Option<Engine>,
    /// Plugins against the specification, for what is loaded; by profile with its options.
    comparisons: SortedMap<String, Comparison>,
    /// What lint has read of the texts.
    pub(crate) outlines: RefCell<Outlines>,
}

impl Session {
    /// A session without texts.
    ///
    /// # Errors
    /// When the settings name what is not there.
    pub fn new(settings: Settings) -> Result<Self, Refusal> {
        let decider = settings.decider()?;
        settings.resolved()?;
        let engine = Engine::new(Default::default(), Default::default(), decider.options());
        Ok(Self {
            texts: Workspace::new(crate::load::options(&settings)),
            settings,
            places: Places::default(),
            held: None,
            decider,
            engine,
            generation: 0,
            report: Report::default(),
            pinned: None,
            comparisons: SortedMap::new(),
            outlines: RefCell::default(),
        })
    }

    /// The texts that answers are about, and places in them.
    pub(crate) fn answered(&self) -> (&Workspace, &Places) {
        match &self.held {
            Some((texts, places)) => (texts, places),
            None => (&self.texts, &self.places),
        }
    }

    /// Makes ready for other texts.
    pub(crate) fn hold(&mut self) -> Option<(Workspace, Places)> {
        let before = self.held.take().or_else(|| {
            let places = std::mem::take(&mut self.places);
            Some((self.texts.clone(), places))
        });
        self.places = Places::default();
        before
    }

    /// Keeps what the texts said before, since they have errors now.
    pub(crate) fn refuse(&mut self, before: Option<(Workspace, Places)>) {
        self.held = before;
    }

    /// Takes what has become of the texts; gives what there is to say of them.
    pub(crate) fn take(&mut self, change: Change) -> Result<Report, Refusal> {
        let options = self.decider.options();
        let (deltas, report) = match change {
            Change::Policies { deltas, report } => (deltas, report),
            Change::Whole(loaded) => {
                let Loaded { cluster, policies, report } = *loaded;
                let cluster = cluster.with_resolved(self.settings.resolved()?);
                let is_followed = self.engine.options() == options && self.generation != 0;
                let deltas = is_followed.then(|| self.engine.deltas_to(&cluster, &policies));
                // Other texts altogether: made at once, objects lie in the order of their names, and need no sorting later.
                let few = deltas.filter(|deltas| deltas.len() <= report.objects.div_ceil(2));
                let Some(deltas) = few else {
                    self.engine = Engine::new(cluster, policies, options);
                    self.note_change();
                    return Ok(report);
                };
                (deltas, report)
            }
        };
        let is_same = deltas.is_empty();
        self.engine.apply_all(deltas).map_err(|error| Refusal(error.to_string()))?;
        if !is_same {
            self.note_change();
        }
        Ok(report)
    }

    fn note_change(&mut self) {
        self.generation = self.generation.wrapping_add(1);
        self.comparisons = SortedMap::new();
    }

    /// Compiles a plugin against the specification, unless that was done.
    pub(crate) fn compare_with(&mut self, profile: &Profile) {
        let engine = &self.engine;
        self.comparisons
            .entry(key(profile))
            .or_insert_with(|| Comparison::new(engine.cluster().clone(), engine.policies().clone(), profile));
    }

    /// A plugin against the specification, once it was compiled.
    pub(crate) fn compared(&self, profile: &Profile) -> Option<&Comparison> {
        self.comparisons.get(&key(profile))
    }

    /// The engine with other options.
    pub(crate) fn engine_with(&self, options: Options) -> Engine {
        Engine::new(self.engine.cluster().clone(), self.engine.policies().clone(), options)
    }

    /// Keeps what is loaded.
    pub fn pin(&mut self) {
        self.pinned = Some(self.engine.clone());
    }

    /// Forgets what was kept.
    pub fn unpin(&mut self) {
        self.pinned = None;
    }

    /// The compiled image.
    #[must_use]
    pub fn image(&self) -> Vec<u8> {
        self.engine.image().as_bytes().to_vec()
    }
}

/// What tells profiles apart.
fn key(profile: &Profile) -> String {
    let options = profile.plugin().options.iter();
    let set = options.filter_map(|option| Some(format!(" {}={}", option.key, profile.value(option.key)?)));
    std::iter::once(crate::plugins::full_name(profile)).chain(set).collect()
}
