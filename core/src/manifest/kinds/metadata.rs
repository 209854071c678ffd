//! What the API server checks of metadata when an object is made, though nothing here depends on it.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Entry, ObjectMeta};
use crate::label::LabelKey;
use crate::manifest::code::Code;
use crate::manifest::decode::{At, Context, Fields, Path, quote};

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
        // The rule is that of label keys, in any case; to the server the sign for kelvin is an upper-case K.
        let lower = key.value.replace('\u{212a}', "k").to_ascii_lowercase();
        if let Err(error) = LabelKey::try_from(lower.as_str()) {
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
        check_finalizer(cx, finalizer, &path, &path.index(index));
    }
    let find = |name: &str| meta.finalizers.iter().find(|finalizer| finalizer.value == name);
    if let (Some(orphan), Some(_)) = (find("orphan"), find("foregroundDeletion")) {
        let message = "`orphan` and `foregroundDeletion` stand beside each other".to_string();
        cx.error(Code::InvalidFinalizer, &path, orphan.at, message, "leave one of the two");
    }
}

/// Checks a finalizer; the API server reports what is no name, and what is none of its own, each under a path.
pub(super) fn check_finalizer(
    cx: &mut Context,
    finalizer: &At<String>,
    not_a_name: &Path<'_>,
    not_its_own: &Path<'_>,
) {
    let name = finalizer.value.as_str();
    let help = "write `prefix/name`, such as `example.com/cleanup`";
    if let Err(error) = LabelKey::try_from(name) {
        let message = format!("the finalizer {} is not valid: {error}", quote(name));
        cx.error(Code::InvalidFinalizer, not_a_name, finalizer.at, message, help);
    }
    if !name.contains('/') && !STANDARD_FINALIZERS.contains(&name) {
        let message = format!("the finalizer {} has no prefix, and is no standard one", quote(name));
        cx.error(Code::InvalidFinalizer, not_its_own, finalizer.at, message, help);
    }
}

/// Whether a text is a version, with or without a group.
fn is_api_version(text: &str) -> bool {
    match text.split_once('/') {
        Some((_, version)) => !version.is_empty() && !version.contains('/'),
        None => true,
    }
}

fn check_owners(cx: &mut Context, fields: &Fields<'_, '_>, meta: &ObjectMeta) {
    let path = fields.path().field("ownerReferences");
    // The API server drops a reference that is there already.
    let mut owners: Vec<_> = Vec::new();
    for owner in &meta.owners {
        if !owners.contains(&owner) {
            owners.push(owner);
        }
    }
    for owner in &owners {
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
        let version = &owner.value.api_version;
        if !version.value.is_empty() && !is_api_version(&version.value) {
            let message = format!("{} is no version of an API", quote(&version.value));
            let help = "write `version` or `group/version`, such as `apps/v1`";
            cx.error(Code::InvalidOwner, &path.field("apiVersion"), version.at, message, help);
        }
        if version.value == "v1" && owner.value.kind.value == "Event" {
            let message = "an event is no owner".to_string();
            cx.error(Code::InvalidOwner, &path, owner.at, message, "remove the reference");
        }
    }
    if let Some(second) = owners.iter().filter(|owner| owner.value.controller).nth(1) {
        let message = "two owner references say that they are the controller".to_string();
        cx.error(Code::InvalidOwner, &path, second.at, message, "leave `controller: true` on one of them");
    }
}
