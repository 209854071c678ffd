//! The fields of one mapping, each asked for once; what nobody asked for is a slip.

use portcullis::ask::failure::{Failure, listed};
use portcullis::manifest::tree::{Field, Node, Value};

/// The fields of a mapping that are left to read.
pub(super) struct Fields<'a> {
    file: &'a str,
    node: &'a Node,
    path: String,
    left: Vec<&'a Field>,
    asked: Vec<&'static str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(file: &'a str, node: &'a Node, path: &str) -> Result<Self, Failure> {
        match &node.value {
            Value::Mapping(fields) => Ok(Self {
                file,
                node,
                path: path.to_string(),
                left: fields.iter().collect(),
                asked: Vec::new(),
            }),
            _ => Err(wrong(file, node, path, "must be a mapping")),
        }
    }

    pub(super) const fn file(&self) -> &'a str {
        self.file
    }

    /// A field and its path; nothing where it is missing or null.
    pub(super) fn take(&mut self, key: &'static str) -> Option<(&'a Node, String)> {
        self.asked.push(key);
        let place = self.left.iter().position(|field| field.key == key)?;
        let field = self.left.remove(place);
        let path = if self.path.is_empty() { key.to_string() } else { format!("{}.{key}", self.path) };
        (field.node.value != Value::Null).then_some((&field.node, path))
    }

    pub(super) fn required(&mut self, key: &'static str, help: &str) -> Result<(&'a Node, String), Failure> {
        let (file, node, path) = (self.file, self.node, self.path.clone());
        self.take(key).ok_or_else(|| wrong(file, node, &path, &format!("`{key}` is missing; {help}")))
    }

    /// A field that can only be one thing.
    pub(super) fn fixed(&mut self, key: &'static str, value: &str) -> Result<(), Failure> {
        let help = format!("write `{key}: {value}`");
        let (node, path) = self.required(key, &help)?;
        let found = string(self.file, node, &path)?;
        if found == value {
            return Ok(());
        }
        Err(wrong(self.file, node, &path, &format!("`{found}` is not `{value}`; {help}")))
    }

    pub(super) fn finish(self) -> Result<(), Failure> {
        let Some(field) = self.left.first() else { return Ok(()) };
        let message = format!("there is no key `{}` here; keys are {}", field.key, listed(&self.asked));
        Err(wrong_at(self.file, field.at.line, &self.path, &message))
    }
}

/// A text.
pub(super) fn string(file: &str, node: &Node, path: &str) -> Result<String, Failure> {
    match &node.value {
        Value::String(text) => Ok(text.clone()),
        _ => Err(wrong(file, node, path, "must be a text")),
    }
}

/// The items of a list with their paths.
pub(super) fn items<'a>(file: &str, node: &'a Node, path: &str) -> Result<Vec<(&'a Node, String)>, Failure> {
    match &node.value {
        Value::Sequence(items) => {
            Ok(items.iter().enumerate().map(|(at, item)| (item, format!("{path}[{at}]"))).collect())
        }
        _ => Err(wrong(file, node, path, "must be a list; start each item with `- `")),
    }
}

/// One item, or a list of them.
pub(super) fn one_or_more<'a>(
    file: &str,
    node: &'a Node,
    path: &str,
) -> Result<Vec<(&'a Node, String)>, Failure> {
    match &node.value {
        Value::Sequence(list) if list.is_empty() => {
            Err(wrong(file, node, path, "is empty, which approves nothing; name something or take it out"))
        }
        Value::Sequence(_) => items(file, node, path),
        _ => Ok(vec![(node, path.to_string())]),
    }
}

/// What is wrong with a node.
pub(super) fn wrong(file: &str, node: &Node, path: &str, message: &str) -> Failure {
    wrong_at(file, node.at.line, path, message)
}

fn wrong_at(file: &str, line: u32, path: &str, message: &str) -> Failure {
    let path = if path.is_empty() { String::new() } else { format!("{path}: ") };
    Failure::new("bad-approval", format!("{file}:{line}: {path}{message}"))
}
