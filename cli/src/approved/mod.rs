//! Approved: what may differ or be found, who says why, and until when; a gate then fails only on what nobody approved.
//!
//! ```yaml
//! apiVersion: portcullis.dev/v1
//! kind: Approved
//! connections:
//! - from: shop/web               # a workload, `shop/*`, a CIDR, or `*`
//!   to: [shop/deployment/db]     # or several
//!   ports: [TCP 9187]            # all ports where it is missing
//!   reason: the new exporter, agreed in the review of the database
//!   expires: 2027-03-31          # the last day on which it counts, in UTC
//! findings:
//! - id: ingress-from-anywhere    # a check
//!   object: NetworkPolicy shop/web
//!   field: spec.ingress[0]       # object and field may be missing
//!   reason: the shop's front door
//!   expires: 2027-06-30
//! ```

mod connections;
mod fields;
mod findings;
mod subtract;

use std::path::Path;

use jiff::civil::Date;
use portcullis::ask::failure::Failure;
use portcullis::manifest::text::{self, Limits};

pub(crate) use connections::{Pattern, Waived};
pub(crate) use findings::FindingPattern;

use crate::input;
use fields::{Fields, items, string, wrong};

/// What a file approves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Approved {
    /// The file's name.
    pub(crate) file: String,
    /// Connections that may differ.
    pub(crate) connections: Vec<Approval<Pattern>>,
    /// Findings that may be there.
    pub(crate) findings: Vec<Approval<FindingPattern>>,
}

/// One thing that is approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Approval<T> {
    /// What.
    pub(crate) what: T,
    /// Why.
    pub(crate) reason: String,
    /// The last day on which it counts.
    pub(crate) expires: Date,
    /// The line where it is written.
    pub(crate) line: u32,
}

impl<T> Approval<T> {
    /// Whether it still counts on a day.
    pub(crate) fn counts_on(&self, day: Date) -> bool {
        day <= self.expires
    }
}

/// The day on which a command runs, in UTC.
pub(crate) fn today() -> Date {
    jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

impl Approved {
    /// Reads a file.
    pub(crate) fn open(path: &Path) -> Result<Self, Failure> {
        let file = path.display().to_string();
        let documents = input::read_all(&[path.to_path_buf()])?;
        let mut approved = Self { file: file.clone(), ..Self::default() };
        for document in documents {
            let text = document.text.map_err(|at| {
                Failure::new(
                    "bad-approval",
                    format!("{file}:{}: the bytes from here on are no UTF-8", at.line),
                )
            })?;
            approved.read(&text)?;
        }
        Ok(approved)
    }

    fn read(&mut self, text: &str) -> Result<(), Failure> {
        let parsed = text::parse(text, &Limits::default());
        if let Some(problem) = parsed.problems.first() {
            let message = format!("{}:{}: {}", self.file, problem.at.line, problem.message);
            return Err(Failure::new("bad-approval", message));
        }
        for document in &parsed.documents {
            let mut fields = Fields::of(&self.file, &document.root, "")?;
            fields.fixed("apiVersion", "portcullis.dev/v1")?;
            fields.fixed("kind", "Approved")?;
            if let Some((node, path)) = fields.take("connections") {
                for (item, path) in items(&self.file, node, &path)? {
                    let approval = approval(&self.file, item, &path, Pattern::read)?;
                    self.connections.push(approval);
                }
            }
            if let Some((node, path)) = fields.take("findings") {
                for (item, path) in items(&self.file, node, &path)? {
                    let approval = approval(&self.file, item, &path, FindingPattern::read)?;
                    self.findings.push(approval);
                }
            }
            fields.finish()?;
        }
        if parsed.documents.is_empty() {
            let message = format!("{}: there is no document in it; write `kind: Approved`", self.file);
            return Err(Failure::new("bad-approval", message));
        }
        Ok(())
    }
}

/// Reads one approval: what it is about, `reason` and `expires`.
fn approval<T>(
    file: &str,
    node: &portcullis::manifest::tree::Node,
    path: &str,
    what: impl FnOnce(&mut Fields<'_>) -> Result<T, Failure>,
) -> Result<Approval<T>, Failure> {
    let mut fields = Fields::of(file, node, path)?;
    let what = what(&mut fields)?;
    let (reason_node, reason_path) = fields.required("reason", "say why it is allowed")?;
    let reason = string(file, reason_node, &reason_path)?;
    if reason.trim().is_empty() {
        return Err(wrong(file, reason_node, &reason_path, "is empty; say why it is allowed"));
    }
    let help = "write the last day on which it counts, such as `2027-03-31`";
    let (date_node, date_path) = fields.required("expires", help)?;
    let text = string(file, date_node, &date_path)?;
    let expires = text
        .parse()
        .map_err(|_| wrong(file, date_node, &date_path, &format!("`{text}` is no date; {help}")))?;
    fields.finish()?;
    Ok(Approval { what, reason, expires, line: node.at.line })
}

#[cfg(test)]
mod tests {
    use super::Approved;

    fn read(text: &str) -> Result<Approved, String> {
        let mut approved = Approved { file: "a.yaml".to_string(), ..Approved::default() };
        approved.read(text).map_err(|failure| failure.message)?;
        Ok(approved)
    }

    const HEAD: &str = "apiVersion: portcullis.dev/v1\nkind: Approved\n";

    #[test]
    fn an_approval_says_what_why_and_until_when() {
        let item =
            "connections:\n- {from: shop/web, to: '*', ports: TCP 80, reason: r, expires: 2027-01-02}\n";
        let approved = read(&format!("{HEAD}{item}")).unwrap();
        let only = &approved.connections[0];
        assert_eq!((only.reason.as_str(), only.line), ("r", 4));
        assert!(
            only.counts_on("2027-01-02".parse().unwrap()) && !only.counts_on("2027-01-03".parse().unwrap())
        );
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_what_to_do() {
        let cases = [
            ("", "a.yaml: there is no document in it; write `kind: Approved`"),
            ("kind: Approved", "a.yaml:1: `apiVersion` is missing; write `apiVersion: portcullis.dev/v1`"),
            (
                "apiVersion: portcullis.dev/v1\nkind: Aproved",
                "a.yaml:2: kind: `Aproved` is not `Approved`; write `kind: Approved`",
            ),
            ("connections: [", "a.yaml:"),
        ];
        for (text, expected) in cases {
            let message = read(text).unwrap_err();
            assert!(message.starts_with(expected), "{message}");
        }
        let items = [
            ("{from: a/b, to: c/d, expires: 2027-01-01}", "`reason` is missing; say why it is allowed"),
            (
                "{from: a/b, to: c/d, reason: r}",
                "`expires` is missing; write the last day on which it counts, such as `2027-03-31`",
            ),
            ("{from: a/b, to: c/d, reason: ' ', expires: 2027-01-01}", "is empty; say why it is allowed"),
            ("{from: a/b, to: c/d, reason: r, expires: soon}", "`soon` is no date; write the last day"),
            (
                "{from: a/b, to: c/d, port: 1, reason: r, expires: 2027-01-01}",
                "there is no key `port` here; keys are",
            ),
            (
                "{from: web, to: c/d, reason: r, expires: 2027-01-01}",
                "`web` names no workload and no address",
            ),
            ("{from: a/b, reason: r, expires: 2027-01-01}", "`to` is missing"),
            ("{from: a/b, to: c/d, ports: TPC 80, reason: r, expires: 2027-01-01}", "`TPC 80` is no port"),
            ("7", "must be a mapping"),
        ];
        for (item, expected) in items {
            let message = read(&format!("{HEAD}connections:\n- {item}\n")).unwrap_err();
            assert!(
                message.starts_with("a.yaml:4: connections[0]") && message.contains(expected),
                "{message}"
            );
        }
    }
}
