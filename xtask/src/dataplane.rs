//! The dataplane of `examples/dataplane`: real packets through namespaces, filtered as decided.

use std::process::Command;

use crate::steps::{Steps, answers, cargo};

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
    // Of the whole workspace, as the other tests are, so that nothing is built a second time with other features.
    let mut tests = cargo(["test", "--workspace", "--all-features", "--test", "packets"]);
    steps.run("dataplane: real packets", tests.args(["--", "--ignored", "--nocapture"]));
}
