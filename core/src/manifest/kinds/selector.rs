//! `LabelSelector`.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::Entry;
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Fields, Known, quote};
use crate::source::Position;

/// A selector as the text has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct LabelSelector {
    pub(crate) match_labels: Vec<Entry>,
    pub(crate) match_expressions: Vec<LabelSelectorRequirement>,
}

impl PartialEq for LabelSelector {
    fn eq(&self, other: &Self) -> bool {
        self.match_labels == other.match_labels && self.match_expressions == other.match_expressions
    }
}

/// An item of `matchExpressions`.
#[derive(Clone, Debug)]
pub(crate) struct LabelSelectorRequirement {
    pub(crate) key: At<String>,
    pub(crate) operator: At<String>,
    pub(crate) values: Vec<At<String>>,
    pub(crate) at: Position,
}

impl PartialEq for LabelSelectorRequirement {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.operator == other.operator && self.values == other.values
    }
}

const SELECTOR: Known = Known {
    names: &["matchExpressions", "matchLabels"],
    other: Some(
        "put labels under `matchLabels`; as it stands the selector does not look at them, and selects more",
    ),
    ..Known::NOTHING
};

const REQUIREMENT: Known = Known {
    names: &["key", "operator", "values"],
    hints: &[("value", "did you mean `values`? it is a list")],
    ..Known::NOTHING
};

impl LabelSelectorRequirement {
    /// Reads a requirement, whose `values` may be null or not as the kind of object has it.
    fn read(
        cx: &mut Context,
        fields: &Fields<'_, '_>,
        values: impl FnOnce(&mut Context, &Fields<'_, '_>) -> Option<Vec<At<String>>>,
    ) -> Self {
        fields.warn_unknown(cx, &REQUIREMENT);
        Self {
            key: fields.string_or_empty(cx, "key"),
            operator: fields.string_or_empty(cx, "operator"),
            values: values(cx, fields).unwrap_or_default(),
            at: fields.at(),
        }
    }
}

impl LabelSelector {
    pub(crate) fn read(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &SELECTOR);
        let read = |cx: &mut Context, fields: &Fields<'_, '_>| {
            LabelSelectorRequirement::read(cx, fields, |cx, fields| fields.strings(cx, "values"))
        };
        Self {
            match_labels: fields.string_map(cx, "matchLabels"),
            match_expressions: fields.objects(cx, "matchExpressions", read).unwrap_or_default(),
        }
    }

    /// Reads a selector of a custom kind, in which the API server takes null for nothing at all.
    pub(crate) fn read_custom(cx: &mut Context, fields: &Fields<'_, '_>) -> Self {
        fields.warn_unknown(cx, &SELECTOR);
        let path = fields.path().field("matchLabels");
        let mut match_labels = Vec::new();
        for (key, value) in fields.text_map(cx, "matchLabels") {
            match value {
                Some(value) => match_labels.push((key, value)),
                None => {
                    let message = format!(
                        "the label {} has no value: the API server drops it, so the selector does not look at it",
                        quote(&key.value)
                    );
                    let help = "write `\"\"` for the empty value, or remove the label";
                    cx.warning(Code::InvalidLabelValue, &path, key.at, message, help);
                }
            }
        }
        let read = |cx: &mut Context, fields: &Fields<'_, '_>| {
            LabelSelectorRequirement::read(cx, fields, |cx, fields| fields.texts(cx, "values"))
        };
        let match_expressions = fields.items(cx, "matchExpressions", read).unwrap_or_default();
        Self { match_labels, match_expressions }
    }

    /// Reads a selector that may be absent, which is not the same as an empty one.
    pub(crate) fn read_optional(cx: &mut Context, parent: &Fields<'_, '_>, name: &str) -> Option<Self> {
        parent.read(cx, name, |cx, node, path| {
            let fields = Fields::of(cx, node, path);
            Self::read(cx, &fields)
        })
    }
}
