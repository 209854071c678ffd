//! Selectors of pods: by their namespaces, and by their own labels.

use super::form::Form;
use super::missing;
use crate::api::label_selector;
use crate::manifest::Code;
use crate::manifest::decode::{Context, Fields, Known};
use crate::manifest::kinds::LabelSelector;
use crate::manifest::tree::{Node, Value};
use crate::policy::{NamespaceMatch, PodMatch};
use crate::selector::Selector;

/// A selection; nothing known of it when a selector is none that an API server would store elsewhere (CNP-013).
pub(super) struct Selection(Option<Selector>);

/// A selection of pods; as [`Selection`].
pub(super) struct PodSelection(Option<PodMatch>);

impl Selection {
    pub(super) fn known(self) -> Option<Selector> {
        self.0
    }

    /// All pods of the namespaces; nobody where they are not known.
    pub(super) fn into_pods(self) -> PodMatch {
        self.into_selection().0.unwrap_or_else(nobody)
    }

    pub(super) fn into_selection(self) -> PodSelection {
        let all = |namespaces| PodMatch {
            namespaces: NamespaceMatch::Selected(namespaces),
            pods: Selector::everything(),
        };
        PodSelection(self.0.map(all))
    }

    const UNKNOWN: Self = Self(None);
}

impl PodSelection {
    pub(super) fn known(self) -> Option<PodMatch> {
        self.0
    }
}

/// A match that no pod satisfies: no namespace has the empty name.
pub(super) fn nobody() -> PodMatch {
    PodMatch { namespaces: NamespaceMatch::Named("".into()), pods: Selector::everything() }
}

/// The selector in a field; nothing when the field is absent.
pub(super) fn namespaces(cx: &mut Context, parent: &Fields<'_, '_>, name: &str) -> Option<Selection> {
    let node = parent.node(name)?;
    let fields = Fields::of(cx, node, parent.path().field(name));
    let selector = LabelSelector::read_custom(cx, &fields);
    check_expressions(cx, &fields);
    // CNP-013: the server does not look into selectors here, so what is wrong with them is no error.
    let (selector, sound) = cx.leniently(|cx| label_selector(cx, &selector, fields.path()));
    Some(Selection(sound.then_some(selector)))
}

/// Reports expressions without the fields that they have to have.
fn check_expressions(cx: &mut Context, selector: &Fields<'_, '_>) {
    let Some(Node { value: Value::Sequence(items), .. }) = selector.node("matchExpressions") else { return };
    let path = selector.path().field("matchExpressions");
    for (index, item) in items.iter().enumerate() {
        let Value::Mapping(_) = &item.value else { continue };
        let fields = Fields::of(cx, item, path.index(index));
        for name in ["key", "operator"] {
            if fields.node(name).is_none() {
                missing(cx, &fields, name, "an expression has `key` and `operator`");
            }
        }
    }
}

/// The field `pods`, in either form (ANP-005); nothing when it is absent or broken.
pub(super) fn pods(cx: &mut Context, parent: &Fields<'_, '_>, form: &Form) -> Option<PodSelection> {
    let node = parent.node("pods")?;
    let fields = Fields::of(cx, node, parent.path().field("pods"));
    fields.warn_unknown(cx, &Known { names: &["namespaceSelector", "podSelector"], ..Known::NOTHING });
    let nested = !form.is_new() && fields.node("namespaces").is_some();
    let help = "write `{}` for all";
    if fields.node("namespaceSelector").is_none() && !form.is_new() && (cx.creates() || !nested) {
        missing(cx, &fields, "namespaceSelector", help);
    }
    if fields.node("podSelector").is_none() {
        missing(cx, &fields, "podSelector", help);
    }
    let own = namespaces(cx, &fields, "podSelector");
    let of_namespaces = match namespaces(cx, &fields, "namespaceSelector") {
        Some(selection) => selection,
        None if nested => older_namespaces(cx, &fields)?,
        // CNP-007: without a selector it is all namespaces.
        None => Selection(Some(Selector::everything())),
    };
    let selection = of_namespaces.known().zip(own?.known());
    let found = selection
        .map(|(namespaces, pods)| PodMatch { namespaces: NamespaceMatch::Selected(namespaces), pods });
    Some(PodSelection(found))
}

/// The field `namespaces` of a peer, in either form (ANP-005); nothing when it is absent.
pub(super) fn peer_namespaces(cx: &mut Context, parent: &Fields<'_, '_>, form: &Form) -> Option<Selection> {
    const OLDER: [&str; 3] = ["namespaceSelector", "sameLabels", "notSameLabels"];
    let is_older = |node: &Node| match &node.value {
        Value::Mapping(fields) => fields.iter().any(|field| OLDER.contains(&field.key.as_str())),
        _ => false,
    };
    if form.is_new() || !parent.node("namespaces").is_some_and(is_older) {
        return namespaces(cx, parent, "namespaces");
    }
    older_namespaces(cx, parent)
}

fn older_namespaces(cx: &mut Context, parent: &Fields<'_, '_>) -> Option<Selection> {
    let node = parent.node("namespaces")?;
    let fields = Fields::of(cx, node, parent.path().field("namespaces"));
    if cx.creates() {
        // The newest form of the API has none of these, and drops them.
        let newest = Known { names: &["matchExpressions", "matchLabels"], ..Known::NOTHING };
        fields.warn_unknown(cx, &newest);
    }
    let same = ["sameLabels", "notSameLabels"].into_iter().find(|name| fields.node(name).is_some());
    if let Some(name) = same {
        // ANP-005: what namespaces they mean depends on the subject's own; no later version has them.
        let message = alloc::format!("`{name}` is not evaluated: the rule fails closed");
        let help = "select the namespaces by their labels, with one policy for each";
        cx.warning(Code::UnknownPeer, &fields.path().field(name), fields.at(), message, help);
        return Some(Selection::UNKNOWN);
    }
    Some(namespaces(cx, &fields, "namespaceSelector").unwrap_or(Selection::UNKNOWN))
}
