//! What the host promises, with the guest as it is and with guests that are broken on purpose.

mod broken;
mod cache;
#[cfg(feature = "component")]
mod component;
mod corpus;
mod guest;
mod hostile;
#[cfg(all(feature = "map-images", target_os = "linux"))]
mod mapped;
mod publish;
