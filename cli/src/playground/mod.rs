//! `portcullis playground`: the visual playground in the browser, with the user's manifests in it.

mod serve;
mod site;

use std::net::TcpListener;
use std::time::{SystemTime, UNIX_EPOCH};

use portcullis::ask::failure::Failure;
use serde_json::json;

use crate::args::PlaygroundArgs;
use crate::exit::Exit;
use crate::input::{self, Document};
use crate::session::{fail, print};
use site::Site;

pub(crate) fn run(args: &PlaygroundArgs) -> Exit {
    match start(args) {
        Ok(never) => match never {},
        Err(failure) => fail(&failure),
    }
}

fn start(args: &PlaygroundArgs) -> Result<std::convert::Infallible, Failure> {
    let manifests = if args.files.is_empty() { None } else { Some(to_json(&input::read_all(&args.files)?)?) };
    let mut site = Site::open(args.site.as_deref())?;
    if let Some(manifests) = manifests {
        site.hold(manifests, &mark());
    }
    let listener = TcpListener::bind(("127.0.0.1", args.port)).map_err(|error| {
        Failure::new(
            "port-taken",
            format!(
                "cannot listen on port {}: {error}; name another: `--port 0` takes a free one",
                args.port
            ),
        )
    })?;
    let port = listener.local_addr().map_err(|error| Failure::new("port-taken", error.to_string()))?.port();
    print(&format!("the playground is at http://127.0.0.1:{port}/ until this is stopped\n"));
    serve::forever(&listener, site, port)
}

/// The texts as the page reads them.
fn to_json(documents: &[Document]) -> Result<String, Failure> {
    let texts = documents.iter().map(|document| match &document.text {
        Ok(text) => Ok(json!({ "name": document.name, "text": text })),
        Err(at) => Err(Failure::new(
            "no-text",
            format!(
                "`{}` is no text: what stands at line {} is no UTF-8, UTF-16 or UTF-32",
                document.name, at.line
            ),
        )),
    });
    Ok(json!({ "documents": texts.collect::<Result<Vec<_>, _>>()? }).to_string())
}

/// Tells this start from others, so that a tab keeps edits of this one and none of another.
fn mark() -> String {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}
