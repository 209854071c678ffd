//! Connections as a drawing: who on the left, by which ports in the middle, to whom on the right; no other program needed.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use portcullis::analyze::Group;

use super::because::Explain;
use super::layers::{Layout, Plan, place};
use super::table::sentence;
use super::{Change, Row, escape, members, words};

/// The width of a letter: the font has one for all.
const LETTER: f64 = 7.2;
/// The height of a line.
const LINE: f64 = 16.0;
/// Room inside a box.
const PADDING: f64 = 9.0;
/// Room round the drawing.
const MARGIN: f64 = 20.0;
/// How many addresses a box names.
const LISTED: usize = 6;
/// How much a label says before it is cut.
const LONGEST: usize = 44;

/// Colours for eyes and for both schemes; what was added or removed is told by sign and by dashes as well.
const STYLE: &str = "\
text{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,\"DejaVu Sans Mono\",monospace;fill:#1f2328}
.small{fill:#59636e}.ground{fill:#ffffff}.end{fill:#f6f8fa;stroke:#818b98}.outside{fill:#ffffff;stroke:#818b98;stroke-dasharray:5 3}
.ports{fill:#ddf4ff;stroke:#0969da}.line{fill:none;stroke:#59636e;stroke-width:1.3}.tip{fill:#59636e}
.added .ports{fill:#dafbe1;stroke:#1a7f37}.added .line{stroke:#1a7f37;stroke-width:2}.added .tip{fill:#1a7f37}
.removed .ports{fill:#ffebe9;stroke:#cf222e;stroke-dasharray:5 3}.removed .line{stroke:#cf222e;stroke-dasharray:5 3}.removed .tip{fill:#cf222e}
.unknown .ports{fill:#fff8c5;stroke:#9a6700;stroke-dasharray:2 3}.unknown .line{stroke:#9a6700;stroke-dasharray:2 3}.unknown .tip{fill:#9a6700}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.small{fill:#9198a1}.ground{fill:#0d1117}.end{fill:#151b23;stroke:#656c76}
.outside{fill:#0d1117;stroke:#656c76}.ports{fill:#0c2d6b;stroke:#4493f8}.line{stroke:#9198a1}.tip{fill:#9198a1}
.added .ports{fill:#04260f;stroke:#3fb950}.added .line{stroke:#3fb950}.added .tip{fill:#3fb950}
.unknown .ports{fill:#341a00;stroke:#d29922}.unknown .line{stroke:#d29922}.unknown .tip{fill:#d29922}
.removed .ports{fill:#490202;stroke:#f85149}.removed .line{stroke:#f85149}.removed .tip{fill:#f85149}}
";

/// A box: what is written in it, and what a pointer that rests on it shows.
struct Shape {
    class: &'static str,
    /// Lines; the first is small where there is a second.
    lines: Vec<String>,
    title: String,
    /// The stripe of a namespace.
    hue: Option<usize>,
}

/// An entry: the box with its ports, the edges to it and from it.
struct Bundle {
    change: Option<Change>,
    ports: usize,
    into: Vec<usize>,
    out: Vec<usize>,
}

/// Everything that is drawn.
#[derive(Default)]
struct Picture {
    shapes: Vec<Shape>,
    plan: Plan,
    bundles: Vec<Bundle>,
    known: BTreeMap<(bool, String), usize>,
    namespaces: BTreeMap<String, usize>,
}

/// The drawing of some rows.
pub(super) fn draw(rows: &[Row<'_>], explain: &Explain<'_>) -> String {
    let mut picture = Picture::default();
    let mut namespaces: Vec<&str> = Vec::new();
    for group in rows.iter().flat_map(|row| [&row.entry.from, &row.entry.to]) {
        if let Group::Workloads(names) = group {
            namespaces.extend(names.iter().map(|name| name.namespace.as_str()));
        }
    }
    namespaces.sort_unstable();
    namespaces.dedup();
    picture.namespaces = namespaces.into_iter().map(str::to_string).zip(0..).collect();
    for row in rows {
        picture.add(row, explain);
    }
    let layout = place(&picture.plan);
    picture.write(&layout)
}

impl Picture {
    fn add(&mut self, row: &Row<'_>, explain: &Explain<'_>) {
        let sources = self.ends(&row.entry.from, false);
        let destinations = self.ends(&row.entry.to, true);
        let sign = match row.change {
            None => "",
            Some(Change::Added) => "+ ",
            Some(Change::Removed) => "- ",
            Some(Change::Unknown) => "? ",
        };
        let ports = row.entry.ports.to_string();
        let mut title =
            format!("{sign}{} -> {}: {ports}", words(&row.entry.from, ", "), words(&row.entry.to, ", "));
        for line in explain.lines(row.change, row.entry) {
            let _ = write!(title, "\n{}", sentence(&line));
        }
        let shape = Shape { class: "ports", lines: vec![cut(&format!("{sign}{ports}"))], title, hue: None };
        let ports = self.shape(shape);
        let into = sources.into_iter().map(|from| self.edge(from, ports)).collect();
        let out = destinations.into_iter().map(|to| self.edge(ports, to)).collect();
        self.bundles.push(Bundle { change: row.change, ports, into, out });
    }

    fn edge(&mut self, from: usize, to: usize) -> usize {
        self.plan.edges.push((from, to));
        self.plan.edges.len() - 1
    }

    fn shape(&mut self, shape: Shape) -> usize {
        let letters = shape.lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        let width = float(letters) * LETTER + 2.0 * PADDING;
        let height = float(shape.lines.len()) * LINE + PADDING;
        self.plan.sizes.push((width, height));
        self.shapes.push(shape);
        self.shapes.len() - 1
    }

    /// The boxes of a group; the outside has one as source and another one as destination, so that nothing goes round.
    fn ends(&mut self, group: &Group, is_destination: bool) -> Vec<usize> {
        match group {
            Group::Cidrs(_) => {
                let text = words(group, ", ");
                let number = match self.known.get(&(is_destination, text.clone())) {
                    Some(number) => *number,
                    None => {
                        let number = self.shape(outside(group, &text));
                        self.known.insert((is_destination, text), number);
                        number
                    }
                };
                vec![number]
            }
            Group::Workloads(names) => {
                let mut numbers = Vec::new();
                for name in names {
                    let text = name.to_string();
                    let number = match self.known.get(&(false, text.clone())) {
                        Some(number) => *number,
                        None => {
                            let (namespace, rest) = text.split_once('/').unwrap_or(("", &text));
                            let hue = self.namespaces.get(namespace).copied();
                            let lines = vec![cut(namespace), cut(rest)];
                            let number = self.shape(Shape { class: "end", lines, title: text.clone(), hue });
                            self.known.insert((false, text), number);
                            number
                        }
                    };
                    numbers.push(number);
                }
                numbers
            }
        }
    }

    fn write(&self, layout: &Layout) -> String {
        let (width, height) = (layout.size.0 + 2.0 * MARGIN, layout.size.1 + 2.0 * MARGIN);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width:.0}\" height=\"{height:.0}\" \
             viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"connections\">\n<style>{STYLE}</style>\n\
             <rect class=\"ground\" width=\"100%\" height=\"100%\"/>\n"
        );
        for bundle in &self.bundles {
            let class =
                bundle.change.map(|change| format!(" class=\"{}\"", change.as_str())).unwrap_or_default();
            let _ = writeln!(out, "<g{class}>");
            let lines = |numbers: &[usize]| -> Vec<Vec<(f64, f64)>> {
                numbers.iter().filter_map(|number| layout.lines.get(*number)).cloned().collect()
            };
            for line in lines(&bundle.into) {
                let _ = writeln!(out, "<path class=\"line\" d=\"{}\"/>", path(&line));
            }
            for line in lines(&bundle.out) {
                let _ = writeln!(out, "<path class=\"line\" d=\"{}\"/>", path(&line));
                out.push_str(&tip(&line));
            }
            self.write_shape(&mut out, bundle.ports, layout);
            out.push_str("</g>\n");
        }
        for number in (0..self.shapes.len()).filter(|number| self.shapes[*number].class != "ports") {
            self.write_shape(&mut out, number, layout);
        }
        out.push_str("</svg>\n");
        out
    }

    fn write_shape(&self, out: &mut String, number: usize, layout: &Layout) {
        let (shape, (width, height), (x, y)) =
            (&self.shapes[number], self.plan.sizes[number], layout.places[number]);
        let (left, top) = (x - width / 2.0 + MARGIN, y - height / 2.0 + MARGIN);
        let round = if shape.class == "ports" { height / 2.0 } else { 5.0 };
        let _ = writeln!(
            out,
            "<g><title>{}</title><rect class=\"{}\" x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" rx=\"{round:.1}\"/>",
            escape::xml(&shape.title),
            shape.class
        );
        if let Some(hue) = shape.hue {
            // Steps of the golden angle keep neighbours apart however many there are.
            let hue = (hue * 137 + 210) % 360;
            let (top, height) = (top + 5.0, height - 10.0);
            let _ = writeln!(
                out,
                "<rect fill=\"hsl({hue},60%,50%)\" x=\"{:.1}\" y=\"{top:.1}\" width=\"3\" height=\"{height:.1}\" rx=\"1.5\"/>",
                left + 3.0
            );
        }
        for (at, line) in shape.lines.iter().enumerate() {
            let small = if at == 0 && shape.hue.is_some() { " class=\"small\"" } else { "" };
            let _ = writeln!(
                out,
                "<text{small} x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                left + PADDING,
                top + PADDING / 2.0 + 12.0 + LINE * float(at),
                escape::xml(line)
            );
        }
        out.push_str("</g>\n");
    }
}

/// Addresses: as few words as there are, else the first of them.
fn outside(group: &Group, text: &str) -> Shape {
    let all = members(group);
    let lines = if text.chars().count() <= LONGEST {
        vec![text.to_string()]
    } else {
        let mut parts: Vec<String> = words(group, "\n").lines().map(cut).collect();
        if parts.len() > LISTED {
            let more = parts.len() - LISTED;
            parts.truncate(LISTED);
            parts.push(format!("and {more} more"));
        }
        parts
    };
    Shape { class: "outside", lines, title: all.join("\n"), hue: None }
}

/// A label that is not too long.
fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_string();
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// A line of an edge: level through columns, curved between them.
fn path(points: &[(f64, f64)]) -> String {
    let mut out = String::new();
    for (at, pair) in points.windows(2).enumerate() {
        let [(x, y), (to_x, to_y)] = [pair[0], pair[1]].map(|(x, y)| (x + MARGIN, y + MARGIN));
        if at == 0 {
            let _ = write!(out, "M{x:.1} {y:.1}");
        }
        if at % 2 == 1 {
            let _ = write!(out, "L{to_x:.1} {to_y:.1}");
        } else {
            let middle = (x + to_x) / 2.0;
            let _ = write!(out, "C{middle:.1} {y:.1} {middle:.1} {to_y:.1} {to_x:.1} {to_y:.1}");
        }
    }
    out
}

/// The head of an arrow, level as lines end.
fn tip(points: &[(f64, f64)]) -> String {
    let [.., (before, _), (x, y)] = points else { return String::new() };
    let (x, y, back) = (x + MARGIN, y + MARGIN, if *before <= *x { -8.0 } else { 8.0 });
    let (tail, above, below) = (x + back, y - 4.0, y + 4.0);
    format!("<path class=\"tip\" d=\"M{x:.1} {y:.1}L{tail:.1} {above:.1}L{tail:.1} {below:.1}z\"/>\n")
}

fn float(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
