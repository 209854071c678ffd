//! Edits after edits, as edits of the first text.

use alloc::collections::VecDeque;
use alloc::string::String;
use alloc::vec::Vec;

use super::Edit;

/// A part of a text that edits made of another.
enum Piece {
    /// Bytes of the first text.
    Kept { start: usize, end: usize },
    /// What was put in.
    New(String),
}

/// The edits that do at once what some edits do and then others, which are about the text that the first ones make;
/// nothing where those of one list overlap, or the second ones begin within a character that the first ones put in.
///
/// ```
/// use portcullis::manifest::edit::{Edit, apply, compose};
///
/// let first = [Edit { start: 6, end: 8, text: "8080".into() }];
/// let second = [Edit { start: 10, end: 17, text: String::new() }];
/// let both = compose(&first, &second).unwrap();
/// assert_eq!(apply("port: 80 # http", &both).unwrap(), "port: 8080");
/// ```
///
/// # Complexity
/// Linear in the edits and what they put in, with a logarithm of their number.
#[must_use]
pub fn compose(first: &[Edit], second: &[Edit]) -> Option<Vec<Edit>> {
    let mut rest = pieces(first)?;
    let mut made = Vec::new();
    let mut at = 0;
    for edit in sorted(second) {
        go(&mut rest, edit.start.checked_sub(at)?, |piece| made.push(piece))?;
        go(&mut rest, edit.end.checked_sub(edit.start)?, drop)?;
        made.push(Piece::New(edit.text.clone()));
        at = edit.end;
    }
    made.extend(rest);
    Some(edits(made))
}

pub(super) fn sorted(edits: &[Edit]) -> Vec<&Edit> {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort();
    sorted
}

/// What edits make of a text, however long it is.
fn pieces(edits: &[Edit]) -> Option<VecDeque<Piece>> {
    let mut pieces = VecDeque::new();
    let mut at = 0;
    for edit in sorted(edits) {
        if edit.start < at || edit.end < edit.start {
            return None;
        }
        pieces.push_back(Piece::Kept { start: at, end: edit.start });
        pieces.push_back(Piece::New(edit.text.clone()));
        at = edit.end;
    }
    pieces.push_back(Piece::Kept { start: at, end: usize::MAX });
    Some(pieces)
}

/// Takes so many bytes from the front.
fn go(rest: &mut VecDeque<Piece>, mut bytes: usize, mut take: impl FnMut(Piece)) -> Option<()> {
    while bytes > 0 {
        let (front, back) = match rest.pop_front()? {
            Piece::Kept { start, end } => {
                let stop = start.saturating_add(bytes).min(end);
                (Piece::Kept { start, end: stop }, Piece::Kept { start: stop, end })
            }
            Piece::New(text) => {
                let (front, back) = text.split_at_checked(bytes.min(text.len()))?;
                (Piece::New(front.into()), Piece::New(back.into()))
            }
        };
        bytes = bytes.saturating_sub(front.len());
        take(front);
        if back.len() > 0 {
            rest.push_front(back);
        }
    }
    Some(())
}

impl Piece {
    fn len(&self) -> usize {
        match self {
            Self::Kept { start, end } => end.saturating_sub(*start),
            Self::New(text) => text.len(),
        }
    }
}

fn edits(pieces: Vec<Piece>) -> Vec<Edit> {
    let mut edits = Vec::new();
    let (mut at, mut new) = (0, String::new());
    for piece in pieces.into_iter().filter(|piece| piece.len() > 0) {
        match piece {
            Piece::Kept { start, end } => {
                if start > at || !new.is_empty() {
                    edits.push(Edit { start: at, end: start, text: core::mem::take(&mut new) });
                }
                at = end;
            }
            Piece::New(text) => new.push_str(&text),
        }
    }
    edits
}

#[cfg(test)]
mod tests {
    use super::super::apply;
    use super::*;

    #[test]
    fn composed_edits_do_what_one_after_the_other_do() {
        let texts = ["", "x", "äb"];
        // Every one or two edits of a text of six bytes, where nothing is more than four bytes long.
        let of = |length: usize| {
            let ones = (0..=length).flat_map(move |start| {
                (start..=length.min(start + 4))
                    .flat_map(move |end| texts.map(|text| Edit { start, end, text: text.into() }))
            });
            let ones: Vec<Edit> = ones.collect();
            let twos = ones.iter().flat_map(|a| {
                let after = ones.iter().filter(move |b| b.start > a.end);
                after.step_by(5).map(move |b| alloc::vec![b.clone(), a.clone()])
            });
            let twos: Vec<_> = twos.collect();
            ones.iter().map(|one| alloc::vec![one.clone()]).chain(twos).collect::<Vec<_>>()
        };
        let text = "012345";
        let mut composed = 0;
        for first in of(text.len()) {
            let between = apply(text, &first).unwrap();
            for second in of(between.len()).iter().step_by(7) {
                let Some(after) = apply(&between, second) else { continue };
                let both = compose(&first, second).unwrap();
                assert_eq!(apply(text, &both).as_ref(), Some(&after), "{first:?} {second:?}");
                assert!(both.iter().zip(both.iter().skip(1)).all(|(a, b)| a.end < b.start), "{both:?}");
                composed += 1;
            }
        }
        assert!(composed > 10_000, "{composed}");
    }

    #[test]
    fn edits_that_overlap_are_not_composed() {
        let edit = |start, end| Edit { start, end, text: "x".into() };
        let cases: [(&[Edit], &[Edit]); 3] =
            [(&[edit(0, 3), edit(2, 4)], &[]), (&[], &[edit(0, 3), edit(2, 4)]), (&[edit(3, 2)], &[])];
        for (first, second) in cases {
            assert_eq!(compose(first, second), None, "{first:?} {second:?}");
        }
    }
}
