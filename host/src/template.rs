//! A module that was checked, ready to be instantiated.

use std::sync::{Arc, Mutex, PoisonError};

use portcullis_wasm::abi;
use sha2::{Digest, Sha256};
use wasmtime::{ExternType, InstancePre, Linker, Module};

use crate::cache::CodeCache;
use crate::engine::Engine;
use crate::fault::{Fault, HostError};
use crate::instance::{Instance, State};
use crate::settings::Modules;

/// What every module has to export.
const FUNCTIONS: [&str; 14] = [
    abi::MARKER,
    "portcullis_abi_minor",
    "portcullis_alloc",
    "portcullis_caps",
    "portcullis_decide",
    "portcullis_decide_batch",
    "portcullis_decide_v4",
    "portcullis_delta_apply",
    "portcullis_free",
    "portcullis_image_commit",
    "portcullis_image_info",
    "portcullis_image_reserve",
    "portcullis_io",
    "portcullis_stats",
];

/// A module that may be run, compiled; cheap to clone.
#[derive(Clone)]
pub struct Template {
    inner: Arc<Inner>,
}

struct Inner {
    engine: Engine,
    pre: InstancePre<State>,
    digest: [u8; 32],
    caps: i64,
    /// The instance that the module was tried in, until somebody wants one.
    tried: Mutex<Option<Instance>>,
}

impl std::fmt::Debug for Template {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Template").field("digest", &hex(&self.inner.digest)).finish_non_exhaustive()
    }
}

impl Template {
    /// The module that decides, as it was built with this crate: the one with 128-bit SIMD, which wasmtime has on all
    /// processors that it compiles for.
    ///
    /// # Errors
    /// As [`Template::new`].
    pub fn decide(engine: &Engine) -> Result<Self, HostError> {
        Self::new(engine, portcullis_wasm_modules::DECIDE_SIMD.bytes, None)
    }

    /// The module that loads, compiles and explains as well.
    ///
    /// # Errors
    /// As [`Template::new`].
    pub fn full(engine: &Engine) -> Result<Self, HostError> {
        Self::new(engine, portcullis_wasm_modules::FULL.bytes, None)
    }

    /// Checks a module, makes it ready, and tries it in an instance.
    ///
    /// With a cache, code that was compiled before, by the same wasmtime from the same module with the same settings, is
    /// taken from there, and put there otherwise.
    ///
    /// # Errors
    /// When the module is not one that may be run, imports anything, has another interface, cannot be compiled, or does
    /// not do in an instance what it should.
    pub fn new(engine: &Engine, module: &[u8], cache: Option<&CodeCache>) -> Result<Self, HostError> {
        let digest = check_allowed(engine, module)?;
        let code = match cache {
            Some(cache) => cache.module(engine, module, &digest)?,
            None => compile(engine, module)?,
        };
        check(&code)?;
        let linker: Linker<State> = Linker::new(engine.wasmtime());
        let pre = linker.instantiate_pre(&code).map_err(|error| HostError::Interface(error.to_string()))?;
        let mut instance = Instance::of(engine, &pre)?;
        let caps = try_out(&mut instance)?;
        let tried = Mutex::new(Some(instance));
        Ok(Self { inner: Arc::new(Inner { engine: engine.clone(), pre, digest, caps, tried }) })
    }

    /// The engine that it is for.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.inner.engine
    }

    /// The SHA-256 of the module.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        self.inner.digest
    }

    /// What the module can do: bits of `portcullis_wasm::abi::caps`.
    #[must_use]
    pub fn caps(&self) -> i64 {
        self.inner.caps
    }

    pub(crate) fn pre(&self) -> &InstancePre<State> {
        &self.inner.pre
    }

    /// The instance that the module was tried in, for the first who asks: it has no image, as a new one.
    pub(crate) fn take_tried(&self) -> Option<Instance> {
        self.inner.tried.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

#[cfg(feature = "compile")]
pub(crate) fn compile(engine: &Engine, module: &[u8]) -> Result<Module, HostError> {
    Module::from_binary(engine.wasmtime(), module).map_err(|error| HostError::Code(format!("{error:#}")))
}

#[cfg(not(feature = "compile"))]
pub(crate) fn compile(_: &Engine, _: &[u8]) -> Result<Module, HostError> {
    Err(HostError::Code("this build has no compiler; it needs a cache that has the code".to_string()))
}

/// The digest of a module that may be run.
pub(crate) fn check_allowed(engine: &Engine, module: &[u8]) -> Result<[u8; 32], HostError> {
    // Comparing bytes is a tenth of the work of hashing them, and their digest is known.
    let built_in = portcullis_wasm_modules::ALL.iter().find(|known| known.bytes == module);
    let digest = built_in.and_then(|known| unhex(known.build.sha256));
    let digest = digest.unwrap_or_else(|| Sha256::digest(module).into());
    let is_allowed = match &engine.settings().modules {
        Modules::Any => true,
        Modules::BuiltIn => built_in.is_some(),
        Modules::Listed(listed) => listed.contains(&digest),
    };
    if is_allowed { Ok(digest) } else { Err(HostError::UnknownModule(hex(&digest))) }
}

fn unhex(digits: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    let pairs = digits.as_bytes().chunks_exact(2);
    if pairs.len() != digest.len() || !pairs.remainder().is_empty() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(pairs) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(digest)
}

pub(crate) fn hex(digest: &[u8; 32]) -> String {
    let digit = |half: u8| char::from_digit(u32::from(half), 16).unwrap_or('0');
    digest.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect()
}

/// What can be seen without running anything.
fn check(module: &Module) -> Result<(), HostError> {
    if let Some(import) = module.imports().next() {
        return Err(HostError::Imports(format!("{}.{}", import.module(), import.name())));
    }
    if !matches!(module.get_export("memory"), Some(ExternType::Memory(_))) {
        return Err(HostError::Interface("it exports no `memory`".to_string()));
    }
    for name in FUNCTIONS {
        if !matches!(module.get_export(name), Some(ExternType::Func(_))) {
            return Err(HostError::Interface(format!("it exports no function `{name}`")));
        }
    }
    Ok(())
}

/// What can only be seen by running it: that it says what it can do, and denies while it has no image.
fn try_out(instance: &mut Instance) -> Result<i64, HostError> {
    let caps = instance.caps()?;
    let wanted = abi::caps::IPV6 | abi::caps::SCTP | abi::caps::DELTAS;
    if caps & wanted != wanted {
        return Err(HostError::Interface(format!("of what is needed ({wanted:b}) it does {caps:b}")));
    }
    let mut decisions = [portcullis::PacketDecision { verdict: 1, ..Default::default() }];
    match instance.decide(&[portcullis::Packet::default()], &mut decisions) {
        Err(Fault::Refused { code: abi::code::NO_IMAGE, .. }) => Ok(caps),
        Err(fault) => Err(fault.into()),
        Ok(()) => Err(HostError::Canary("it decides without an image".to_string())),
    }
}
