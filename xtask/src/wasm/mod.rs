//! The WASM guest: builds the modules, bounds their size, shows that they are the same from every folder, and keeps the
//! prebuilt ones up to date.

mod artefacts;
mod build;
mod node;
mod reproduce;
mod toolchain;

use crate::steps::Steps;
use build::Variant;
use toolchain::Toolchain;

#[derive(clap::Args, Default)]
pub(crate) struct Arguments {
    /// Write the modules into wasm/artefacts as well
    #[arg(long)]
    update: bool,
    /// Build once more, from a copy of the sources in another folder, and compare the bytes
    #[arg(long)]
    reproduce: bool,
    /// The compiler to build with
    #[arg(long, value_enum, default_value_t)]
    toolchain: toolchain::Choice,
    /// Modules to build [default: all]
    #[arg(long = "module", value_enum, value_name = "NAME", conflicts_with = "update")]
    modules: Vec<Variant>,
}

impl Arguments {
    /// Everything that has to hold of the modules.
    pub(crate) fn check() -> Self {
        Self { reproduce: true, ..Self::default() }
    }
}

pub(crate) use build::folder;
pub(crate) use node::run as under_node;

/// Builds what the arguments ask for; gives whether the modules are there.
pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) -> bool {
    let toolchain = match Toolchain::find(arguments.toolchain) {
        Ok(toolchain) => toolchain,
        Err(why) => {
            steps.missing("guest", &why);
            return false;
        }
    };
    let all = [Variant::Decide, Variant::DecideSimd, Variant::Full];
    let variants = if arguments.modules.is_empty() { &all[..] } else { &arguments.modules };
    let built = variants.iter().all(|variant| build::build(steps, *variant, &toolchain));
    if !built {
        return false;
    }
    steps.record("guest: sizes", build::sizes(variants));
    if arguments.reproduce {
        reproduce::run(steps, variants, &toolchain);
    }
    if arguments.update {
        steps.record("guest: update wasm/artefacts", artefacts::update(variants, &toolchain));
    } else if arguments.modules.is_empty() {
        steps.record("guest: wasm/artefacts are what is built", artefacts::compare(variants, &toolchain));
    }
    true
}
