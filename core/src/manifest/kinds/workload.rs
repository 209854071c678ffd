//! Workloads: Deployment, StatefulSet, DaemonSet, ReplicaSet, Job and CronJob, which differ in where their template is.

use super::{LabelSelector, ObjectMeta, PodSpec};
use crate::cluster::WorkloadKind;
use crate::manifest::decode::{At, Context, Fields};

/// What is read of a workload.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Workload {
    pub(crate) kind: WorkloadKind,
    pub(crate) meta: ObjectMeta,
    pub(crate) replicas: Option<At<i32>>,
    pub(crate) selector: Option<LabelSelector>,
    /// Whether there is a template at all.
    pub(crate) has_template: bool,
    /// `metadata` of the template.
    pub(crate) template_meta: ObjectMeta,
    /// `spec` of the template.
    pub(crate) template: At<PodSpec>,
}

impl Workload {
    pub(crate) fn read(cx: &mut Context, kind: WorkloadKind, fields: &Fields<'_, '_>) -> Self {
        let meta = ObjectMeta::read(cx, fields);
        fields.object(cx, "spec", |cx, spec| {
            if kind == WorkloadKind::CronJob {
                spec.object(cx, "jobTemplate", |cx, job| {
                    job.object(cx, "spec", |cx, spec| Self::read_spec(cx, kind, meta, spec))
                })
            } else {
                Self::read_spec(cx, kind, meta, spec)
            }
        })
    }

    fn read_spec(cx: &mut Context, kind: WorkloadKind, meta: ObjectMeta, spec: &Fields<'_, '_>) -> Self {
        let replicas = spec.int32(cx, "replicas");
        let selector = LabelSelector::read_optional(cx, spec, "selector");
        let (template_meta, template) = spec.object(cx, "template", |cx, template| {
            (ObjectMeta::read_template(cx, template), PodSpec::read(cx, template))
        });
        let has_template = spec.node("template").is_some();
        Self { kind, meta, replicas, selector, has_template, template_meta, template }
    }

    /// Where the template is, in the object.
    pub(crate) fn template_path(kind: WorkloadKind) -> &'static str {
        if kind == WorkloadKind::CronJob { "spec.jobTemplate.spec.template" } else { "spec.template" }
    }
}
