//! Builds the package into `bindings/web/dist`.

use std::fs;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use crate::steps::{Steps, cargo, root};
use crate::wasm::{Binaryen, Toolchain, folder, gzipped, remapped};

const NAME: &str = "portcullis_web";
const TARGET: &str = "wasm32-unknown-unknown";
/// How many bytes the module is to have after `gzip -9`.
const AIM: usize = 400_000;
/// How many it may have: what it has with everything in it, so that it grows no further on its way to the aim.
const LIMIT: usize = 512_000;
/// How many it may have with the standard library that comes with the compiler, where no other can be built.
const PLAIN_LIMIT: usize = 635_000;

/// The package's folder.
pub(super) fn place() -> PathBuf {
    root().join("bindings").join("web")
}

/// Builds the package with a compiler; gives whether it is there.
pub(crate) fn run(steps: &mut Steps, toolchain: &Toolchain) -> bool {
    let Some(binaryen) = Binaryen::get(steps) else { return false };
    let out = folder().join("web");
    let mut command = cargo(["build", "--quiet", "--profile", "guest-full", "-p", "portcullis-web"]);
    command.args(["--target", TARGET, "--lib"]).arg("--target-dir").arg(&out);
    let is_small = toolchain.builds_small();
    let mut flags = vec!["-Clink-arg=-zstack-size=1048576"];
    if is_small {
        flags.extend(toolchain.prepare_small(&mut command, TARGET));
    } else {
        toolchain.prepare(&mut command, TARGET);
    }
    command.env("CARGO_ENCODED_RUSTFLAGS", remapped(&flags, &root()));
    if !steps.run("web: build the module", &mut command) {
        return false;
    }
    let built = out.join(TARGET).join("guest-full").join(format!("{NAME}.wasm"));
    let (bound, dist) = (out.join("bound"), place().join("dist"));
    let is_bound = bind(&built, &bound);
    let went_well = is_bound.is_ok();
    steps.record("web: bind to JavaScript", is_bound);
    let module = format!("{NAME}_bg.wasm");
    if !went_well || !binaryen.shrink(steps, "web", &bound.join(&module), &bound.join("small.wasm")) {
        return false;
    }
    let copied = put(&bound, &dist, &module);
    let is_there = copied.is_ok();
    steps.record("web: put into bindings/web/dist", copied);
    steps.record("web: size", size(&dist.join(&module), is_small));
    is_there
}

fn bind(built: &Path, bound: &Path) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(built).typescript(true).omit_default_module_path(true);
    let bindgen = bindgen.web(true).map_err(|error| error.to_string())?;
    bindgen.generate(bound).map_err(|error| format!("{error:#}"))
}

fn put(bound: &Path, dist: &Path, module: &str) -> Result<(), String> {
    fs::create_dir_all(dist).map_err(|error| error.to_string())?;
    let script = format!("{NAME}.js");
    let types = format!("{NAME}.d.ts");
    for (from, to) in [("small.wasm", module), (&script, &script), (&types, &types)] {
        fs::copy(bound.join(from), dist.join(to)).map_err(|error| format!("{to}: {error}"))?;
    }
    Ok(())
}

fn size(module: &Path, is_small: bool) -> Result<(), String> {
    let bytes = fs::read(module).map_err(|error| error.to_string())?;
    let zipped = gzipped(&bytes).map_err(|error| error.to_string())?;
    let (std, limit) = if is_small { ("built for size", LIMIT) } else { ("as it came", PLAIN_LIMIT) };
    println!(
        "   web          {:>8} bytes, {zipped:>7} after gzip -9 (standard library {std}: limit {limit}, aim {AIM})",
        bytes.len()
    );
    if zipped <= limit { Ok(()) } else { Err(format!("{zipped} bytes after gzip -9 are more than {limit}")) }
}
