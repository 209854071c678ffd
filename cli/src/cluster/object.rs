//! An object of the API as a text with a name, as if it had been a file.

use kube::core::{DynamicObject, TypeMeta};
use serde_json::Value;

use super::resources::Resource;

/// Which object: resource, namespace, name.
pub(super) type Key = (&'static str, String, String);

pub(super) fn key(resource: &Resource, object: &DynamicObject) -> Key {
    let namespace = object.metadata.namespace.clone().unwrap_or_default();
    (resource.plural, namespace, object.metadata.name.clone().unwrap_or_default())
}

/// What messages call it: `networkpolicies/shop/web`, below the cluster it is from.
pub(super) fn name(cluster: &str, (plural, namespace, name): &Key) -> String {
    if namespace.is_empty() {
        format!("{cluster}/{plural}/{name}")
    } else {
        format!("{cluster}/{plural}/{namespace}/{name}")
    }
}

/// Its text, a field a line, without what only the server needs.
pub(super) fn text(resource: &Resource, mut object: DynamicObject) -> String {
    let api = resource.api();
    // Items of a list do not say what they are.
    object.types = Some(TypeMeta { api_version: api.api_version, kind: api.kind });
    object.metadata.managed_fields = None;
    if let Some(annotations) = &mut object.metadata.annotations {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
    let value = serde_json::to_value(&object).unwrap_or(Value::Null);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}
