//! Saved inputs of the fuzz targets, replayed by the very functions that libFuzzer calls.

use std::fs;
use std::path::Path;

use portcullis::generate::expand;

#[expect(unreachable_pub, reason = "the file is the library of the fuzz package, too")]
#[path = "../../fuzz/src/lib.rs"]
mod targets;

type Target = (&'static str, fn(&[u8]));

const TARGETS: [Target; 5] = [
    ("cidrs", targets::cidrs),
    ("engine_equals_spec", targets::engine_equals_spec),
    ("images", targets::images),
    ("manifests", targets::manifests),
    ("selectors", targets::selectors),
];

fn saved(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus-saved").join(target);
    let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().map(|file| fs::read(file).unwrap()).collect()
}

#[test]
fn every_saved_input_passes() {
    for (name, target) in TARGETS {
        let inputs = saved(name);
        assert!(inputs.len() >= 4, "`{name}` has only {} saved inputs", inputs.len());
        inputs.iter().for_each(|input| target(input));
    }
}

/// Cuts and flips of saved inputs are what a fuzzer tries first, so they are tried without one.
#[test]
fn every_saved_input_passes_cut_short_and_with_bytes_changed() {
    for (name, target) in TARGETS {
        for (number, input) in (0..).zip(saved(name)) {
            for length in (0..input.len()).step_by(input.len() / 16 + 1) {
                target(&input[..length]);
            }
            for (place, byte) in expand(number, 64).into_iter().enumerate() {
                let mut changed = input.clone();
                if let Some(old) = changed.get_mut(place * 37 % input.len().max(1)) {
                    *old = byte;
                    target(&changed);
                }
            }
        }
    }
}
