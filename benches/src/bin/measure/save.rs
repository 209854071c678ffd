//! What was measured, as files: a CSV and charts, and the pages of the manual and of the README that are made of them.

use std::fmt::Write as _;
use std::path::Path;

use portcullis_benches::machine;

use crate::goals::{self, Table};
use crate::results::Rows;
use crate::{charts, units};

/// What stands around the README's part that is written here.
const MARKS: [&str; 2] =
    ["<!-- begin: cargo xtask bench --save -->", "<!-- end: cargo xtask bench --save -->"];

/// The other goals that the README has.
const SHORT: [&str; 5] = [
    "hot at 10,000",
    "eBPF",
    "rte_acl",
    "a pod of a known class comes, at L: p50",
    "a policy comes, at L: p50",
];

/// Writes the CSV and the charts into a folder and, of a whole run, the pages.
pub(crate) fn save(rows: &Rows, folder: &Path, is_whole: bool) -> Result<(), String> {
    std::fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let source = machine::source();
    write(&folder.join("results.csv"), &rows.to_csv(&source))?;
    let mut drawn = Vec::new();
    for (name, chart) in charts::all(rows, &source) {
        if let Some(svg) = chart.to_svg() {
            write(&folder.join(name), &svg)?;
            drawn.push((name, chart.title.clone(), svg));
        }
    }
    if !is_whole {
        println!("part of a run: {} is written, the manual and the README are not", folder.display());
        return Ok(());
    }
    let root = units::root();
    let table = goals::table(rows);
    write(&root.join("core/src/manual/measured.md"), &manual(rows, &table, &source, &drawn))?;
    let readme = root.join("README.md");
    let text = std::fs::read_to_string(&readme).map_err(|error| format!("{}: {error}", readme.display()))?;
    write(&readme, &with_part(&text, &short(&table, &source, &drawn))?)
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

/// A chart's file, title and picture.
type Drawn = (&'static str, String, String);

fn manual(rows: &Rows, table: &Table, source: &str, drawn: &[Drawn]) -> String {
    let mut text = format!(
        "<!-- Written by `cargo xtask bench --save`; changes are lost. -->\n\n\
         {source}. S: 1,000 pods, 100 policies; M: 10,000, 1,000, 10,000 CIDRs; L: 100,000, 10,000; XL: 150,000, 10,000,\n\
         1,000,000 CIDRs. Each value stands beside its goal; those in bold miss it.\n\n{}\n{}\n",
        table.sizes_markdown(),
        table.others_markdown(None)
    );
    for (title, all) in [("Left out", &rows.left_out), ("Failed", &rows.failed)] {
        for what in all {
            let _ = writeln!(text, "- {title}: {}.", what.trim_end_matches('.'));
        }
    }
    for (_, title, svg) in drawn {
        let _ = writeln!(text, "\n![{title}](data:image/svg+xml,{})", percent_encoded(svg));
    }
    text
}

fn short(table: &Table, source: &str, drawn: &[Drawn]) -> String {
    let mut text = format!(
        "{source}. S: 1,000 pods, 100 policies; M: 10,000, 1,000, 10,000 CIDRs; L: 100,000, 10,000; XL: 150,000, 10,000,\n\
         1,000,000 CIDRs. Values beside goals; those in bold miss theirs.\n\n{}\n{}\n",
        table.sizes_markdown(),
        table.others_markdown(Some(&SHORT))
    );
    for (name, title, _) in drawn {
        let _ = writeln!(text, "![{title}](benches/results/{name})");
    }
    text
}

/// The README with another part between its marks.
fn with_part(readme: &str, part: &str) -> Result<String, String> {
    let [begin, end] = MARKS;
    let (before, rest) = readme.split_once(begin).ok_or_else(|| format!("README.md has no `{begin}`"))?;
    let (_, after) = rest.split_once(end).ok_or_else(|| format!("README.md has no `{end}`"))?;
    Ok(format!("{before}{begin}\n\n{}\n\n{end}{after}", part.trim()))
}

/// Text as part of an address.
fn percent_encoded(text: &str) -> String {
    let mut found = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~=/:,;".contains(&byte) {
            found.push(char::from(byte));
        } else {
            let _ = write!(found, "%{byte:02X}");
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_between_the_marks_is_written() {
        let [begin, end] = MARKS;
        let readme = format!("# P\n\n{begin}\nold\n{end}\n\nrest\n");
        let written = with_part(&readme, "new\n").unwrap();
        assert_eq!(written, format!("# P\n\n{begin}\n\nnew\n\n{end}\n\nrest\n"));
        assert_eq!(with_part(&written, "new").unwrap(), written);
        assert!(with_part("# P\n", "new").is_err());
    }

    #[test]
    fn the_readme_has_the_marks() {
        let readme = std::fs::read_to_string(units::root().join("README.md")).unwrap();
        assert!(with_part(&readme, "new").is_ok());
    }

    #[test]
    fn pictures_are_written_without_what_ends_an_address() {
        assert_eq!(percent_encoded("<a b=\"(1)\">"), "%3Ca%20b=%22%281%29%22%3E");
    }
}
