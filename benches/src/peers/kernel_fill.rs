//! Filling the kernel's maps from the peer of hash maps, whose classes and rows they hold.

use std::net::IpAddr;

use hashbrown::HashMap;

use super::bpf::{Map, MapKind};
use super::maps::{FREE, Maps};
use super::rows::{NOTHING, Row};

/// Peers that stand for all pods, and for everything outside.
const ALL_PODS: u32 = 0xffff_fff0;
const ALL_OUTSIDE: u32 = 0xffff_fff1;
/// Protocols with ports, and one for all others.
pub(super) const PROTOCOLS: u32 = 4;
/// The last port of the last protocol that has any.
const LAST_PORT: u32 = 0x2_ffff;

/// All addresses, by longest prefix.
pub(super) fn addresses(maps: &Maps<'_>) -> Result<Map, String> {
    let mut entries = outside_entries(maps);
    for (address, atom) in maps.addresses() {
        entries.push((four(address)?, 32, atom));
    }
    prefix_map(&entries)
}

/// What lies outside, by longest prefix.
pub(super) fn outside(maps: &Maps<'_>) -> Result<Map, String> {
    prefix_map(&outside_entries(maps))
}

/// The pods' addresses, by hash.
pub(super) fn pods(maps: &Maps<'_>) -> Result<Map, String> {
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (address, atom) in maps.addresses() {
        keys.extend(four(address)?);
        values.push(atom);
    }
    hash_map(4, &keys, &values)
}

/// An address as the kernel has it.
fn four(address: IpAddr) -> Result<[u8; 4], String> {
    match address {
        IpAddr::V4(address) => Ok(address.octets()),
        IpAddr::V6(_) => Err("the eBPF peers know IPv4 alone".to_string()),
    }
}

fn outside_entries(maps: &Maps<'_>) -> Vec<([u8; 4], u32, u32)> {
    let everywhere = ([0; 4], 0, maps.elsewhere());
    let prefixes =
        maps.prefixes().map(|(prefix, atom)| (prefix.addr().octets(), u32::from(prefix.prefix_len()), atom));
    // An entry of the same prefix that comes later holds.
    std::iter::once(everywhere).chain(prefixes).collect()
}

fn prefix_map(entries: &[([u8; 4], u32, u32)]) -> Result<Map, String> {
    let map = Map::new(MapKind::LongestPrefix, 8, 4, entries.len())?;
    let keys: Vec<u8> = entries
        .iter()
        .flat_map(|(address, length, _)| length.to_ne_bytes().into_iter().chain(*address))
        .collect();
    let values: Vec<u32> = entries.iter().map(|(_, _, value)| *value).collect();
    map.put(&keys, bytemuck::cast_slice(&values))?;
    Ok(map)
}

fn hash_map(key: usize, keys: &[u8], values: &[u32]) -> Result<Map, String> {
    let map = Map::new(MapKind::Hash, key, 4, values.len())?;
    map.put(keys, bytemuck::cast_slice(values))?;
    Ok(map)
}

/// For each atom its subjects, counted from 1, what stands for all of its like, and whether it is a pod.
pub(super) fn ends(maps: &Maps<'_>) -> Result<Map, String> {
    let number = |subject: u32| if subject == FREE { 0 } else { subject + 1 };
    let values: Vec<u32> = maps
        .ends()
        .flat_map(|subjects| match subjects {
            Some([egress, ingress]) => [number(egress), number(ingress), ALL_PODS, 1],
            None => [0, 0, ALL_OUTSIDE, 0],
        })
        .collect();
    let count = values.len() / 4;
    let map = Map::new(MapKind::Array, 4, 16, count)?;
    let keys: Vec<u8> = (0..count as u32).flat_map(u32::to_ne_bytes).collect();
    map.put(&keys, bytemuck::cast_slice(&values))?;
    Ok(map)
}

pub(super) fn policy(maps: &Maps<'_>) -> Result<Map, String> {
    let mut keys: Vec<u8> = Vec::new();
    let mut values: Vec<u32> = Vec::new();
    for (subject, peer, row) in maps.slots() {
        let peer = peer.unwrap_or_else(|pods| if pods { ALL_PODS } else { ALL_OUTSIDE });
        let mut put = |start: u32, length: u32, allowed: bool| {
            for word in [(64 + length).to_ne_bytes(), (subject + 1).to_ne_bytes(), peer.to_ne_bytes()] {
                keys.extend(word);
            }
            keys.extend(start.to_be_bytes());
            values.push(allowed.into());
        };
        put(0, 0, false);
        for (first, last) in allowed(row) {
            for (start, length) in prefixes(first, last) {
                put(start, length, true);
            }
        }
    }
    // A row that allows everything writes its first entry twice: the later one holds.
    let map = Map::new(MapKind::LongestPrefix, 16, 4, values.len())?;
    map.put(&keys, bytemuck::cast_slice(&values))?;
    Ok(map)
}

/// The keys that a row allows, from each first to its last one.
fn allowed(row: &Row) -> Vec<(u32, u32)> {
    let mut found: Vec<(u32, u32)> = Vec::new();
    let ends = row.iter().skip(1).map(|(start, _)| *start - 1).chain([u32::MAX]);
    for ((start, value), end) in row.iter().zip(ends) {
        match found.last_mut() {
            _ if *value == NOTHING => {}
            Some((_, last)) if last.checked_add(1) == Some(*start) => *last = end,
            _ => found.push((*start, end)),
        }
    }
    found
}

/// The fewest prefixes that hold the numbers from one to another.
fn prefixes(first: u32, last: u32) -> Vec<(u32, u32)> {
    let mut found = Vec::new();
    let (mut at, last) = (u64::from(first), u64::from(last));
    while at <= last {
        let mut bits = if at == 0 { 32 } else { at.trailing_zeros() };
        while at + (1 << bits) - 1 > last {
            bits -= 1;
        }
        found.push((at as u32, 32 - bits));
        at += 1 << bits;
    }
    found
}

/// The row of subject and peer, by hash: its number, and a bit for each protocol that it allows whole.
pub(super) fn slots(maps: &Maps<'_>) -> Result<Map, String> {
    let rows = rows(maps);
    let (mut keys, mut values) = (Vec::new(), Vec::new());
    for (subject, peer, row) in maps.slots() {
        let peer = peer.unwrap_or_else(|pods| if pods { ALL_PODS } else { ALL_OUTSIDE });
        keys.extend((subject + 1).to_ne_bytes());
        keys.extend(peer.to_ne_bytes());
        let whole = (0..PROTOCOLS).filter(|protocol| is_whole(row, *protocol));
        let bits = whole.fold(0, |bits, protocol| bits | 1 << protocol);
        values.push(rows[row] << PROTOCOLS | bits);
    }
    hash_map(8, &keys, &values)
}

/// The ports that each row allows, by hash, one by one; none of protocols that it allows whole.
pub(super) fn ports(maps: &Maps<'_>) -> Result<Map, String> {
    let mut keys: Vec<u8> = Vec::new();
    for (row, number) in rows(maps) {
        for (first, last) in allowed(row) {
            for port in first..=last.min(LAST_PORT) {
                if !is_whole(row, port >> 16) {
                    keys.extend(number.to_ne_bytes());
                    keys.extend(port.to_be_bytes());
                }
            }
        }
    }
    let values = vec![1; keys.len() / 8];
    hash_map(8, &keys, &values)
}

/// The distinct rows with their numbers.
fn rows<'m>(maps: &'m Maps<'_>) -> HashMap<&'m Row, u32> {
    let mut rows = HashMap::new();
    for (_, _, row) in maps.slots() {
        let next = rows.len() as u32;
        rows.entry(row).or_insert(next);
    }
    rows
}

/// Whether a row allows all ports of a protocol; the last stands for all protocols without ports.
fn is_whole(row: &Row, protocol: u32) -> bool {
    let (first, last) = (protocol << 16, protocol << 16 | 0xffff);
    allowed(row).iter().any(|(from, to)| *from <= first && last <= *to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_hold_what_they_should_and_nothing_else() {
        assert_eq!(prefixes(0, u32::MAX), [(0, 0)]);
        assert_eq!(prefixes(80, 80), [(80, 32)]);
        assert_eq!(prefixes(5, 8), [(5, 32), (6, 31), (8, 32)]);
        assert_eq!(prefixes(u32::MAX, u32::MAX), [(u32::MAX, 32)]);
    }

    #[test]
    fn neighbouring_rules_of_a_row_are_allowed_together() {
        let row = vec![(0, NOTHING), (80, 0), (81, 3), (82, NOTHING), (443, 1), (444, NOTHING)];
        assert_eq!(allowed(&row), [(80, 81), (443, 443)]);
        assert_eq!(allowed(&vec![(0, 7)]), [(0, u32::MAX)]);
    }
}
