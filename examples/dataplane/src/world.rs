//! Namespaces, cables and the rule that hands first packets over.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::os::fd::AsFd as _;
use std::process::{Command, Stdio};
use std::thread;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};

/// The queue that first packets go to.
pub(crate) const QUEUE: u16 = 7;
/// As many namespaces as one machine sets up in a moment.
const MOST: usize = 100;
/// The address by which pods know their node; no pod has it.
const GATEWAY: &str = "169.254.1.1";

/// The namespaces of a node and of its pods, as long as this lives.
pub(crate) struct World {
    node: String,
    pods: BTreeMap<Ipv4Addr, String>,
}

impl World {
    /// Makes a namespace for each address, and one for the node, through which they reach each other.
    pub(crate) fn new(addresses: impl Iterator<Item = Ipv4Addr>) -> Result<Self, String> {
        if !rustix::process::geteuid().is_root() {
            return Err("root is missing: network namespaces and NFQUEUE need it".to_string());
        }
        for (tool, package, flag) in [("ip", "iproute2", "-V"), ("iptables-nft", "iptables", "-V")] {
            Command::new(tool)
                .arg(flag)
                .output()
                .map_err(|error| format!("{tool} is missing: apt-get install {package} ({error})"))?;
        }
        let addresses: BTreeSet<Ipv4Addr> = addresses.collect();
        if addresses.len() > MOST {
            return Err(format!("{} addresses are more than {MOST}", addresses.len()));
        }
        let id = std::process::id();
        let pod = |(number, address)| (address, format!("pcl-{id}-{number}"));
        let world = Self {
            node: format!("pcl-{id}-node"),
            pods: addresses.into_iter().enumerate().map(pod).collect(),
        };
        world.set_up()?;
        Ok(world)
    }

    fn set_up(&self) -> Result<(), String> {
        let node = &self.node;
        let names = std::iter::once(node).chain(self.pods.values());
        batch(&[], names.map(|name| format!("netns add {name}")))?;
        batch(&["-n", node], ["link set lo up".to_string()].into_iter())?;
        for (number, (address, pod)) in self.pods.iter().enumerate() {
            batch(
                &["-n", node],
                [
                    format!("link add pod{number} type veth peer name eth0 netns {pod}"),
                    format!("link set pod{number} up"),
                    format!("address add {GATEWAY}/32 dev pod{number}"),
                    format!("route add {address}/32 dev pod{number}"),
                ]
                .into_iter(),
            )?;
            batch(
                &["-n", pod],
                [
                    "link set lo up".to_string(),
                    format!("address add {address}/32 dev eth0"),
                    "link set eth0 up".to_string(),
                    format!("route add {GATEWAY} dev eth0 scope link"),
                    format!("route add default via {GATEWAY} dev eth0"),
                ]
                .into_iter(),
            )?;
            // Whoever has no server says so at once, however often.
            inside(pod, || set("icmp_ratelimit", "0"))??;
        }
        inside(node, || set("ip_forward", "1"))??;
        // A queue that nobody reads drops what comes, because there is no `--queue-bypass`.
        for rule in [
            "-P FORWARD DROP".to_string(),
            "-A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT".to_string(),
            format!("-A FORWARD -m conntrack --ctstate NEW -j NFQUEUE --queue-num {QUEUE}"),
        ] {
            let mut command = Command::new("ip");
            command.args(["netns", "exec", node, "iptables-nft"]).args(rule.split(' '));
            let output = command.output().map_err(|error| format!("ip: {error}"))?;
            if !output.status.success() {
                return Err(format!("iptables-nft {rule}: {}", String::from_utf8_lossy(&output.stderr)));
            }
        }
        Ok(())
    }

    /// Runs something in the node's namespace; sockets that it makes stay there.
    pub(crate) fn in_node<T: Send>(&self, body: impl FnOnce() -> T + Send) -> Result<T, String> {
        inside(&self.node, body)
    }

    /// Runs something in the namespace that has an address; sockets that it makes stay there.
    pub(crate) fn at<T: Send>(
        &self,
        address: Ipv4Addr,
        body: impl FnOnce() -> T + Send,
    ) -> Result<T, String> {
        inside(self.pods.get(&address).ok_or_else(|| format!("no namespace has {address}"))?, body)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let names = std::iter::once(&self.node).chain(self.pods.values());
        // With the namespaces go their cables, rules and routes.
        let _ = batch(&["-force"], names.map(|name| format!("netns delete {name}")));
    }
}

fn set(name: &str, value: &str) -> Result<(), String> {
    std::fs::write(format!("/proc/sys/net/ipv4/{name}"), value).map_err(|error| format!("{name}: {error}"))
}

/// Runs something on a thread that has moved into a namespace.
fn inside<T: Send>(name: &str, body: impl FnOnce() -> T + Send) -> Result<T, String> {
    let file = File::open(format!("/run/netns/{name}")).map_err(|error| format!("{name}: {error}"))?;
    thread::scope(|scope| {
        let thread = scope.spawn(|| {
            move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network))
                .map_err(|error| format!("{name}: {error}"))
                .map(|()| body())
        });
        thread.join().map_err(|_| format!("what ran in {name} has panicked"))?
    })
}

/// Gives lines to `ip -batch`.
fn batch(options: &[&str], lines: impl Iterator<Item = String>) -> Result<(), String> {
    let lines: String = lines.map(|line| line + "\n").collect();
    let mut child = Command::new("ip")
        .args(options)
        .args(["-batch", "-"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("ip: {error}"))?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(lines.as_bytes()).map_err(|error| format!("ip: {error}"))?;
    }
    let output = child.wait_with_output().map_err(|error| format!("ip: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("ip {}\n{lines}{}", options.join(" "), String::from_utf8_lossy(&output.stderr)))
    }
}
