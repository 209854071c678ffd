//! Publication: readers on other threads see whole transactions, and neither side ever waits.
//!
//! ```text
//!              ┌────────────┐  pin   ┌──────────┐
//!   reader ───►│ the shared ├───────►│ image n  │◄─ view: it stays what it is, as long as it is pinned
//!   reader ───►│  pointer   │        └──────────┘
//!              └─────▲──────┘        ┌──────────┐
//!                    │ swap          │ image n-1│◄─ perhaps a view that is older
//!              writer┴──────────────►└──────────┘
//! ```
//!
//! Left and right: a transaction is written into the image that readers have left, once the lines in which it lags behind
//! are copied over; then the pointer is swapped. Where a view still holds that image, a copy of the newest is written
//! instead, and the old one goes when its last view does.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use arc_swap::{ArcSwap, Guard};

use crate::image::{Image, Line};

/// Sees the newest image of an [`Engine`](crate::Engine), from any thread.
///
/// ```
/// use portcullis::cluster::{ClusterBuilder, Pod};
/// use portcullis::net::Protocol;
/// use portcullis::policy::PolicySet;
/// use portcullis::{Delta, Engine, Options, Packet};
///
/// let mut engine = Engine::new(ClusterBuilder::new().build().unwrap(), PolicySet::default(), Options::default());
/// let reader = engine.reader();
/// let before = reader.pin();
/// engine.apply(Delta::PutPod(Pod::new("shop", "web"))).unwrap();
/// assert_eq!((before.image().generation(), reader.pin().image().generation()), (0, 1));
/// let packet = Packet::new("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap(), Protocol::TCP, 80);
/// assert_eq!(reader.pin().image().decide(&packet).verdict, 1);
/// ```
#[derive(Clone)]
pub struct Reader {
    shared: Arc<ArcSwap<Vec<Line>>>,
}

impl Reader {
    /// The newest image, which stays what it is as long as the view is held: for a batch, not for ever.
    ///
    /// # Complexity
    /// A few nanoseconds; never waits, whatever the writer does.
    #[must_use]
    pub fn pin(&self) -> View {
        View { lines: self.shared.load() }
    }
}

impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader").finish_non_exhaustive()
    }
}

/// One image, as it was when it was pinned.
pub struct View {
    lines: Guard<Arc<Vec<Line>>>,
}

impl View {
    /// The image.
    #[must_use]
    pub fn image(&self) -> Image<'_> {
        Image::of_own_lines(&self.lines)
    }
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("View").field(&self.image().generation()).finish()
    }
}

/// Where an engine puts its images for its readers, if it has any.
#[derive(Default)]
pub(crate) struct Publisher {
    shared: Option<Arc<ArcSwap<Vec<Line>>>>,
}

impl Publisher {
    /// One more reader, which sees these lines first.
    pub(crate) fn reader(&mut self, lines: &Arc<Vec<Line>>) -> Reader {
        let new = || Arc::new(ArcSwap::new(lines.clone()));
        Reader { shared: self.shared.get_or_insert_with(new).clone() }
    }

    /// Shows lines to all readers.
    pub(crate) fn publish(&self, lines: &Arc<Vec<Line>>) {
        if let Some(shared) = &self.shared {
            shared.store(lines.clone());
        }
    }
}

impl Clone for Publisher {
    /// The copy of an engine has no readers.
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl fmt::Debug for Publisher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Publisher").field(&self.shared.is_some()).finish()
    }
}
