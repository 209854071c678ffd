//! Network plugins as data: what each really enforces of the policies that it is given.
//!
//! A [`Profile`] is a plugin in a version, with its own options set. It holds the plugin's [`Behaviour`]s, each with an
//! id, a source and how well it is known, and lowers them to [`Options`]. What nobody knows stays unknown: such a
//! behaviour holds every way in which it could be, and an answer that depends on it is no answer.
//!
//! ```
//! use portcullis::profile::Profile;
//!
//! let mut profile = Profile::find("cilium@1.18").unwrap();
//! profile.set("sctp", "on").unwrap();
//! assert!(profile.behaviours().iter().any(|behaviour| behaviour.id == "CIL-4"));
//! assert!(Profile::find("cilium").unwrap().behaviours().iter().all(|behaviour| behaviour.id != "CIL-4"));
//! let error = profile.set("sctp", "maybe").unwrap_err();
//! assert_eq!(error.to_string(), "`sctp` of profile `cilium` has no value `maybe`; values are `off`, `on`");
//! ```

mod antrea;
mod azure_npm;
mod behaviour;
mod calico;
mod cilium;
mod comparison;
mod inert;
mod kube_network_policies;
mod kube_router;
mod review;
mod worlds;

use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt;

pub use behaviour::{Behaviour, Confidence, Effect, Setting, Touches};
use behaviour::{Evidence, unknown_admin, unknown_cluster, unknown_hairpin};
pub use comparison::{Comparison, Judgement};
pub use review::{Difference, Finding, Status, review};

use crate::options::Options;

/// A plugin that a profile can be of.
#[derive(Clone, Copy, Debug)]
pub struct Plugin {
    /// The name.
    pub name: &'static str,
    /// What it is, in a sentence.
    pub summary: &'static str,
    /// The versions that there is a source for, the newest first; none where its behaviour is not told apart by version.
    pub versions: &'static [&'static str],
    /// Its own options.
    pub options: &'static [PluginOption],
    behaviours: fn(&Profile) -> Vec<Behaviour>,
}

/// An option of a plugin.
#[derive(Clone, Copy, Debug)]
pub struct PluginOption {
    /// The key.
    pub key: &'static str,
    /// The values, the shipped default first.
    pub values: &'static [&'static str],
    /// What the plugin itself calls it.
    pub own_name: &'static str,
}

/// The specification, in which every plugin behaves as the text says.
const UPSTREAM: Plugin = Plugin {
    name: "upstream",
    summary: "The text of the specification, enforced as it is.",
    versions: &[],
    options: &[],
    behaviours: |_| Vec::new(),
};

/// Every plugin, `upstream` first.
const PLUGINS: [Plugin; 12] = [
    UPSTREAM,
    antrea::ANTREA,
    azure_npm::LINUX,
    azure_npm::WINDOWS,
    calico::LINUX,
    calico::WINDOWS,
    cilium::CILIUM,
    inert::FLANNEL,
    kube_network_policies::KUBE_NETWORK_POLICIES,
    kube_router::KUBE_ROUTER,
    inert::KUBENET,
    calico::WITH_KUBENET,
];

/// Why a text names no profile, or sets nothing in one.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProfileError {
    /// There is no such plugin.
    #[error("there is no profile `{name}`; profiles are {valid}")]
    UnknownName {
        /// What was given.
        name: String,
        /// The names that exist.
        valid: String,
    },
    /// Nothing is known of the plugin in that version.
    #[error("nothing is known of `{name}` in version `{version}`; {valid}")]
    UnknownVersion {
        /// The plugin.
        name: &'static str,
        /// What was given.
        version: String,
        /// The versions that are known, or that there are none.
        valid: String,
    },
    /// The plugin has no such option.
    #[error("profile `{name}` has no option `{key}`; {valid}")]
    UnknownKey {
        /// The plugin.
        name: &'static str,
        /// What was given.
        key: String,
        /// The options that it has, or that it has none.
        valid: String,
    },
    /// The option has no such value.
    #[error("`{key}` of profile `{name}` has no value `{value}`; values are {valid}")]
    UnknownValue {
        /// The plugin.
        name: &'static str,
        /// The option.
        key: &'static str,
        /// What was given.
        value: String,
        /// The values that exist.
        valid: String,
    },
}

/// A plugin in a version, with its options set.
#[derive(Clone, Debug)]
pub struct Profile {
    plugin: Plugin,
    version: Option<&'static str>,
    /// The value of each of the plugin's options.
    values: Vec<&'static str>,
}

impl Profile {
    /// Every plugin that there is a profile of, `upstream` first.
    #[must_use]
    pub fn plugins() -> &'static [Plugin] {
        const { &PLUGINS }
    }

    /// The profile of a plugin in the newest version that is known.
    #[must_use]
    pub fn of(plugin: &Plugin) -> Self {
        let values = plugin.options.iter().filter_map(|option| option.values.first().copied()).collect();
        Self { plugin: *plugin, version: plugin.versions.first().copied(), values }
    }

    /// Finds a profile by `name`, in the newest version that is known, or by `name@version`.
    ///
    /// # Errors
    /// When there is no such plugin, or nothing is known of that version; the message lists what there is.
    pub fn find(text: &str) -> Result<Self, ProfileError> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        let plugin = PLUGINS.iter().find(|plugin| plugin.name == name);
        let plugin = plugin.ok_or_else(|| ProfileError::UnknownName {
            name: name.to_string(),
            valid: quoted(PLUGINS.iter().map(|plugin| plugin.name)),
        })?;
        let mut profile = Self::of(plugin);
        if let Some(version) = version {
            let known = plugin.versions.iter().copied().find(|known| is_of(version, known));
            profile.version = Some(known.ok_or_else(|| ProfileError::UnknownVersion {
                name: plugin.name,
                version: version.to_string(),
                valid: match plugin.versions {
                    [] => "its versions are not told apart, leave it out".to_string(),
                    versions => alloc::format!("versions are {}", quoted(versions.iter().copied())),
                },
            })?);
        }
        Ok(profile)
    }

    /// Sets one of the plugin's options.
    ///
    /// # Errors
    /// When it has no such option or value; the message lists those that it has.
    pub fn set(&mut self, key: &str, value: &str) -> Result<(), ProfileError> {
        let name = self.plugin.name;
        let options = self.plugin.options;
        let (option, place) = options
            .iter()
            .zip(&mut self.values)
            .find(|(option, _)| option.key == key)
            .ok_or_else(|| ProfileError::UnknownKey {
                name,
                key: key.to_string(),
                valid: match options {
                    [] => "it has none".to_string(),
                    some => alloc::format!("options are {}", quoted(some.iter().map(|option| option.key))),
                },
            })?;
        let known = option.values.iter().copied().find(|known| *known == value);
        *place = known.ok_or_else(|| ProfileError::UnknownValue {
            name,
            key: option.key,
            value: value.to_string(),
            valid: quoted(option.values.iter().copied()),
        })?;
        Ok(())
    }

    /// The plugin.
    #[must_use]
    pub fn plugin(&self) -> &Plugin {
        &self.plugin
    }

    /// The version; nothing where versions are not told apart.
    #[must_use]
    pub fn version(&self) -> Option<&'static str> {
        self.version
    }

    /// The value of one of the plugin's options.
    #[must_use]
    pub fn value(&self, key: &str) -> Option<&'static str> {
        let options = self.plugin.options.iter().zip(&self.values);
        options.into_iter().find(|(option, _)| option.key == key).map(|(_, value)| *value)
    }

    /// Whether this is the specification itself.
    #[must_use]
    pub fn is_upstream(&self) -> bool {
        self.plugin.name == UPSTREAM.name
    }

    /// In what the plugin differs from the specification, or could, in the order of ids.
    #[must_use]
    pub fn behaviours(&self) -> Vec<Behaviour> {
        (self.plugin.behaviours)(self)
    }

    /// The options under which the plugin decides, every unknown behaviour in the first way that it could be.
    #[must_use]
    pub fn options(&self) -> Options {
        let mut options = Options::default();
        for behaviour in self.behaviours() {
            behaviour.apply(0, &mut options);
        }
        options
    }
}

impl fmt::Display for Profile {
    /// `cilium@1.18`; the name alone for the newest version.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.plugin.name)?;
        match self.version {
            Some(version) if self.plugin.versions.first() != Some(&version) => write!(f, "@{version}"),
            _ => Ok(()),
        }
    }
}

/// Whether a version is a known one, or a patch of it.
fn is_of(version: &str, known: &str) -> bool {
    version.strip_prefix(known).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn quoted<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let texts: Vec<String> = texts.map(|text| alloc::format!("`{text}`")).collect();
    texts.join(", ")
}

#[cfg(test)]
mod tests;
