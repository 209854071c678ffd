//! An API server that answers as a test says: lists, watches that end, versions that expire.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of a watch.
#[derive(Clone, Debug)]
pub(crate) enum Watch {
    /// These events are sent, one a line, and the connection stays open.
    Events(Vec<String>),
    /// These are sent, and the connection breaks off in the middle.
    BreaksOff(Vec<String>),
}

/// What the server says of one resource.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    /// The items of each list in turn; the last one stays.
    pub(crate) lists: Vec<Vec<String>>,
    /// What becomes of each watch in turn; later ones stay open without an event.
    pub(crate) watches: Vec<Watch>,
    /// The status of every answer, where it is none of success.
    pub(crate) refuses: Option<u16>,
    /// How many requests come before there is such a resource.
    pub(crate) comes_after: usize,
}

/// A server on a port of its own.
pub(crate) struct Played {
    pub(crate) address: String,
}

impl Played {
    /// Starts it with scripts by the plural name of resources; others have no objects, and definitions none at all.
    pub(crate) fn start(scripts: &[(&str, Script)]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let scripts: BTreeMap<String, Script> =
            scripts.iter().map(|(name, script)| ((*name).to_string(), script.clone())).collect();
        let scripts = Arc::new(Mutex::new(scripts));
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let scripts = Arc::clone(&scripts);
                std::thread::spawn(move || answer(stream, &scripts));
            }
        });
        Self { address }
    }
}

/// Answers one request and closes, except for a watch that stays open.
fn answer(mut stream: TcpStream, scripts: &Mutex<BTreeMap<String, Script>>) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
    }
    let target = first.split_whitespace().nth(1)?.to_string();
    let (path, query) = target.split_once('?').unwrap_or((&target, ""));
    let plural = path.rsplit('/').next()?.to_string();
    if is_missing(scripts, path, &plural) {
        return send(&mut stream, 404, &status(404, "NotFound"));
    }
    if query.contains("watch=true") {
        return watch(stream, next_watch(scripts, &plural));
    }
    let mut scripts = scripts.lock().ok()?;
    let script = scripts.entry(plural).or_default();
    if let Some(code) = script.refuses {
        return send(&mut stream, code, &status(code, "Forbidden"));
    }
    let items = script.lists.first().cloned().unwrap_or_default().join(",");
    if script.lists.len() > 1 {
        script.lists.remove(0);
    }
    drop(scripts);
    let body = format!(
        r#"{{"kind":"List","apiVersion":"v1","metadata":{{"resourceVersion":"1"}},"items":[{items}]}}"#
    );
    send(&mut stream, 200, &body)
}

/// Whether there is no such resource yet.
fn is_missing(scripts: &Mutex<BTreeMap<String, Script>>, path: &str, plural: &str) -> bool {
    let mut scripts = scripts.lock().unwrap();
    match scripts.get_mut(plural) {
        None => path.contains("policy.networking.k8s.io"),
        Some(script) if script.comes_after > 0 => {
            script.comes_after -= 1;
            true
        }
        Some(_) => false,
    }
}

fn next_watch(scripts: &Mutex<BTreeMap<String, Script>>, plural: &str) -> Watch {
    let mut scripts = scripts.lock().unwrap();
    match scripts.get_mut(plural) {
        Some(script) if !script.watches.is_empty() => script.watches.remove(0),
        _ => Watch::Events(Vec::new()),
    }
}

fn watch(mut stream: TcpStream, watch: Watch) -> Option<()> {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).ok()?;
    let (events, stays) = match watch {
        Watch::Events(events) => (events, true),
        Watch::BreaksOff(events) => (events, false),
    };
    for event in events {
        let line = format!("{event}\n");
        stream.write_all(format!("{:x}\r\n{line}\r\n", line.len()).as_bytes()).ok()?;
    }
    stream.flush().ok()?;
    if stays {
        loop {
            std::thread::park();
        }
    }
    Some(())
}

fn send(stream: &mut TcpStream, code: u16, body: &str) -> Option<()> {
    let head = format!(
        "HTTP/1.1 {code} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).ok()
}

/// What a server says when it does not do as asked.
pub(crate) fn status(code: u16, reason: &str) -> String {
    format!(
        r#"{{"kind":"Status","apiVersion":"v1","metadata":{{}},"status":"Failure","message":"no","reason":"{reason}","code":{code}}}"#
    )
}
