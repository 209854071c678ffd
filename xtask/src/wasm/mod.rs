//! The WASM guest: builds the modules, bounds their size, shows that they are the same from every folder, and keeps the
//! prebuilt ones up to date.

mod artefacts;
mod build;
mod component;
mod node;
mod order;
mod reproduce;
mod shrink;
mod toolchain;

use crate::steps::Steps;
use build::Variant;

/// The modules, in the order in which they are built: the component is made of the full one.
const ALL: [Variant; 4] = [Variant::Decide, Variant::DecideSimd, Variant::Full, Variant::Component];

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
    toolchain: Choice,
    /// Modules to build [default: all]
    #[arg(long = "module", value_enum, value_name = "NAME", conflicts_with = "update")]
    modules: Vec<Variant>,
}

pub(crate) use build::{folder, gzipped, remapped};
pub(crate) use node::run as under_node;
pub(crate) use order::by_likeness;
pub(crate) use shrink::Binaryen;
pub(crate) use toolchain::{Choice, Toolchain};

/// Builds what the arguments ask for.
pub(crate) fn run(steps: &mut Steps, arguments: &Arguments) {
    if let Some(toolchain) = Toolchain::get(steps, arguments.toolchain) {
        build(steps, arguments, &toolchain);
    }
}

/// Builds what the arguments ask for with a compiler; gives whether the modules are there.
pub(crate) fn build(steps: &mut Steps, arguments: &Arguments, toolchain: &Toolchain) -> bool {
    let is_wanted = |variant: &Variant| {
        let wanted = &arguments.modules;
        let is_part = *variant == Variant::Full && wanted.contains(&Variant::Component);
        wanted.is_empty() || is_part || wanted.contains(variant)
    };
    let variants: Vec<Variant> = ALL.into_iter().filter(is_wanted).collect();
    let variants = &variants;
    let built = variants.iter().all(|variant| build::build(steps, *variant, toolchain));
    if !built {
        return false;
    }
    steps.record("guest: sizes", build::sizes(variants));
    if arguments.reproduce {
        reproduce::run(steps, variants, toolchain);
    }
    if arguments.update {
        steps.record("guest: update wasm/artefacts", artefacts::update(variants, toolchain));
    } else if arguments.modules.is_empty() {
        steps.record("guest: wasm/artefacts are what is built", artefacts::compare(variants, toolchain));
    }
    true
}

/// Builds the modules that are there once more, from another folder, and compares them.
pub(crate) fn reproduce(steps: &mut Steps, toolchain: &Toolchain) {
    reproduce::run(steps, &ALL, toolchain);
}
