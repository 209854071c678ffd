//! Builds the package into `bindings/web/dist`: the module in two parts, and the script that is bound to both.

use std::fs;
use std::path::{Path, PathBuf};

use wasm_bindgen_cli_support::Bindgen;

use super::split::{Parts, split};
use crate::steps::{Steps, cargo, root};
use crate::wasm::{Binaryen, Toolchain, folder, gzipped, remapped};

const NAME: &str = "portcullis_web";
const TARGET: &str = "wasm32-unknown-unknown";
/// What is not asked for the first answer: it comes with the rest of the module.
const LATER: [&str; 11] =
    ["compare", "diff", "fix", "image", "lint", "pin", "replay", "review", "test", "unpin", "validate"];
/// What answers first.
const FIRST: Part = Part { name: "bg", limit: 400_000, plain_limit: 445_000 };
/// What is loaded beside it.
const REST: Part = Part { name: "rest", limit: 145_000, plain_limit: 152_000 };

/// A part of the module.
#[derive(Clone, Copy)]
struct Part {
    name: &'static str,
    /// How many bytes it may have after `gzip -9`.
    limit: usize,
    /// How many with the standard library that comes with the compiler, where no other can be built.
    plain_limit: usize,
}

impl Part {
    fn file(self) -> String {
        format!("{NAME}_{}.wasm", self.name)
    }

    const fn limit(self, is_small: bool) -> usize {
        if is_small { self.limit } else { self.plain_limit }
    }
}

/// The package's folder.
pub(super) fn place() -> PathBuf {
    root().join("bindings").join("web")
}

/// How many bytes what answers first may have, as a compiler builds it.
pub(crate) fn limit(toolchain: &Toolchain) -> usize {
    FIRST.limit(toolchain.builds_small())
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
    let module = bound.join(format!("{NAME}_bg.wasm"));
    let small = bound.join("small.wasm");
    if !went_well || !binaryen.shrink(steps, "web", &module, &small) {
        return false;
    }
    let is_put = put(&small, &bound, &dist);
    let is_there = is_put.is_ok();
    steps.record("web: split, put into bindings/web/dist", is_put);
    for part in [FIRST, REST] {
        steps.record(&format!("web: size of {}", part.file()), size(&dist, part, is_small));
    }
    is_there
}

fn bind(built: &Path, bound: &Path) -> Result<(), String> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(built).typescript(true).omit_default_module_path(true);
    let bindgen = bindgen.web(true).map_err(|error| error.to_string())?;
    bindgen.generate(bound).map_err(|error| format!("{error:#}"))
}

fn put(module: &Path, bound: &Path, dist: &Path) -> Result<(), String> {
    let of = |path: &Path| path.display().to_string();
    let module = fs::read(module).map_err(|error| format!("{}: {error}", of(module)))?;
    let Parts { first, rest, moved } = split(&module, is_later)?;
    if let Some(method) = LATER.iter().find(|method| !moved.contains(&format!("portcullis_{method}"))) {
        return Err(format!("`{method}` is to be in the rest of the module, and is no export of it"));
    }
    let (script, types) = (format!("{NAME}.js"), format!("{NAME}.d.ts"));
    let read = |name: &str| fs::read_to_string(bound.join(name)).map_err(|error| format!("{name}: {error}"));
    let files = [
        (FIRST.file(), first),
        (REST.file(), rest),
        (script.clone(), with_rest(&read(&script)?, &moved)?.into_bytes()),
        (types.clone(), read(&types)?.into_bytes()),
    ];
    fs::create_dir_all(dist).map_err(|error| format!("{}: {error}", of(dist)))?;
    for (name, bytes) in files {
        fs::write(dist.join(&name), bytes).map_err(|error| format!("{name}: {error}"))?;
    }
    Ok(())
}

/// Whether an export is one of the rest's: also all of `Image`, which nobody has who was not given one.
fn is_later(export: &str) -> bool {
    let is_method = export.strip_prefix("portcullis_").is_some_and(|method| LATER.contains(&method));
    is_method || export.starts_with("image_") || export == "__wbg_image_free"
}

/// The script that was bound to the whole module, with room for what the rest exports: `load.js` fills it.
fn with_rest(script: &str, moved: &[String]) -> Result<String, String> {
    // Nothing can be added to what an instance exports.
    let (bound, open) = ("wasm = instance.exports;", "wasm = Object.create(instance.exports);");
    if script.matches(bound).count() != 1 {
        return Err(format!("`{bound}` is not in the script once, which this wasm-bindgen writes otherwise"));
    }
    let names: Vec<String> = moved.iter().map(|name| format!("{name:?}")).collect();
    Ok(script.replace(bound, open)
        + &format!(
            "\n/** What the rest of the module exports. */\nexport const REST = [{}];\n",
            names.join(", ")
        ))
}

fn size(dist: &Path, part: Part, is_small: bool) -> Result<(), String> {
    let bytes = fs::read(dist.join(part.file())).map_err(|error| error.to_string())?;
    let zipped = gzipped(&bytes).map_err(|error| error.to_string())?;
    let limit = part.limit(is_small);
    let std = if is_small { "built for size" } else { "as it came" };
    println!(
        "   web {:<8} {:>8} bytes, {zipped:>7} after gzip -9 (standard library {std}: limit {limit})",
        part.name,
        bytes.len()
    );
    if zipped <= limit { Ok(()) } else { Err(format!("{zipped} bytes after gzip -9 are more than {limit}")) }
}
