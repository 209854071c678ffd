//! User text in messages: in backticks, short, on one line.

use alloc::format;
use alloc::string::String;

use crate::manifest::tree::Value;

/// The most characters of user text in a message; a label value and a CIDR fit whole.
const MAX_QUOTED_CHARS: usize = 80;

/// A text in backticks, cut where it is long, with control characters escaped.
pub(crate) fn quote(text: &str) -> String {
    let mut quoted = String::from("`");
    for (index, character) in text.chars().enumerate() {
        if index >= MAX_QUOTED_CHARS {
            quoted.push('…');
            break;
        }
        // Controls and the marks that turn writing around would garble a terminal.
        if character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}') {
            quoted.extend(character.escape_default());
        } else {
            quoted.push(character);
        }
    }
    quoted.push('`');
    if text.is_empty() {
        quoted.push_str(" (empty)");
    }
    quoted
}

/// A value in words, for messages about its type.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => String::from("null"),
        Value::Bool(value) => format!("the boolean `{value}`"),
        Value::Integer(value) => format!("the number `{value}`"),
        Value::Float(value) => format!("the number `{value}`"),
        Value::String(value) => format!("the text {}", quote(value)),
        Value::Sequence(items) if items.is_empty() => String::from("an empty list"),
        Value::Sequence(_) => String::from("a list"),
        Value::Mapping(fields) if fields.is_empty() => String::from("an empty mapping"),
        Value::Mapping(_) => String::from("a mapping"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quoted_text_is_short_and_stays_on_one_line() {
        let cases = [
            ("a", "`a`"),
            ("", "`` (empty)"),
            ("a\nb\0", "`a\\nb\\u{0}`"),
            ("a\u{202e}b", "`a\\u{202e}b`"),
            ("ü", "`ü`"),
        ];
        for (text, expected) in cases {
            assert_eq!(quote(text), expected);
        }
        assert_eq!(quote(&"x".repeat(200)).chars().count(), 83);
    }
}
