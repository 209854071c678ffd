//! The way to an API server: the user's kubeconfig, and what goes wrong on the way.

use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config, Error};
use portcullis::ask::failure::{Failure, listed};
use tokio::runtime::Runtime;

use super::resources::{Presence, Resource};

/// How long an answer may take before the server counts as gone.
const PATIENCE: Duration = Duration::from_secs(30);

/// One thread is enough: the server is slower than we are.
pub(super) fn runtime() -> Result<Runtime, Failure> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("cluster", format!("cannot start the network: {error}")))
}

/// A client for the context of that name, or the current one.
pub(super) async fn client(context: Option<&str>) -> Result<Client, Failure> {
    let options = KubeConfigOptions { context: context.map(str::to_string), ..KubeConfigOptions::default() };
    let mut config = Config::from_kubeconfig(&options).await.map_err(|error| no_config(context, &error))?;
    config.connect_timeout = Some(PATIENCE);
    Client::try_from(config).map_err(|error| {
        Failure::new("kubeconfig", format!("the kubeconfig cannot be used: {}", whole(&error)))
    })
}

fn no_config(context: Option<&str>, error: &kube::config::KubeconfigError) -> Failure {
    let names: Vec<String> = Kubeconfig::read()
        .map(|config| config.contexts.into_iter().map(|context| context.name).collect())
        .unwrap_or_default();
    if let Some(context) =
        context.filter(|context| !names.is_empty() && !names.iter().any(|name| name == context))
    {
        let message = format!("the kubeconfig has no context `{context}`; there are {}", listed(&names));
        return Failure::new("kubeconfig", message);
    }
    let message = format!(
        "no cluster can be found: {}; set `KUBECONFIG`, or name a context that `kubectl config get-contexts` lists",
        whole(error)
    );
    Failure::new("kubeconfig", message)
}

/// Why a resource could not be read, and what to do.
pub(super) fn refused(resource: &Resource, error: &Error) -> Failure {
    let name = resource.full_name();
    match error {
        Error::Api(status) if status.code == 403 => Failure::new(
            "forbidden",
            format!(
                "the cluster does not let you list `{name}` in all namespaces, and without them answers may be \
                 wrong; ask for the verbs `list` and `watch`, or `kubectl auth can-i list {name} -A` as somebody else"
            ),
        ),
        Error::Api(status) if status.code == 401 => Failure::new(
            "unauthorized",
            "the cluster does not know you: sign in again, as for `kubectl get pods`".to_string(),
        ),
        _ => Failure::new("cluster", format!("cannot read `{name}` from the cluster: {}", whole(error))),
    }
}

/// Whether the server has no such resource: that it knows none is an answer only where its definition may be missing.
pub(super) fn is_missing(resource: &Resource, error: &Error) -> bool {
    resource.presence == Presence::WhenInstalled && matches!(error, Error::Api(status) if status.code == 404)
}

/// An error with its causes, each once.
pub(super) fn whole(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        cause = error.source();
    }
    text
}
