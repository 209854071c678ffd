//! Addresses, CIDRs, protocols and ports.

mod cidr;
mod port;
mod protocol;

pub use cidr::{Cidr, CidrError, CidrNote, IpBlock, IpBlockError, ParsedCidr, parse_address};
pub use port::{PortName, PortNameError, PortRange, PortRangeError};
pub use protocol::{L4Protocol, Protocol};
