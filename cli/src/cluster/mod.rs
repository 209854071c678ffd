//! A running cluster as input: `-f cluster:`, read through the user's kubeconfig.

mod connect;
mod object;
mod resources;
mod watch;

use kube::api::ListParams;
use kube::core::DynamicObject;
use kube::{Api, Client};
use portcullis::ask::failure::Failure;

pub(crate) use watch::watch;

use crate::input::Document;
use connect::{client, is_missing, refused, runtime};
use resources::{RESOURCES, Resource};

/// How many objects one answer of the server has.
const PAGE: u32 = 500;

/// Reads all objects that decisions depend on, each as a document of its own.
pub(crate) fn read(context: Option<&str>) -> Result<Vec<Document>, Failure> {
    runtime()?.block_on(async {
        let client = client(context).await?;
        let cluster = label(context);
        let mut documents = Vec::new();
        for resource in &RESOURCES {
            for object in all(&client, resource).await? {
                let name = object::name(&cluster, &object::key(resource, &object));
                documents.push(Document { name, text: Ok(object::text(resource, object)) });
            }
        }
        Ok(documents)
    })
}

/// What stands before the names of a cluster's objects.
fn label(context: Option<&str>) -> String {
    context.map_or_else(|| "cluster:".to_string(), |context| format!("cluster:{context}"))
}

/// Every object of a resource, page by page.
async fn all(client: &Client, resource: &Resource) -> Result<Vec<DynamicObject>, Failure> {
    let api: Api<DynamicObject> = Api::all_with(client.clone(), &resource.api());
    let mut objects = Vec::new();
    let mut params = ListParams::default().limit(PAGE);
    loop {
        let page = match api.list(&params).await {
            Ok(page) => page,
            Err(error) if is_missing(resource, &error) => return Ok(objects),
            // The pages that are left are of a state that the server has forgotten: what is there now counts.
            Err(kube::Error::Api(status)) if status.code == 410 && params.continue_token.is_some() => {
                objects.clear();
                params = ListParams::default();
                continue;
            }
            Err(error) => return Err(refused(resource, &error)),
        };
        objects.extend(page.items);
        match page.metadata.continue_.filter(|token| !token.is_empty()) {
            Some(token) => params.continue_token = Some(token),
            None => return Ok(objects),
        }
    }
}
