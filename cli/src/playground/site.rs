//! The built site: from the program itself, or from a folder.

use std::borrow::Cow;
use std::fs;
use std::path::{Component, Path, PathBuf};

use portcullis::ask::failure::Failure;

/// What the build put into the program; empty in a plain `cargo build`.
static BUILT_IN: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/site.rs"));

const INDEX: &str = "index.html";
/// Where the page finds the manifests, if it is told of any.
const MANIFESTS: &str = "manifests.json";

/// The files of the playground.
#[derive(Debug)]
pub(crate) struct Site {
    folder: Option<PathBuf>,
    manifests: Option<Manifests>,
}

#[derive(Debug)]
struct Manifests {
    json: String,
    mark: String,
}

impl Site {
    /// The site in a folder, else the one in the program.
    pub(crate) fn open(folder: Option<&Path>) -> Result<Self, Failure> {
        match folder {
            Some(folder) if folder.join(INDEX).is_file() => {
                Ok(Self { folder: Some(folder.to_path_buf()), manifests: None })
            }
            Some(folder) => Err(Failure::new(
                "no-site",
                format!(
                    "there is no `{INDEX}` in `{}`; `cargo xtask playground` builds the site",
                    folder.display()
                ),
            )),
            None if BUILT_IN.is_empty() => Err(Failure::new(
                "no-site",
                "this program was built without the playground, as a plain `cargo build` does; \
                 `cargo xtask playground` builds the site (it needs Node.js), then name its folder: \
                 `--site bindings/playground/dist`",
            )),
            None => Ok(Self { folder: None, manifests: None }),
        }
    }

    /// Gives the page these manifests to begin with.
    pub(crate) fn hold(&mut self, json: String, mark: &str) {
        self.manifests = Some(Manifests { json, mark: mark.to_string() });
    }

    /// The file at an absolute path of the site, with its media type.
    pub(crate) fn get(&self, path: &str) -> Option<(&'static str, Cow<'_, [u8]>)> {
        let name = match path.strip_prefix('/')? {
            "" => INDEX,
            name => name,
        };
        if name == MANIFESTS {
            let manifests = self.manifests.as_ref()?;
            return Some(("application/json", Cow::Borrowed(manifests.json.as_bytes())));
        }
        let bytes = self.read(name)?;
        let bytes = if name == INDEX { self.told(bytes) } else { bytes };
        Some((media_type(name), bytes))
    }

    fn read(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let Some(folder) = &self.folder else {
            let (_, bytes) = BUILT_IN.iter().find(|(known, _)| *known == name)?;
            return Some(Cow::Borrowed(*bytes));
        };
        let is_below = Path::new(name).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_below {
            return None;
        }
        fs::read(folder.join(name)).ok().map(Cow::Owned)
    }

    /// The page, told where the manifests are.
    fn told<'a>(&self, page: Cow<'a, [u8]>) -> Cow<'a, [u8]> {
        let Some(Manifests { mark, .. }) = &self.manifests else { return page };
        let page = String::from_utf8_lossy(&page);
        let told =
            format!("<meta name=\"portcullis-manifests\" content=\"./{MANIFESTS}?{mark}\" />\n  </head>");
        Cow::Owned(page.replacen("</head>", &told, 1).into_bytes())
    }
}

fn media_type(name: &str) -> &'static str {
    match Path::new(name).extension().and_then(|ending| ending.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("wasm") => "application/wasm",
        Some("json") => "application/json",
        _ => "application/octet-stream",
    }
}
