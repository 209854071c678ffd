//! What a workspace says has changed, against all that is there.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use crate::engine::Engine;
use crate::manifest::{Change, LoadOptions, Report, Workspace};
use crate::options::Options;

const POD: &str =
    "{apiVersion: v1, kind: Pod, metadata: {name: web, namespace: shop}, status: {podIP: 10.0.0.1}}\n";
const NAMESPACE: &str = "{apiVersion: v1, kind: Namespace, metadata: {name: bank}}\n";
const UNNAMED: &str = "{apiVersion: v1, kind: Pod, metadata: {generateName: job-}}\n";

fn policy(namespace: &str, name: &str, spec: &str) -> String {
    format!(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: {name}, namespace: {namespace}}}\n\
         spec: {{{spec}}}\n"
    )
}

fn tier(name: &str) -> String {
    format!(
        "{{apiVersion: policy.networking.k8s.io/v1alpha2, kind: ClusterNetworkPolicy, metadata: {{name: {name}}}, \
         spec: {{tier: Admin, priority: 1, subject: {{namespaces: {{}}}}}}}}\n"
    )
}

/// A workspace, and an engine that follows what it says.
struct Followed {
    workspace: Workspace,
    engine: Option<Engine>,
}

impl Followed {
    fn new() -> Self {
        Self { workspace: Workspace::new(LoadOptions::default()), engine: None }
    }

    /// Loads what has changed, and holds it against loading all; how many deltas there were, where policies alone changed.
    fn load(&mut self, what: &str) -> Result<Option<usize>, Report> {
        let mut whole = self.workspace.clone();
        whole.forget();
        let expected = whole.load();
        let change = match self.workspace.load_change() {
            Ok(change) => change,
            Err(report) => {
                assert_eq!(Some(&report), expected.as_ref().err(), "{what}");
                return Err(report);
            }
        };
        let expected = expected.unwrap();
        let (report, count) = match change {
            Change::Whole(loaded) => {
                let loaded = *loaded;
                assert_eq!(loaded, expected, "{what}");
                self.engine = Some(Engine::new(loaded.cluster, loaded.policies, Options::default()));
                (loaded.report, None)
            }
            Change::Policies { deltas, report } => {
                let count = deltas.len();
                self.engine.as_mut().unwrap().apply_all(deltas).unwrap();
                (report, Some(count))
            }
        };
        assert_eq!(report, expected.report, "{what}");
        let left = self.engine.as_ref().unwrap().deltas_to(&expected.cluster, &expected.policies);
        assert!(left.is_empty(), "{what}: {left:?}");
        Ok(count)
    }
}

#[test]
fn where_policies_of_namespaces_alone_change_no_more_is_given_than_these() {
    // Documents are the same wherever they stand: each begins with its marker.
    let join = |parts: &[&str]| parts.iter().map(|part| format!("---\n{part}")).collect::<String>();
    let db = policy("shop", "db", "podSelector: {}");
    let api = policy("shop", "api", "podSelector: {}");
    let narrow = policy("shop", "db", "podSelector: {matchLabels: {app: db}}");
    let unknown = policy("shop", "db", "podSelector: {}, ingres: []");
    let broken = policy("shop", "db", "podSelector: {matchLabels: 1}");
    let at_bank = policy("bank", "db", "podSelector: {}");
    let elsewhere = policy("park", "db", "podSelector: {}");
    let steps: [(&str, String, Option<usize>); 22] = [
        ("all is new", join(&[&db, POD]), None),
        ("nothing changes", join(&[&db, POD]), Some(0)),
        ("a selector", join(&[&narrow, POD]), Some(1)),
        ("a field that nobody knows", join(&[&unknown, POD]), Some(1)),
        ("a comment", join(&[&format!("# why\n{db}"), POD]), Some(1)),
        ("lines above", join(&["\n\n", &db, POD]), Some(1)),
        ("another name", join(&["\n\n", &api, POD]), Some(2)),
        ("one more", join(&["\n\n", &api, &db, POD]), Some(1)),
        ("one less", join(&[&db, POD]), Some(1)),
        ("none", join(&[POD]), Some(1)),
        ("the first", join(&[POD, &db]), Some(1)),
        ("a pod", join(&[&POD.replace("10.0.0.1", "10.0.0.2"), &db]), None),
        ("another order", join(&[&db, &POD.replace("10.0.0.1", "10.0.0.2")]), None),
        ("a namespace that nobody else speaks of", join(&[&elsewhere, POD]), None),
        ("such a namespace goes", join(&[&db, POD]), None),
        ("a namespace", join(&[&db, POD, NAMESPACE]), None),
        ("a namespace that is declared", join(&[&at_bank, POD, NAMESPACE]), Some(2)),
        ("a tier", join(&[&at_bank, POD, NAMESPACE, &tier("a")]), None),
        ("two at once in a tier", join(&[&at_bank, POD, NAMESPACE, &tier("a"), &tier("b")]), None),
        ("beside what is said of both", join(&[&db, POD, NAMESPACE, &tier("a"), &tier("b")]), Some(2)),
        ("what is named in order", join(&[&db, UNNAMED, POD, NAMESPACE, UNNAMED]), None),
        ("beside what is named so", join(&[&narrow, UNNAMED, POD, NAMESPACE, UNNAMED]), Some(1)),
    ];
    let mut followed = Followed::new();
    for (what, text, expected) in steps {
        followed.workspace.set("a.yaml", &text);
        assert_eq!(followed.load(what).unwrap(), expected, "{what}");
    }
    // What is refused is none of what was loaded last, whatever comes of it.
    for (text, then, expected) in [(&broken, &db, Some(1)), (&join(&[&db, &narrow]), &narrow, Some(1))] {
        let rest = join(&[UNNAMED, POD, NAMESPACE, UNNAMED]);
        followed.workspace.set("a.yaml", &(join(&[text]) + &rest));
        followed.load("an error").unwrap_err();
        followed.workspace.set("a.yaml", &(join(&[then]) + &rest));
        assert_eq!(followed.load("after an error").unwrap(), expected);
    }
    // The same object twice is a warning about both.
    followed.workspace.set("b.yaml", &narrow);
    assert_eq!(followed.load("a policy twice").unwrap(), None);
    followed.workspace.set("b.yaml", &api);
    assert_eq!(followed.load("a policy once").unwrap(), None);
    followed.workspace.set("b.yaml", &at_bank);
    assert_eq!(followed.load("another text").unwrap(), Some(2));
    followed.workspace.forget();
    assert_eq!(followed.load("nothing is known").unwrap(), None);
}

#[test]
fn whatever_is_written_deltas_lead_to_what_all_texts_say() {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut below = |bound: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % bound
    };
    let (mut followed, mut narrow) = (Followed::new(), 0);
    let mut texts: [Vec<String>; 2] = Default::default();
    for step in 0..600 {
        let text = &mut texts[below(2)];
        let at = below(text.len() + 1);
        let (namespace, name) = (["shop", "bank"][below(2)], ["a", "b", "c", "d", "e", "f"][below(6)]);
        let spec =
            ["podSelector: {}", "podSelector: {matchLabels: {a: b}}", "podSelectr: {}", "podSelector: 1"];
        let new = match below(16) {
            0 => POD.to_string(),
            1 => NAMESPACE.to_string(),
            2 => UNNAMED.to_string(),
            3 => tier(name),
            4 => "\n".to_string(),
            n => policy(namespace, name, spec[if n < 14 { below(2) } else { below(4) }]),
        };
        match below(3) {
            0 if at < text.len() => drop(text.remove(at)),
            1 if at < text.len() => text[at] = new,
            _ if text.len() < 6 => text.insert(at, new),
            _ => continue,
        }
        for (name, text) in ["a.yaml", "b.yaml"].into_iter().zip(&texts) {
            followed.workspace.set(name, &text.join("---\n"));
        }
        narrow += u32::from(matches!(followed.load(&format!("step {step}")), Ok(Some(_))));
    }
    assert!(narrow >= 30, "{narrow} of 600 were narrow");
}
