//! Text inside other languages: names and files are whatever people call them.

/// Text in a cell of a Markdown table.
pub(super) fn markdown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' => out.extend(['\\', letter]),
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// Text as one field of CSV, with the quotes round it.
pub(super) fn csv(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// Text in quotes of Graphviz' language, without them.
pub(super) fn dot(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    escaped.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect()
}

/// Text in quotes of Mermaid's language, without them.
pub(super) fn mermaid(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("#quot;"),
            '<' => out.push_str("#lt;"),
            '>' => out.push_str("#gt;"),
            '#' => out.push_str("#35;"),
            '|' => out.push_str("#124;"),
            letter if letter.is_control() => out.push(' '),
            letter => out.push(letter),
        }
    }
    out
}

/// Text in XML, in elements and in attributes; what no XML may hold becomes a mark.
pub(super) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}')
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{csv, dot, markdown, mermaid, xml};

    #[test]
    fn no_text_ends_the_place_that_it_is_put_in() {
        let text = "a\"b|<c>&'\\`\u{1}";
        assert_eq!(markdown(text), "a\"b\\|&lt;c>&amp;'\\\\\\` ");
        assert_eq!(csv(text), "\"a\"\"b|<c>&'\\`\u{1}\"");
        assert_eq!(dot(text), "a\\\"b|<c>&'\\\\` ");
        assert_eq!(mermaid(text), "a#quot;b#124;#lt;c#gt;&'\\` ");
        assert_eq!(xml(text), "a&quot;b|&lt;c&gt;&amp;&#39;\\`\u{fffd}");
    }
}
