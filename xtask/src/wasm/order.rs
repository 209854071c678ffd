//! Which functions of a module stand side by side: those that are alike, so that gzip, which looks back 32 KiB, finds in
//! one what it has of another.
//!
//! How alike two are is estimated by the share of their least hashed runs of bytes that they have in common. From a
//! function the walk goes on to the one that is most like it and the few before it.

use std::collections::HashMap;

use wasm_encoder::{NameMap, NameSection, Section as _};
use wasmparser::{FunctionBody, Parser, Payload, TypeRef};

/// How many bytes a run has: an instruction or two.
const RUN: usize = 4;

/// Of how many hash functions each function's least value is kept.
const SKETCH: usize = 256;

/// What a value in common counts; three quarters of it for the function before, and so on.
const COMMON: u32 = 1 << 8;

/// A module without names, with its functions named by their places in that order, for what orders functions by name.
pub(super) fn named_by_likeness(module: &[u8]) -> Result<Vec<u8>, String> {
    let (mut imports, mut bodies) = (0, Vec::new());
    for payload in Parser::new(0).parse_all(module) {
        match payload.map_err(|error| error.to_string())? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import.map_err(|error| error.to_string())?;
                    imports += u32::from(matches!(import.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body),
            _ => {}
        }
    }
    let mut named = module.to_vec();
    put_names(&mut named, imports, &by_likeness(bodies.iter().map(FunctionBody::as_bytes)));
    Ok(named)
}

/// The order in which functions with these bodies are to stand.
pub(crate) fn by_likeness<'a>(bodies: impl Iterator<Item = &'a [u8]>) -> Vec<u32> {
    walk(&bodies.map(sketch).collect::<Vec<_>>())
}

type Sketch = [u32; SKETCH];

fn sketch(body: &[u8]) -> Sketch {
    let mut least = [u32::MAX; SKETCH];
    for run in body.windows(RUN.min(body.len()).max(1)) {
        let mut state = run.iter().fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        for least in &mut least {
            // SplitMix64: each turn is another hash of the run.
            state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            *least = (*least).min((mixed >> 32) as u32);
        }
    }
    least
}

/// All functions in the order in which they are to stand.
fn walk(sketches: &[Sketch]) -> Vec<u32> {
    let mut holders: HashMap<(usize, u32), Vec<u32>> = HashMap::new();
    for (function, sketch) in (0..).zip(sketches) {
        for part in sketch.iter().copied().enumerate() {
            holders.entry(part).or_default().push(function);
        }
    }
    let mut scores: Vec<u32> = vec![0; sketches.len()];
    let mut left: Vec<u32> = (0..).take(sketches.len()).collect();
    let mut order = Vec::new();
    while let Some(place) = best(&left, &scores) {
        // Those that are left stay in their order, which is that of their names: the first of equals is taken.
        let function = left.remove(place);
        order.push(function);
        for score in &mut scores {
            *score = *score / 4 * 3;
        }
        for part in sketches[function as usize].iter().copied().enumerate() {
            for other in &holders[&part] {
                scores[*other as usize] += COMMON;
            }
        }
    }
    order
}

/// The first of those with the highest score.
fn best(left: &[u32], scores: &[u32]) -> Option<usize> {
    let places = left.iter().enumerate();
    places.rev().max_by_key(|(_, function)| scores[**function as usize]).map(|(place, _)| place)
}

/// Appends the custom section that has the functions' names: places, of as many digits each.
fn put_names(module: &mut Vec<u8>, imports: u32, order: &[u32]) {
    let mut names: Vec<(u32, String)> =
        (0..imports).map(|import| (import, format!("a{import:08}"))).collect();
    names.extend(order.iter().zip(0..).map(|(function, place)| (imports + function, format!("f{place:08}"))));
    names.sort_unstable();
    let mut map = NameMap::new();
    names.iter().for_each(|(function, name)| map.append(*function, name));
    let mut section = NameSection::new();
    section.functions(&map);
    section.append_to(module);
}
