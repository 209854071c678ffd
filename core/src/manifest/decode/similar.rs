//! Finds the name that a misspelt one was meant to be.

use alloc::vec::Vec;

/// The most single-character edits between a misspelt name and the one that is suggested.
const MAX_EDITS: usize = 2;

/// The name among `known` that `name` most likely stands for.
pub(crate) fn similar<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    let same_letters = known.iter().find(|candidate| candidate.eq_ignore_ascii_case(name));
    let near = || {
        known
            .iter()
            .filter(|candidate| candidate.len().abs_diff(name.len()) <= MAX_EDITS)
            .map(|candidate| (edits(name, candidate), candidate))
            .filter(|(edits, candidate)| *edits <= MAX_EDITS && edits.saturating_mul(2) < candidate.len())
            .min_by_key(|(edits, _)| *edits)
            .map(|(_, candidate)| candidate)
    };
    same_letters.or_else(near).copied()
}

/// The number of single-character insertions, removals and replacements between two texts.
pub(crate) fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, character) in (1_usize..).zip(a.chars()) {
        let mut next = Vec::with_capacity(row.len());
        next.push(line);
        for ((above, diagonal), other) in row.iter().skip(1).zip(&row).zip(&b) {
            let left = next.last().copied().unwrap_or(line);
            let replaced = diagonal.saturating_add(usize::from(character != *other));
            next.push(replaced.min(above.saturating_add(1)).min(left.saturating_add(1)));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_name_is_suggested_and_no_far_one() {
        let known = ["from", "ports", "podSelector", "policyTypes"];
        let cases = [
            ("port", Some("ports")),
            ("From", Some("from")),
            ("policyType", Some("policyTypes")),
            ("podselector", Some("podSelector")),
            ("podSelectors", Some("podSelector")),
            ("form", None),
            ("frm", Some("from")),
            ("app", None),
            ("", None),
            ("x", None),
        ];
        for (name, expected) in cases {
            assert_eq!(similar(name, &known), expected, "{name}");
        }
        assert_eq!(similar(&"a".repeat(1000), &known), None);
    }
}
