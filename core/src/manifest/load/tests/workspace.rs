//! A workspace against loading its texts at once, after one change and another.

use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::manifest::{LoadOptions, Loaded, Report, Source, Workspace, load};
use crate::policy::{Direction, PolicySet};
use crate::source::Origin;

const POLICY: &str = "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from: [{podSelector: {}}]
";
const POD: &str = "\
# a pod
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
spec: {containers: []}
status: {podIP: 10.0.0.1}
";
const UNNAMED: &str = "{apiVersion: v1, kind: Pod, metadata: {generateName: job-}, spec: {containers: []}}\n";
const OTHER_KIND: &str = "{apiVersion: example.com/v1, kind: Widget, metadata: {name: a}}\n";

fn both(workspace: &mut Workspace) -> (Result<Loaded, Report>, Result<Loaded, Report>) {
    let names: Vec<String> = workspace.names().map(ToString::to_string).collect();
    let source = |name: &String| Source {
        name: name.clone(),
        text: workspace.text(name).unwrap_or_default().to_string(),
    };
    let sources: Vec<Source> = names.iter().map(source).collect();
    (workspace.load(), load(&sources, &LoadOptions::default()))
}

fn places(policies: &PolicySet, origin: impl Fn(&Origin) -> Origin) -> Vec<String> {
    let mut places = Vec::new();
    for (_, policy) in policies.policies() {
        places.push(origin(&policy.origin).to_string());
        for rule in policy.written(Direction::Ingress) {
            places.push(origin(&policy.origin.with_position(rule.at)).to_string());
        }
    }
    places
}

fn assert_same(workspace: &mut Workspace, what: &str) {
    match both(workspace) {
        (Ok(found), Ok(expected)) => {
            assert_eq!(found.report, expected.report, "{what}");
            assert_eq!(found.cluster, expected.cluster, "{what}");
            let at_once = places(&expected.policies, Clone::clone);
            assert_eq!(places(&found.policies, |origin| workspace.origin(origin)), at_once, "{what}");
        }
        (Err(found), Err(expected)) => assert_eq!(found, expected, "{what}"),
        (found, expected) => panic!("{what}: {found:?} and {expected:?}"),
    }
}

#[test]
fn after_every_change_a_workspace_holds_what_its_texts_say_at_once() {
    let join = |parts: &[&str]| parts.join("---\n");
    let changes = [
        ("a.yaml", join(&[POLICY, POD]), "two documents"),
        ("a.yaml", join(&["\n\n", POLICY, POD]), "lines above"),
        ("a.yaml", join(&[UNNAMED, UNNAMED, POLICY]), "a document that was read behind two names"),
        ("a.yaml", join(&[UNNAMED, POLICY, UNNAMED]), "one of the names behind it"),
        ("b.yaml", join(&[UNNAMED, POD]), "the same object in another text"),
        ("a.yaml", join(&[UNNAMED, POD, UNNAMED, POLICY]), "names that are generated in order"),
        ("b.yaml", POD.replace("web}", "api}"), "two objects of a name"),
        ("b.yaml", join(&[OTHER_KIND, &POD.replace("name: web", "name: api")]), "two pods of an address"),
        ("a.yaml", join(&[POLICY, "kind: [", POD]), "a document that is none"),
        ("a.yaml", join(&[POLICY, POLICY, POD]), "a document twice"),
        ("a.yaml", POLICY.replace('\n', "\r\n"), "other ends of lines"),
        ("a.yaml", String::from("\u{feff}") + POLICY, "a byte order mark"),
        ("c.yaml", String::new(), "a text without anything"),
    ];
    let mut workspace = Workspace::default();
    for (name, text, what) in changes {
        workspace.set(name, &text);
        assert_same(&mut workspace, what);
    }
    assert!(workspace.remove("b.yaml"));
    assert!(!workspace.remove("b.yaml"));
    assert_same(&mut workspace, "a text less");
}

#[test]
fn only_documents_that_are_new_are_read() {
    let mut workspace = Workspace::default();
    let text = |first: &str| [first, POLICY, POD, POD].join("---\n");
    let mut read = |text: &str| {
        let before = workspace.documents_read();
        workspace.set("a.yaml", text);
        let _ = workspace.load();
        workspace.documents_read() - before
    };
    assert_eq!(read(&text(UNNAMED)), 4);
    assert_eq!(read(&text(UNNAMED)), 0);
    assert_eq!(read(&text(&[UNNAMED, "\n\n"].concat())), 1, "what stands below moves and stays what it is");
    let first = [UNNAMED, "\n\n"].concat();
    assert_eq!(read(&[&first, POD, POLICY].join("---\n")), 0, "documents may change their places");
    assert_eq!(read(&[UNNAMED, UNNAMED].join("---\n")), 2);
    assert_eq!(read(&[UNNAMED, UNNAMED, UNNAMED].join("---\n")), 1);
}
