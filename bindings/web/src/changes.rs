//! How one text becomes another, as JavaScript counts: the parts that differ, in UTF-16 units of the text before.

use portcullis::manifest::edit::Edit;
use serde_json::{Value, json};

use crate::place::units;

/// The largest table of lines by lines that is searched; beyond it, everything between the first and the last line that
/// differ is one change.
const TABLE: usize = 1 << 22;

/// The changes that make `new` of `old`, in order.
pub(crate) fn between(old: &str, new: &str) -> Vec<Value> {
    let (old_lines, new_lines) = (lines(old), lines(new));
    let kept = kept(&old_lines, &new_lines);
    let mut changes = Vec::new();
    let (mut old_at, mut new_at) = (Place::default(), Place::default());
    for (old_line, new_line) in kept.into_iter().chain([(old_lines.len(), new_lines.len())]) {
        let gone = old_at.up_to(&old_lines, old_line);
        let come = new_at.up_to(&new_lines, new_line);
        changes.extend(change(old, (gone.0, gone.1), new.get(come.0..come.1).unwrap_or_default()));
        old_at.over(&old_lines);
        new_at.over(&new_lines);
    }
    changes
}

/// Edits in bytes, as changes.
pub(crate) fn of_edits(text: &str, edits: &[Edit]) -> Vec<Value> {
    let unit = |byte: usize| units(text.get(..byte).unwrap_or_default());
    let change = |edit: &Edit| json!({ "from": unit(edit.start), "to": unit(edit.end), "insert": edit.text });
    edits.iter().map(change).collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// A line, and the byte that it starts with.
#[derive(Clone, Copy, Default)]
struct Place {
    line: usize,
    byte: usize,
}

impl Place {
    /// Goes to a line; gives the bytes on the way.
    fn up_to(&mut self, lines: &[&str], line: usize) -> (usize, usize) {
        let from = self.byte;
        let between = lines.get(self.line..line).unwrap_or_default();
        self.byte = between.iter().fold(from, |byte, line| byte.saturating_add(line.len()));
        self.line = line;
        (from, self.byte)
    }

    /// Goes over a line that stays.
    fn over(&mut self, lines: &[&str]) {
        self.byte = self.byte.saturating_add(lines.get(self.line).map_or(0, |line| line.len()));
        self.line = self.line.saturating_add(1);
    }
}

/// The lines that stay: pairs of places, growing on both sides.
fn kept(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let same = |(a, b): &(&&str, &&str)| a == b;
    let head = old.iter().zip(new).take_while(same).count();
    let left = old.len().min(new.len()).saturating_sub(head);
    let tail = old.iter().rev().zip(new.iter().rev()).take(left).take_while(same).count();
    let middle = |lines: &[&str]| lines.len().saturating_sub(tail);
    let (old_end, new_end) = (middle(old), middle(new));
    let inner =
        common(old.get(head..old_end).unwrap_or_default(), new.get(head..new_end).unwrap_or_default());
    let shift = |(a, b): (usize, usize)| (a.saturating_add(head), b.saturating_add(head));
    let before = (0..head).map(|at| (at, at));
    let after = (0..tail).map(|at| (old_end.saturating_add(at), new_end.saturating_add(at)));
    before.chain(inner.into_iter().map(shift)).chain(after).collect()
}

/// A longest common subsequence.
fn common(old: &[&str], new: &[&str]) -> Vec<(usize, usize)> {
    let width = new.len().saturating_add(1);
    let Some(cells) = old.len().saturating_add(1).checked_mul(width).filter(|cells| *cells <= TABLE) else {
        return Vec::new();
    };
    // By how many lines the rests from two places on have in common.
    let mut table = vec![0_u32; cells];
    let cell = |row: usize, column: usize| row.saturating_mul(width).saturating_add(column);
    let at = |table: &[u32], row, column| table.get(cell(row, column)).copied().unwrap_or_default();
    for (row, a) in old.iter().enumerate().rev() {
        for (column, b) in new.iter().enumerate().rev() {
            let (below, right) = (row.saturating_add(1), column.saturating_add(1));
            let best = if a == b {
                at(&table, below, right).saturating_add(1)
            } else {
                at(&table, below, column).max(at(&table, row, right))
            };
            if let Some(place) = table.get_mut(cell(row, column)) {
                *place = best;
            }
        }
    }
    let mut pairs = Vec::new();
    let (mut row, mut column) = (0, 0);
    while let (Some(a), Some(b)) = (old.get(row), new.get(column)) {
        let (below, right) = (row.saturating_add(1), column.saturating_add(1));
        if a == b {
            pairs.push((row, column));
            (row, column) = (below, right);
        } else if at(&table, below, column) >= at(&table, row, right) {
            row = below;
        } else {
            column = right;
        }
    }
    pairs
}

/// A part that comes in the place of another, without what both begin and end with; nothing where they are the same.
fn change(text: &str, (from, to): (usize, usize), come: &str) -> Option<Value> {
    let gone = text.get(from..to).unwrap_or_default();
    if gone == come {
        return None;
    }
    let same = |(a, b): &(char, char)| a == b;
    let length = |(c, _): (char, char)| c.len_utf8();
    let head: usize = gone.chars().zip(come.chars()).take_while(same).map(length).sum();
    let (gone_rest, come_rest) = (gone.get(head..).unwrap_or_default(), come.get(head..).unwrap_or_default());
    let ends = gone_rest.chars().rev().zip(come_rest.chars().rev());
    let tail: usize = ends.take_while(same).map(length).sum();
    let before = units(text.get(..from.saturating_add(head)).unwrap_or_default());
    let part = |rest: &str| rest.len().saturating_sub(tail);
    let gone = units(gone_rest.get(..part(gone_rest)).unwrap_or_default());
    let insert = come_rest.get(..part(come_rest)).unwrap_or_default();
    Some(json!({ "from": before, "to": before.saturating_add(gone), "insert": insert }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is cut out and put in, with the place.
    fn told(old: &str, new: &str) -> Vec<(u64, u64, String)> {
        let number = |value: &Value| value.as_u64().unwrap();
        let told = between(old, new).into_iter().map(|change| {
            (number(&change["from"]), number(&change["to"]), change["insert"].as_str().unwrap().to_string())
        });
        told.collect()
    }

    /// Two texts, and how one becomes the other.
    type Case = (&'static str, &'static str, &'static [(u64, u64, &'static str)]);

    #[test]
    fn only_what_differs_is_changed_and_lines_between_stay() {
        let cases: [Case; 8] = [
            ("", "", &[]),
            ("a\nb\n", "a\nb\n", &[]),
            ("a\nb\n", "a\nb\nc\n", &[(4, 4, "c\n")]),
            ("a\nb\nc\n", "a\nc\n", &[(2, 4, "")]),
            ("port: 80 # x\n", "port: 81 # x\n", &[(7, 8, "1")]),
            // Each of two changes stands for itself, and counts in the text before.
            ("a\nb\nc\nd\ne\n", "a\nB\nc\nD\nE\n", &[(2, 3, "B"), (6, 9, "D\nE")]),
            // Outside of ASCII, units are no bytes.
            ("ä\n\u{1f600} b\n", "ä\n\u{1f600} c\nd\n", &[(5, 6, "c\nd")]),
            ("no end", "no end\n---\nx\n", &[(6, 6, "\n---\nx\n")]),
        ];
        for (old, new, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(a, b, text)| (*a, *b, (*text).to_string())).collect();
            assert_eq!(told(old, new), expected, "{old:?} {new:?}");
        }
    }

    #[test]
    fn changes_made_in_order_give_the_new_text() {
        let words = ["a\n", "b\n", "- c\n", "  d: 1\n"];
        // Every text of some lines against every other.
        let texts: Vec<String> = (0..256_usize)
            .map(|number| {
                let picked = (0..4).map(|place| number >> (place * 2) & 3);
                picked.map(|word| words[word]).collect()
            })
            .collect();
        for old in texts.iter().step_by(7) {
            for new in &texts {
                let mut text = old.clone();
                for (from, to, insert) in told(old, new).into_iter().rev() {
                    text.replace_range(from as usize..to as usize, &insert);
                }
                assert_eq!(text, *new, "{old:?}");
            }
        }
    }
}
