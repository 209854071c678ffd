//! Assertions: what has to be allowed and what denied, written down beside the policies.
//!
//! ```yaml
//! apiVersion: portcullis.dev/v1
//! kind: PolicyTest
//! metadata: {namespace: shop}          # of names that have none
//! assertions:
//! - name: the shop front reaches the cart
//!   from: web                          # an end, or a list of ends
//!   to: cart
//!   ports: [grpc, 9000-9002]           # numbers, names, ranges
//!   expect: allow
//! - name: nobody outside reaches the database
//!   from: [0.0.0.0/0, "::/0"]
//!   to: {namespace: data, podSelector: {matchLabels: {app: db}}}
//!   expect: deny
//!   profile: cilium                    # decided as this plugin does
//! ```
//!
//! An end is a text or a selector. Texts are `ns/name` (the pod, else the only workload of that name), `ns/kind/name`, an
//! address, or a CIDR, which stands for its addresses that are no pod's and no node's; a destination may be a service
//! (`svc/ns/name`, or one of its addresses). A selector (`podSelector`, with `namespace` or `namespaceSelector`, as in a
//! peer) stands for the pods that have not ended.
//!
//! An assertion is about every pair of its ends and every one of its ports, and holds if all of them have the verdict.
//! Without `ports` it is about all ports of its `protocol`, and without that about all ports of TCP, UDP and SCTP; `ports`
//! alone are those of TCP. Through a service it is about every path. A pod of a workload or selector never means itself:
//! with itself it stands for another pod like it.
//!
//! ```
//! use portcullis::analyze::assertions::Assertions;
//! use portcullis::manifest::{LoadOptions, Source, load};
//! use portcullis::{Engine, Options};
//!
//! let text = "
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: web, namespace: shop}
//! ---
//! apiVersion: portcullis.dev/v1
//! kind: PolicyTest
//! assertions:
//! - {from: 192.0.2.7, to: shop/web, ports: [80], expect: deny}
//! ";
//! let sources = [Source { name: "shop.yaml".into(), text: text.into() }];
//! let loaded = load(&sources, &LoadOptions::default()).unwrap();
//! let engine = Engine::new(loaded.cluster, loaded.policies, Options::default());
//! let assertions = Assertions::read([("shop.yaml", text)], None).unwrap();
//! let checked = assertions.check(&engine).unwrap();
//! let outcome = &checked.outcomes()[0];
//! assert!(!outcome.holds());
//! assert_eq!(outcome.breaches[0].to_string(), "192.0.2.7 -> shop/web, TCP 80 is allowed");
//! ```

mod ask;
mod check;
mod decider;
mod ends;
mod init;
mod members;
mod pieces;
mod read;

use alloc::string::String;
use alloc::vec::Vec;

pub use check::{Breach, Checked, Outcome};
pub use init::init;

use crate::decision::Verdict;
use crate::manifest::decode::At;
use crate::net::{L4Protocol, PortName, PortRange};
use crate::profile::Profile;
use crate::source::Origin;
use ends::EndName;

/// The version of documents that hold assertions.
pub const API_VERSION: &str = "portcullis.dev/v1";
/// The kind of documents that hold assertions.
pub const KIND: &str = "PolicyTest";

/// Assertions that were read, in the order of the texts.
#[derive(Clone, Debug, Default)]
pub struct Assertions {
    all: Vec<Assertion>,
}

impl Assertions {
    /// The assertions.
    pub fn iter(&self) -> impl Iterator<Item = &Assertion> {
        self.all.iter()
    }

    /// The same, decided as a plugin does where they name none.
    #[must_use]
    pub fn with_profile(mut self, profile: &Profile) -> Self {
        for assertion in &mut self.all {
            assertion.profile.get_or_insert_with(|| profile.clone());
        }
        self
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }
}

/// One assertion.
#[derive(Clone, Debug)]
pub struct Assertion {
    /// What it is called; `from -> to` where it has no name.
    pub name: String,
    /// What has to become of all of it.
    pub expect: Verdict,
    /// Whose behaviour decides; nothing for that of the engine.
    pub profile: Option<Profile>,
    /// Where it stands.
    pub origin: Origin,
    /// The place in its document, such as `assertions[3]`.
    pub field: String,
    /// What its document is called in problems.
    object: String,
    from: Vec<At<EndName>>,
    to: Vec<At<EndName>>,
    carries: At<Carries>,
}

/// What an assertion is about, of what goes from one end to the other.
#[derive(Clone, Debug)]
enum Carries {
    /// Every port of some protocols.
    AllPorts(Vec<L4Protocol>),
    /// A protocol without ports.
    Other(u8),
    /// Ports.
    Ports(L4Protocol, Vec<AskedPort>),
}

/// A port as an assertion names it.
#[derive(Clone, Debug)]
enum AskedPort {
    /// By a name that containers and services may have.
    Name(PortName),
    /// By a name that only services may have.
    ServiceName(String),
    /// By number.
    Numbers(PortRange),
}
