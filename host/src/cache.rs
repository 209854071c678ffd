//! Code that was compiled ahead of time, in a folder that only its owner writes to.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

#[cfg(feature = "compile")]
use sha2::{Digest, Sha256};
use wasmtime::Module;

use crate::engine::Engine;
use crate::fault::HostError;
use crate::template::{compile, hex};

/// A folder of compiled code.
///
/// Loading code means trusting it as much as the program itself. So the folder has to belong to the user of this process
/// or to root, and nobody else may write to it; a file is named by everything that its code depends on (the module's
/// digest, wasmtime's version, the target, the processor's features, the settings), and ends with a checksum of the
/// rest, so that what was cut off or damaged is compiled anew. Code runs from the pages of its file: a file is never
/// written to again, but another one put in its place.
#[derive(Clone, Debug)]
pub struct CodeCache {
    folder: PathBuf,
    /// Whose the folder is: of the user of this process, or root's.
    owner: u32,
}

/// The bytes of the checksum after the code.
const SUM_BYTES: u64 = 4;

impl CodeCache {
    /// Uses a folder, which is made where there is none.
    ///
    /// # Errors
    /// When it cannot be made, or others could write to it.
    pub fn new(folder: &Path) -> Result<Self, HostError> {
        let failed = |what: String| HostError::Code(format!("cache `{}`: {what}", folder.display()));
        make(folder).map_err(|error| failed(error.to_string()))?;
        let owner = owner(folder).map_err(failed)?;
        if owner != 0 && owner != process_owner(folder).map_err(failed)? {
            return Err(failed("it belongs to somebody else".to_string()));
        }
        Ok(Self { folder: folder.to_path_buf(), owner })
    }

    /// The module's code: from the folder, else compiled and put there.
    pub(crate) fn module(
        &self,
        engine: &Engine,
        module: &[u8],
        digest: &[u8; 32],
    ) -> Result<Module, HostError> {
        let names = names(&self.folder, engine, digest);
        for name in &names {
            if let Ok(file) = File::open(self.folder.join(name))
                && is_whole(&file).unwrap_or(false)
                && owner(&self.folder) == Ok(self.owner)
                && let Some(module) = load(engine, file)
            {
                return Ok(module);
            }
        }
        let compiled = compile(engine, module)?;
        if let Some(name) = names.first() {
            keep(&compiled, &self.folder.join(name));
        }
        Ok(compiled)
    }
}

#[expect(unsafe_code, reason = "compiled code has to be trusted")]
fn load(engine: &Engine, code: File) -> Option<Module> {
    // SAFETY: the folder belongs to this user or root, nobody else may write to it, and the code is what was written
    // there, by its checksum: what `Module::serialize` gave, and the checksum, which is no part of it. It stays what it
    // is: `write` puts whole files in the place of others. wasmtime refuses what another version or other settings made.
    unsafe { Module::deserialize_open_file(engine.wasmtime(), code) }.ok()
}

/// Everything that code depends on, as a name.
#[cfg(feature = "compile")]
fn names(_: &Path, engine: &Engine, digest: &[u8; 32]) -> Vec<String> {
    vec![format!("{}-{}.cwasm", hex(digest), engine.code_key(code_key))]
}

/// A digest of all that wasmtime says its code depends on.
#[cfg(feature = "compile")]
fn code_key(engine: &wasmtime::Engine) -> String {
    use std::hash::{Hash, Hasher};

    /// Feeds a digest with what is hashed.
    struct Feed(Sha256);

    impl Hasher for Feed {
        fn write(&mut self, bytes: &[u8]) {
            self.0.update(bytes);
        }

        fn finish(&self) -> u64 {
            0
        }
    }

    let mut feed = Feed(Sha256::new());
    engine.precompile_compatibility_hash().hash(&mut feed);
    hex(&feed.0.finalize().into())
}

/// Without a compiler nobody knows what it would have done: all code of the module, of which wasmtime refuses what is for
/// another machine or other settings.
#[cfg(not(feature = "compile"))]
fn names(folder: &Path, _: &Engine, digest: &[u8; 32]) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.starts_with(&hex(digest)) && name.ends_with(".cwasm")).collect()
}

/// Whether a file was neither cut off nor damaged.
fn is_whole(mut file: &File) -> std::io::Result<bool> {
    let Some(mut rest) = file.metadata()?.len().checked_sub(SUM_BYTES) else { return Ok(false) };
    let mut sum = crc32fast::Hasher::new();
    // Small enough to stay in a cache, where it is summed.
    let mut buffer = [0; 1 << 15];
    while rest > 0 {
        let len = buffer.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
        let part = buffer.get_mut(..len).unwrap_or_default();
        file.read_exact(part)?;
        sum.update(part);
        rest = rest.saturating_sub(u64::try_from(len).unwrap_or(rest));
    }
    let mut wanted = [0; 4];
    file.read_exact(&mut wanted)?;
    Ok(sum.finalize().to_le_bytes() == wanted)
}

/// Puts code into the cache: one that cannot be written to costs time, and nothing else.
#[cfg(feature = "compile")]
fn keep(module: &Module, file: &Path) {
    let _ = module.serialize().map(|code| write(file, code));
}

#[cfg(not(feature = "compile"))]
fn keep(_: &Module, _: &Path) {}

#[cfg(feature = "compile")]
fn write(file: &Path, mut code: Vec<u8>) -> std::io::Result<()> {
    // Whole or not at all, also where several processes write at a time.
    let unfinished = file.with_extension(format!("{}.new", std::process::id()));
    let sum = crc32fast::hash(&code);
    code.extend_from_slice(&sum.to_le_bytes());
    fs::write(&unfinished, code)?;
    fs::rename(unfinished, file)
}

#[cfg(unix)]
fn make(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;

    fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(not(unix))]
fn make(folder: &Path) -> std::io::Result<()> {
    fs::create_dir_all(folder)
}

/// The owner of a folder that nobody else may write to.
#[cfg(unix)]
fn owner(folder: &Path) -> Result<u32, String> {
    use std::os::unix::fs::MetadataExt;

    let metadata = fs::symlink_metadata(folder).map_err(|error| error.to_string())?;
    if !metadata.is_dir() {
        return Err("is no folder".to_string());
    }
    if metadata.mode() & 0o022 != 0 {
        return Err("others may write to it".to_string());
    }
    Ok(metadata.uid())
}

/// Who this process is: the owner of a file that it makes in a folder.
#[cfg(unix)]
fn process_owner(folder: &Path) -> Result<u32, String> {
    use std::os::unix::fs::MetadataExt;

    let mine = folder.join(format!("{}.owner", std::process::id()));
    let owner = fs::write(&mine, []).and_then(|()| fs::metadata(&mine));
    let _ = fs::remove_file(&mine);
    owner.map(|metadata| metadata.uid()).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn owner(_: &Path) -> Result<u32, String> {
    Err("who may write to a folder is only known on Unix".to_string())
}

#[cfg(not(unix))]
fn process_owner(_: &Path) -> Result<u32, String> {
    Err("who may write to a folder is only known on Unix".to_string())
}
