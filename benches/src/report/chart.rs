//! Charts as SVG: lines over two logarithmic axes, readable on light and dark pages.

use std::fmt::Write as _;

use super::{duration, short};

const WIDTH: f64 = 820.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 270.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 50.0;

/// Colours that are told apart on light and dark ground, by most eyes.
const COLOURS: [&str; 10] = [
    "#0072b2", "#56b4e9", "#009e73", "#e69f00", "#d55e00", "#cc79a7", "#888888", "#b8a000", "#7a5fb5",
    "#a05a2c",
];

/// A line of a chart: places and heights, both above 0.
#[derive(Clone, Debug)]
pub struct Line {
    /// What it is called.
    pub name: String,
    /// Whether it is ours, and drawn wider than others'.
    pub is_ours: bool,
    /// The points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// Times in nanoseconds over counts.
#[derive(Clone, Debug)]
pub struct Chart {
    /// What it shows.
    pub title: String,
    /// What is counted.
    pub horizontal: String,
    /// Machine, date and commit.
    pub source: String,
    /// The lines.
    pub lines: Vec<Line>,
}

impl Chart {
    /// The chart as an SVG file; nothing where there is no point to draw.
    #[must_use]
    pub fn to_svg(&self) -> Option<String> {
        let points = || self.lines.iter().flat_map(|line| &line.points);
        let across = Axis::new(points().map(|(x, _)| *x), LEFT, WIDTH - RIGHT)?;
        let up = Axis::new(points().map(|(_, y)| *y), HEIGHT - BOTTOM, TOP)?;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" \
             font-family=\"system-ui, sans-serif\" font-size=\"12\">\n<title>{0}</title>\n\
             <style>text {{ fill: #333 }} .grid {{ stroke: #ccc }} @media (prefers-color-scheme: dark) \
             {{ text {{ fill: #ddd }} .grid {{ stroke: #555 }} }}</style>\n\
             <text x=\"{LEFT}\" y=\"22\" font-size=\"15\" font-weight=\"600\">{0}</text>\n",
            escape(&self.title)
        );
        for (value, label) in up.ticks(round) {
            let y = up.place(value);
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{:.1}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\n\
                 <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{label}</text>",
                WIDTH - RIGHT,
                LEFT - 6.0,
                y + 4.0
            );
        }
        for (value, label) in across.ticks(count) {
            let x = across.place(value);
            let y = HEIGHT - BOTTOM;
            let _ = writeln!(
                svg,
                "<line class=\"grid\" x1=\"{x:.1}\" x2=\"{x:.1}\" y1=\"{TOP}\" y2=\"{y:.1}\"/>\n\
                 <text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                y + 18.0
            );
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n\
             <text x=\"{LEFT}\" y=\"38\" font-size=\"10\">{}</text>",
            (LEFT + WIDTH - RIGHT) / 2.0,
            HEIGHT - 12.0,
            escape(&self.horizontal),
            escape(&self.source)
        );
        self.draw_lines(&mut svg, across, up);
        svg.push_str("</svg>\n");
        Some(svg)
    }

    fn draw_lines(&self, svg: &mut String, across: Axis, up: Axis) {
        let mut labels: Vec<(f64, &str, &str)> = Vec::new();
        for (line, colour) in self.lines.iter().zip(COLOURS.iter().cycle()) {
            let places: Vec<(f64, f64)> =
                line.points.iter().map(|(x, y)| (across.place(*x), up.place(*y))).collect();
            let path: Vec<String> = places.iter().map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
            let width = if line.is_ours { 3.0 } else { 1.5 };
            let _ = writeln!(
                svg,
                "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width}\" points=\"{}\"/>",
                path.join(" ")
            );
            for ((x, y), (_, value)) in places.iter().zip(&line.points) {
                let _ = writeln!(
                    svg,
                    "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"><title>{}</title></circle>",
                    duration(*value)
                );
            }
            if let Some((_, y)) = places.last() {
                labels.push((*y, &line.name, colour));
            }
        }
        // Names stand beside the lines' ends, a line of text apart.
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut next = TOP;
        for (y, name, colour) in labels {
            let y = y.max(next);
            next = y + 15.0;
            let _ = writeln!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\" style=\"fill: {colour}\">{}</text>",
                WIDTH - RIGHT + 8.0,
                y + 4.0,
                escape(name)
            );
        }
    }
}

/// A logarithmic axis over whole powers of ten.
#[derive(Clone, Copy)]
struct Axis {
    first: i32,
    last: i32,
    from: f64,
    to: f64,
}

impl Axis {
    fn new(values: impl Iterator<Item = f64>, from: f64, to: f64) -> Option<Self> {
        let (mut least, mut most) = (f64::INFINITY, 0.0_f64);
        for value in values.filter(|value| value.is_finite() && *value > 0.0) {
            least = least.min(value);
            most = most.max(value);
        }
        if most == 0.0 {
            return None;
        }
        let first = least.log10().floor() as i32;
        let last = (most.log10().ceil() as i32).max(first + 1);
        Some(Self { first, last, from, to })
    }

    fn place(self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.first)) / f64::from(self.last - self.first);
        self.from + share * (self.to - self.from)
    }

    fn ticks(self, label: fn(f64) -> String) -> impl Iterator<Item = (f64, String)> {
        (self.first..=self.last).map(move |power| (10_f64.powi(power), label(10_f64.powi(power))))
    }
}

/// A whole power of ten of nanoseconds, with a unit.
fn round(value: f64) -> String {
    duration(value).replace(".00 ", " ").replace(".0 ", " ")
}

fn count(value: f64) -> String {
    match value {
        value if value < 1e3 => format!("{value:.0}"),
        value if value < 1e6 => {
            format!("{}k", short(value / 1e3).trim_end_matches(".00").trim_end_matches(".0"))
        }
        value => format!("{}M", short(value / 1e6).trim_end_matches(".00").trim_end_matches(".0")),
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_lie_where_their_logarithms_say() {
        let line =
            Line { name: "a < b".to_string(), is_ours: true, points: vec![(1e3, 10.0), (1e5, 1000.0)] };
        let chart = Chart {
            title: "T".to_string(),
            horizontal: "pods".to_string(),
            source: "S".to_string(),
            lines: vec![line],
        };
        let svg = chart.to_svg().unwrap();
        assert!(svg.contains("points=\"70.0,350.0 550.0,50.0\""), "{svg}");
        assert!(svg.contains(">10k</text>") && svg.contains(">1 µs</text>"), "{svg}");
        assert!(svg.contains("a &lt; b") && !svg.contains("a < b"), "{svg}");
        assert_eq!(Chart { lines: Vec::new(), ..chart }.to_svg(), None);
    }
}
