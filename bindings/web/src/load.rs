//! Loading: texts come, change and go, and everything that is wrong with them is said.

use portcullis::sorted::SortedSet;

use portcullis::manifest::{LoadOptions, Problem, Report, Source, Strength, Workspace, load};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::place::{Places, byte_at};
use crate::settings::Settings;
use crate::{Refusal, Session, object};

/// A text under the name that answers give it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TextDocument {
    /// The name.
    pub name: String,
    /// YAML or JSON, of any number of documents.
    pub text: String,
}

/// Replaces a part of a text, in UTF-16 units.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct TextChange {
    /// Where the part starts.
    pub from: usize,
    /// Where it ends.
    pub to: usize,
    /// What comes in its place.
    pub insert: String,
}

pub(crate) fn options(settings: &Settings) -> LoadOptions {
    LoadOptions { namespace: settings.namespace.clone(), strength: Strength::Stored }
}

/// The texts, as loading takes them.
pub(crate) fn sources(texts: &Workspace) -> Vec<Source> {
    let source = |name: &str| Some(Source { name: name.to_string(), text: texts.text(name)?.to_string() });
    texts.names().filter_map(source).collect()
}

impl Session {
    /// Puts these texts in place of all others.
    ///
    /// # Errors
    /// When two have one name; then nothing has changed.
    pub fn load(&mut self, documents: Vec<TextDocument>) -> Result<Value, Refusal> {
        let mut names = SortedSet::new();
        if let Some(twice) = documents.iter().find(|document| !names.insert(document.name.as_str())) {
            return Err(Refusal(format!("two texts have the name `{}`", twice.name)));
        }
        Ok(self.change(|texts| {
            let gone: Vec<String> =
                texts.names().filter(|name| !names.contains(name)).map(str::to_string).collect();
            for name in gone {
                texts.remove(&name);
            }
            // Texts keep their order: those that stand elsewhere now are read again.
            let wanted = documents.iter().map(|document| document.name.as_str());
            let kept = texts.names().zip(wanted).take_while(|(held, wanted)| held == wanted).count();
            let moved: Vec<String> = texts.names().skip(kept).map(str::to_string).collect();
            for name in moved {
                texts.remove(&name);
            }
            for TextDocument { name, text } in &documents {
                if texts.text(name) != Some(text) {
                    texts.set(name, text);
                }
            }
        }))
    }

    /// Puts a text in place of the one of that name, or adds it at the end.
    pub fn set_text(&mut self, name: &str, text: &str) -> Value {
        self.change(|texts| texts.set(name, text))
    }

    /// Changes a text.
    ///
    /// # Errors
    /// When there is none of that name, or a change lies outside of it or across another; then nothing has changed.
    pub fn edit(&mut self, name: &str, mut changes: Vec<TextChange>) -> Result<Value, Refusal> {
        let text = self.texts.text(name).ok_or_else(|| no_such(name))?;
        changes.sort_by_key(|change| (change.from, change.to));
        let (mut new, mut at) = (String::new(), 0);
        for TextChange { from, to, insert } in &changes {
            let place = |unit| byte_at(text, unit);
            let bytes = place(*from).zip(place(*to)).filter(|(from, to)| at <= *from && from <= to);
            let (from, to) = bytes.ok_or_else(|| {
                Refusal(format!("a change from {from} to {to} lies outside of `{name}`, or across another"))
            })?;
            new.push_str(text.get(at..from).unwrap_or_default());
            new.push_str(insert);
            at = to;
        }
        new.push_str(text.get(at..).unwrap_or_default());
        Ok(self.set_text(name, &new))
    }

    /// Removes a text.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn remove(&mut self, name: &str) -> Result<Value, Refusal> {
        self.texts.text(name).ok_or_else(|| no_such(name))?;
        Ok(self.change(|texts| {
            texts.remove(name);
        }))
    }

    /// Takes other settings.
    ///
    /// # Errors
    /// When they name what is not there; then nothing has changed.
    pub fn configure(&mut self, settings: Settings) -> Result<Value, Refusal> {
        let decider = settings.decider()?;
        settings.resolved()?;
        let is_read_alike = self.settings.namespace == settings.namespace;
        if self.decider.options() != decider.options() && self.generation > 0 {
            self.generation = self.generation.wrapping_add(1);
            self.engine = self.engine_with(decider.options());
        }
        self.decider = decider;
        self.settings = settings;
        let options = options(&self.settings);
        Ok(self.change(|texts| {
            // Domain names may mean other addresses now, which are no text's.
            texts.forget();
            if is_read_alike {
                return;
            }
            let mut other = Workspace::new(options);
            for name in texts.names() {
                other.set(name, texts.text(name).unwrap_or_default());
            }
            *texts = other;
        }))
    }

    /// What the newest API server would say to the texts as they are.
    #[must_use]
    pub fn validate(&self) -> Value {
        let sources = sources(&self.texts);
        let options = LoadOptions { strength: Strength::Create, ..options(&self.settings) };
        let report = match load(&sources, &options) {
            Ok(loaded) => loaded.report,
            Err(report) => report,
        };
        diagnostics(&self.texts, &self.places, &report).into()
    }

    /// The part of a text that a field of the object around a line is.
    #[must_use]
    pub fn locate(&self, document: &str, line: u32, field: &str) -> Value {
        self.places.field(&self.texts, document, line, field, true)
    }

    /// Changes texts and loads them.
    fn change(&mut self, change: impl FnOnce(&mut Workspace)) -> Value {
        let before = self.hold();
        change(&mut self.texts);
        let parsed = self.texts.documents_read();
        let outcome = self.texts.load_change();
        let parsed = self.texts.documents_read().saturating_sub(parsed);
        let (status, report) = match outcome {
            Ok(change) => match self.take(change) {
                Ok(report) => {
                    self.report.clone_from(&report);
                    ("loaded", report)
                }
                Err(Refusal(message)) => return self.refused(before, &message),
            },
            Err(report) => {
                self.refuse(before);
                ("refused", report)
            }
        };
        self.said(status, &report, parsed)
    }

    /// What an engine refuses is no text's fault, hence has no place in one.
    fn refused(&mut self, before: Option<(Workspace, Places)>, message: &str) -> Value {
        self.refuse(before);
        // The engine still has what was loaded before that.
        self.texts.forget();
        let mut said = self.said("refused", &Report::default(), 0);
        said["diagnostics"] = json!([{
            "code": "too-much", "severity": "error", "object": null, "field": "", "message": message, "help": "",
            "span": null,
        }]);
        said
    }

    fn said(&self, status: &str, report: &Report, parsed: usize) -> Value {
        object(vec![
            ("status", status.into()),
            ("generation", self.generation.into()),
            ("diagnostics", diagnostics(&self.texts, &self.places, report).into()),
            ("notes", report.notes.iter().map(ToString::to_string).collect()),
            ("skipped", json!(report.skipped)),
            ("parsed", parsed.into()),
        ])
    }
}

fn no_such(name: &str) -> Refusal {
    Refusal(format!("there is no text `{name}`"))
}

fn diagnostics(texts: &Workspace, places: &Places, report: &Report) -> Vec<Value> {
    let diagnostic = |problem: &Problem| {
        json!({
            "code": problem.code.as_str(),
            "severity": problem.severity.as_str(),
            "object": problem.object,
            "field": problem.field,
            "message": problem.message,
            "help": problem.help,
            "span": places.of_problem(texts, problem),
        })
    };
    report.problems.iter().map(diagnostic).collect()
}
