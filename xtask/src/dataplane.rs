//! The dataplane of `examples/dataplane`: real packets through namespaces, filtered as decided.

use std::process::Command;

use crate::steps::{Steps, answers, cargo, root};

/// Tools and rights that the example needs, and how to get them.
const NEEDS: [(&str, &[&str], &str); 3] = [
    ("ip", &["-V"], "iproute2 is missing: apt-get install iproute2"),
    ("iptables-nft", &["-V"], "iptables is missing: apt-get install iptables"),
    (
        "sh",
        &["-c", "test \"$(id -u)\" = 0"],
        "root is missing: network namespaces and NFQUEUE need it; run it with sudo",
    ),
];

pub(crate) fn run(steps: &mut Steps) {
    for (tool, arguments, how) in NEEDS {
        if !answers(Command::new(tool).args(arguments)) {
            steps.missing("dataplane", how);
            return;
        }
    }
    let mut play = cargo(["run", "--quiet", "-p", "portcullis-dataplane", "--"]);
    let conformance = root().join("../shared/conformance");
    if conformance.join("e2e.jsonl").exists() {
        play.arg("--conformance").arg(conformance);
    }
    steps.run("dataplane: real packets", &mut play);
}
