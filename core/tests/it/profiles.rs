//! Every cell in which a plugin differs from the specification, by its id: `testdata/profiles`.
//!
//! A document is a row of the table of plugins: objects, and probes with what the specification says (`ideal`) and what
//! some plugins say otherwise (`says`): `denied by CIL-1`, `allowed by …`, `unknown by …`, or a bare verdict. Every
//! plugin that is not named says what the specification does, for no reason of its own, and those that enforce nothing
//! allow everything. `cilium*` are all variants of a plugin, `cilium@1.18*` all of a version.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use portcullis::corpus::{Case, Scenario, read};
use portcullis::manifest::text::{Limits, parse};
use portcullis::manifest::tree::{Node, Value};
use portcullis::profile::{Comparison, Judgement, Profile, Touches};
use portcullis::{Decide, Options, Verdict};
use portcullis_spec::Spec;
use serde_json::{Map, Value as Json, json};

use crate::corpus::{base, expect_none, testdata};

/// A plugin in a version, with options, by the name that documents give it.
struct Variant {
    name: String,
    profile: Profile,
}

/// Plugins as they are shipped, and with each of their options and in each version that there is something to say of.
fn variants() -> Vec<Variant> {
    let shipped = Profile::plugins().iter().skip(1).map(|plugin| plugin.name);
    let others = [
        "calico@3.28",
        "calico@3.30",
        "calico dataplane=bpf",
        "calico endpoint-to-host=drop",
        "cilium allow-localhost=policy",
        "cilium policy-cidr-match-mode=nodes",
        "cilium sctp=on",
        "cilium@1.18",
        "cilium@1.18 sctp=on",
    ];
    let variant = |name: &str| {
        let mut words = name.split(' ');
        let mut profile = Profile::find(words.next().unwrap()).unwrap();
        for setting in words {
            let (key, value) = setting.split_once('=').unwrap();
            profile.set(key, value).unwrap();
        }
        Variant { name: name.to_string(), profile }
    };
    shipped.chain(others).map(variant).collect()
}

impl Variant {
    /// Whether it is one of those that enforce nothing.
    fn is_inert(&self) -> bool {
        self.profile.behaviours().iter().any(|behaviour| behaviour.touches == Touches::Everything)
    }

    /// What a probe says that it says: the most special of its names counts.
    fn says<'a>(&self, says: &'a Map<String, Json>) -> Option<&'a str> {
        let plugin = self.profile.plugin().name;
        let family = if plugin == "kubenet+calico" { "calico" } else { plugin };
        let version = format!("{family}@{}*", self.profile.version().unwrap_or_default());
        [self.name.clone(), version, format!("{family}*")].iter().find_map(|name| says.get(name)?.as_str())
    }
}

fn to_json(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => json!(value),
        Value::Integer(number) => json!(i64::try_from(*number).unwrap()),
        Value::Float(number) => json!(number),
        Value::String(text) => json!(text),
        Value::Sequence(items) => items.iter().map(to_json).collect(),
        Value::Mapping(fields) => {
            Json::Object(fields.iter().map(|field| (field.key.clone(), to_json(&field.node))).collect())
        }
    }
}

/// One row of the table.
struct Row {
    name: String,
    /// Ids of rows that say that a plugin does as the specification, too.
    ids: Vec<String>,
    case: Case,
    /// What each probe's answer is by the specification, and by plugins.
    expected: Vec<(String, Map<String, Json>)>,
}

fn rows() -> Vec<Row> {
    let folder = fs::read_dir(testdata("profiles")).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = folder.filter(|path| path.extension().is_some_and(|it| it == "yaml")).collect();
    files.sort();
    let mut rows = Vec::new();
    for file in files {
        let parsed = parse(&fs::read_to_string(&file).unwrap(), &Limits::default());
        assert!(parsed.problems.is_empty(), "{}: {:?}", file.display(), parsed.problems);
        rows.extend(parsed.documents.iter().map(|document| row(to_json(&document.root))));
    }
    rows
}

fn row(mut document: Json) -> Row {
    let fields = document.as_object_mut().unwrap();
    let name = fields.remove("row").unwrap().as_str().unwrap().to_string();
    let ids = fields.remove("ids").unwrap_or(json!([]));
    let ids = ids.as_array().unwrap().iter().map(|id| id.as_str().unwrap().to_string()).collect();
    fields.insert("case".to_string(), json!(name));
    let mut expected = Vec::new();
    for probe in fields["probes"].as_array_mut().unwrap() {
        let probe = probe.as_object_mut().unwrap();
        let ideal = probe.remove("ideal").unwrap().as_str().unwrap().to_string();
        let says = probe.remove("says").unwrap_or(json!({}));
        expected.push((ideal, says.as_object().unwrap().clone()));
    }
    let cases = read(&document.to_string()).unwrap_or_else(|error| panic!("{name}: {error}"));
    Row { name, ids, case: cases.into_iter().next().unwrap(), expected }
}

/// A judgement in the words of a document.
fn told(judgement: &Judgement) -> String {
    let (word, ids) = match judgement.verdict {
        Some(Verdict::Allow) => ("allowed", &judgement.differs),
        Some(Verdict::Deny) => ("denied", &judgement.differs),
        None => ("unknown", &judgement.unknown),
    };
    if ids.is_empty() { word.to_string() } else { format!("{word} by {}", ids.join(", ")) }
}

/// What a variant has to say of a probe.
fn wanted(variant: &Variant, ideal: &str, says: &Map<String, Json>) -> String {
    match variant.says(says) {
        Some(text) => text.to_string(),
        None if variant.is_inert() && ideal == "denied" => {
            format!("allowed by {}/policy-types", variant.profile.plugin().name)
        }
        None => ideal.to_string(),
    }
}

#[test]
fn every_cell_of_every_plugin_is_what_the_table_says_and_names_the_behaviour() {
    let mut wrong = Vec::new();
    let (mut cells, mut own) = (0, BTreeSet::new());
    for row in rows() {
        let scenario =
            Scenario::load(&row.case, base).unwrap_or_else(|mismatch| panic!("{mismatch}")).unwrap();
        for variant in variants() {
            let (cluster, policies) = (scenario.cluster.clone(), scenario.policies.clone());
            let comparison = Comparison::new(cluster, policies, &variant.profile);
            let spec = Spec::new(&scenario.cluster, &scenario.policies, variant.profile.options());
            let upstream = Spec::new(&scenario.cluster, &scenario.policies, Options::default());
            for (probe, (ideal, says)) in row.case.probes.iter().zip(&row.expected) {
                for flow in scenario.flows(probe).unwrap() {
                    let judgement = comparison.judge(&flow);
                    let place = format!("{}: {probe}: {}", row.name, variant.name);
                    let (found, wanted) = (told(&judgement), wanted(&variant, ideal, says));
                    if found != wanted {
                        wrong.push(format!("{place} is {found}, expected {wanted}"));
                    }
                    let said = if judgement.ideal.verdict().is_allow() { "allowed" } else { "denied" };
                    if said != ideal || judgement.ideal != upstream.decide(&flow) {
                        wrong.push(format!("{place}: the specification says {said}"));
                    }
                    if judgement.actual != spec.decide(&flow) {
                        wrong.push(format!("{place}: spec and engine differ"));
                    }
                    cells += 1;
                    own.extend(
                        variant
                            .says(says)
                            .map(|text| (row.name.clone(), variant.name.clone(), text.to_string())),
                    );
                }
            }
        }
    }
    expect_none(&wrong);
    assert!(own.len() >= 150 && cells > 2_000, "{} cells of their own among {cells}", own.len());
}

/// The ids that some probe names, with the verdicts that it gives them.
fn named(rows: &[Row]) -> BTreeMap<String, BTreeSet<String>> {
    let mut named: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, says) in rows.iter().flat_map(|row| &row.expected) {
        for text in says.values() {
            let Some((word, ids)) = text.as_str().unwrap().split_once(" by ") else { continue };
            for id in ids.split(", ") {
                named.entry(id.to_string()).or_default().insert(word.to_string());
            }
        }
    }
    named
}

#[test]
fn every_behaviour_of_every_plugin_has_a_cell() {
    let rows = rows();
    let named = named(&rows);
    for variant in variants().iter().filter(|variant| !variant.is_inert()) {
        for behaviour in variant.profile.behaviours() {
            let words = named.get(behaviour.id).unwrap_or_else(|| panic!("no cell of {}", behaviour.id));
            let knows = words.iter().any(|word| word != "unknown");
            assert!(behaviour.is_unknown() || knows, "{}: {words:?}", behaviour.id);
        }
    }
}

#[test]
fn every_row_of_what_was_found_by_running_plugins_is_in_the_manual_and_has_a_case() {
    let rows = rows();
    let known: BTreeSet<&str> = rows.iter().flat_map(|row| &row.ids).map(String::as_str).collect();
    let manual = include_str!("../../src/manual/profiles.rs");
    let families = [("CIL", 10), ("CAL", 8), ("KNP", 3)];
    for (family, last) in families {
        for id in (1..=last).map(|number: u32| format!("{family}-{number}")) {
            assert!(known.contains(id.as_str()), "no row is about {id}");
            assert_eq!(manual.matches(&format!("//! | `{id}` |")).count(), 1, "{id} in the manual");
        }
    }
    for id in known {
        assert!(families.iter().any(|(family, _)| id.starts_with(family)), "{id} is no such row");
    }
}

#[test]
fn every_behaviour_is_in_the_manual_with_its_source() {
    let manual = include_str!("../../src/manual/profiles.rs");
    for variant in variants() {
        for behaviour in variant.profile.behaviours() {
            let start = format!("//! | `{}` | ", behaviour.id);
            let row = manual.lines().find(|line| line.starts_with(&start));
            let row = row.unwrap_or_else(|| panic!("the manual lacks {}", behaviour.id));
            // Versions that nobody has looked at share the row of those that somebody has.
            let texts = [behaviour.ideal, behaviour.actual, behaviour.source];
            let is_whole = texts.iter().all(|text| row.contains(text));
            assert!(is_whole || behaviour.is_unknown(), "{row}\nlacks one of {texts:?}");
        }
    }
}

#[test]
fn each_option_of_a_plugin_changes_an_answer_in_each_of_its_values() {
    let mut found: BTreeMap<(String, &str), BTreeSet<String>> = BTreeMap::new();
    for row in rows() {
        let scenario = Scenario::load(&row.case, base).unwrap().unwrap();
        for plugin in Profile::plugins() {
            for option in plugin.options {
                for value in option.values {
                    let mut profile = Profile::of(plugin);
                    profile.set(option.key, value).unwrap();
                    let (cluster, policies) = (scenario.cluster.clone(), scenario.policies.clone());
                    let comparison = Comparison::new(cluster, policies, &profile);
                    let flows = row.case.probes.iter().flat_map(|probe| scenario.flows(probe).unwrap());
                    let answers: String = flows.map(|flow| told(&comparison.judge(&flow)) + "\n").collect();
                    let key = (format!("{} {}", plugin.name, option.key), *value);
                    found.entry(key).or_default().insert(format!("{}\n{answers}", row.name));
                }
            }
        }
    }
    for plugin in Profile::plugins() {
        for option in plugin.options {
            let answers = |value: &&'static str| &found[&(format!("{} {}", plugin.name, option.key), *value)];
            let [first, second] = option.values else { panic!("{} has other than two values", option.key) };
            assert_ne!(answers(first), answers(second), "{} {}", plugin.name, option.key);
        }
    }
}
