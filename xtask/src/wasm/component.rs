//! The component: the full module with the types of `wasm/wit` around it.

use std::fs;
use std::path::Path;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

/// Wraps a module that was built from these sources.
pub(super) fn wrap(sources: &Path, module: &Path, component: &Path) -> Result<(), String> {
    let read = fs::read(module).map_err(|error| format!("{}: {error}", module.display()))?;
    let bytes = encode(&sources.join("wasm").join("wit"), read).map_err(|error| format!("{error:#}"))?;
    fs::write(component, bytes).map_err(|error| format!("{}: {error}", component.display()))
}

fn encode(types: &Path, mut module: Vec<u8>) -> anyhow::Result<Vec<u8>> {
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(types)?;
    let world = resolve.select_world(&[package], Some("engine"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    ComponentEncoder::default().validate(true).module(&module)?.encode()
}
