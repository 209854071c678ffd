//! Tests of reading text, as tables; the facts about scalars were observed on a real API server.

mod documents;
mod hostile;
mod json;
mod plain;
mod scalars;
mod yaml;

use std::format;
use std::string::{String, ToString};
use std::vec::Vec;

use super::{Limits, Parsed, parse};
use crate::manifest::tree::{Node, Value};

/// A tree as compact JSON.
fn show(node: &Node) -> String {
    match &node.value {
        Value::Null => "null".to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => format!("{number:?}"),
        Value::String(text) => format!("{text:?}"),
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(show).collect();
            format!("[{}]", items.join(","))
        }
        Value::Mapping(fields) => {
            let fields: Vec<_> =
                fields.iter().map(|field| format!("{:?}:{}", field.key, show(&field.node))).collect();
            format!("{{{}}}", fields.join(","))
        }
    }
}

/// All that a text gives, a line each: documents, then problems as `line:column code field`.
fn outcome(parsed: &Parsed) -> Vec<String> {
    let documents = parsed.documents.iter().map(|document| show(&document.root));
    let problems = parsed.problems.iter().map(|problem| {
        let place = format!("{}:{} {}", problem.at.line, problem.at.column, problem.code);
        format!("{place} {}", problem.field).trim_end().to_string()
    });
    documents.chain(problems).collect()
}

fn read(text: &str) -> Vec<String> {
    outcome(&parse(text, &Limits::DEFAULT))
}

/// Checks a table of texts and what they give.
fn check(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(&read(text), expected, "{text:?}");
    }
}

/// Numbers that look random and are the same everywhere (SplitMix64).
struct Draws(u64);

impl Draws {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) >> 33).unwrap().checked_rem(count).unwrap()
    }
}
