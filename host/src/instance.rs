//! One instance of a guest: its memory, its functions, and calls that check what comes back.

mod decide;

use portcullis_wasm::abi::{DECISION_BYTES, IoDescriptor, PACKET_BYTES, flag};
use wasmtime::{InstancePre, Memory, Store, StoreLimits, TypedFunc, WasmParams, WasmResults};

use crate::engine::Engine;
use crate::fault::{Fault, HostError, TrapKind};
use crate::huge;
use crate::mapped::{Mapped, SharedImage};
use crate::settings::Deadlines;
use crate::template::Template;

/// What a store holds for its instance.
#[derive(Debug)]
pub(crate) struct State {
    limits: StoreLimits,
}

/// An instance of a guest, for one thread.
///
/// After a [`Fault::Trap`] or [`Fault::Garbage`] it is of no use any more: what it holds may be half done.
pub struct Instance {
    store: Store<State>,
    instance: wasmtime::Instance,
    memory: Memory,
    functions: Functions,
    io: IoDescriptor,
    deadlines: Option<Deadlines>,
    fuel: Option<u64>,
    /// The generation of the image that the guest has.
    generation: u32,
    /// Whether memory stays where it is, so that images may be mapped into it.
    may_map: bool,
    /// Whether images that are copied are to lie in large pages.
    huge_pages: bool,
    /// The pages that are mapped, in the region at an address of the guest's, of so many bytes.
    mapped: Option<(Mapped, u32, u32)>,
}

struct Functions {
    alloc: TypedFunc<(u32, u32), u32>,
    caps: TypedFunc<(), i64>,
    decide: TypedFunc<u32, i64>,
    decide_batch: TypedFunc<(u32, u32, u32, u32), i32>,
    decide_v4: TypedFunc<(u32, u32, u32, u32), i64>,
    delta_apply: TypedFunc<(u32, u32, u32), i32>,
    free: TypedFunc<(u32, u32, u32), i32>,
    image_commit: TypedFunc<(u32, u32, u32), i32>,
    image_reserve: TypedFunc<u32, u32>,
}

/// How long a call may take.
#[derive(Clone, Copy)]
pub(crate) enum Allowed {
    Decide,
    Load,
}

impl std::fmt::Debug for Instance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Instance").field("generation", &self.generation).finish_non_exhaustive()
    }
}

impl Instance {
    /// A new instance, without an image.
    ///
    /// # Errors
    /// When the system has no memory for it, or the guest does not give its I/O block.
    pub fn new(template: &Template) -> Result<Self, HostError> {
        template.take_tried().map_or_else(|| Self::of(template.engine(), template.pre()), Ok)
    }

    /// A new instance of a module that may be run.
    pub(crate) fn of(engine: &Engine, pre: &InstancePre<State>) -> Result<Self, HostError> {
        let settings = engine.settings();
        let mut store = Store::new(engine.wasmtime(), State { limits: settings.limits(1) });
        store.limiter(|state| &mut state.limits);
        let deadlines = engine.deadlines();
        if let Some(deadlines) = deadlines {
            store.set_epoch_deadline(deadlines.load_ticks);
        }
        if let Some(fuel) = settings.fuel {
            store.set_fuel(fuel).map_err(|error| HostError::Engine(error.to_string()))?;
        }
        let broken = |error: wasmtime::Error| HostError::Interface(format!("{error:#}"));
        let instance = pre.instantiate(&mut store).map_err(broken)?;
        let memory = instance
            .get_memory(&mut store, "memory")
            .ok_or_else(|| HostError::Interface("it exports no `memory`".to_string()))?;
        let functions = Functions {
            alloc: instance.get_typed_func(&mut store, "portcullis_alloc").map_err(broken)?,
            caps: instance.get_typed_func(&mut store, "portcullis_caps").map_err(broken)?,
            decide: instance.get_typed_func(&mut store, "portcullis_decide").map_err(broken)?,
            decide_batch: instance.get_typed_func(&mut store, "portcullis_decide_batch").map_err(broken)?,
            decide_v4: instance.get_typed_func(&mut store, "portcullis_decide_v4").map_err(broken)?,
            delta_apply: instance.get_typed_func(&mut store, "portcullis_delta_apply").map_err(broken)?,
            free: instance.get_typed_func(&mut store, "portcullis_free").map_err(broken)?,
            image_commit: instance.get_typed_func(&mut store, "portcullis_image_commit").map_err(broken)?,
            image_reserve: instance.get_typed_func(&mut store, "portcullis_image_reserve").map_err(broken)?,
        };
        let io = instance.get_typed_func(&mut store, "portcullis_io").map_err(broken)?;
        let mut new = Self {
            store,
            instance,
            memory,
            functions,
            io: IoDescriptor::default(),
            deadlines,
            fuel: settings.fuel,
            generation: 0,
            may_map: settings.map_images && engine.has_guard_pages(),
            huge_pages: settings.huge_pages,
            mapped: None,
        };
        let max_flows = settings.max_batch.clamp(1, portcullis_wasm::abi::MAX_FLOWS);
        let at: u32 = new.call(&io, max_flows, Allowed::Load)?;
        new.io = bytemuck::pod_read_unaligned(new.slice(at, DESCRIPTOR_BYTES)?);
        new.check_io(max_flows)?;
        Ok(new)
    }

    /// The I/O block lies in the memory and is as large as was asked.
    fn check_io(&self, max_flows: u32) -> Result<(), Fault> {
        let io = &self.io;
        let enough = io.in_cap >= max_flows.saturating_mul(PACKET_BYTES)
            && io.out_cap >= max_flows.saturating_mul(DECISION_BYTES)
            && io.max_flows >= max_flows;
        if !enough {
            return Err(Fault::Garbage("an I/O block that is too small"));
        }
        for (at, len) in [(io.in_ptr, io.in_cap), (io.out_ptr, io.out_cap), (io.err_ptr, io.err_cap)] {
            self.slice(at, len)?;
        }
        Ok(())
    }

    fn slice(&self, at: u32, len: u32) -> Result<&[u8], Fault> {
        let (start, end) = range(at, len)?;
        self.memory.data(&self.store).get(start..end).ok_or(OUTSIDE)
    }

    /// Memory that the host writes to. A guest that gives a place in pages that are mapped lies, and writing there would
    /// stop the host.
    fn slice_mut(&mut self, at: u32, len: u32) -> Result<&mut [u8], Fault> {
        let (start, end) = range(at, len)?;
        if let Some((_, mapped, of)) = self.mapped {
            let (from, to) = range(mapped, of)?;
            if start < to && from < end {
                return Err(Fault::Garbage("a place in its image"));
            }
        }
        self.memory.data_mut(&mut self.store).get_mut(start..end).ok_or(OUTSIDE)
    }

    /// Calls a function, with its deadline; a trap comes back with what the guest said last.
    pub(crate) fn call<P: WasmParams, R: WasmResults>(
        &mut self,
        function: &TypedFunc<P, R>,
        parameters: P,
        allowed: Allowed,
    ) -> Result<R, Fault> {
        self.allow(allowed);
        function.call(&mut self.store, parameters).map_err(|error| self.trapped(&error))
    }

    /// Has the next call of the guest end in time.
    #[inline(always)]
    fn allow(&mut self, allowed: Allowed) {
        if let Some(deadlines) = self.deadlines {
            self.store.set_epoch_deadline(match allowed {
                Allowed::Decide => deadlines.decide_ticks,
                Allowed::Load => deadlines.load_ticks,
            });
        }
        if let Some(fuel) = self.fuel {
            self.refuel(fuel);
        }
    }

    /// Out of line: few bound a call's fuel, and a decision of one packet is short.
    #[cold]
    fn refuel(&mut self, fuel: u64) {
        // Fuel was turned on with the engine, so that this cannot fail.
        let _ = self.store.set_fuel(fuel);
    }

    #[cold]
    fn trapped(&self, error: &wasmtime::Error) -> Fault {
        let kind = TrapKind::of(error);
        let text = if kind == TrapKind::Unreachable { self.error_text() } else { String::new() };
        Fault::Trap { kind, text }
    }

    /// What the guest left in its error block.
    fn error_text(&self) -> String {
        let bytes = self.slice(self.io.err_ptr, self.io.err_cap.min(4_096)).unwrap_or(&[]);
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or(&[]);
        String::from_utf8_lossy(text).into_owned()
    }

    pub(crate) fn refused(&self, code: i32) -> Fault {
        Fault::Refused { code, text: self.error_text() }
    }

    fn checked(&self, code: i32) -> Result<(), Fault> {
        if code < 0 { Err(self.refused(code)) } else { Ok(()) }
    }

    /// What the module can do.
    pub(crate) fn caps(&mut self) -> Result<i64, Fault> {
        let function = self.functions.caps.clone();
        self.call(&function, (), Allowed::Load)
    }

    /// Gives the guest an image; with `verified` it checks the header alone.
    ///
    /// # Errors
    /// When the guest does not take it.
    pub fn load(&mut self, image: &[u8], verified: bool) -> Result<(), Fault> {
        let huge_pages = self.huge_pages;
        self.take(image, verified, |place| {
            if huge_pages {
                huge::ask_for(place);
            }
            place.copy_from_slice(image);
            Ok(None)
        })
    }

    /// As [`Instance::load`], with an image that other instances have as well: where pages can be mapped, with the
    /// feature `map-images` on Linux and with guard pages, it costs no copy, neither in time nor in memory.
    ///
    /// # Errors
    /// When the guest does not take it.
    pub fn load_shared(&mut self, image: &SharedImage, verified: bool) -> Result<(), Fault> {
        if self.may_map {
            self.take(image.as_bytes(), verified, |place| image.place(place))
        } else {
            self.load(image.as_bytes(), verified)
        }
    }

    /// Whether the guest decides by pages that it shares with others.
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        self.mapped.is_some()
    }

    fn take(
        &mut self,
        image: &[u8],
        verified: bool,
        put: impl FnOnce(&mut [u8]) -> Result<Option<Mapped>, Fault>,
    ) -> Result<(), Fault> {
        let len = u32::try_from(image.len()).map_err(|_| Fault::Garbage("an image of more than 4 GiB"))?;
        // The guest may use again what it has, once there is another image.
        self.release()?;
        let reserve = self.functions.image_reserve.clone();
        let at = self.call(&reserve, len, Allowed::Load)?;
        if at == 0 {
            return Err(self.refused(portcullis_wasm::abi::code::MEMORY));
        }
        let mapped = put(self.slice_mut(at, len)?)?;
        self.mapped = mapped.map(|mapped| (mapped, at, len));
        let commit = self.functions.image_commit.clone();
        let flags = if verified { flag::VERIFIED } else { 0 };
        let code = self.call(&commit, (at, len, flags), Allowed::Load)?;
        if code < 0 {
            self.release()?;
            return Err(self.refused(code));
        }
        // Word 3 of the header.
        self.generation =
            image.get(12..16).and_then(|bytes| bytes.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b));
        Ok(())
    }

    /// Has the guest own the pages of its image, before it does anything that may write to them.
    fn release(&mut self) -> Result<(), Fault> {
        match self.mapped.take() {
            // No longer among what is mapped: this is the one who may.
            Some((mapped, at, len)) => mapped.release(self.slice_mut(at, len)?),
            None => Ok(()),
        }
    }

    /// Gives the guest the bytes of a patch, and the generation that it makes.
    ///
    /// # Errors
    /// When the guest does not take it.
    pub fn patch(&mut self, patch: &[u8], generation: u32, verified: bool) -> Result<(), Fault> {
        let flags = if verified { flag::VERIFIED } else { 0 };
        let apply = self.functions.delta_apply.clone();
        self.release()?;
        self.with_block(patch, |instance, at, len| {
            let code = instance.call(&apply, (at, len, flags), Allowed::Load)?;
            instance.checked(code)
        })?;
        self.generation = generation;
        Ok(())
    }

    /// Puts bytes where the guest can read them, for the time of a call.
    pub(crate) fn with_block<R>(
        &mut self,
        bytes: &[u8],
        call: impl FnOnce(&mut Self, u32, u32) -> Result<R, Fault>,
    ) -> Result<R, Fault> {
        let len = u32::try_from(bytes.len()).map_err(|_| Fault::Garbage("more than 4 GiB"))?;
        let (alloc, free) = (self.functions.alloc.clone(), self.functions.free.clone());
        let at = self.call(&alloc, (len, 8), Allowed::Load)?;
        if at == 0 {
            return Err(self.refused(portcullis_wasm::abi::code::MEMORY));
        }
        self.slice_mut(at, len)?.copy_from_slice(bytes);
        let outcome = call(self, at, len);
        if matches!(outcome, Ok(_) | Err(Fault::Refused { .. })) {
            self.call(&free, (at, len, 8), Allowed::Load)?;
        }
        outcome
    }

    /// The function of the full module with this name.
    pub(crate) fn function<P: WasmParams, R: WasmResults>(
        &mut self,
        name: &str,
    ) -> Result<TypedFunc<P, R>, HostError> {
        let found = self.instance.get_typed_func(&mut self.store, name);
        found.map_err(|error| HostError::Interface(format!("{error:#}")))
    }

    /// The bytes at an address that the guest gave.
    pub(crate) fn bytes_at(&self, at: u32, len: i32) -> Result<Vec<u8>, Fault> {
        self.slice(at, len.cast_unsigned()).map(<[u8]>::to_vec)
    }
}

/// The bytes of an [`IoDescriptor`].
const DESCRIPTOR_BYTES: u32 = 32;

const OUTSIDE: Fault = Fault::Garbage("an address outside of its memory");

fn range(at: u32, len: u32) -> Result<(usize, usize), Fault> {
    let start = usize::try_from(at).map_err(|_| OUTSIDE)?;
    let len = usize::try_from(len).map_err(|_| OUTSIDE)?;
    Ok((start, start.checked_add(len).ok_or(OUTSIDE)?))
}
