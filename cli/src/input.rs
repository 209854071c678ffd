//! Reads manifests from files, folders, standard input and running clusters.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use portcullis::ask::failure::{Failure, listed};
use portcullis::manifest::text::decode;
use portcullis::source::Position;

use crate::cluster;

/// The text of one file, or the reason why it is none.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    /// The file's name as the user gave it, or found below a folder that the user gave.
    pub(crate) name: String,
    /// The text, or the place of the first bytes that are none.
    pub(crate) text: Result<String, Position>,
}

impl Document {
    /// Whether there is anything but comments and the marks between documents.
    fn says_something(&self) -> bool {
        let is_silent = |line: &str| {
            let line = line.trim_start_matches('\u{feff}').trim();
            line.is_empty() || line.starts_with('#') || line == "---" || line == "..."
        };
        self.text.as_ref().map_or(true, |text| !text.lines().all(is_silent))
    }
}

const STDIN: &str = "-";
/// What a running cluster is called among files, with the name of its context behind it, if any.
const CLUSTER: &str = "cluster:";

/// The context that a path names where it is no file but a running cluster; `None` in it for the current one.
pub(crate) fn context_of(path: &Path) -> Option<Option<&str>> {
    let context = path.to_str()?.strip_prefix(CLUSTER)?;
    Some((!context.is_empty()).then_some(context))
}

/// The path that stands for a running cluster.
pub(crate) fn cluster_path(context: Option<&str>) -> PathBuf {
    PathBuf::from(format!("{CLUSTER}{}", context.unwrap_or_default()))
}

/// Reads manifests, of which there have to be some: where a pipe ends early, no policy would seem to allow everything.
pub(crate) fn read_manifests(paths: &[PathBuf]) -> Result<Vec<Document>, Failure> {
    let documents = read_all(paths)?;
    let is_cluster = paths.iter().any(|path| context_of(path).is_some());
    if is_cluster || documents.iter().any(Document::says_something) {
        return Ok(documents);
    }
    let names = documents.iter().map(|document| document.name.as_str());
    let names = if names.clone().eq([STDIN]) { "standard input".to_string() } else { listed(names) };
    let message = format!(
        "there is no object in {names}; see whether what writes it failed, or write an empty `List` to mean none"
    );
    Err(Failure::new("no-manifests", message))
}

/// Reads everything that `-f` names, each file once, folders with all below them sorted by path.
pub(crate) fn read_all(paths: &[PathBuf]) -> Result<Vec<Document>, Failure> {
    if paths.is_empty() {
        return Err(Failure::new("no-manifests", "nothing to read: name files with `-f`"));
    }
    let mut files = Vec::new();
    let mut documents = Vec::new();
    for path in paths {
        if let Some(context) = context_of(path) {
            documents.extend(cluster::read(context)?);
            continue;
        }
        if path.as_os_str() == STDIN {
            files.push(path.clone());
            continue;
        }
        let metadata = fs::metadata(path).map_err(|error| cannot_read(path, &error))?;
        if !metadata.is_dir() {
            files.push(path.clone());
            continue;
        }
        let before = files.len();
        collect_folder(path, &mut BTreeSet::new(), &mut files)?;
        if files.len() == before {
            return Err(Failure::new(
                "no-manifests",
                format!("folder `{}` holds no `.yaml`, `.yml` or `.json` file; name another", path.display()),
            ));
        }
    }
    let mut seen = BTreeSet::new();
    for path in files {
        let identity = if path.as_os_str() == STDIN {
            path.clone()
        } else {
            fs::canonicalize(&path).map_err(|error| cannot_read(&path, &error))?
        };
        if seen.insert(identity) {
            documents.push(read_one(&path)?);
        }
    }
    Ok(documents)
}

/// Adds the manifests below a folder; `above` holds the folders on the way, so that a link back up ends there.
fn collect_folder(
    folder: &Path,
    above: &mut BTreeSet<PathBuf>,
    files: &mut Vec<PathBuf>,
) -> Result<(), Failure> {
    let identity = fs::canonicalize(folder).map_err(|error| cannot_read(folder, &error))?;
    if !above.insert(identity.clone()) {
        return Ok(());
    }
    let entries = fs::read_dir(folder).map_err(|error| cannot_read(folder, &error))?;
    let mut paths = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| cannot_read(folder, &error))?;
    paths.retain(|path| !is_hidden(path));
    paths.sort();
    for path in paths {
        // A link that leads nowhere is no manifest unless it is named like one; then reading it says so.
        if path.is_dir() {
            collect_folder(&path, above, files)?;
        } else if is_manifest(&path) {
            files.push(path);
        }
    }
    above.remove(&identity);
    Ok(())
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml" || extension == "json")
}

fn read_one(path: &Path) -> Result<Document, Failure> {
    let bytes = if path.as_os_str() == STDIN {
        let mut bytes = Vec::new();
        std::io::stdin()
            .read_to_end(&mut bytes)
            .map_err(|error| Failure::new("unreadable", format!("cannot read standard input: {error}")))?;
        bytes
    } else {
        fs::read(path).map_err(|error| cannot_read(path, &error))?
    };
    let text = String::from_utf8(bytes).or_else(|error| decode(error.as_bytes()).map(Cow::into_owned));
    Ok(Document { name: path.display().to_string(), text })
}

fn cannot_read(path: &Path, error: &std::io::Error) -> Failure {
    let path = path.display();
    if error.kind() == std::io::ErrorKind::NotFound {
        return Failure::new("no-such-file", format!("there is no file or folder `{path}`"));
    }
    Failure::new("unreadable", format!("cannot read `{path}`: {error}"))
}
