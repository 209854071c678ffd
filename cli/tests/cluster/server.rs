//! A real API server with a store, on loopback, started for one test and stopped after it.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use http::Request;
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};

use crate::run::kubeconfig;

const START: Duration = Duration::from_secs(120);

/// The server, and the way to it.
pub(crate) struct Server {
    child: Child,
    folder: PathBuf,
    port: u16,
    pub(crate) kubeconfig: PathBuf,
    runtime: tokio::runtime::Runtime,
}

impl Server {
    /// Starts one with nothing in it.
    pub(crate) fn start(folder: PathBuf) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        fs::write(folder.join("tokens"), "secret,admin,admin,system:masters\n").unwrap();
        let mut key = Command::new("openssl");
        key.args(["genrsa", "-out"]).arg(folder.join("key")).arg("2048").stderr(Stdio::null());
        assert!(
            key.status().is_ok_and(|status| status.success()),
            "openssl is missing: apt-get install openssl"
        );
        let kubeconfig = kubeconfig(&folder, &format!("https://127.0.0.1:{port}"));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let child = spawn(&folder, port);
        let server = Self { child, folder, port, kubeconfig, runtime };
        server.wait();
        server
    }

    /// Stops it and starts it again, with what it had stored.
    pub(crate) fn restart(&mut self) {
        self.stop();
        self.child = spawn(&self.folder, self.port);
        self.wait();
    }

    fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn wait(&self) {
        let started = Instant::now();
        while self.ask("GET", "/readyz", "").as_deref() != Ok("ok") {
            assert!(
                started.elapsed() < START,
                "the server is not ready:\n{}",
                fs::read_to_string(self.folder.join("log")).unwrap()
            );
            std::thread::sleep(Duration::from_millis(200));
        }
    }

    /// One request with a body in YAML.
    pub(crate) fn ask(&self, method: &str, path: &str, body: &str) -> Result<String, String> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("Content-Type", "application/yaml")
            .header("Accept", "application/json")
            .body(body.as_bytes().to_vec())
            .unwrap();
        self.runtime.block_on(async {
            let config = Kubeconfig::read_from(&self.kubeconfig).map_err(|error| error.to_string())?;
            let options = KubeConfigOptions::default();
            let config =
                Config::from_custom_kubeconfig(config, &options).await.map_err(|error| error.to_string())?;
            let client = Client::try_from(config).map_err(|error| error.to_string())?;
            client.request_text(request).await.map_err(|error| error.to_string())
        })
    }

    /// Creates every object of a text, with the status that it states.
    pub(crate) fn create(&self, text: &str) {
        for document in text.split("---\n") {
            let path = collection(document);
            self.ask("POST", &path, document).unwrap_or_else(|error| panic!("{path}: {error}\n{document}"));
            if document.contains("\nstatus:") {
                let path = format!("{path}/{}/status", value(document, "  name: "));
                self.ask("PUT", &path, document)
                    .unwrap_or_else(|error| panic!("{path}: {error}\n{document}"));
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop();
    }
}

fn spawn(folder: &Path, port: u16) -> Child {
    let program = std::env::var_os("PORTCULLIS_APISERVER")
        .expect("PORTCULLIS_APISERVER names no server: run `cargo xtask apiserver --test`");
    let log = fs::File::create(folder.join("log")).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    Command::new(program)
        .arg(folder)
        .args(["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"])
        .args(["--authorization-mode=AlwaysAllow", "--disable-admission-plugins=ServiceAccount"])
        .args(["--service-cluster-ip-range=10.96.0.0/16", "--endpoint-reconciler-type=none"])
        .arg("--service-account-issuer=https://127.0.0.1")
        .arg(format!("--service-account-key-file={}", file("key")))
        .arg(format!("--service-account-signing-key-file={}", file("key")))
        .arg(format!("--token-auth-file={}", file("tokens")))
        .arg(format!("--cert-dir={}", file("certs")))
        .arg(format!("--secure-port={port}"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// The path that objects of a document's kind are created under.
pub(crate) fn collection(document: &str) -> String {
    let kind = value(document, "kind: ");
    let version = value(document, "apiVersion: ");
    let plural = match kind.to_lowercase().strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None => format!("{}s", kind.to_lowercase()),
    };
    let root = if version == "v1" { "/api/v1".to_string() } else { format!("/apis/{version}") };
    match document.lines().find_map(|line| line.strip_prefix("  namespace: ")) {
        Some(namespace) => format!("{root}/namespaces/{namespace}/{plural}"),
        None => format!("{root}/{plural}"),
    }
}

fn value<'a>(document: &'a str, key: &str) -> &'a str {
    document
        .lines()
        .find_map(|line| line.strip_prefix(key))
        .unwrap_or_else(|| panic!("no `{key}` in\n{document}"))
}
