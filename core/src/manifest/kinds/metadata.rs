//! What the API server checks of metadata when an object is made, though nothing here depends on it.

use alloc::format;
use alloc::string::ToString;

use super::{Entry, ObjectMeta};
use crate::label::LabelKey;
use crate::manifest::code::Code;
use crate::manifest::decode::{Context, Fields, quote};

/// The most bytes of all annotations of an object, keys included (the API's own limit).
const MAX_ANNOTATIONS_BYTES: usize = 256 * 1024;

/// The finalizers that have no prefix.
const STANDARD_FINALIZERS: [&str; 3] = ["foregroundDeletion", "kubernetes", "orphan"];

/// Checks annotations, a template's too.
pub(super) fn check_annotations(cx: &mut Context, annotations: &[Entry], fields: &Fields<'_, '_>) {
    let path = fields.path().field("annotations");
    let mut bytes = 0_usize;
    for (key, value) in annotations {
        bytes = bytes.saturating_add(key.value.len()).saturating_add(value.value.len());
        // The rule is that of label keys, in any case.
        if let Err(error) = LabelKey::try_from(key.value.to_lowercase().as_str()) {
            let message = format!("the annotation key {} is not valid: {error}", quote(&key.value));
            cx.error(Code::InvalidAnnotationKey, &path, key.at, message, "write `name` or `prefix/name`");
        }
    }
    if bytes > MAX_ANNOTATIONS_BYTES {
        let message =
            format!("the annotations have {bytes} bytes, at most {MAX_ANNOTATIONS_BYTES} are allowed");
        cx.error(Code::AnnotationsTooLarge, &path, fields.at(), message, "move the largest to a ConfigMap");
    }
}

/// Checks the rest of an object's metadata.
pub(super) fn check_object(cx: &mut Context, fields: &Fields<'_, '_>, meta: &ObjectMeta) {
    check_finalizers(cx, fields, meta);
    check_owners(cx, fields, meta);
}

fn check_finalizers(cx: &mut Context, fields: &Fields<'_, '_>, meta: &ObjectMeta) {
    let path = fields.path().field("finalizers");
    for (index, finalizer) in meta.finalizers.iter().enumerate() {
        let name = finalizer.value.as_str();
        let help = "write `prefix/name`, such as `example.com/cleanup`";
        if let Err(error) = LabelKey::try_from(name) {
            let message = format!("the finalizer {} is not valid: {error}", quote(name));
            cx.error(Code::InvalidFinalizer, &path, finalizer.at, message, help);
        }
        if !name.contains('/') && !STANDARD_FINALIZERS.contains(&name) {
            let message = format!("the finalizer {} has no prefix, and is no standard one", quote(name));
            cx.error(Code::InvalidFinalizer, &path.index(index), finalizer.at, message, help);
        }
    }
}

fn check_owners(cx: &mut Context, fields: &Fields<'_, '_>, meta: &ObjectMeta) {
    let path = fields.path().field("ownerReferences");
    for owner in &meta.owners {
        let parts = [
            ("apiVersion", &owner.value.api_version),
            ("kind", &owner.value.kind),
            ("name", &owner.value.name),
            ("uid", &owner.value.uid),
        ];
        for (field, text) in parts.into_iter().filter(|(_, text)| text.value.is_empty()) {
            let message = format!("an owner reference has no `{field}`");
            let help = "controllers write owner references; remove it from a manifest";
            // Upstream leaves the place in the list out of this path.
            cx.error(Code::InvalidOwner, &path.field(field), text.at, message, help);
        }
    }
    if let Some(second) = meta.owners.iter().filter(|owner| owner.value.controller).nth(1) {
        let message = "two owner references say that they are the controller".to_string();
        cx.error(Code::InvalidOwner, &path, second.at, message, "leave `controller: true` on one of them");
    }
}
