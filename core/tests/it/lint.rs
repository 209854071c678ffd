//! Lint: what its page says of each check holds, and what people get wrong is found.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use portcullis::analyze::lint::{Check, Finding, Level, Outlines, lint, lint_in, remedies};
use portcullis::manifest::edit::{Layout, apply};
use portcullis::manifest::{LoadOptions, Source, Workspace, load};
use portcullis::profile::Profile;
use portcullis::{Engine, Options};

const EXAMPLE: &str = "example.yaml";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn page() -> String {
    fs::read_to_string(root().join("docs/lint.md")).unwrap()
}

/// The first block of YAML after a mark.
fn block<'a>(text: &'a str, mark: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(mark)?;
    let (_, rest) = rest.split_once("```yaml\n")?;
    Some(rest.split_once("```")?.0)
}

fn lint_all(sources: &[Source]) -> Vec<Finding> {
    lint_on(sources, &[])
}

fn lint_on(sources: &[Source], profiles: &[Profile]) -> Vec<Finding> {
    let options = LoadOptions::default();
    let loaded = load(sources, &options).unwrap_or_else(|report| panic!("{:#?}", report.problems));
    let found = lint(sources, &options, loaded, profiles);
    let checked: Vec<Finding> =
        found.iter().filter(|finding| Check::find(finding.check).is_some()).cloned().collect();
    assert_eq!(lint_as_it_is_written(sources, profiles), checked);
    found
}

/// A document of a kind that is not read.
const MORE: &str =
    "# Once there was more here.\n---\n{apiVersion: v1, kind: Secret, metadata: {name: more}}\n---\n";

/// The findings in a workspace whose texts were others before, of which lint had read them.
fn lint_as_it_is_written(sources: &[Source], profiles: &[Profile]) -> Vec<Finding> {
    let mut workspace = Workspace::new(LoadOptions::default());
    let mut outlines = Outlines::default();
    let mut found = Vec::new();
    for head in [MORE, ""] {
        for Source { name, text } in sources {
            workspace.set(name, &format!("{head}{text}"));
        }
        let loaded = workspace.load().unwrap();
        let engine = Engine::new(loaded.cluster, loaded.policies, Options::default());
        found = lint_in(&workspace, &engine, &mut outlines, profiles);
    }
    found
}

/// The texts of an example: with the cluster, unless it stands for itself.
fn texts(example: &str, cluster: Option<&str>) -> Vec<Source> {
    let head =
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: example, namespace: shop}\n";
    let head = if example.starts_with("spec:") { head } else { "" };
    let mut sources = vec![Source { name: EXAMPLE.into(), text: format!("{head}{example}") }];
    sources.extend(cluster.map(|text| Source { name: "cluster.yaml".into(), text: text.into() }));
    sources
}

/// The findings in an example.
fn found(example: &str, cluster: Option<&str>, profiles: &[Profile]) -> Vec<Finding> {
    let mut findings = lint_on(&texts(example, cluster), profiles);
    findings.retain(|finding| finding.file == EXAMPLE);
    findings
}

#[test]
fn each_check_finds_something_in_its_bad_example_and_nothing_in_its_good_one() {
    let page = page();
    let cluster = block(&page, "\n## The cluster of the examples\n").unwrap();
    let mut wrong = Vec::new();
    for check in Check::ALL {
        let id = check.as_str();
        let (_, section) =
            page.split_once(&format!("\n### {id}\n")).unwrap_or_else(|| panic!("no section `{id}`"));
        let section = section.split("\n## ").next().unwrap().split("\n### ").next().unwrap();
        let first = format!("\n*{}*: {}.\n", check.level(), check.title());
        assert!(
            section.starts_with(&first),
            "{id}: the section begins with\n{}",
            section.lines().take(3).collect::<Vec<_>>().join("\n")
        );
        for (mark, expected) in [("\nBad", true), ("\nGood", false)] {
            let alone = section.contains(&format!("{mark}, alone:\n"));
            let example = block(section, mark).unwrap_or_else(|| panic!("`{id}` has no example{mark}"));
            let plugin =
                section.split_once(&format!("{mark}, on `")).and_then(|(_, rest)| rest.split('`').next());
            let profiles: Vec<Profile> =
                plugin.into_iter().map(|name| Profile::find(name).unwrap()).collect();
            let findings = found(example, (!alone).then_some(cluster), &profiles);
            let own: Vec<_> = findings.iter().filter(|finding| finding.check == id).collect();
            if own.is_empty() == expected {
                wrong.push(format!("{id}:{mark}: {own:#?}\nall: {:?}", checks(&findings)));
            }
            for finding in own {
                assert_eq!(finding.level, check.level(), "{id}");
                assert!(finding.line > 0 && finding.column > 0, "{id}: {finding:?}");
                assert!(!finding.message.is_empty() && !finding.help.is_empty(), "{id}: {finding:?}");
                assert!(
                    !finding.message.contains('\n') && !finding.message.ends_with('.'),
                    "{id}: {finding:?}"
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{} examples are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!(page.matches("\n### ").count(), Check::ALL.len(), "sections without a check");
}

/// The remedies that the bad example of a check shows, each tried: what is left must be less than before.
fn remedied(check: Check, page: &str, cluster: &str) -> BTreeSet<&'static str> {
    let (_, section) = page.split_once(&format!("\n### {}\n", check.as_str())).unwrap();
    let alone = section.split("\nGood").next().unwrap().contains("\nBad, alone:\n");
    let before = texts(block(section, "\nBad").unwrap(), (!alone).then_some(cluster));
    let findings = lint_all(&before);
    let policies = load(&before, &LoadOptions::default()).unwrap().policies;
    let is_taken = |wanted: &str| policies.policies().any(|(_, policy)| policy.to_string() == wanted);
    let mut remedied = BTreeSet::new();
    for finding in &findings {
        let place = before.iter().position(|source| source.name == finding.file).unwrap();
        for remedy in remedies(finding, &Layout::of(&before[place].text), &is_taken) {
            let mut after = before.clone();
            after[place].text = apply(&before[place].text, &remedy.edits).unwrap();
            let same = |all: &[Finding]| {
                let is_same =
                    |other: &&Finding| (other.check, &other.object) == (finding.check, &finding.object);
                all.iter().filter(is_same).count()
            };
            let left = same(&lint_all(&after));
            assert!(left < same(&findings), "{finding:#?}\n{}:\n{}", remedy.title, after[place].text);
            remedied.insert(finding.check);
        }
    }
    remedied
}

#[test]
fn after_a_remedy_the_finding_is_gone() {
    let page = page();
    let cluster = block(&page, "\n## The cluster of the examples\n").unwrap();
    let found: BTreeSet<&str> =
        Check::ALL.into_iter().flat_map(|check| remedied(check, &page, cluster)).collect();
    let expected = [
        "dns-missing",
        "dns-one-protocol",
        "duplicate-peer",
        "duplicate-port",
        "empty-peer-list",
        "empty-port-list",
        "end-port-equals-port",
        "namespace-missing",
        "namespace-without-policy",
        "no-default-deny",
        "peer-inside-peer",
        "policy-types-missing",
        "port-inside-range",
        "port-protocol-missing",
        "redundant-rule",
        "rules-without-type",
        "shadowed-rule",
        "stray-dash-peers",
        "stray-dash-ports",
    ];
    assert_eq!(found, BTreeSet::from(expected));
}

fn checks(findings: &[Finding]) -> Vec<&str> {
    findings.iter().map(|finding| finding.check).collect()
}

#[test]
fn ids_are_plain_and_occur_once() {
    let ids: BTreeSet<&str> = Check::ALL.iter().map(|check| check.as_str()).collect();
    assert_eq!(ids.len(), Check::ALL.len());
    for check in Check::ALL {
        assert!(check.as_str().chars().all(|c| c.is_ascii_lowercase() || c == '-'), "{}", check.as_str());
        assert_eq!(Check::find(check.as_str()), Some(check));
    }
    assert_eq!(Check::find("no-such-check"), None);
    assert!(Level::Error > Level::Warning && Level::Warning > Level::Info);
}

#[test]
fn what_people_get_wrong_is_found_before_and_not_after() {
    for (mistake, expected) in [
        ("dash-before-ports", "stray-dash-ports"),
        ("dns-forgotten", "dns-missing"),
        ("empty-from", "empty-peer-list"),
        ("empty-rule-or-empty-list", "rule-allows-everything"),
        ("except-is-no-deny", "except-allowed-elsewhere"),
        ("namespace-label", "namespace-name-label"),
        ("not-in-without-the-label", "matches-unlabelled"),
        ("one-side-open", "other-side-closed"),
        ("other-namespace", "peer-selects-nothing"),
        ("policy-types-without-egress", "rules-without-type"),
        ("service-port", "service-port"),
        ("stray-dash", "stray-dash-peers"),
    ] {
        let folder = root().join("examples/mistakes").join(mistake);
        let read =
            |name: &str| Source { name: name.into(), text: fs::read_to_string(folder.join(name)).unwrap() };
        let of = |name: &str| lint_all(&[read("cluster.yaml"), read(name)]);
        let (before, after) = (of("before.yaml"), of("after.yaml"));
        assert!(checks(&before).contains(&expected), "{mistake} before: {:?}", checks(&before));
        assert!(!checks(&after).contains(&expected), "{mistake} after: {:?}", checks(&after));
    }
}

#[test]
fn without_pods_and_namespaces_no_selector_is_blamed() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: x, namespace: shop}\nspec:\n  \
                  podSelector: {matchLabels: {app: web}}\n  policyTypes: [Ingress]\n  ingress:\n  - from:\n    - \
                  namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}\n      podSelector: \
                  {matchLabels: {app: db}}\n    ports: [{protocol: TCP, port: http}]\n";
    assert_eq!(checks(&found(policy, None, &[])), Vec::<&str>::new());
}

#[test]
fn a_shop_in_order_has_no_errors() {
    let mut sources = Vec::new();
    for entry in fs::read_dir(root().join("examples/shop")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "yaml") {
            sources.push(Source {
                name: path.file_name().unwrap().to_string_lossy().into_owned(),
                text: fs::read_to_string(&path).unwrap(),
            });
        }
    }
    let findings = lint_all(&sources);
    let errors: Vec<_> = findings.iter().filter(|finding| finding.level == Level::Error).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}
