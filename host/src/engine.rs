//! wasmtime, set up for guests that are not trusted, and the clock of their deadlines.

use std::sync::Arc;
#[cfg(feature = "compile")]
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use wasmtime::{Config, Instance, Module, Store};

use crate::fault::HostError;
use crate::metrics::Metrics;
use crate::settings::{Deadlines, Settings};

/// What a process runs guests with; cheap to clone.
#[derive(Clone, Debug)]
pub struct Engine {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    wasmtime: wasmtime::Engine,
    settings: Settings,
    has_guard_pages: bool,
    metrics: Metrics,
    stop: Arc<AtomicBool>,
    /// What code depends on beside its module, once somebody asked.
    #[cfg(feature = "compile")]
    code_key: OnceLock<String>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
    }
}

/// An empty module with one page of memory: enough to see whether addresses can be set aside.
const ONE_PAGE: [u8; 13] = [0, b'a', b's', b'm', 1, 0, 0, 0, 5, 3, 1, 0, 1];

impl Engine {
    /// Sets wasmtime up.
    ///
    /// # Errors
    /// When it refuses the settings, or the clock's thread cannot be started.
    pub fn new(settings: Settings) -> Result<Self, HostError> {
        let set_up = |guard_pages| {
            let engine = wasmtime::Engine::new(&config(&settings, guard_pages))?;
            wasmtime::Result::Ok((can_hold_memory(&engine), engine))
        };
        let failed = |error: wasmtime::Error| HostError::Engine(error.to_string());
        let (mut holds, mut wasmtime) = set_up(settings.guard_pages).map_err(failed)?;
        let mut has_guard_pages = settings.guard_pages;
        if !holds && has_guard_pages {
            // The system grants no 4 GiB of addresses: slower, and as safe.
            has_guard_pages = false;
            (holds, wasmtime) = set_up(false).map_err(failed)?;
        }
        if !holds {
            return Err(HostError::Engine("the system gives no memory to an instance".to_string()));
        }
        let stop = Arc::new(AtomicBool::new(false));
        if let Some(deadlines) = settings.deadlines {
            start_clock(&wasmtime, deadlines.tick, &stop)?;
        }
        let metrics = Metrics::default();
        Ok(Self {
            inner: Arc::new(Inner {
                wasmtime,
                settings,
                has_guard_pages,
                metrics,
                stop,
                #[cfg(feature = "compile")]
                code_key: OnceLock::new(),
            }),
        })
    }

    /// The settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Whether accesses to memory are guarded by addresses that are set aside; without, they are checked one by one.
    #[must_use]
    pub fn has_guard_pages(&self) -> bool {
        self.inner.has_guard_pages
    }

    /// What all workers of this engine have counted.
    #[must_use]
    pub fn metrics(&self) -> &Metrics {
        &self.inner.metrics
    }

    pub(crate) fn wasmtime(&self) -> &wasmtime::Engine {
        &self.inner.wasmtime
    }

    /// What code depends on beside its module: wasmtime's version, the target, the processor's features, the settings.
    #[cfg(feature = "compile")]
    pub(crate) fn code_key(&self, make: impl FnOnce(&wasmtime::Engine) -> String) -> &str {
        self.inner.code_key.get_or_init(|| make(&self.inner.wasmtime))
    }

    pub(crate) fn deadlines(&self) -> Option<Deadlines> {
        self.inner.settings.deadlines
    }
}

fn config(settings: &Settings, guard_pages: bool) -> Config {
    let mut config = Config::new();
    config
        .epoch_interruption(settings.deadlines.is_some())
        .consume_fuel(settings.fuel.is_some())
        .max_wasm_stack(settings.stack_bytes)
        .signals_based_traps(settings.signals)
        .wasm_backtrace_max_frames(None)
        // What only backtraces read would be a fifth of the code that is loaded.
        .generate_address_map(false)
        // The guest that decides has a page of data, which is copied sooner than it is mapped.
        .memory_init_cow(false)
        // A smaller surface: the guest uses none of these.
        .wasm_memory64(false)
        .wasm_multi_memory(false)
        .wasm_tail_call(false)
        .wasm_wide_arithmetic(false)
        .wasm_extended_const(false);
    // No panic passes through a guest, which calls nobody. Windows unwinds for traps as well.
    if !cfg!(windows) {
        config.native_unwind_info(false);
    }
    if !guard_pages {
        config.memory_reservation(0).memory_guard_size(0);
    }
    config
}

/// Whether an instance gets its memory.
fn can_hold_memory(engine: &wasmtime::Engine) -> bool {
    // Made ahead of time and without code, so that engines that cannot compile ask as well.
    let Ok(module) = probe(engine) else { return true };
    Instance::new(&mut Store::new(engine, ()), &module, &[]).is_ok()
}

#[cfg(feature = "compile")]
fn probe(engine: &wasmtime::Engine) -> wasmtime::Result<Module> {
    Module::from_binary(engine, &ONE_PAGE)
}

/// Without a compiler, templates find out.
#[cfg(not(feature = "compile"))]
fn probe(_: &wasmtime::Engine) -> Result<Module, ()> {
    let _ = ONE_PAGE;
    Err(())
}

/// A thread that lets time pass for guests, until the engine is gone.
fn start_clock(engine: &wasmtime::Engine, tick: Duration, stop: &Arc<AtomicBool>) -> Result<(), HostError> {
    let (engine, stop) = (engine.weak(), stop.clone());
    let clock = move || {
        while !stop.load(Ordering::Relaxed) {
            thread::sleep(tick);
            match engine.upgrade() {
                Some(engine) => engine.increment_epoch(),
                None => return,
            }
        }
    };
    let thread = thread::Builder::new().name("portcullis-clock".to_string()).spawn(clock);
    thread.map(|_| ()).map_err(|error| HostError::Engine(format!("the clock cannot be started: {error}")))
}
