//! `-f cluster:` in a build without a client of the Kubernetes API.

use portcullis::ask::failure::Failure;

use crate::input::Document;

/// Says how to get a build that has one.
pub(crate) fn read(_: Option<&str>) -> Result<Vec<Document>, Failure> {
    Err(without())
}

/// As [`read`].
pub(crate) fn watch(
    _: Option<&str>,
    _: impl FnMut(&[Document]) -> bool,
    _: impl FnMut(&str),
) -> Result<(), Failure> {
    Err(without())
}

fn without() -> Failure {
    let message = "this build cannot read from a cluster; build one that does: \
                   `cargo build --release -p portcullis-cli --features cluster`, or hand it a dump: \
                   `kubectl get -A -o yaml namespaces,nodes,pods,services,endpointslices,networkpolicies | portcullis … -f -`";
    Failure::new("no-cluster", message)
}
