//! Base64 as the API server reads the tag `!!binary`: the standard alphabet, padded.

use alloc::vec::Vec;

/// Decodes a text; line ends may stand anywhere, padding only at the end. None if it is not base64.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !matches!(byte, b'\r' | b'\n')).collect();
    let mut bytes = Vec::new();
    let mut groups = digits.chunks(4).peekable();
    while let Some(group) = groups.next() {
        let kept = match group {
            [_, _, b'=', b'='] => 1,
            [_, _, _, b'='] => 2,
            [_, _, _, _] => 3,
            _ => return None,
        };
        if kept < 3 && groups.peek().is_some() {
            return None;
        }
        let mut bits = 0_u32;
        for (place, &byte) in group.iter().enumerate() {
            // A group that keeps n bytes has n + 1 digits, the rest is padding.
            let six = if place <= kept { sextet(byte)? } else { 0 };
            bits = (bits << 6) | u32::from(six);
        }
        let [_, first, second, third] = bits.to_be_bytes();
        bytes.extend([first, second, third].iter().take(kept));
    }
    Some(bytes)
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => byte.checked_sub(b'A'),
        b'a'..=b'z' => byte.checked_sub(b'a').map(|index| index.saturating_add(26)),
        b'0'..=b'9' => byte.checked_sub(b'0').map(|index| index.saturating_add(52)),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn padded_base64_is_decoded_and_anything_else_is_not() {
        let cases: [(&str, Option<&[u8]>); 11] = [
            ("", Some(b"")),
            ("aGVsbG8=", Some(b"hello")),
            ("aGVs\r\nbG8=", Some(b"hello")),
            ("aA==", Some(b"h")),
            ("+/+/", Some(&[0xfb, 0xff, 0xbf])),
            ("aGVsbG8", None),
            ("aA=a", None),
            ("=AAA", None),
            ("aA==aA==", None),
            ("a b=", None),
            ("é===", None),
        ];
        for (text, expected) in cases {
            assert_eq!(decode(text).as_deref(), expected, "{text}");
        }
    }
}
