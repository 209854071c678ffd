//! From files to a cluster and its policies, or to everything that is wrong with them.

use portcullis::manifest::{
    Code, LoadOptions, Loaded, Problem, Report, Severity, Strength, load_texts, text,
};
use portcullis::source::Position;

use crate::input::Document;

/// Loads documents; those that are no text are problems like others.
pub(crate) fn load_documents(
    documents: &[Document],
    namespace: Option<&str>,
    strength: Strength,
) -> Result<Loaded, Report> {
    let options = LoadOptions { namespace: namespace.map(str::to_string), strength };
    let mut texts = Vec::new();
    let mut unreadable = Vec::new();
    for document in documents {
        match &document.text {
            Ok(text) => texts.push((document.name.as_str(), text.as_str())),
            Err(at) => unreadable.push(not_text(&document.name, *at)),
        }
    }
    let result = load_texts(texts, &options);
    if unreadable.is_empty() {
        return result;
    }
    let mut report = result.map_or_else(|report| report, |loaded| loaded.report);
    report.problems.extend(unreadable);
    Err(report)
}

fn not_text(name: &str, at: Position) -> Problem {
    Problem {
        code: Code::Text(text::Code::NotUtf8),
        severity: Severity::Error,
        object: None,
        field: String::new(),
        file: name.to_string(),
        line: at.line,
        column: at.column,
        message: "the bytes from here on are no UTF-8".to_string(),
        help: "save the file as UTF-8".to_string(),
    }
}
