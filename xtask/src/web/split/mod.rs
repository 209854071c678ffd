//! Splits a module in two: the first has what is asked at once, the rest what only some of the exports reach. The rest has
//! no state of its own: memory, tables, globals and functions that both need are the first's, which never calls the rest.

mod contents;
mod part;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use wasmparser::ExternalKind;

use contents::Contents;
use part::Part;

/// The parts of a module.
pub(super) struct Parts {
    pub(super) first: Vec<u8>,
    pub(super) rest: Vec<u8>,
    /// The names of what the rest exports.
    pub(super) moved: Vec<String>,
}

/// Splits a module: the exports that are told, and what only they reach, are the rest.
pub(super) fn split(module: &[u8], is_rest: impl Fn(&str) -> bool) -> Result<Parts, String> {
    let contents = Contents::read(module)?;
    let stays = contents.reached_without(is_rest);
    let (kept, moved): (Vec<u32>, Vec<u32>) = contents.own().partition(|function| stays.contains(function));
    let (kept, moved) = (contents.by_likeness(&kept), contents.by_likeness(&moved));
    let imported: Vec<u32> = contents.imported().collect();
    let mut first = Part::new(&contents, &imported, &kept)?;
    let called: BTreeSet<u32> = moved.iter().flat_map(|function| contents.calls(*function)).collect();
    let mut shared: Vec<u32> = called.into_iter().filter(|function| stays.contains(function)).collect();
    // Names and numbers rise together, of which gzip makes the most.
    shared.sort_by_key(|function| first.number(*function));
    let mut rest = Part::new(&contents, &shared, &moved)?;
    for export in &contents.exports {
        let is_moved = export.kind == ExternalKind::Func && !stays.contains(&export.index);
        let part = if is_moved { &mut rest } else { &mut first };
        part.export(export.name, export.kind, export.index);
    }
    join(&contents, &mut first, &mut rest, &shared, &fingerprint(module));
    let moved = rest.exported().map(String::from).collect();
    let parts = Parts { first: first.with_state(module)?, rest: rest.without_state()?, moved };
    for (part, name) in [(&parts.first, "first part"), (&parts.rest, "rest")] {
        wasmparser::validate(part).map_err(|error| format!("the {name} of the module is broken: {error}"))?;
    }
    Ok(parts)
}

/// Exports from the first what the rest imports, by the names that it has, or short ones. The memory has the fingerprint as
/// its name, so that the parts of two modules do not fit together.
fn join(
    contents: &Contents<'_>,
    first: &mut Part<'_>,
    rest: &mut Part<'_>,
    shared: &[u32],
    fingerprint: &str,
) {
    let mut names =
        (0..).map(short).filter(|name| !contents.exports.iter().any(|export| export.name == name));
    let functions = shared.iter().map(|function| (ExternalKind::Func, *function));
    for (kind, index) in functions.chain(contents.state()) {
        let known = contents.exports.iter().find(|export| (export.kind, export.index) == (kind, index));
        let fresh = match (kind, known) {
            (ExternalKind::Memory, _) => Some(fingerprint.to_string()),
            (_, Some(_)) => None,
            (_, None) => names.next(),
        };
        if let Some(name) = &fresh {
            first.export(name, kind, index);
        }
        let name = fresh.or_else(|| known.map(|export| export.name.to_string()));
        rest.import(name.unwrap_or_default(), kind, index);
    }
}

/// A name for a number: all of the same length, as long as they last.
fn short(number: usize) -> String {
    const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let letter = |place: usize| char::from(LETTERS[place % LETTERS.len()]);
    let tens = number / LETTERS.len();
    let before = if tens < LETTERS.len() { letter(tens).to_string() } else { short(tens) };
    before + &letter(number).to_string()
}

fn fingerprint(module: &[u8]) -> String {
    Sha256::digest(module).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
