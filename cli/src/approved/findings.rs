//! Findings that are approved: by check, and as narrowly as is said.

use portcullis::analyze::lint::Finding;
use portcullis::ask::failure::Failure;

use super::fields::{Fields, string, wrong};
use crate::lint::known;

/// Which findings an approval is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FindingPattern {
    id: String,
    object: Option<String>,
    field: Option<String>,
}

impl FindingPattern {
    pub(super) fn read(fields: &mut Fields<'_>) -> Result<Self, Failure> {
        let file = fields.file();
        let (node, path) = fields.required("id", "name the check")?;
        let id = string(file, node, &path)?;
        known(&id).map_err(|hint| wrong(file, node, &path, &format!("there is no check `{id}`; {hint}")))?;
        let mut text = |key| fields.take(key).map(|(node, path)| string(file, node, &path)).transpose();
        Ok(Self { id, object: text("object")?, field: text("field")? })
    }

    /// Whether a finding is meant.
    pub(crate) fn is_about(&self, finding: &Finding) -> bool {
        let meets = |wanted: &Option<String>, own: &str| wanted.as_ref().is_none_or(|wanted| wanted == own);
        self.id == finding.check
            && meets(&self.object, finding.object.as_deref().unwrap_or_default())
            && meets(&self.field, &finding.field)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Approved;

    #[test]
    fn a_finding_is_approved_by_a_check_that_there_is() {
        let head = "apiVersion: portcullis.dev/v1\nkind: Approved\nfindings:\n";
        let read = |item: &str| {
            let mut approved = Approved { file: "a.yaml".to_string(), ..Approved::default() };
            approved.read(&format!("{head}{item}")).map_err(|failure| failure.message)?;
            Ok::<_, String>(approved)
        };
        let found =
            read("- {id: single-address, object: NetworkPolicy a/b, reason: r, expires: 2027-01-02}\n");
        assert_eq!(found.unwrap().findings.len(), 1);
        let cases = [
            ("- {reason: r, expires: 2027-01-02}\n", "`id` is missing; name the check"),
            ("- {id: single-adress, reason: r, expires: 2027-01-02}\n", "did you mean `single-address`?"),
            ("- {id: single-address, expires: 2027-01-02}\n", "`reason` is missing"),
            ("- {id: single-address, reason: r}\n", "`expires` is missing"),
            (
                "- {id: single-address, file: x, reason: r, expires: 2027-01-02}\n",
                "there is no key `file` here",
            ),
        ];
        for (item, expected) in cases {
            let message = read(item).unwrap_err();
            assert!(message.starts_with("a.yaml:4: findings[0]") && message.contains(expected), "{message}");
        }
    }
}
