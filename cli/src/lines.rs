//! Lines of a log of flows.

use std::io::{self, BufRead, Read};

/// Longer lines are no flows.
const LONGEST_LINE_BYTES: u64 = 1 << 20;

/// Reads a line without its end; the rest of one that is too long is dropped, so that what is left is no flow.
pub(crate) fn read_line(flows: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    flows.by_ref().take(LONGEST_LINE_BYTES).read_until(b'\n', line)?;
    if line.is_empty() {
        return Ok(false);
    }
    if line.last() != Some(&b'\n') {
        flows.skip_until(b'\n')?;
    }
    Ok(true)
}
