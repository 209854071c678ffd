//! Progress: what takes longer than a second says on standard error what it is, where somebody looks at it.

use std::io::{IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How long work may take without a word.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether `--quiet` was given.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Leaves out all that is neither a result nor an error.
pub(crate) fn be_quiet(quiet: bool) {
    QUIET.store(quiet, Ordering::Relaxed);
}

/// Whether only results and errors are wanted.
pub(crate) fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Does some work, and says what it is if it takes long.
pub(crate) fn during<T>(what: impl Into<String>, work: impl FnOnce() -> T) -> T {
    let is_seen = !is_quiet() && std::io::stderr().is_terminal();
    let word = is_seen.then(|| Word::after(PATIENCE, what.into(), std::io::stderr()));
    let done = work();
    drop(word);
    done
}

/// A line that appears after a while and goes when the work is done.
struct Word {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Word {
    fn after(patience: Duration, what: String, mut stream: impl Write + Send + 'static) -> Self {
        let (done, waits) = channel::<()>();
        let thread = std::thread::spawn(move || {
            if waits.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
                let _ = write!(stream, "{what} …").and_then(|()| stream.flush());
                // The sender never sends: it goes when the work is done.
                let _ = waits.recv();
                let _ = write!(stream, "\r\x1b[K").and_then(|()| stream.flush());
            }
        });
        Self { done: Some(done), thread: Some(thread) }
    }
}

impl Drop for Word {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::{Duration, Word, Write};

    #[derive(Clone, Default)]
    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn long_work_is_named_and_the_name_goes_with_it_while_short_work_says_nothing() {
        let (long, short) = (Shared::default(), Shared::default());
        drop(Word::after(Duration::from_secs(3600), "counting".to_string(), short.clone()));
        assert!(short.0.lock().unwrap().is_empty());
        let word = Word::after(Duration::ZERO, "counting".to_string(), long.clone());
        while long.0.lock().unwrap().is_empty() {
            std::thread::yield_now();
        }
        drop(word);
        assert_eq!(String::from_utf8_lossy(&long.0.lock().unwrap()), "counting …\r\u{1b}[K");
    }
}
