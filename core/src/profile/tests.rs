use super::*;
use crate::sorted::SortedSet;

#[test]
fn every_profile_is_found_by_its_name_and_its_versions() {
    for plugin in Profile::plugins() {
        assert_eq!(Profile::find(plugin.name).unwrap().to_string(), plugin.name);
        for version in plugin.versions {
            let profile = Profile::find(&alloc::format!("{}@{version}", plugin.name)).unwrap();
            assert_eq!(profile.version(), Some(*version));
        }
    }
    assert_eq!(Profile::find("cilium@1.18.4").unwrap().to_string(), "cilium@1.18");
    assert_eq!(Profile::find("cilium@1.20.2").unwrap().to_string(), "cilium");
    let errors =
        ["weave", "cilium@1.1", "kubenet@1"].map(|text| Profile::find(text).unwrap_err().to_string());
    assert_eq!(
        errors,
        [
            "there is no profile `weave`; profiles are `upstream`, `antrea`, `azure-npm`, `azure-npm-windows`, `calico`, \
             `calico-windows`, `cilium`, `flannel`, `kube-network-policies`, `kube-router`, `kubenet`, `kubenet+calico`",
            "nothing is known of `cilium` in version `1.1`; versions are `1.20`, `1.18`",
            "nothing is known of `kubenet` in version `1`; its versions are not told apart, leave it out",
        ]
    );
}

/// Every profile in every version with every setting of its options.
fn every_profile() -> Vec<Profile> {
    let mut all = Vec::new();
    for plugin in Profile::plugins() {
        let versions: Vec<Option<&'static str>> = match plugin.versions {
            [] => alloc::vec![None],
            versions => versions.iter().copied().map(Some).collect(),
        };
        let mut profiles: Vec<Profile> =
            versions.into_iter().map(|version| Profile { version, ..Profile::of(plugin) }).collect();
        for option in plugin.options {
            profiles = profiles
                .iter()
                .flat_map(|profile| {
                    option.values.iter().map(|value| {
                        let mut profile = profile.clone();
                        profile.set(option.key, value).unwrap();
                        assert_eq!(profile.value(option.key), Some(*value));
                        profile
                    })
                })
                .collect();
        }
        all.extend(profiles);
    }
    all
}

#[test]
fn every_behaviour_has_an_id_of_its_own_and_sets_options_that_nothing_else_sets() {
    let profiles = every_profile();
    assert!(profiles.len() > 40);
    for profile in profiles {
        let mut ids = SortedSet::new();
        let mut keys = SortedSet::new();
        for behaviour in profile.behaviours() {
            assert!(ids.insert(behaviour.id), "{profile}: {} twice", behaviour.id);
            assert!(!behaviour.source.is_empty() && !behaviour.actual.is_empty());
            let mut own = SortedSet::new();
            for way in 0..behaviour.ways() {
                let mut options = Options::default();
                behaviour.apply(way, &mut options);
                let changed = options.entries().into_iter().zip(Options::default().entries());
                own.extend(changed.filter(|(a, b)| a.value != b.value).map(|(entry, _)| entry.key));
            }
            assert!(!own.is_empty(), "{profile}: {} changes nothing", behaviour.id);
            for key in own {
                assert!(keys.insert(key), "{profile}: `{key}` is set twice");
            }
        }
    }
}

#[test]
fn an_option_that_a_plugin_does_not_have_is_refused_with_those_that_it_has() {
    let set = |profile: &str, key: &str, value: &str| {
        Profile::find(profile).unwrap().set(key, value).unwrap_err().to_string()
    };
    assert_eq!(
        set("calico", "sctp", "on"),
        "profile `calico` has no option `sctp`; options are `dataplane`, `endpoint-to-host`"
    );
    assert_eq!(set("antrea", "sctp", "on"), "profile `antrea` has no option `sctp`; it has none");
    assert_eq!(
        set("calico", "dataplane", "nftables"),
        "`dataplane` of profile `calico` has no value `nftables`; values are `iptables`, `bpf`"
    );
}
