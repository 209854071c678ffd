//! What guests decide by: published by one, taken by each worker between two batches.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use portcullis::{Image, ImageError, ImagePatch, Line, Packet};

use crate::fault::HostError;
use crate::instance::Instance;
use crate::mapped::SharedImage;
use crate::probes;
use crate::template::Template;

/// How many patches are kept for workers that lag behind; who lags further takes the image.
const KEPT_PATCHES: usize = 64;

/// Images and patches for workers; cheap to clone.
///
/// Publishing never waits for a worker, and no worker waits for a publication: only the last step, which hands over
/// pointers, holds a lock.
#[derive(Clone)]
pub struct Images {
    shared: Arc<Shared>,
}

struct Shared {
    template: Template,
    probes: Vec<Packet>,
    /// The number of the newest publication, which workers look at before each batch.
    sequence: AtomicU64,
    state: Mutex<State>,
    /// Held while something is published: the instance that tries it first.
    canary: Mutex<Option<Instance>>,
}

struct State {
    sequence: u64,
    current: Arc<Vec<Line>>,
    /// The newest image as instances share it, once one has asked.
    shared: Option<Arc<SharedImage>>,
    /// Patches that lead to `current`, each with the number of its publication and the generation that it makes.
    patches: VecDeque<(u64, u32, Arc<[u8]>)>,
    /// What was published before, and what leads from there to `current`; nothing where that is another image.
    before: Option<(Arc<Vec<Line>>, Option<ImagePatch>)>,
    /// Batches in which the newest publication could not be used.
    incidents: u32,
}

/// What a worker has to do to decide by the newest image.
pub(crate) enum Refresh {
    Patches(u64, Vec<(u32, Arc<[u8]>)>),
    Whole(u64, Arc<SharedImage>),
}

impl std::fmt::Debug for Images {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Images").field("generation", &self.generation()).finish_non_exhaustive()
    }
}

impl Images {
    /// Begins with an image.
    ///
    /// # Errors
    /// When the bytes are no image, or the guest does not decide by it as the native engine does.
    pub fn new(template: &Template, image: &[u8]) -> Result<Self, HostError> {
        let settings = template.engine().settings();
        let probes: Vec<_> = probes::built_in().into_iter().chain(settings.probes.iter().copied()).collect();
        let lines = copy(image)?;
        let mut canary = Instance::new(template)?;
        try_image(&mut canary, &lines, &probes, false)?;
        let state = State {
            sequence: 1,
            current: Arc::new(lines),
            shared: None,
            patches: VecDeque::new(),
            before: None,
            incidents: 0,
        };
        let shared = Shared {
            template: template.clone(),
            probes,
            sequence: AtomicU64::new(1),
            state: Mutex::new(state),
            canary: Mutex::new(Some(canary)),
        };
        Ok(Self { shared: Arc::new(shared) })
    }

    /// Publishes an image.
    ///
    /// # Errors
    /// When it is none, or a guest does not decide by it as the native engine does; then nothing has changed.
    pub fn publish(&self, image: &[u8]) -> Result<(), HostError> {
        let lines = copy(image)?;
        let mut slot = self.canary();
        let mut canary = self.take_canary(&mut slot)?;
        self.tried(try_image(&mut canary, &lines, &self.shared.probes, false))?;
        *slot = Some(canary);
        let mut state = self.state();
        let old = std::mem::replace(&mut state.current, Arc::new(lines));
        state.before = Some((old, None));
        state.patches.clear();
        self.announce(&mut state);
        Ok(())
    }

    /// Publishes what a transaction of the engine changed: [`Engine::patch`](portcullis::Engine::patch).
    ///
    /// # Errors
    /// When it is for another image than the newest, or a guest does not decide by what it makes as the native engine
    /// does; then nothing has changed, and the way on is [`Images::publish`].
    pub fn publish_patch(&self, patch: &ImagePatch) -> Result<(), HostError> {
        let mut slot = self.canary();
        let mut next = self.next();
        patch.apply(Arc::make_mut(&mut next))?;
        let bytes: Arc<[u8]> = patch.to_bytes().into();
        let mut canary = match slot.take() {
            Some(canary) => canary,
            None => {
                let mut canary = Instance::new(&self.shared.template)?;
                let current = self.current();
                canary.load(bytemuck::cast_slice(&current), true)?;
                canary
            }
        };
        let tried = canary.patch(&bytes, patch.generation(), true).map_err(HostError::from);
        let tried = tried.and_then(|()| {
            let image = Image::open_verified(bytemuck::cast_slice(&next))?;
            probes::compare(&mut canary, &image, &self.shared.probes)
        });
        self.tried(tried)?;
        *slot = Some(canary);
        let mut state = self.state();
        let old = std::mem::replace(&mut state.current, next);
        state.before = Some((old, Some(patch.clone())));
        let sequence = state.sequence.saturating_add(1);
        state.patches.push_back((sequence, patch.generation(), bytes));
        if state.patches.len() > KEPT_PATCHES {
            state.patches.pop_front();
        }
        self.announce(&mut state);
        Ok(())
    }

    /// A copy of the newest image, to be changed: the one before it, brought up to date, where nobody reads that.
    fn next(&self) -> Arc<Vec<Line>> {
        let mut state = self.state();
        if let Some((mut before, Some(patch))) = state.before.take()
            && let Some(lines) = Arc::get_mut(&mut before)
            && patch.apply(lines).is_ok()
        {
            return before;
        }
        Arc::new(state.current.as_ref().clone())
    }

    /// The generation that is published.
    #[must_use]
    pub fn generation(&self) -> u32 {
        image_of(&self.current()).map_or(0, |image| image.generation())
    }

    /// The template that images are for.
    #[must_use]
    pub fn template(&self) -> &Template {
        &self.shared.template
    }

    /// The lines of the newest image.
    pub(crate) fn current(&self) -> Arc<Vec<Line>> {
        self.state().current.clone()
    }

    /// The number of the newest publication.
    pub(crate) fn sequence(&self) -> u64 {
        self.shared.sequence.load(Ordering::Acquire)
    }

    /// What leads a worker from a publication to the newest; from 0, which is none, always an image.
    pub(crate) fn refresh(&self, from: u64) -> Refresh {
        let mut state = self.state();
        let missing = state.patches.iter().filter(|(sequence, ..)| *sequence > from);
        let missing: Vec<_> = missing.map(|(_, generation, patch)| (*generation, patch.clone())).collect();
        let gap = state.sequence.saturating_sub(from);
        if from > 0 && u64::try_from(missing.len()) == Ok(gap) {
            return Refresh::Patches(state.sequence, missing);
        }
        let current = state.current.clone();
        let shared = state.shared.get_or_insert_with(|| Arc::new(SharedImage::of(current))).clone();
        Refresh::Whole(state.sequence, shared)
    }

    /// Counts an incident: a batch that could not be decided even by a fresh instance. At the second, the newest
    /// publication is taken back if the one before it decides what this one does not.
    pub(crate) fn incident(&self, sequence: u64, offenders: &[Packet]) {
        let before = {
            let mut state = self.state();
            if state.sequence != sequence {
                return;
            }
            state.incidents = state.incidents.saturating_add(1);
            match &state.before {
                Some((before, _)) if state.incidents >= 2 => before.clone(),
                _ => return,
            }
        };
        if !self.decides(&before, offenders) {
            // The packets, or the module, are at fault, and not the image.
            return;
        }
        let mut slot = self.canary();
        let mut state = self.state();
        if state.sequence == sequence {
            *slot = None;
            state.current = before;
            state.before = None;
            state.patches.clear();
            self.shared.template.engine().metrics().quarantines.add(1);
            self.announce(&mut state);
        }
    }

    /// Whether an instance decides packets by an image.
    fn decides(&self, lines: &[Line], packets: &[Packet]) -> bool {
        let Ok(mut instance) = Instance::new(&self.shared.template) else { return false };
        let mut decision = [portcullis::PacketDecision::default()];
        instance.load(bytemuck::cast_slice(lines), true).is_ok()
            && packets.iter().all(|packet| instance.decide(&[*packet], &mut decision).is_ok())
    }

    fn announce(&self, state: &mut State) {
        state.sequence = state.sequence.saturating_add(1);
        state.incidents = 0;
        // It would keep the image, which the next patch wants to change in place.
        state.shared = None;
        self.shared.template.engine().metrics().publications.add(1);
        self.shared.sequence.store(state.sequence, Ordering::Release);
    }

    fn tried(&self, outcome: Result<(), HostError>) -> Result<(), HostError> {
        if outcome.is_err() {
            self.shared.template.engine().metrics().canary_failures.add(1);
        }
        outcome
    }

    fn take_canary(&self, slot: &mut Option<Instance>) -> Result<Instance, HostError> {
        slot.take().map_or_else(|| Instance::new(&self.shared.template), Ok)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn canary(&self) -> MutexGuard<'_, Option<Instance>> {
        self.shared.canary.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The image in lines that were opened before.
pub(crate) fn image_of(lines: &[Line]) -> Result<Image<'_>, ImageError> {
    Image::open_verified(bytemuck::cast_slice(lines))
}

/// Lines with the bytes of an image, once it is one.
pub(crate) fn copy(image: &[u8]) -> Result<Vec<Line>, HostError> {
    if !image.len().is_multiple_of(size_of::<Line>()) {
        return Err(ImageError::Layout.into());
    }
    let mut lines = vec![Line::default(); image.len() / size_of::<Line>()];
    bytemuck::cast_slice_mut(&mut lines).copy_from_slice(image);
    Image::open(bytemuck::cast_slice(&lines))?;
    Ok(lines)
}

fn try_image(
    canary: &mut Instance,
    lines: &[Line],
    probes: &[Packet],
    verified: bool,
) -> Result<(), HostError> {
    canary.load(bytemuck::cast_slice(lines), verified)?;
    probes::compare(canary, &image_of(lines)?, probes)
}
