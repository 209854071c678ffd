//! The objects of documents, each on its own, as a corpus case holds them.

use portcullis::manifest::text::{Limits, parse};
use portcullis::manifest::tree::{Field, Node, Value};
use portcullis::source::Position;

use super::{field, text_field};
use crate::input::Document;

/// Every object of the documents; those in lists stand alone, those without a namespace get the given one.
pub(super) fn of_documents(documents: &[Document], namespace: Option<&str>) -> Vec<Node> {
    let mut objects = Vec::new();
    for text in documents.iter().filter_map(|document| document.text.as_deref().ok()) {
        for document in parse(text, &Limits::default()).documents {
            add(document.root, &mut objects);
        }
    }
    if let Some(namespace) = namespace {
        objects.iter_mut().for_each(|object| set_namespace(object, namespace));
    }
    objects
}

fn add(node: Node, objects: &mut Vec<Node>) {
    let kind = text_field(&node, "kind").map(str::to_string);
    let item_kind = kind.as_deref().and_then(|kind| kind.strip_suffix("List"));
    let (Some(item_kind), Some(Value::Sequence(_))) =
        (item_kind, field(&node, "items").map(|node| &node.value))
    else {
        objects.push(node);
        return;
    };
    let version = text_field(&node, "apiVersion").map(str::to_string);
    for mut item in into_items(node) {
        // The items of a typed list take its kind and version; those of a v1 `List` have their own.
        if !item_kind.is_empty() {
            set_missing(&mut item, "kind", item_kind);
            if let Some(version) = &version {
                set_missing(&mut item, "apiVersion", version);
            }
        }
        add(item, objects);
    }
}

fn into_items(list: Node) -> Vec<Node> {
    let Value::Mapping(fields) = list.value else { return Vec::new() };
    let items = fields.into_iter().find(|field| field.key == "items").map(|field| field.node.value);
    match items {
        Some(Value::Sequence(items)) => items,
        _ => Vec::new(),
    }
}

fn set_namespace(object: &mut Node, namespace: &str) {
    if matches!(text_field(object, "kind"), Some("Namespace" | "Node")) {
        return;
    }
    let Value::Mapping(fields) = &mut object.value else { return };
    if let Some(metadata) = fields.iter_mut().find(|field| field.key == "metadata") {
        set_missing(&mut metadata.node, "namespace", namespace);
    }
}

/// Sets a field that is missing, null or an empty text.
fn set_missing(node: &mut Node, key: &str, text: &str) {
    let at = Position::default();
    let Value::Mapping(fields) = &mut node.value else { return };
    let value = Node { value: Value::String(text.to_string()), at };
    match fields.iter_mut().find(|field| field.key == key) {
        Some(field)
            if matches!(&field.node.value, Value::Null)
                || field.node.value == Value::String(String::new()) =>
        {
            field.node = value;
        }
        Some(_) => {}
        None => fields.push(Field { key: key.to_string(), at, node: value }),
    }
}
