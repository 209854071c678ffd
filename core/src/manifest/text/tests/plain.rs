//! What is read as plain is read as the parser reads it, to the letter, the place and the problem.

use std::fs;
use std::path::Path;
use std::string::String;
use std::vec::Vec;

use super::super::builder::Budget;
use super::super::{Limits, Segment, plain, split, yaml};
use super::Draws;

/// Reads a segment both ways, with what each used of its budget; gives whether it was plain.
fn is_the_same(segment: &Segment<'_>, limits: Limits) -> bool {
    let (mut of_plain, mut of_parser) = (Budget::new(limits), Budget::new(limits));
    let Some(read) = plain::read(segment, &mut of_plain) else { return false };
    let parsed = yaml::read_any(segment, &mut of_parser);
    assert_eq!(read, parsed, "{:?}", segment.text);
    assert_eq!(std::format!("{of_plain:?}"), std::format!("{of_parser:?}"), "{:?}", segment.text);
    true
}

/// All manifests of the repository below a folder.
fn collect(folder: &Path, texts: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, texts);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            texts.extend(fs::read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok()));
        }
    }
}

fn manifests() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut texts = Vec::new();
    for folder in ["core/testdata", "examples", "cli/testdata"] {
        collect(&root.join(folder), &mut texts);
    }
    texts
}

#[test]
fn most_documents_of_the_repository_are_plain_and_read_the_same() {
    let texts = manifests();
    let segments: Vec<_> = texts.iter().flat_map(|text| split(text)).collect();
    let plain = segments.iter().filter(|segment| is_the_same(segment, Limits::DEFAULT)).count();
    assert!(plain.saturating_mul(10) >= segments.len().saturating_mul(7), "{plain} of {}", segments.len());
}

/// Parts of manifests, in the styles that people write, and what stands at the edge of what is plain.
const PARTS: [&str; 64] = [
    "a: b\n",
    "a:\n",
    "  b: c\n",
    "- a\n",
    "-\n",
    "- - a\n",
    "- a: b\n",
    "  c: d\n",
    "    - e\n",
    "a: {b: c}\n",
    "a: [b, c]\n",
    "{a: b}\n",
    "[a]\n",
    "a: \"b\"\n",
    "a: 'b c'\n",
    "\"a\": b\n",
    "a: {}\n",
    "a: []\n",
    "# c\n",
    "  # c\n",
    "a: b # c\n",
    "a: # c\n",
    "---\n",
    "\n",
    "   \n",
    "a: 1\n",
    "a: 0x1f\n",
    "a: 1e3\n",
    "a: yes\n",
    "a: ~\n",
    "a: null\n",
    "a: -1\n",
    "a: 10.0.0.0/8\n",
    "a: ::1/128\n",
    "a: b:c\n",
    "a: b: c\n",
    "a: b:\n",
    "a:b\n",
    "a: |\n  b\n",
    "a: >-\n  b\n",
    "a: &x b\n",
    "a: *x\n",
    "<<: {a: b}\n",
    "a: !!str 1\n",
    "? a\n",
    ": b\n",
    "a: 'b''c'\n",
    "a: \"b\\n\"\n",
    "a: \"b\n  c\"\n",
    "a: b\n  c\n",
    "a: {b: c,\n  d: e}\n",
    "a: {b: [c, {d: e}]}\n",
    "a: {b}\n",
    "a: [b: c]\n",
    "a: {\"b\":c}\n",
    "a: {b: c, }\n",
    "a: [b c]\n",
    "a: b#c\n",
    "a: b c\n",
    "a: <b>\n",
    "a: -\n",
    "a: - b\n",
    "é: ü\n",
    "...\n",
];

/// Characters that YAML gives a meaning.
const MARKS: [char; 26] = [
    ' ', ' ', '\n', '-', ':', ',', '{', '}', '[', ']', '#', '"', '\'', '&', '*', '!', '|', '>', '%', '@',
    '?', '.', '/', 'a', '0', '\t',
];

/// A document out of parts, indented by chance.
fn composed(draws: &mut Draws) -> String {
    let mut text = String::new();
    for _ in 0..=draws.below(6) {
        text.push_str(&" ".repeat([0, 0, 0, 1, 2, 2, 4][draws.below(7)]));
        text.push_str(PARTS[draws.below(PARTS.len())]);
    }
    text
}

/// A text with some characters in other places, gone, or new.
fn changed(text: &str, draws: &mut Draws) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for _ in 0..=draws.below(3) {
        let place = draws.below(characters.len().saturating_add(1));
        let mark = MARKS[draws.below(MARKS.len())];
        match draws.below(4) {
            0 if place < characters.len() => drop(characters.remove(place)),
            1 if place < characters.len() => characters[place] = mark,
            2 if place < characters.len() => {
                let other = draws.below(characters.len());
                characters.swap(place, other);
            }
            _ => characters.insert(place, mark),
        }
    }
    characters.into_iter().collect()
}

/// How many texts are composed, and how many are changed; `PORTCULLIS_PLAIN_TEXTS` asks for more.
fn rounds() -> usize {
    std::env::var("PORTCULLIS_PLAIN_TEXTS").map_or(20_000, |count| count.parse().unwrap())
}

#[test]
fn composed_and_changed_texts_are_read_the_same_wherever_they_are_plain() {
    let mut draws = Draws(7);
    let mut plain = 0_usize;
    let documents: Vec<String> = manifests()
        .iter()
        .flat_map(|text| split(text).into_iter().map(|segment| segment.text.into()).collect::<Vec<String>>())
        .filter(|text: &String| text.len() < 600)
        .collect();
    for kind in (0..3).cycle().take(rounds()) {
        let text = match kind {
            0 => composed(&mut draws),
            1 => {
                let text = composed(&mut draws);
                changed(&text, &mut draws)
            }
            _ => changed(&documents[draws.below(documents.len())], &mut draws),
        };
        for segment in split(&text) {
            plain = plain.saturating_add(usize::from(is_the_same(&segment, Limits::DEFAULT)));
        }
    }
    assert!(plain.saturating_mul(10) >= rounds(), "{plain} of {}", rounds());
}

#[test]
fn what_is_over_a_limit_is_left_to_the_parser() {
    let deep = std::format!("a: {}{}\n", "[".repeat(31), "]".repeat(31));
    let segment = Segment { text: &deep, line: 1 };
    assert!(is_the_same(&segment, Limits::DEFAULT));
    assert!(!is_the_same(&segment, Limits { depth: 31, ..Limits::DEFAULT }));
    assert!(!is_the_same(&segment, Limits { nodes: 32, ..Limits::DEFAULT }));
    let deeper = std::format!("a: {}{}\n", "[".repeat(33), "]".repeat(33));
    assert!(!is_the_same(&Segment { text: &deeper, line: 1 }, Limits::DEFAULT));
}
