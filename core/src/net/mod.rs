//! Addresses, CIDRs, protocols and ports.

mod cidr;
mod domain;
mod port;
mod protocol;

pub use cidr::{Cidr, CidrError, CidrNote, IpBlock, IpBlockError, ParsedCidr, parse_address};
pub use domain::{DomainName, DomainNameError, DomainPattern};
pub use port::{PortName, PortNameError, PortRange, PortRangeError};
pub(crate) use protocol::{IP_IN_IP, VXLAN_PORT, echo_request, is_basic_icmp};
pub use protocol::{L4Protocol, Protocol};
