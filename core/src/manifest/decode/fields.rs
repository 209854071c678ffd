//! The fields of one mapping, read by name and type.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::similar::similar;
use super::time::normalize;
use super::{At, Code, Context, Path, describe, quote};
use crate::manifest::tree::{Field, Node, Value};
use crate::source::Position;

/// The fields that a type has, and what to say about names that people use in their place.
pub(crate) struct Known {
    /// The names.
    pub(crate) names: &'static [&'static str],
    /// Names that only stored objects have: read in silence, and warned about when an object is made.
    pub(crate) stored: &'static [&'static str],
    /// Other names, each with the help that it deserves.
    pub(crate) hints: &'static [(&'static str, &'static str)],
    /// The help for any other name, where there is a better one than the list of names.
    pub(crate) other: Option<&'static str>,
}

impl Known {
    /// No names, and no help.
    pub(crate) const NOTHING: Self = Self { names: &[], stored: &[], hints: &[], other: None };
}

/// A number or a text, as ports are given.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum IntOrString {
    /// A number.
    Int(i32),
    /// A text.
    String(String),
}

/// One mapping being read.
///
/// Null and an absent mapping read as one without fields, as they do on the API server.
pub(crate) struct Fields<'a, 'p> {
    fields: &'a [Field],
    path: Path<'p>,
    at: Position,
}

impl<'a, 'p> Fields<'a, 'p> {
    /// The fields of a node; what is no mapping is reported and read as one without fields.
    pub(crate) fn of(cx: &mut Context, node: &'a Node, path: Path<'p>) -> Self {
        let fields = match &node.value {
            Value::Mapping(fields) => fields.as_slice(),
            Value::Null => &[],
            other => {
                wrong_type(cx, &path, node.at, other, "a mapping", "write `field: value` lines here");
                &[]
            }
        };
        Self { fields, path, at: node.at }
    }

    /// Where the mapping starts.
    pub(crate) fn at(&self) -> Position {
        self.at
    }

    /// The path of the mapping.
    pub(crate) fn path(&self) -> &Path<'p> {
        &self.path
    }

    /// A field's value; nothing when it is absent or null.
    pub(crate) fn node(&self, name: &str) -> Option<&'a Node> {
        let field = self.fields.iter().find(|field| field.key == name)?;
        (field.node.value != Value::Null).then_some(&field.node)
    }

    /// A field read by a function; nothing when it is absent or null.
    pub(crate) fn read<T>(
        &self,
        cx: &mut Context,
        name: &str,
        read: impl FnOnce(&mut Context, &Node, Path<'_>) -> T,
    ) -> Option<T> {
        let node = self.node(name)?;
        Some(read(cx, node, self.path.field(name)))
    }

    /// A field that is a mapping, read by a function even when it is absent.
    pub(crate) fn object<T>(
        &self,
        cx: &mut Context,
        name: &str,
        read: impl FnOnce(&mut Context, &Fields<'_, '_>) -> T,
    ) -> T {
        let absent = Node { value: Value::Null, at: self.at };
        let node = self.node(name).unwrap_or(&absent);
        let fields = Fields::of(cx, node, self.path.field(name));
        read(cx, &fields)
    }

    /// A list whose items are read by a function, null ones included; nothing when it is absent or null.
    pub(crate) fn list<T>(
        &self,
        cx: &mut Context,
        name: &str,
        mut read: impl FnMut(&mut Context, &Node, Path<'_>) -> T,
    ) -> Option<Vec<T>> {
        let node = self.node(name)?;
        let path = self.path.field(name);
        match &node.value {
            Value::Sequence(items) => {
                let items = items.iter().enumerate();
                Some(items.map(|(index, item)| read(cx, item, path.index(index))).collect())
            }
            other => {
                wrong_type(cx, &path, node.at, other, "a list", "start each item with `- `");
                None
            }
        }
    }

    /// A list of mappings.
    pub(crate) fn objects<T>(
        &self,
        cx: &mut Context,
        name: &str,
        mut read: impl FnMut(&mut Context, &Fields<'_, '_>) -> T,
    ) -> Option<Vec<T>> {
        self.list(cx, name, |cx, node, path| {
            let fields = Fields::of(cx, node, path);
            read(cx, &fields)
        })
    }

    /// A list of mappings in an object of a custom kind, where an item that is null is of the wrong type; nothing when
    /// the list is absent or null.
    pub(crate) fn items<T>(
        &self,
        cx: &mut Context,
        name: &str,
        mut read: impl FnMut(&mut Context, &Fields<'_, '_>) -> T,
    ) -> Option<Vec<T>> {
        self.list(cx, name, |cx, node, path| {
            if node.value == Value::Null {
                wrong_type(cx, &path, node.at, &node.value, "a mapping", "write `field: value` lines here");
            }
            let fields = Fields::of(cx, node, path);
            read(cx, &fields)
        })
    }

    /// A list of texts in an object of a custom kind, where an item that is null is of the wrong type.
    pub(crate) fn texts(&self, cx: &mut Context, name: &str) -> Option<Vec<At<String>>> {
        self.list(cx, name, |cx, node, path| {
            if node.value == Value::Null {
                wrong_type(cx, &path, node.at, &node.value, "a text", "write one text, in quotes");
            }
            string(cx, node, &path)
        })
    }

    /// Whether there is no field at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// A text.
    pub(crate) fn string(&self, cx: &mut Context, name: &str) -> Option<At<String>> {
        self.read(cx, name, |cx, node, path| string(cx, node, &path))
    }

    /// A text, empty when it is absent.
    pub(crate) fn string_or_empty(&self, cx: &mut Context, name: &str) -> At<String> {
        self.string(cx, name).unwrap_or_else(|| At::new(String::new(), self.at))
    }

    /// A list of texts; a null item is the empty text.
    pub(crate) fn strings(&self, cx: &mut Context, name: &str) -> Option<Vec<At<String>>> {
        self.list(cx, name, |cx, node, path| string(cx, node, &path))
    }

    /// A mapping of texts by free keys; a null value is the empty text.
    pub(crate) fn string_map(&self, cx: &mut Context, name: &str) -> Vec<(At<String>, At<String>)> {
        self.read(cx, name, |cx, node, path| {
            let map = Fields::of(cx, node, path);
            let entries = map.fields.iter().map(|field| {
                let value = string(cx, &field.node, &map.path.key(&field.key));
                (At::new(field.key.clone(), field.at), value)
            });
            entries.collect()
        })
        .unwrap_or_default()
    }

    /// A mapping of texts by free keys in an object of a custom kind, where a null value is as good as none.
    pub(crate) fn text_map(&self, cx: &mut Context, name: &str) -> Vec<(At<String>, Option<At<String>>)> {
        self.read(cx, name, |cx, node, path| {
            let map = Fields::of(cx, node, path);
            let entries = map.fields.iter().map(|field| {
                let is_null = field.node.value == Value::Null;
                // The API server names a key of such an object as it names a field.
                let value = (!is_null).then(|| string(cx, &field.node, &map.path.field(&field.key)));
                (At::new(field.key.clone(), field.at), value)
            });
            entries.collect()
        })
        .unwrap_or_default()
    }

    /// A boolean.
    pub(crate) fn boolean(&self, cx: &mut Context, name: &str) -> Option<bool> {
        self.read(cx, name, |cx, node, path| match &node.value {
            Value::Bool(value) => Some(*value),
            other => {
                wrong_type(cx, &path, node.at, other, "a boolean", "write true or false, without quotes");
                None
            }
        })?
    }

    /// A whole number of 32 bits.
    pub(crate) fn int32(&self, cx: &mut Context, name: &str) -> Option<At<i32>> {
        self.read(cx, name, |cx, node, path| {
            let number = integer(cx, node, &path, "a whole number", "write digits without quotes")?;
            narrow(cx, node, &path, number).map(|number| At::new(number, node.at))
        })?
    }

    /// A whole number of 64 bits.
    pub(crate) fn int64(&self, cx: &mut Context, name: &str) -> Option<At<i64>> {
        self.read(cx, name, |cx, node, path| {
            let number = integer(cx, node, &path, "a whole number", "write digits without quotes")?;
            narrow(cx, node, &path, number).map(|number| At::new(number, node.at))
        })?
    }

    /// A number or a text.
    pub(crate) fn int_or_string(&self, cx: &mut Context, name: &str) -> Option<At<IntOrString>> {
        self.read(cx, name, |cx, node, path| {
            let value = if let Value::String(text) = &node.value {
                IntOrString::String(text.clone())
            } else {
                let help = match &node.value {
                    Value::Bool(_) => BOOLEAN_HELP,
                    _ => "write the number, or the name of a container port in quotes",
                };
                let number = integer(cx, node, &path, "a whole number or a text", help)?;
                IntOrString::Int(narrow(cx, node, &path, number)?)
            };
            Some(At::new(value, node.at))
        })?
    }

    /// A time, in the form that the API server stores.
    pub(crate) fn time(&self, cx: &mut Context, name: &str) -> Option<String> {
        let text = self.string(cx, name)?;
        let time = normalize(&text.value);
        if time.is_none() {
            let message = format!("{} is no RFC 3339 time", quote(&text.value));
            let help = "write it as `2026-01-31T12:00:00Z`, or leave it out";
            cx.error(Code::InvalidTimestamp, &self.path.field(name), text.at, message, help);
        }
        time
    }

    /// Refuses every field that the type does not have, in documents that no API server reads.
    pub(crate) fn refuse_unknown(&self, cx: &mut Context, known: &[&str]) {
        for field in self.fields.iter().filter(|field| !known.contains(&field.key.as_str())) {
            let message = format!("unknown field {}", quote(&field.key));
            let help = match similar(&field.key, known) {
                Some(name) => format!("did you mean `{name}`?"),
                None => format!("remove it, or look at the indentation; known here: {}", list(known)),
            };
            cx.error(Code::UnknownField, &self.path.field(&field.key), field.at, message, help);
        }
    }

    /// Warns about every field that the type does not have, as the API server does (NP-029).
    pub(crate) fn warn_unknown(&self, cx: &mut Context, known: &Known) {
        for field in self.fields {
            let name = field.key.as_str();
            if known.names.contains(&name) || (!cx.creates() && known.stored.contains(&name)) {
                continue;
            }
            let message =
                format!("unknown field {}: the API server drops it, so it does nothing", quote(&field.key));
            let hint = known.hints.iter().find(|(name, _)| *name == field.key).map(|(_, help)| *help);
            let help = match (hint, similar(&field.key, known.names), known.other) {
                (Some(help), _, _) | (None, None, Some(help)) => help.to_string(),
                (None, Some(name), _) => format!("did you mean `{name}`? names are case-sensitive"),
                (None, None, None) => {
                    format!("remove it, or look at the indentation; known here: {}", list(known.names))
                }
            };
            cx.warning(Code::UnknownField, &self.path.field(&field.key), field.at, message, help);
        }
    }
}

/// What makes people write booleans where they mean texts.
const BOOLEAN_HELP: &str =
    "put it in quotes; YAML reads bare yes, no, on, off, y, n, true and false as booleans";

fn list(names: &[&str]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

fn wrong_type(cx: &mut Context, path: &Path<'_>, at: Position, found: &Value, wanted: &str, help: &str) {
    let message = format!("found {}, must be {wanted}", describe(found));
    cx.error(Code::WrongType, path, at, message, help);
}

fn string(cx: &mut Context, node: &Node, path: &Path<'_>) -> At<String> {
    let value = match &node.value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => {
            let help = match other {
                Value::Bool(_) => BOOLEAN_HELP,
                Value::Integer(_) | Value::Float(_) => "put it in quotes",
                _ => "write one text, in quotes",
            };
            wrong_type(cx, path, node.at, other, "a text", help);
            String::new()
        }
    };
    At::new(value, node.at)
}

fn integer(cx: &mut Context, node: &Node, path: &Path<'_>, wanted: &str, help: &str) -> Option<i128> {
    match &node.value {
        Value::Integer(number) => Some(*number),
        // As JSON the server sees `1e3` and `1.0` as whole numbers; beyond 2^53 no fraction is left to tell.
        Value::Float(number) if is_whole(*number) => format!("{number:.0}").parse().ok(),
        other => {
            wrong_type(cx, path, node.at, other, wanted, help);
            None
        }
    }
}

fn is_whole(number: f64) -> bool {
    number.is_finite() && number.abs() < 9e15 && number.rem_euclid(1.0) == 0.0
}

fn narrow<T: TryFrom<i128>>(cx: &mut Context, node: &Node, path: &Path<'_>, number: i128) -> Option<T> {
    let narrowed = T::try_from(number).ok();
    if narrowed.is_none() {
        let message = format!("the number `{number}` does not fit into {} bits", bits::<T>());
        cx.error(Code::IntegerOutOfRange, path, node.at, message, "write a smaller number");
    }
    narrowed
}

fn bits<T>() -> usize {
    size_of::<T>().saturating_mul(8)
}
