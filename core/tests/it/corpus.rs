//! The project's own cases, and who has to answer them.

use std::fs;
use std::path::{Path, PathBuf};

use portcullis::cluster::Cluster;
use portcullis::corpus::{Case, Mismatch, Scenario, read};
use portcullis::policy::PolicySet;
use portcullis::{Decide, Engine, Options};
use portcullis_spec::Spec;

/// A file or folder of `testdata`.
pub(crate) fn testdata(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(name)
}

/// The text of a base.
pub(crate) fn base(name: &str) -> Option<String> {
    fs::read_to_string(testdata("bases").join(format!("{name}.yaml"))).ok()
}

/// The cases of one file of the project's own.
pub(crate) fn cases_of(file: &Path) -> Vec<Case> {
    let found = read(&fs::read_to_string(file).unwrap());
    found.unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every case of the project's own, in the order of files and documents.
pub(crate) fn own_cases() -> Vec<Case> {
    let folder = fs::read_dir(testdata("corpus")).unwrap();
    let mut files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().flat_map(|file| cases_of(file)).collect()
}

/// Every case of the project's own that can be loaded, ready to be decided.
pub(crate) fn own_scenarios() -> Vec<(Case, Scenario)> {
    let load = |case: Case| {
        let scenario = Scenario::load(&case, base).unwrap_or_else(|mismatch| panic!("{mismatch}"));
        scenario.map(|scenario| (case, scenario))
    };
    own_cases().into_iter().filter_map(load).collect()
}

/// As [`own_scenarios`], without those in which a plugin has its own way, which is where laws end.
pub(crate) fn scenarios_by_the_text() -> Vec<(Case, Scenario)> {
    let is_by_the_text = |(_, scenario): &(Case, Scenario)| {
        let options = scenario.options.entries().into_iter().zip(Options::default().entries());
        let mut set = options.filter(|(set, default)| set.value != default.value).map(|(entry, _)| entry);
        !set.any(|entry| {
            Options::is_of_plugins(entry.key)
                || ["dropped", "denied", "refuse-policy", "any-port"].contains(&entry.value)
        })
    };
    own_scenarios().into_iter().filter(is_by_the_text).collect()
}

/// Everything that decides flows, by name.
pub(crate) fn implementations(scenario: &Scenario) -> [(&'static str, Box<dyn Decide + '_>); 2] {
    let Scenario { cluster, policies, options } = scenario;
    [
        ("spec", Box::new(Spec::new(cluster, policies, *options))),
        ("engine", Box::new(Engine::new(cluster.clone(), policies.clone(), *options))),
    ]
}

/// What one engine answers otherwise than the cases say, when it is led from each to the next by deltas.
pub(crate) fn mismatches_under_deltas(cases: &[Case]) -> Vec<String> {
    let mut engines: Vec<Engine> = Vec::new();
    let mut lines = Vec::new();
    for case in cases {
        let Ok(Some(Scenario { cluster, policies, options })) = Scenario::load(case, base) else { continue };
        if engines.iter().all(|engine| engine.options() != options) {
            engines.push(Engine::new(Cluster::default(), PolicySet::default(), options));
        }
        let engine = engines.iter_mut().find(|engine| engine.options() == options).unwrap();
        engine.apply_all(engine.deltas_to(&cluster, &policies)).unwrap();
        assert!(*engine.policies() == policies, "{}", case.title());
        let now =
            Scenario { cluster: engine.cluster().clone(), policies: engine.policies().clone(), options };
        lines.extend(now.check(case, engine).iter().map(|mismatch| format!("after deltas: {mismatch}")));
    }
    lines
}

/// What any implementation answers otherwise than a case says, one line each.
pub(crate) fn mismatches(case: &Case) -> Vec<String> {
    match Scenario::load(case, base) {
        Err(mismatch) => vec![mismatch.to_string()],
        Ok(None) => Vec::new(),
        Ok(Some(scenario)) => {
            let mut lines = Vec::new();
            for (name, implementation) in implementations(&scenario) {
                let found: Vec<Mismatch> = scenario.check(case, implementation.as_ref());
                lines.extend(found.iter().map(|mismatch| format!("{name}: {mismatch}")));
            }
            lines
        }
    }
}

/// Fails with every line there is, or passes when there is none.
pub(crate) fn expect_none(lines: &[String]) {
    assert!(lines.is_empty(), "{} mismatches:\n{}", lines.len(), lines.join("\n"));
}
