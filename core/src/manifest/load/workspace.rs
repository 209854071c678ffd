//! Texts that change while they are written: only the documents that are new are read again.

use alloc::boxed::Box;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use alloc::vec::Vec;

use super::changes::{Change, Last};
use super::{LoadOptions, Loaded, Objects, assemble, read_text};
use crate::manifest::problem::{Problem, sort_by_place};
use crate::manifest::report::Report;
use crate::manifest::text::{Segment, split};
use crate::sorted::SortedMap;
use crate::source::{Origin, Position};

/// What stands around the number of a part where it takes the place of a file's name: neither YAML nor a path has them.
const MARKS: [char; 2] = ['\u{1}', '\u{2}'];

/// Texts, and what was read of each of their documents.
///
/// Objects know their place within their document only, so that those below a change stay as they are:
/// [`Workspace::origin`] says where in its text a place is now.
///
/// ```
/// use portcullis::manifest::{LoadOptions, Workspace};
///
/// let namespace = |name: &str| format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {name}}}\n");
/// let mut workspace = Workspace::new(LoadOptions::default());
/// workspace.set("a.yaml", &format!("{}---\n{}", namespace("shop"), namespace("bank")));
/// assert_eq!(workspace.load().unwrap().cluster.namespaces().count(), 2);
/// assert_eq!(workspace.documents_read(), 2);
/// workspace.set("a.yaml", &format!("{}---\n{}", namespace("store"), namespace("bank")));
/// assert_eq!(workspace.load().unwrap().cluster.namespaces().count(), 2);
/// assert_eq!(workspace.documents_read(), 3);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Workspace {
    options: LoadOptions,
    texts: Vec<Text>,
    /// Where each part is, by its number: the text, and the place in it.
    places: SortedMap<u32, (usize, usize)>,
    next: u32,
    documents_read: usize,
    last: Option<Last>,
}

/// A document of a workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document<'a> {
    /// The name of its text.
    pub name: &'a str,
    /// What it says.
    pub text: &'a str,
    /// The line of its text that it starts in, from 1.
    pub line: u32,
}

/// One text, in parts.
#[derive(Clone, Debug)]
struct Text {
    name: String,
    text: String,
    parts: Vec<Part>,
}

/// A document with its text, and what was read of it.
#[derive(Clone, Debug)]
struct Part {
    number: u32,
    text: Arc<str>,
    /// The line of the text that it starts in, from 1.
    line: u32,
    read: Option<Read>,
}

#[derive(Clone, Debug)]
struct Read {
    objects: Arc<Objects>,
    /// How many names had been generated before.
    generated: usize,
}

/// What a document has to say.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) objects: Arc<Objects>,
    /// How many names were generated in it.
    pub(super) generated: usize,
}

impl Workspace {
    /// Without texts.
    #[must_use]
    pub fn new(options: LoadOptions) -> Self {
        Self { options, ..Self::default() }
    }

    /// How its texts are loaded.
    #[must_use]
    pub const fn options(&self) -> &LoadOptions {
        &self.options
    }

    /// The names of the texts, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| text.name.as_str())
    }

    /// A text by its name.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.texts.iter().find(|text| text.name == name).map(|text| text.text.as_str())
    }

    /// How many documents have been read so far, again or for the first time.
    #[must_use]
    pub const fn documents_read(&self) -> usize {
        self.documents_read
    }

    /// Puts a text in place of the one of that name, or after all others.
    ///
    /// # Complexity
    /// Linear in the text, with a logarithm of the number of its documents.
    pub fn set(&mut self, name: &str, text: &str) {
        let index = self.texts.iter().position(|other| other.name == name);
        let index = index.unwrap_or_else(|| {
            self.texts.push(Text { name: name.to_string(), text: String::new(), parts: Vec::new() });
            self.texts.len().saturating_sub(1)
        });
        let Some(place) = self.texts.get_mut(index) else { return };
        let segments = split(text.strip_prefix('\u{feff}').unwrap_or(text));
        let mut old = core::mem::take(&mut place.parts);
        // Most of what somebody changes stays as it is: from the start to the change, and from there to the end.
        let same = |(part, segment): &(&Part, &Segment<'_>)| *part.text == *segment.text;
        let head = old.iter().zip(&segments).take_while(same).count();
        let left = old.len().min(segments.len()).saturating_sub(head);
        let tail = old.iter().rev().zip(segments.iter().rev()).take(left).take_while(same).count();
        let after = segments.len().saturating_sub(tail);
        let mut kept = old.split_off(old.len().saturating_sub(tail)).into_iter();
        let mut known: SortedMap<Arc<str>, Vec<Part>> = SortedMap::new();
        for part in old.split_off(head).into_iter().rev() {
            known.entry(Arc::clone(&part.text)).or_default().push(part);
        }
        let mut before = old.into_iter();
        for (at, segment) in segments.iter().enumerate() {
            let part = if at < head {
                before.next()
            } else if at >= after {
                kept.next()
            } else {
                known.get_mut(segment.text).and_then(Vec::pop)
            };
            let line = segment.line;
            place.parts.push(match part {
                Some(part) => Part { line, ..part },
                None => {
                    let number = self.next;
                    self.next = self.next.wrapping_add(1);
                    Part { number, text: segment.text.into(), line, read: None }
                }
            });
        }
        place.text = text.to_string();
        self.find_parts();
    }

    /// Removes a text; whether there was one of that name.
    pub fn remove(&mut self, name: &str) -> bool {
        let before = self.texts.len();
        self.texts.retain(|text| text.name != name);
        self.find_parts();
        self.texts.len() < before
    }

    fn find_parts(&mut self) {
        let numbered = |(index, text): (usize, &Text)| -> Vec<(u32, (usize, usize))> {
            text.parts.iter().enumerate().map(|(place, part)| (part.number, (index, place))).collect()
        };
        self.places = self.texts.iter().enumerate().flat_map(numbered).collect();
    }

    /// Loads all texts, as [`load`](super::load) does; what the outcome's objects know of their places is for
    /// [`Workspace::origin`] to read.
    ///
    /// # Errors
    /// The whole report, when any problem in it is an error.
    ///
    /// # Complexity
    /// Reading is linear in the documents that are new; putting together in all objects, with a logarithm of their number
    /// for each.
    pub fn load(&mut self) -> Result<Loaded, Report> {
        let taken = self.take();
        self.put_together(taken)
    }

    /// What has become of the texts since loading them succeeded last, for those who still have what came of that: where
    /// policies of namespaces alone are others, no more than these.
    ///
    /// ```
    /// use portcullis::Engine;
    /// use portcullis::manifest::{Change, LoadOptions, Workspace};
    ///
    /// let policy = |labels: &str| format!(
    ///     "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: db}}\nspec: {{podSelector: {labels}}}\n"
    /// );
    /// let mut workspace = Workspace::new(LoadOptions::default());
    /// workspace.set("a.yaml", &policy("{}"));
    /// let Ok(Change::Whole(loaded)) = workspace.load_change() else { panic!() };
    /// let mut engine = Engine::new(loaded.cluster, loaded.policies, Default::default());
    /// workspace.set("a.yaml", &policy("{matchLabels: {app: db}}"));
    /// let Ok(Change::Policies { deltas, .. }) = workspace.load_change() else { panic!() };
    /// assert_eq!(deltas.len(), 1);
    /// engine.apply_all(deltas).unwrap();
    /// ```
    ///
    /// # Errors
    /// The whole report, when any problem in it is an error.
    ///
    /// # Complexity
    /// Linear in the documents where policies of namespaces alone have changed; else that of [`Workspace::load`].
    pub fn load_change(&mut self) -> Result<Change, Report> {
        let taken = self.take();
        let Some((deltas, mut report)) = self.last.as_mut().and_then(|last| last.follow(&taken)) else {
            return self.put_together(taken).map(|loaded| Change::Whole(Box::new(loaded)));
        };
        for problem in &mut report.problems {
            self.place(problem);
        }
        Ok(Change::Policies { deltas, report })
    }

    /// Forgets what was loaded last: for those who have not kept what came of it.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Reads what is new, and takes what counts of all documents.
    fn take(&mut self) -> Vec<Taken> {
        let mut taken = Vec::new();
        let mut named = 0_usize;
        for text in &mut self.texts {
            for part in &mut text.parts {
                self.documents_read = self.documents_read.saturating_add(part.read(&self.options, named));
                if let Some(read) = &part.read {
                    let generated = read.objects.generated.saturating_sub(read.generated);
                    named = named.saturating_add(generated);
                    taken.push(Taken { objects: Arc::clone(&read.objects), generated });
                    if read.objects.ends_text {
                        break;
                    }
                }
            }
        }
        taken
    }

    fn put_together(&mut self, taken: Vec<Taken>) -> Result<Loaded, Report> {
        let mut objects = Objects::default();
        objects.problems.extend(self.options.namespace.as_deref().and_then(super::names::check_option));
        let mut own = objects.problems.len();
        let mut is_each_once = true;
        for Taken { objects: part, .. } in &taken {
            own = own.saturating_add(part.problems.len());
            is_each_once &= objects.absorb(part);
        }
        let mut loaded = assemble::assemble(objects);
        if let Ok(loaded) = &loaded {
            let common = loaded.report.problems.get(own..).unwrap_or_default().to_vec();
            self.last = is_each_once.then(|| Last::new(taken, &loaded.report, common));
        }
        let report = match &mut loaded {
            Ok(loaded) => &mut loaded.report,
            Err(report) => report,
        };
        for problem in &mut report.problems {
            self.place(problem);
        }
        loaded
    }

    /// Where a place of an object is now.
    #[must_use]
    pub fn origin(&self, origin: &Origin) -> Origin {
        let Some((text, first)) = origin.file.as_deref().and_then(|file| self.part(file)) else {
            return origin.clone();
        };
        let line = first.saturating_add(origin.at.line).saturating_sub(1);
        Origin { file: Some(text.name.as_str().into()), at: Position { line, ..origin.at } }
    }

    /// The document that an object was read from; nothing where it has changed since, or its text has gone.
    #[must_use]
    pub fn document(&self, origin: &Origin) -> Option<Document<'_>> {
        let number = number_of(origin.file.as_deref()?)?;
        let (text, place) = *self.places.get(&number)?;
        let text = self.texts.get(text)?;
        Some(Document::new(text, text.parts.get(place)?))
    }

    /// The document that holds a line, by the name of its text.
    #[must_use]
    pub fn document_at(&self, name: &str, line: u32) -> Option<Document<'_>> {
        let text = self.texts.iter().find(|text| text.name == name)?;
        let after = text.parts.partition_point(|part| part.line <= line);
        Some(Document::new(text, text.parts.get(after.checked_sub(1)?)?))
    }

    /// Each document: what takes the place of its file's name in origins, and its text.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (String, &str)> {
        let parts = self.texts.iter().flat_map(|text| &text.parts);
        parts.map(|part| (part.file(), &*part.text))
    }

    /// Puts a problem of a part, and the places that its message names, where they are in their texts.
    fn place(&self, problem: &mut Problem) {
        if let Some((text, first)) = self.part(&problem.file) {
            problem.line = first.saturating_add(problem.line).saturating_sub(1);
            problem.file.clone_from(&text.name);
        }
        problem.message = self.placed(&problem.message);
    }

    /// A message with the places that it names where they are in their texts.
    pub(crate) fn placed(&self, message: &str) -> String {
        let [open, close] = MARKS;
        let mut placed = String::new();
        let mut rest = message;
        while let Some((before, number, after)) = rest.split_once(open).and_then(|(before, rest)| {
            let (number, after) = rest.split_once(close)?;
            Some((before, number, after))
        }) {
            placed.push_str(before);
            rest = after;
            let Some((text, first)) = self.part(&format!("{open}{number}{close}")) else { continue };
            placed.push_str(&text.name);
            let digits = after.strip_prefix(':').unwrap_or_default();
            let digits = digits.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
            if let Ok(line) = digits.parse::<u32>() {
                placed.push_str(&format!(":{}", first.saturating_add(line).saturating_sub(1)));
                rest = after.get(digits.len().saturating_add(1)..).unwrap_or_default();
            }
        }
        placed.push_str(rest);
        placed
    }

    /// The text that a part is of, and the line there that it starts in.
    fn part(&self, file: &str) -> Option<(&Text, u32)> {
        let (text, place) = *self.places.get(&number_of(file)?)?;
        let text = self.texts.get(text)?;
        Some((text, text.parts.get(place)?.line))
    }
}

/// The number of a part, of what takes the place of its file's name.
fn number_of(file: &str) -> Option<u32> {
    let [open, close] = MARKS;
    file.strip_prefix(open)?.strip_suffix(close)?.parse().ok()
}

impl<'a> Document<'a> {
    fn new(text: &'a Text, part: &'a Part) -> Self {
        Self { name: &text.name, text: &part.text, line: part.line }
    }
}

impl Part {
    /// What takes the place of its file's name.
    fn file(&self) -> String {
        let [open, close] = MARKS;
        format!("{open}{}{close}", self.number)
    }

    /// Reads it, unless that was done; how many documents were read.
    fn read(&mut self, options: &LoadOptions, generated: usize) -> usize {
        // Names are generated in the order of all texts.
        let is_read = |read: &Read| read.generated == generated || read.objects.generated == read.generated;
        if self.read.as_ref().is_some_and(is_read) {
            return 0;
        }
        let mut objects = Objects { generated, ..Objects::default() };
        read_text(&self.file(), &self.text, options, &mut objects);
        self.read = Some(Read { objects: Arc::new(objects), generated });
        1
    }
}

impl Objects {
    /// Its problems by their places.
    pub(super) fn problems_in_order(&self) -> Vec<&Problem> {
        let mut problems: Vec<_> = self.problems.iter().collect();
        sort_by_place(&mut problems);
        problems
    }

    /// Counts the kinds that are not read.
    pub(super) fn add_skipped_to(&self, skipped: &mut SortedMap<String, usize>) {
        for (kind, count) in &self.skipped {
            let total = skipped.entry(kind.clone()).or_default();
            *total = total.saturating_add(*count);
        }
    }

    /// Adds what was read of another document; whether none of its objects was there before.
    fn absorb(&mut self, part: &Self) -> bool {
        let first = self.problems.len();
        let mut is_each_once = true;
        self.problems.extend(part.problems.iter().cloned());
        for (place, item) in part.items.iter().enumerate() {
            let key = (item.kind, item.namespace.clone(), item.name.clone());
            if part.places.get(&key) != Some(&place) {
                self.items.push(item.clone());
                continue;
            }
            let Err(twice) = self.keep_once(item.clone()) else { continue };
            is_each_once = false;
            self.problems.push(Problem {
                code: twice.code,
                severity: twice.severity,
                object: Some(item.label.clone()),
                field: "metadata.name".to_string(),
                file: item.origin.file.as_deref().unwrap_or_default().to_string(),
                line: twice.at.line,
                column: twice.at.column,
                message: twice.message,
                help: twice.help.to_string(),
            });
        }
        if let Some(new) = self.problems.get_mut(first..) {
            sort_by_place(new);
        }
        self.count = self.count.saturating_add(part.count);
        part.add_skipped_to(&mut self.skipped);
        self.notes.extend(part.notes.iter().cloned());
        is_each_once
    }
}
