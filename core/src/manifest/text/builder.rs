//! Builds the tree of one document from its parts, within the limits.
//!
//! The readers of YAML and JSON both feed it. It keeps its own stack, so no input makes it recurse;
//! it stops at the depth limit, so the finished tree may be walked by recursion.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{Code, Limits, Problem};
use crate::manifest::tree::{Field, Node, Position, Value};
use crate::sorted::{SortedMap, SortedSet};

/// What the documents of a text have used of its limits.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    pub(super) limits: Limits,
    nodes: usize,
    aliased: usize,
}

impl Budget {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, nodes: 0, aliased: 0 }
    }

    /// Whether that many more nodes may be made.
    fn nodes(&mut self, more: usize) -> bool {
        self.nodes = self.nodes.saturating_add(more);
        self.nodes <= self.limits.nodes
    }

    /// Whether that many more nodes may be copied.
    fn aliased(&mut self, more: usize) -> bool {
        self.aliased = self.aliased.saturating_add(more);
        self.aliased <= self.limits.aliased
    }
}

/// How deep most manifests are.
const USUAL_DEPTH: usize = 8;

/// Mappings up to this many fields are searched one by one; greater ones have an index.
const SEARCHED: usize = 16;

/// A mapping under construction: each key once.
#[derive(Debug, Default)]
struct Fields {
    list: Vec<Field>,
    /// What few mappings need.
    rare: Option<Box<Rare>>,
}

#[derive(Debug, Default)]
struct Rare {
    /// Where each key is in the list of fields; empty while the list is short.
    index: SortedMap<String, usize>,
    /// Which fields a merge key brought.
    merged: SortedSet<usize>,
}

impl Fields {
    fn find(&self, key: &str) -> Option<usize> {
        match self.rare.as_ref().filter(|rare| !rare.index.is_empty()) {
            None => self.list.iter().position(|field| field.key == key),
            Some(rare) => rare.index.get(key).copied(),
        }
    }

    /// Puts a field in its place or replaces the one of its key; gives that one, and whether a merge key had brought it.
    fn put(&mut self, field: Field, from_merge: bool) -> Option<(Field, bool)> {
        if let Some(place) = self.find(&field.key) {
            let was_merged = self.rare.as_ref().is_some_and(|rare| rare.merged.contains(&place));
            if from_merge {
                self.rare.get_or_insert_default().merged.insert(place);
            } else if let Some(rare) = &mut self.rare {
                rare.merged.remove(&place);
            }
            let old = core::mem::replace(self.list.get_mut(place)?, field);
            return Some((old, was_merged));
        }
        let place = self.list.len();
        if from_merge {
            self.rare.get_or_insert_default().merged.insert(place);
        }
        let indexed = self.rare.as_mut().filter(|rare| !rare.index.is_empty());
        let is_indexed = indexed.map(|rare| rare.index.insert(field.key.clone(), place)).is_some();
        self.list.push(field);
        if !is_indexed && self.list.len() > SEARCHED {
            let keys = self.list.iter().enumerate();
            let index = keys.map(|(place, field)| (field.key.clone(), place)).collect();
            self.rare.get_or_insert_default().index = index;
        }
        None
    }
}

/// What the next value of a mapping is for.
#[derive(Debug)]
enum Awaited {
    Key,
    Value(String, Position),
    /// The value of a merge key.
    Merge(Position),
    /// The value of a key that was refused.
    Nothing,
}

#[derive(Debug)]
enum Container {
    Sequence(Vec<Node>),
    Mapping(Fields, Awaited),
}

/// A container whose end is still to come.
#[derive(Debug)]
struct Frame {
    container: Container,
    at: Position,
    anchor: usize,
    /// Nodes in it so far, itself included.
    size: usize,
    /// Levels of containers in it so far, itself included.
    height: usize,
}

/// A finished value with its extent.
#[derive(Clone, Debug)]
struct Part {
    node: Node,
    size: usize,
    height: usize,
    is_alias: bool,
}

/// The kind of the innermost open container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Outside of every container.
    Root,
    /// In a list.
    Item,
    /// In a mapping, where a key must follow.
    Key,
    /// In a mapping, after a key that starts there.
    Value(Position),
}

/// A document under construction.
#[derive(Debug)]
pub(super) struct Builder<'b> {
    budget: &'b mut Budget,
    stack: Vec<Frame>,
    root: Option<Node>,
    anchors: SortedMap<usize, Part>,
    problems: Vec<Problem>,
}

impl<'b> Builder<'b> {
    pub(super) fn new(budget: &'b mut Budget) -> Self {
        Self {
            budget,
            stack: Vec::with_capacity(USUAL_DEPTH),
            root: None,
            anchors: SortedMap::new(),
            problems: Vec::new(),
        }
    }

    /// What comes next.
    pub(super) fn place(&self) -> Place {
        match self.stack.last().map(|frame| &frame.container) {
            None => Place::Root,
            Some(Container::Sequence(_)) => Place::Item,
            Some(Container::Mapping(_, Awaited::Key)) => Place::Key,
            Some(Container::Mapping(_, Awaited::Value(_, at) | Awaited::Merge(at))) => Place::Value(*at),
            Some(Container::Mapping(_, Awaited::Nothing)) => {
                Place::Value(self.stack.last().map(|frame| frame.at).unwrap_or_default())
            }
        }
    }

    /// Notes a problem at the place where the next value goes.
    pub(super) fn report(&mut self, code: Code, at: Position, message: String) {
        let field = self.path();
        self.problems.push(Problem::new(code, at, field, message));
    }

    /// A problem that ends the document.
    pub(super) fn fatal(&self, code: Code, at: Position, message: String) -> Problem {
        Problem::new(code, at, self.path(), message)
    }

    /// Starts a list.
    pub(super) fn start_sequence(&mut self, at: Position, anchor: usize) -> Result<(), Problem> {
        self.start(Container::Sequence(Vec::new()), at, anchor)
    }

    /// Starts a mapping.
    pub(super) fn start_mapping(&mut self, at: Position, anchor: usize) -> Result<(), Problem> {
        self.start(Container::Mapping(Fields::default(), Awaited::Key), at, anchor)
    }

    fn start(&mut self, container: Container, at: Position, anchor: usize) -> Result<(), Problem> {
        let limit = self.budget.limits.depth.min(Limits::MAX_DEPTH);
        if self.stack.len() >= limit {
            return Err(self.too_deep(at));
        }
        self.count(1, at)?;
        self.stack.push(Frame { container, at, anchor, size: 1, height: 1 });
        Ok(())
    }

    /// Ends the innermost list or mapping.
    pub(super) fn end(&mut self) -> Result<(), Problem> {
        let Some(frame) = self.stack.pop() else {
            return Ok(());
        };
        let Frame { container, at, anchor, size, height } = frame;
        let value = match container {
            Container::Sequence(items) => Value::Sequence(items),
            Container::Mapping(fields, _) => Value::Mapping(fields.list),
        };
        let part = Part { node: Node { value, at }, size, height, is_alias: false };
        self.keep(anchor, &part)?;
        self.attach(part)
    }

    /// A key of the innermost mapping.
    pub(super) fn key(&mut self, key: String, at: Position) -> Result<(), Problem> {
        self.count(1, at)?;
        self.await_next(Awaited::Value(key, at));
        Ok(())
    }

    /// A key that makes no field; its value will be dropped.
    pub(super) fn refuse_key(&mut self, at: Position, message: String) {
        self.report(Code::KeyType, at, message);
        self.await_next(Awaited::Nothing);
    }

    /// The merge key `<<` of the innermost mapping.
    pub(super) fn merge_key(&mut self, at: Position) {
        self.await_next(Awaited::Merge(at));
    }

    /// Keeps a key that has an anchor, for aliases.
    pub(super) fn keep_scalar(&mut self, anchor: usize, value: Value, at: Position) -> Result<(), Problem> {
        self.keep(anchor, &Part { node: Node { value, at }, size: 1, height: 0, is_alias: false })
    }

    /// A scalar as item, value or root.
    pub(super) fn scalar(&mut self, value: Value, at: Position, anchor: usize) -> Result<(), Problem> {
        self.count(1, at)?;
        let part = Part { node: Node { value, at }, size: 1, height: 0, is_alias: false };
        self.keep(anchor, &part)?;
        self.attach(part)
    }

    /// An alias; its position becomes the position of the copied value.
    pub(super) fn alias(&mut self, anchor: usize, at: Position) -> Result<(), Problem> {
        let Some(size) = self.anchors.get(&anchor).map(|part| part.size) else {
            let message = if self.stack.iter().any(|frame| frame.anchor == anchor) {
                "this alias stands inside the value that its anchor names; write the value out"
            } else {
                "this alias has no anchor before it in its document; name one with `&`"
            };
            return Err(self.fatal(Code::Alias, at, message.to_string()));
        };
        self.count(size, at)?;
        self.count_aliased(size, at)?;
        let Some(mut part) = self.anchors.get(&anchor).cloned() else {
            return Ok(());
        };
        let limit = self.budget.limits.depth.min(Limits::MAX_DEPTH);
        if self.stack.len().saturating_add(part.height) > limit {
            return Err(self.too_deep(at));
        }
        part.node.at = at;
        part.is_alias = true;
        if self.place() == Place::Key {
            return self.alias_as_key(part.node);
        }
        self.attach(part)
    }

    fn alias_as_key(&mut self, node: Node) -> Result<(), Problem> {
        let Node { value, at } = node;
        match value {
            Value::String(key) => self.key(key, at),
            Value::Bool(key) => self.key(key.to_string(), at),
            Value::Integer(key) => self.key(key.to_string(), at),
            Value::Float(key) => self.key(super::scalar::float_key(key), at),
            Value::Null | Value::Sequence(_) | Value::Mapping(_) => {
                self.refuse_key(at, "the alias names no text, so it cannot be a key".to_string());
                Ok(())
            }
        }
    }

    /// The finished document: its root if it has one and no error, and what was found.
    pub(super) fn finish(self) -> (Option<Node>, Vec<Problem>) {
        let broken = self.problems.iter().any(|p| p.severity() == super::Severity::Error);
        (self.root.filter(|_| !broken), self.problems)
    }

    fn await_next(&mut self, next: Awaited) {
        if let Some(Frame { container: Container::Mapping(_, awaited), .. }) = self.stack.last_mut() {
            *awaited = next;
        }
    }

    fn count(&mut self, more: usize, at: Position) -> Result<(), Problem> {
        if self.budget.nodes(more) {
            return Ok(());
        }
        let limit = self.budget.limits.nodes;
        let message = format!("the text holds more than {limit} values and keys; split it");
        Err(self.fatal(Code::TooManyNodes, at, message))
    }

    fn count_aliased(&mut self, more: usize, at: Position) -> Result<(), Problem> {
        if self.budget.aliased(more) {
            return Ok(());
        }
        let limit = self.budget.limits.aliased;
        let message = format!("anchors and aliases stand for more than {limit} values; write fewer");
        Err(self.fatal(Code::TooManyAliases, at, message))
    }

    fn too_deep(&self, at: Position) -> Problem {
        let limit = self.budget.limits.depth.min(Limits::MAX_DEPTH);
        let message = format!("more than {limit} lists and mappings inside each other");
        // The path would be as long as the text is deep.
        Problem::new(Code::TooDeep, at, String::new(), message)
    }

    fn keep(&mut self, anchor: usize, part: &Part) -> Result<(), Problem> {
        if anchor == 0 {
            return Ok(());
        }
        self.count_aliased(part.size, part.node.at)?;
        self.anchors.insert(anchor, part.clone());
        Ok(())
    }

    /// Puts a finished value where it belongs.
    fn attach(&mut self, part: Part) -> Result<(), Problem> {
        let Some(frame) = self.stack.last_mut() else {
            // A second root cannot come: the readers stop after one.
            self.root = Some(part.node);
            return Ok(());
        };
        frame.size = frame.size.saturating_add(part.size);
        frame.height = frame.height.max(part.height.saturating_add(1));
        match &mut frame.container {
            Container::Sequence(items) => items.push(part.node),
            Container::Mapping(fields, awaited) => match core::mem::replace(awaited, Awaited::Key) {
                Awaited::Key => {
                    let message = "a list or a mapping cannot be a key; keys are text";
                    self.refuse_key(part.node.at, message.to_string());
                }
                Awaited::Value(key, at) => {
                    if let Some((earlier, false)) = fields.put(Field { key, at, node: part.node }, false) {
                        self.repeated(&earlier.key, at, earlier.at);
                    }
                }
                Awaited::Merge(at) => self.merge(part, at)?,
                Awaited::Nothing => {}
            },
        }
        Ok(())
    }

    fn repeated(&mut self, key: &str, at: Position, earlier: Position) {
        let message = format!(
            "key `{key}` already set in this mapping, at line {}; the last one wins, remove the other",
            earlier.line
        );
        let field = join(&self.path(), key);
        self.problems.push(Problem::new(Code::DuplicateKey, at, field, message));
    }

    /// Merges mappings into the innermost one, in the server's order: a merge key replaces what
    /// stands before it, and of several mappings the first wins.
    fn merge(&mut self, part: Part, at: Position) -> Result<(), Problem> {
        let sources = match part.node.value {
            Value::Mapping(fields) => Some(alloc::vec![fields]),
            Value::Sequence(items) if !part.is_alias => items
                .into_iter()
                .map(|item| match item.value {
                    Value::Mapping(fields) => Some(fields),
                    _ => None,
                })
                .collect(),
            _ => None,
        };
        let Some(sources) = sources else {
            let message = "the merge key `<<` takes a mapping or a list of mappings";
            self.report(Code::Merge, at, message.to_string());
            return Ok(());
        };
        let mut replaced = Vec::new();
        if let Some(Frame { container: Container::Mapping(fields, _), .. }) = self.stack.last_mut() {
            for field in sources.into_iter().rev().flatten() {
                if let Some((earlier, false)) = fields.put(field, true) {
                    replaced.push((earlier.key, earlier.at));
                }
            }
        }
        for (key, earlier) in replaced {
            let message = format!(
                "the API server lets this merge key replace `{key}` of line {}; put `<<` first to keep that",
                earlier.line
            );
            let field = join(&self.path(), &key);
            self.problems.push(Problem::new(Code::MergeReplaces, at, field, message));
        }
        Ok(())
    }

    /// Where the next value goes, in upstream notation.
    fn path(&self) -> String {
        self.stack.iter().fold(String::new(), |path, frame| match &frame.container {
            Container::Sequence(items) => format!("{path}[{}]", items.len()),
            Container::Mapping(_, Awaited::Value(key, _)) => join(&path, key),
            Container::Mapping(..) => path,
        })
    }
}

/// Adds a key to a path: after a dot where it is a plain field name, else in brackets.
fn join(path: &str, key: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    match (path, !key.is_empty() && key.bytes().all(plain)) {
        (_, false) => format!("{path}[{key}]"),
        ("", true) => key.to_string(),
        (_, true) => format!("{path}.{key}"),
    }
}
