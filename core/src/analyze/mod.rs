//! Analyses over all flows at once: exact sets of ends and ports, not samples.
//!
//! They read the compiled image, as decisions do: whatever decides a flow decides here, so that a list of connections and
//! a decision cannot disagree.
//!
//! ```
//! use portcullis::analyze::Connectivity;
//! use portcullis::cluster::{ClusterBuilder, Pod};
//! use portcullis::policy::PolicySet;
//! use portcullis::{Engine, Options};
//!
//! let mut builder = ClusterBuilder::new();
//! builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
//! let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
//! let connectivity = Connectivity::of(&engine);
//! let names: Vec<_> = connectivity.workloads().iter().map(ToString::to_string).collect();
//! assert_eq!(names, ["shop/pod/db", "shop/pod/web"]);
//! assert!(connectivity.ports("shop/pod/web", "shop/pod/db").unwrap().is_all());
//! ```

mod addresses;
#[cfg(feature = "manifest")]
pub mod assertions;
mod common;
mod connectivity;
mod diff;
mod distinctions;
mod ends;
mod entries;
mod exposure;
#[cfg(feature = "manifest")]
pub mod fix;
mod grounds;
#[cfg(feature = "manifest")]
mod json;
#[cfg(feature = "manifest")]
pub mod lint;
mod matrix;
mod migration;
mod ports;
mod removal;
mod sides;
#[cfg(feature = "manifest")]
pub mod suggest;
mod table;

pub use addresses::{AddressRange, complement};
pub use connectivity::Connectivity;
pub use diff::{Comparison, Difference, difference};
pub use ends::{WorkloadName, workloads};
pub use entries::{Entry, Group};
pub use exposure::{Exposed, Exposure, ExposureError, PeerCondition, PeerTerm};
pub use grounds::{Ground, Grounds};
pub use migration::{Certainty, Migration, Shift};
pub use ports::PortSet;
pub use removal::{Need, Removal, Removals};
pub use table::{Table, TableEnd};
