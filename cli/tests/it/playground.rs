//! `portcullis playground`: what it serves, to whom, and what it says where there is nothing to serve.

use std::fs;
use std::process::Command;

use expect_test::expect;

use crate::run::{folder, root, run};
use crate::served::Served;

fn serve(args: &[&str]) -> Served {
    let mut program = Command::new(env!("CARGO_BIN_EXE_portcullis"));
    program.args(["playground", "--port", "0"]).args(args).current_dir(root());
    Served::start(&mut program).unwrap()
}

fn site(name: &str) -> String {
    let site = folder(name);
    fs::write(site.join("index.html"), "<head></head><body>the page</body>").unwrap();
    fs::create_dir(site.join("assets")).unwrap();
    fs::write(site.join("assets/page.js"), "1").unwrap();
    fs::write(site.parent().unwrap().join("secret.txt"), "secret").unwrap();
    site.display().to_string()
}

#[test]
fn a_page_is_served_with_the_manifests_that_were_named() {
    let served =
        serve(&["--quiet", "--site", &site("playground-manifests"), "-f", "examples/mistakes/stray-dash"]);
    let (status, page) = served.get("/").unwrap();
    assert_eq!(status, "HTTP/1.1 200 OK");
    assert!(page.contains("the page") && page.contains("portcullis-manifests"), "{page}");
    let (status, manifests) = served.get("/manifests.json?1").unwrap();
    assert_eq!(status, "HTTP/1.1 200 OK");
    let manifests: serde_json::Value = serde_json::from_str(&manifests).unwrap();
    let names: Vec<_> =
        manifests["documents"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let wanted = ["after.yaml", "before.yaml", "cluster.yaml"]
        .map(|file| format!("examples/mistakes/stray-dash/{file}"));
    assert_eq!(names, wanted);
    assert!(manifests["documents"][2]["text"].as_str().unwrap().starts_with("apiVersion: v1\n"));
    assert_eq!(served.get("/assets/page.js").unwrap(), ("HTTP/1.1 200 OK".to_string(), "1".to_string()));
}

#[test]
fn without_manifests_the_page_is_told_of_none() {
    let served = serve(&["--site", &site("playground-alone")]);
    let (_, page) = served.get("/").unwrap();
    assert!(!page.contains("portcullis-manifests"), "{page}");
    assert_eq!(served.get("/manifests.json").unwrap().0, "HTTP/1.1 404 Not Found");
}

#[test]
fn nothing_outside_of_the_site_is_served_and_nobody_elses_name_is_answered() {
    let served = serve(&["--site", &site("playground-hostile"), "-f", "examples/mistakes/stray-dash"]);
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "//etc/passwd",
        "/%2e%2e/secret.txt",
        "secret.txt",
        "/nothing",
    ] {
        assert_eq!(served.get(path).unwrap().0, "HTTP/1.1 404 Not Found", "{path}");
    }
    let (status, body) = served.ask("GET /manifests.json HTTP/1.1\r\nHost: evil.example\r\n\r\n").unwrap();
    assert_eq!(status, "HTTP/1.1 421 Misdirected Request");
    assert!(!body.contains("apiVersion"));
    assert_eq!(
        served.ask("GET /manifests.json HTTP/1.1\r\n\r\n").unwrap().0,
        "HTTP/1.1 421 Misdirected Request"
    );
    let post = format!("POST / HTTP/1.1\r\nHost: {}\r\n\r\n", served.host());
    assert_eq!(served.ask(&post).unwrap().0, "HTTP/1.1 405 Method Not Allowed");
}

#[test]
fn what_cannot_be_served_is_said_with_what_to_do() {
    let nowhere = run("playground --site examples");
    expect![[r#"
        error: there is no `index.html` in `examples`; `cargo xtask playground` builds the site
        exit 2
    "#]]
    .assert_eq(&nowhere.all());
    let no_file = run("playground --site examples -f nothing.yaml");
    expect![[r#"
        error: there is no file or folder `nothing.yaml`
        exit 2
    "#]]
    .assert_eq(&no_file.all());
}
