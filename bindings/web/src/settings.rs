//! Settings: the same names and values as on the command line.

use std::net::IpAddr;

use portcullis::Options;
use portcullis::net::{DomainName, parse_address};
use portcullis::profile::Profile;
use portcullis::sorted::SortedMap;
use serde::Deserialize;

use crate::Refusal;

/// How to read texts and decide flows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The namespace of objects that name none.
    pub namespace: Option<String>,
    /// A plugin, with or without a version.
    pub profile: Option<String>,
    /// Options of the profile, or of the specification.
    pub set: SortedMap<String, String>,
    /// The addresses of domain names.
    pub resolve: SortedMap<String, Vec<String>>,
}

/// Who decides.
#[derive(Clone, Debug)]
pub(crate) enum Decider {
    /// The specification, with options.
    Specification(Options),
    /// A plugin.
    Plugin(Profile),
}

impl Decider {
    /// Reads a profile and its settings.
    pub(crate) fn read(profile: Option<&str>, set: &SortedMap<String, String>) -> Result<Self, Refusal> {
        let mut profile = Profile::find(profile.unwrap_or("upstream")).map_err(refused)?;
        if profile.is_upstream() {
            let mut options = Options::default();
            for (key, value) in set {
                options.set(key, value).map_err(refused)?;
            }
            return Ok(Self::Specification(options));
        }
        for (key, value) in set {
            profile.set(key, value).map_err(refused)?;
        }
        Ok(Self::Plugin(profile))
    }

    pub(crate) fn options(&self) -> Options {
        match self {
            Self::Specification(options) => *options,
            Self::Plugin(profile) => profile.options(),
        }
    }
}

impl Settings {
    pub(crate) fn decider(&self) -> Result<Decider, Refusal> {
        Decider::read(self.profile.as_deref(), &self.set)
    }

    pub(crate) fn resolved(&self) -> Result<Vec<(DomainName, Vec<IpAddr>)>, Refusal> {
        let resolved = self.resolve.iter().map(|(name, addresses)| {
            let known = DomainName::try_from(name.as_str())
                .map_err(|error| Refusal(format!("`{name}` is no domain name: it {error}")))?;
            let addresses = addresses.iter().map(|text| {
                parse_address(text).map_err(|error| Refusal(format!("`{text}` is no address: {error}")))
            });
            Ok((known, addresses.collect::<Result<_, _>>()?))
        });
        resolved.collect()
    }
}

fn refused(error: impl ToString) -> Refusal {
    Refusal(error.to_string())
}
