//! The integration tests: one binary, one module a concern.

#[cfg(test)]
#[cfg(feature = "manifest")]
mod assertions;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod broken;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod conformance;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod corpus;
#[cfg(test)]
mod differential;
#[cfg(test)]
mod exhaustive;
#[cfg(test)]
mod exposure;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod fixes;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod fuzz_replay;
#[cfg(test)]
mod generated_laws;
#[cfg(test)]
mod image;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod laws;
#[cfg(test)]
mod layers;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod lint;
#[cfg(test)]
mod lists;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod node;
#[cfg(test)]
mod orders;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod profiles;
#[cfg(test)]
mod removal;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod round_trip;
#[cfg(test)]
mod services;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod suggestions;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod suite;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod tidy;
#[cfg(test)]
mod tier_laws;
#[cfg(test)]
mod updates;
#[cfg(test)]
#[cfg(feature = "manifest")]
mod validation;
