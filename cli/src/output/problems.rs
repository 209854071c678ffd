//! Problems of a load: as text with the line that is meant, or as the JSON object of `validate`.

use std::collections::BTreeMap;
use std::fmt::Write;

use annotate_snippets::{AnnotationKind, Level, Origin, Renderer, Snippet};
use portcullis::analyze::lint::{self, Finding};
use portcullis::manifest::{Problem, Report, Severity};

use crate::input::Document;

/// Lines longer than this are not shown: dumps in JSON can be one line.
const LONGEST_BYTES: usize = 300;
/// How many warnings are printed where they are not what was asked for.
const WARNINGS: usize = 20;

/// Every problem, each with its line.
pub(crate) fn all_to_text(report: &Report, documents: &[Document]) -> String {
    to_text(report.problems.iter(), documents)
}

/// Every error and the first warnings, for commands that are not about them.
pub(crate) fn errors_first_to_text<'d>(
    report: &Report,
    documents: impl IntoIterator<Item = &'d Document>,
) -> String {
    let (errors, warnings): (Vec<_>, Vec<_>) =
        report.problems.iter().partition(|problem| problem.severity == Severity::Error);
    let more = warnings.len().saturating_sub(WARNINGS);
    let mut text = to_text(errors.into_iter().chain(warnings.into_iter().take(WARNINGS)), documents);
    if more > 0 {
        let _ = writeln!(text, "and {more} more warnings, which `portcullis validate` lists");
    }
    text
}

fn to_text<'a, 'd>(
    problems: impl Iterator<Item = &'a Problem>,
    documents: impl IntoIterator<Item = &'d Document>,
) -> String {
    let printer = Printer::new(documents);
    let mut text = String::new();
    for problem in problems {
        let _ = writeln!(text, "{}\n", printer.print(&Message::of_problem(problem)));
    }
    text
}

/// Something to say about a place in a text.
pub(crate) struct Message<'a> {
    level: Level<'static>,
    id: &'a str,
    object: Option<&'a str>,
    field: &'a str,
    message: &'a str,
    file: &'a str,
    line: u32,
    column: u32,
    help: &'a str,
    /// What else there is to know.
    pub(crate) notes: Vec<String>,
}

impl<'a> Message<'a> {
    pub(crate) fn of_problem(problem: &'a Problem) -> Self {
        Self {
            level: match problem.severity {
                Severity::Error => Level::ERROR,
                Severity::Warning => Level::WARNING,
            },
            id: problem.code.as_str(),
            object: problem.object.as_deref(),
            field: &problem.field,
            message: &problem.message,
            file: &problem.file,
            line: problem.line,
            column: problem.column,
            help: &problem.help,
            notes: Vec::new(),
        }
    }

    pub(crate) fn of_finding(finding: &'a Finding) -> Self {
        let rendered = finding.rendered_from.as_ref().map(|file| format!("rendered from {file}"));
        Self {
            level: match finding.level {
                lint::Level::Error => Level::ERROR,
                lint::Level::Warning => Level::WARNING,
                lint::Level::Info => Level::INFO,
            },
            id: finding.check,
            object: finding.object.as_deref(),
            field: &finding.field,
            message: &finding.message,
            file: &finding.file,
            line: finding.line,
            column: finding.column,
            help: &finding.help,
            notes: rendered.into_iter().collect(),
        }
    }
}

/// Prints messages with the lines that they are about.
pub(crate) struct Printer<'a> {
    lines: Lines<'a>,
    renderer: Renderer,
}

impl<'a> Printer<'a> {
    pub(crate) fn new(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        Self { lines: Lines::new(documents), renderer: Renderer::styled() }
    }

    /// One message, without a line end.
    pub(crate) fn print(&self, message: &Message<'_>) -> String {
        let mut title = String::new();
        for part in [message.object, Some(message.field).filter(|field| !field.is_empty())] {
            title.extend(part.map(|part| format!("{part}: ")));
        }
        title.push_str(message.message);
        let group = message.level.clone().primary_title(title).id(message.id);
        let start = usize::try_from(message.line).unwrap_or(usize::MAX);
        let column = usize::try_from(message.column).unwrap_or(usize::MAX);
        let shown = self.lines.get(message.file, start).filter(|line| line.len() <= LONGEST_BYTES);
        let group = match shown {
            Some(line) => group.element(
                Snippet::source(line)
                    .line_start(start)
                    .path(message.file)
                    .annotation(AnnotationKind::Primary.span(token(line, column))),
            ),
            None => {
                let place = Origin::path(message.file).line(start).char_column(column);
                // What is wrong with a flag is in no file.
                group.elements(Some(place).filter(|_| !message.file.is_empty()))
            }
        };
        let help = Some(message.help).filter(|help| !help.is_empty());
        let group = group.elements(help.map(|help| Level::HELP.message(help)));
        let group = group.elements(message.notes.iter().map(|note| Level::NOTE.message(note)));
        self.renderer.render(&[group])
    }
}

/// The bytes of what starts in a column: a quoted text, or what comes before the next mark of YAML.
fn token(line: &str, column: usize) -> std::ops::Range<usize> {
    let start = line.char_indices().nth(column.saturating_sub(1)).map_or(line.len(), |(index, _)| index);
    let rest = line.get(start..).unwrap_or_default();
    let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
    let length = match quote.and_then(|quote| rest.get(1..)?.find(quote)) {
        Some(inner) => inner.saturating_add(2),
        None => {
            let marks = [", ", ": ", " #", "]", "}"].into_iter().filter_map(|mark| rest.find(mark));
            marks.min().unwrap_or(rest.len())
        }
    };
    let text = rest.get(..length).unwrap_or_default().trim_end();
    start..start.saturating_add(text.len())
}

/// The lines of the documents that were read.
struct Lines<'a> {
    documents: BTreeMap<&'a str, Vec<&'a str>>,
}

impl<'a> Lines<'a> {
    fn new(documents: impl IntoIterator<Item = &'a Document>) -> Self {
        let lines = |document: &'a Document| {
            let text = document.text.as_deref().ok()?;
            Some((document.name.as_str(), text.lines().collect()))
        };
        Self { documents: documents.into_iter().filter_map(lines).collect() }
    }

    fn get(&self, file: &str, line: usize) -> Option<&'a str> {
        self.documents.get(file)?.get(line.checked_sub(1)?).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::token;

    #[test]
    fn the_marked_part_is_the_value_that_starts_in_the_column() {
        let cases = [
            ("cidr: 10.0.0.1/8 # all", 7, "10.0.0.1/8"),
            ("- {port: 80, protocol: TCP}", 10, "80"),
            ("- {port: 80, protocol: TCP}", 24, "TCP"),
            ("name: \"a, b\" # c", 7, "\"a, b\""),
            ("  ipBlok: x", 3, "ipBlok"),
            ("  spec:", 3, "spec:"),
            ("ü: ö", 4, "ö"),
            ("x", 9, ""),
            ("name: 'open", 7, "'open"),
        ];
        for (line, column, expected) in cases {
            assert_eq!(&line[token(line, column)], expected, "{line:?} {column}");
        }
    }
}
