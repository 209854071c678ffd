//! How flows are decided, as the arguments say: the plugin, the options, what domain names resolve to.

use std::collections::BTreeMap;
use std::net::IpAddr;

use portcullis::ask::failure::Failure;
use portcullis::net::{DomainName, parse_address};
use portcullis::profile::Profile;
use portcullis::{Delta, Engine, Options};

use crate::args::DecideArgs;

/// How flows are decided.
#[derive(Debug)]
pub(crate) struct Decider {
    /// The plugin that decides; the specification has none.
    pub(crate) profile: Option<Profile>,
    /// What the specification leaves open, or the plugin in the first way that it could be.
    pub(crate) options: Options,
    resolved: BTreeMap<DomainName, Vec<IpAddr>>,
}

impl Decider {
    /// Reads the arguments.
    pub(crate) fn read(args: &DecideArgs) -> Result<Self, Failure> {
        let mut profile = find_profile(&args.profile)?;
        let (profile, options) = if profile.is_upstream() {
            let mut options = Options::default();
            for setting in &args.settings {
                let (key, value) = key_and_value(setting)?;
                options.set(key, value).map_err(|error| Failure::new("bad-setting", error.to_string()))?;
            }
            (None, options)
        } else {
            set_all(&mut profile, &args.settings)?;
            let options = profile.options();
            (Some(profile), options)
        };
        Ok(Self { profile, options, resolved: resolved(&args.resolved)? })
    }

    /// Tells an engine which addresses domain names have (CNP-012).
    pub(crate) fn resolve(&self, engine: &mut Engine) -> Result<(), Failure> {
        let resolved = self.resolved.clone().into_iter();
        let deltas = resolved.map(|(name, addresses)| Delta::Resolved { name, addresses });
        // Whatever a name has, there is room for it.
        engine.apply_all(deltas).map_err(|error| Failure::new("bad-name", error.to_string()))?;
        Ok(())
    }
}

/// Finds a profile by `NAME` or `NAME@VERSION`.
pub(crate) fn find_profile(name: &str) -> Result<Profile, Failure> {
    Profile::find(name).map_err(|error| Failure::new("unknown-profile", error.to_string()))
}

/// Finds profiles by name, each with the same options set.
pub(crate) fn find_profiles(names: &[String], settings: &[String]) -> Result<Vec<Profile>, Failure> {
    let find = |name: &String| {
        let mut profile = find_profile(name)?;
        set_all(&mut profile, settings)?;
        Ok(profile)
    };
    names.iter().map(find).collect()
}

/// Sets options of a plugin, each a `KEY=VALUE`.
pub(crate) fn set_all(profile: &mut Profile, settings: &[String]) -> Result<(), Failure> {
    for setting in settings {
        let (key, value) = key_and_value(setting)?;
        profile.set(key, value).map_err(|error| Failure::new("bad-setting", error.to_string()))?;
    }
    Ok(())
}

fn key_and_value(setting: &str) -> Result<(&str, &str), Failure> {
    setting.split_once('=').ok_or_else(|| {
        Failure::new("bad-setting", format!("`--set {setting}` has no value; write `--set {setting}=VALUE`"))
    })
}

fn resolved(args: &[String]) -> Result<BTreeMap<DomainName, Vec<IpAddr>>, Failure> {
    let mut names: BTreeMap<DomainName, Vec<IpAddr>> = BTreeMap::new();
    for resolved in args {
        let bad = |why: &str| Failure::new("bad-name", format!("`--resolve {resolved}`: {why}"));
        let (name, address) = resolved.split_once('=').ok_or_else(|| bad("write `NAME=ADDRESS`"))?;
        let name = DomainName::try_from(name).map_err(|error| bad(&format!("the name {error}")))?;
        let address = parse_address(address).map_err(|error| bad(&error.to_string()))?;
        names.entry(name).or_default().push(address);
    }
    Ok(names)
}
