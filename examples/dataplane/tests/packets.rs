//! Real packets, filtered as decided.

use std::path::Path;
use std::process::Command;

#[test]
#[ignore = "it needs root, iproute2 and iptables: `cargo xtask dataplane` looks for them and runs it"]
fn packets_pass_or_not_as_is_decided() {
    let mut dataplane = Command::new(env!("CARGO_BIN_EXE_portcullis-dataplane"));
    let conformance = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/conformance");
    if conformance.join("e2e.jsonl").exists() {
        dataplane.arg("--conformance").arg(conformance);
    }
    let status = dataplane.status().expect("it was built beside this test");
    assert!(status.success(), "what it says above is what went wrong: {status}");
}
