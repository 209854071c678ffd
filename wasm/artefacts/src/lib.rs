//! The WebAssembly guest of Portcullis, prebuilt: for hosts that have no compiler for WebAssembly.
//!
//! `cargo xtask wasm --update` builds the modules and records their hashes, the compiler and its flags; with that
//! compiler anybody gets the same bytes from the sources. What a module exports is in `portcullis_wasm::abi`.
//!
//! ```
//! let module = portcullis_wasm_modules::DECIDE;
//! assert!(module.bytes.starts_with(b"\0asm") && module.build.sha256.len() == 64);
//! ```
#![no_std]

mod built;

/// A module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Module {
    /// What it is called.
    pub name: &'static str,
    /// The module itself.
    pub bytes: &'static [u8],
    /// What it was built with.
    pub build: Build,
}

/// What a module was built with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Build {
    /// The SHA-256 of the module's bytes, in hexadecimal digits.
    pub sha256: &'static str,
    /// What the compiler says of itself.
    pub rustc: &'static str,
    /// What it was told to build for.
    pub target: &'static str,
    /// What else it was told.
    pub flags: &'static str,
    /// What made it smaller afterwards, where something did.
    pub shrunk: Option<&'static str>,
}

/// Decides: for dataplanes.
pub const DECIDE: Module =
    Module { name: "decide", bytes: include_bytes!("../modules/decide.wasm"), build: built::DECIDE };

/// Decides, with 128-bit SIMD: for dataplanes whose runtime has it.
pub const DECIDE_SIMD: Module = Module {
    name: "decide-simd",
    bytes: include_bytes!("../modules/decide-simd.wasm"),
    build: built::DECIDE_SIMD,
};

/// Loads manifests, compiles, explains and validates as well: for agents and tools.
pub const FULL: Module =
    Module { name: "full", bytes: include_bytes!("../modules/full.wasm"), build: built::FULL };

/// The full module as a component, for hosts of the component model; its types are in `wasm/wit/portcullis.wit`.
pub const COMPONENT: Module =
    Module { name: "component", bytes: include_bytes!("../modules/component.wasm"), build: built::COMPONENT };

/// All modules.
pub const ALL: [Module; 4] = [DECIDE, DECIDE_SIMD, FULL, COMPONENT];

#[cfg(test)]
mod tests {
    extern crate std;

    use sha2::{Digest, Sha256};
    use std::format;
    use std::string::String;

    use super::ALL;

    #[test]
    fn hashes_are_those_of_the_modules() {
        for module in ALL {
            let hash: String =
                Sha256::digest(module.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(hash, module.build.sha256, "{}", module.name);
        }
    }
}
