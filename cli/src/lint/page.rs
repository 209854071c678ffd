//! What there is to read about checks.

use portcullis::analyze::lint::Check;
use portcullis::ask::failure::Failure;
use serde_json::json;

use super::choice::known;
use crate::args::LintFormat;
use crate::exit::Exit;
use crate::output::style;
use crate::session::{fail, print, print_json};

/// The page with a section for each check.
const PAGE: &str = include_str!("../../../docs/lint.md");

/// Prints all checks.
pub(super) fn list(format: LintFormat) -> Exit {
    if format == LintFormat::Text {
        let line = |check: &Check| {
            format!("{:<27} {:<8} {}\n", check.as_str(), check.level().as_str(), check.title())
        };
        print(&Check::ALL.iter().map(line).collect::<String>());
        return Exit::Yes;
    }
    let one = |check: &Check| json!({"id": check.as_str(), "level": check.level(), "title": check.title()});
    print_json(&json!({"checks": Check::ALL.iter().map(one).collect::<Vec<_>>()}));
    Exit::Yes
}

/// Prints the section of a check.
pub(super) fn explain(id: &str) -> Exit {
    match (Check::find(id), known(id)) {
        (Some(check), _) => {
            print(&format!("{}: {}\n\n{}\n", style::heading(check.as_str()), check.level(), section(check)));
            Exit::Yes
        }
        (None, Ok(())) => {
            let text = "a problem that shows when objects are loaded; its own message says what to do";
            print(&format!("{}: {text}\n", style::heading(id)));
            Exit::Yes
        }
        (None, Err(hint)) => {
            fail(&Failure::new("unknown-check", format!("`--explain {id}`: there is no such check; {hint}")))
        }
    }
}

/// The text of a check's section, without its heading.
pub(super) fn section(check: Check) -> &'static str {
    let heading = format!("\n### {}\n", check.as_str());
    let Some((_, rest)) = PAGE.split_once(&heading) else { return "" };
    let end = ["\n### ", "\n## "].into_iter().filter_map(|mark| rest.find(mark)).min();
    rest.get(..end.unwrap_or(rest.len())).unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_has_a_section_that_says_something() {
        for check in Check::ALL {
            assert!(section(check).len() > 100, "{}", check.as_str());
        }
    }
}
