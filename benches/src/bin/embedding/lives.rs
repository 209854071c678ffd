//! What it takes to have code, an instance, and an instance with an image.

use std::time::Instant;

use portcullis_host::{CodeCache, Engine, HostError, Instance, Settings, SharedImage, Template};
use portcullis_wasm_modules::DECIDE_SIMD;

use crate::Measured;
use crate::report::{Goal, Report};

const ROUNDS: usize = 40;

pub(crate) fn measure(cluster: &Measured, report: &mut Report) -> Result<(), HostError> {
    let failed = |error: std::io::Error| HostError::Code(error.to_string());
    let folder = tempfile::tempdir().map_err(failed)?;
    let engine = Engine::new(Settings::default())?;
    let cache = CodeCache::new(&folder.path().join("code"))?;
    let (compiled, template) = timed(|| Template::new(&engine, DECIDE_SIMD.bytes, Some(&cache)))?;
    report.goal("module compiled, ms", Goal::at_most(60.0), compiled / 1e6);
    let loaded = least(|| Template::new(&engine, DECIDE_SIMD.bytes, Some(&cache)))?;
    report.goal("compiled code loaded, checked and tried, µs", Goal::at_most(100.0), loaded / 1e3);
    // The first is the one that the module was tried in.
    drop(Instance::new(&template)?);
    let made = least(|| Instance::new(&template))?;
    report.goal("instance, µs", Goal::at_most(20.0), made / 1e3);

    let image = &cluster.image;
    let mebibytes = image.len() as f64 / f64::from(1 << 20);
    let copied = least(|| {
        let mut new = Instance::new(&template)?;
        new.load(image, true)?;
        Ok(new)
    })?;
    let goal = Goal::at_most(4.0);
    let what = format!("replacement, image of {mebibytes:.1} MiB copied, ms for 4 MiB");
    report.goal(what, goal, copied / 1e6 / mebibytes * 4.0);
    let shared = SharedImage::new(image)?;
    let mut first = Instance::new(&template)?;
    first.load_shared(&shared, true)?;
    if first.is_mapped() {
        let mapped = least(|| {
            let mut new = Instance::new(&template)?;
            new.load_shared(&shared, true)?;
            Ok(new)
        })?;
        report.goal("replacement, image mapped, µs", Goal::at_most(50.0), mapped / 1e3);
    } else {
        report.leave_out("replacement with a mapped image: this system does not map them");
    }
    Ok(())
}

fn timed<T>(run: impl FnOnce() -> Result<T, HostError>) -> Result<(f64, T), HostError> {
    let started = Instant::now();
    let made = run()?;
    Ok((started.elapsed().as_nanos() as f64, made))
}

/// The least nanoseconds of some rounds; that what was made goes again takes its time beside them.
fn least<T>(mut run: impl FnMut() -> Result<T, HostError>) -> Result<f64, HostError> {
    let mut least = f64::INFINITY;
    for _ in 0..ROUNDS {
        let (time, _) = timed(&mut run)?;
        least = least.min(time);
    }
    Ok(least)
}
