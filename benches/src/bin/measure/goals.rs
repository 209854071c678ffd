//! What was measured beside the goals that are set for it, as one table.

use std::fmt::Write as _;

use portcullis_benches::arguments::Part;
use portcullis_benches::report::{bytes, duration, short};
use portcullis_benches::workload::Size;

use crate::results::{OURS, Rows, SHAPE};

/// The sizes that goals are set for.
const SIZES: [&str; 4] = ["S", "M", "L", "XL"];
const NEW_CLASS: &str = "update pod comes, new class";
const KNOWN_CLASS: &str = "update pod comes, known class";
const POLICY: &str = "update policy comes";

/// A limit that a value is to keep.
#[derive(Clone, Copy)]
enum Goal {
    AtMost(f64),
    AtLeast(f64),
    /// Nobody has set one: what is said is said for itself.
    None,
}

/// How a value is written.
type Written = fn(f64) -> String;

/// A value beside its goal.
struct Cell {
    value: Option<f64>,
    goal: Goal,
    written: Written,
}

impl Cell {
    fn reaches(&self) -> bool {
        match (self.value, self.goal) {
            (Some(value), Goal::AtMost(limit)) => value <= limit,
            (Some(value), Goal::AtLeast(limit)) => value >= limit,
            (_, Goal::None) | (None, _) => true,
        }
    }

    /// The value, how it compares with the goal, and the goal.
    fn text(&self) -> String {
        let Some(value) = self.value else { return "not measured".to_string() };
        let value = (self.written)(value);
        match (self.goal, self.reaches()) {
            (Goal::AtMost(limit), true) => format!("{value} ≤ {}", (self.written)(limit)),
            (Goal::AtMost(limit), false) => format!("{value} > {}", (self.written)(limit)),
            (Goal::AtLeast(limit), true) => format!("{value} ≥ {}", (self.written)(limit)),
            (Goal::AtLeast(limit), false) => format!("{value} < {}", (self.written)(limit)),
            (Goal::None, _) => value,
        }
    }

    fn markdown(&self) -> String {
        let text = self.text();
        if self.reaches() { text } else { format!("**{text}**") }
    }
}

/// Values beside goals: one line a size's goal, and one each for all others.
pub(crate) struct Table {
    by_size: Vec<(&'static str, [Cell; 4])>,
    others: Vec<(String, Cell)>,
}

fn times(value: f64) -> String {
    format!("{}×", short(value))
}

fn nanoseconds(value: f64) -> String {
    format!("{} ns", short(value))
}

fn size(value: f64) -> String {
    bytes(value as usize)
}

fn percent(value: f64) -> String {
    format!("{value:.0} %")
}

/// The table of what was measured.
pub(crate) fn table(rows: &Rows) -> Table {
    Table { by_size: by_size(rows), others: others(rows) }
}

fn by_size(rows: &Rows) -> Vec<(&'static str, [Cell; 4])> {
    let of = |what: &str, limits: [f64; 4], written: Written| {
        let mut limits = limits.into_iter();
        SIZES.map(|name| Cell {
            value: rows.least(Part::Sizes, name, OURS, what),
            goal: Goal::AtMost(limits.next().unwrap_or(f64::NAN)),
            written,
        })
    };
    let mut batched = of("decide mix batch", [35.0, 32.0, 27.0, 17.0], short);
    for cell in &mut batched {
        cell.value = cell.value.map(|time| 1e3 / time);
        if let Goal::AtMost(limit) = cell.goal {
            cell.goal = Goal::AtLeast(limit);
        }
    }
    vec![
        ("hot, ns a decision", of("decide hot tput", [22.0, 29.0, 40.0, 55.0], short)),
        ("hot, each after the one before, ns", of("decide hot lat", [30.0, 40.0, 52.0, 66.0], short)),
        ("mixed, ns a decision", of("decide mix tput", [27.0, 37.0, 70.0, 180.0], short)),
        ("mixed, batched, million a second", batched),
        ("compile, one thread", of("compile", [10e6, 25e6, 200e6, 1.5e9], duration)),
        ("image", of("image", [200e3, 1.3e6, 11e6, 120e6], size)),
    ]
}

fn others(rows: &Rows) -> Vec<(String, Cell)> {
    let least = |part, name: &str, what: &str| rows.least(part, name, OURS, what);
    let of_size = |name: &str, what: &str| least(Part::Sizes, name, what);
    let ratio = |a: Option<f64>, b: Option<f64>| a.zip(b).map(|(a, b)| a / b);
    let at_l = |peer: &str, what: &str| rows.least(Part::Sizes, "L", peer, what);
    let update = |what: &str, part: &str| least(Part::Updates, "L", &format!("{what}, {part}"));
    let (lpm, acl) = ("eBPF, LPM maps", "DPDK rte_acl, exact pairs");
    let mut found: Vec<(String, Cell)> = Vec::new();
    let mut say = |what: &str, value: Option<f64>, goal: Goal, written: Written| {
        found.push((what.to_string(), Cell { value, goal, written }));
    };

    let of_policies =
        |policies: &str| least(Part::Matrix, &format!("100000/{policies}/0"), "decide hot tput");
    let flat = ratio(of_policies("10000"), of_policies("100"));
    say("hot at 10,000 policies, of hot at 100 (100,000 pods)", flat, Goal::AtMost(1.5), times);
    let hot = ratio(at_l(lpm, "decide hot tput"), of_size("L", "decide hot tput"));
    say("eBPF's two-sided LPM maps at L take longer, hot", hot, Goal::AtLeast(15.0), times);
    let random = ratio(at_l(lpm, "decide rand tput"), of_size("L", "decide rand batch"));
    say("the same, random, against batches", random, Goal::AtLeast(40.0), times);
    let pairs = ratio(at_l(acl, "decide hot tput"), of_size("L", "decide hot tput"));
    say("rte_acl with exact pairs of L takes longer, hot, one by one", pairs, Goal::AtLeast(5.0), times);
    for (kind, what, p50, p99) in [
        (KNOWN_CLASS, "a pod of a known class comes, at L", 1e3, 5e3),
        (NEW_CLASS, "a pod of a new class comes, at L", 20e3, 500e3),
        (POLICY, "a policy comes, at L", 20e3, 300e3),
    ] {
        say(&format!("{what}: p50"), update(kind, "p50"), Goal::AtMost(p50), duration);
        say(&format!("{what}: p99"), update(kind, "p99"), Goal::AtMost(p99), duration);
        say(&format!("{what}: the longest"), update(kind, "max"), Goal::AtMost(2e6), duration);
    }
    let reader = |title: &str| update(&format!("reader, {title}"), "p99");
    let readers = ratio(reader("1,000 updates/s"), reader("quiet"));
    say("readers' p99 under 1,000 updates/s at L, of quiet", readers, Goal::AtMost(2.0), times);
    for (kind, what) in [("hot", "decide hot tput"), ("mixed", "decide mix tput")] {
        let more = of_size("L/v6", what).zip(of_size("L", what)).map(|(six, four)| six - four);
        say(&format!("IPv6 at L takes longer, {kind}"), more, Goal::AtMost(25.0), nanoseconds);
    }
    for (name, title) in [("L/cnp", "mild"), ("L/cnp-broad", "broad")] {
        for (what, of) in [("decide hot tput", "hot"), ("decide mix tput", "mixed"), ("compile", "compile")] {
            let against = ratio(of_size(name, what), of_size("L", what));
            say(
                &format!("L with 1,000 ClusterNetworkPolicies, {title}: {of}, of L"),
                against,
                Goal::None,
                times,
            );
        }
        let slots = of_size(name, "slots");
        say(
            &format!("L with 1,000 ClusterNetworkPolicies, {title}: image"),
            of_size(name, "image"),
            Goal::None,
            size,
        );
        say(&format!("L with 1,000 ClusterNetworkPolicies, {title}: slots"), slots, Goal::None, |value| {
            format!("{value:.0}")
        });
    }
    let a2 = rows.workloads(Part::Loads).into_iter().find(|name| name.starts_with("A2"));
    let adversarial = |what| least(Part::Loads, a2?, what);
    say(
        "10,000 pods, each with its own policy: compile",
        adversarial("compile"),
        Goal::AtMost(300e6),
        duration,
    );
    say("the same: image", adversarial("image"), Goal::AtMost(20e6), size);
    say(
        "1 M pods, 100k policies, 1 M CIDRs (XXL): compile",
        of_size("XXL", "compile"),
        Goal::AtMost(4e9),
        duration,
    );
    say("XXL: image", of_size("XXL", "image"), Goal::AtMost(300e6), size);
    for (what, title) in [("decide hot tput", "hot"), ("decide mix batch", "mixed, batched")] {
        let against = ratio(of_size("XXL", what), of_size("XL", what));
        say(&format!("XXL: {title}, of XL"), against, Goal::AtMost(2.0), times);
    }
    let furthest =
        ["S", "M", "L", "L+", "XL"].into_iter().filter_map(|name| deviation(rows, name)).fold(None, most);
    say("atoms, subjects, slots and rows are off the prototype's by", furthest, Goal::AtMost(25.0), percent);
    found
}

fn most(before: Option<f64>, value: f64) -> Option<f64> {
    Some(before.map_or(value, |before: f64| before.max(value)))
}

/// How far what there is to decide at a size is off what goals were set on, in percent.
fn deviation(rows: &Rows, name: &str) -> Option<f64> {
    let theirs = Size::named(name)?.prototype()?;
    let theirs = [theirs.atoms, theirs.subjects, theirs.slots, theirs.rows];
    let off = |(what, theirs): (&str, usize)| {
        Some((rows.least(Part::Sizes, name, OURS, what)? / theirs as f64 - 1.0).abs() * 100.0)
    };
    SHAPE.into_iter().zip(theirs).filter_map(off).fold(None, most)
}

impl Table {
    /// The table as text for a terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("  {:<36}", "");
        for name in SIZES {
            let _ = write!(text, "  {name:>20}");
        }
        for (what, cells) in &self.by_size {
            let _ = write!(text, "\n  {what:<36}");
            for cell in cells {
                let _ = write!(text, "  {:>20}", cell.text());
            }
        }
        for (what, cell) in &self.others {
            let _ = write!(text, "\n  {what:<66}  {}", cell.text());
        }
        text
    }

    /// The goals of the sizes, as Markdown.
    pub(crate) fn sizes_markdown(&self) -> String {
        let mut text = String::from("| | S | M | L | XL |\n|---|---|---|---|---|\n");
        for (what, cells) in &self.by_size {
            let cells = cells.each_ref().map(Cell::markdown).join(" | ");
            let _ = writeln!(text, "| {what} | {cells} |");
        }
        text
    }

    /// The other goals that were measured, as Markdown: all, or those that begin as one of some does.
    pub(crate) fn others_markdown(&self, only: Option<&[&str]>) -> String {
        let is_wanted = |what: &str| only.is_none_or(|only| only.iter().any(|start| what.starts_with(start)));
        let mut text = String::from("| | measured, and the goal |\n|---|---|\n");
        for (what, cell) in self.others.iter().filter(|(what, _)| is_wanted(what)) {
            let _ = writeln!(text, "| {what} | {} |", cell.markdown());
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_stands_beside_its_goal_and_says_whether_it_reaches_it() {
        let rows = "row\tsizes\tL\t1\t1\t0\tportcullis\tdecide hot tput\t42.60\t43.00\tns\n\
                    row\tsizes\tL\t1\t1\t0\tportcullis\tdecide mix batch\t25.00\t26.00\tns\n\
                    row\tsizes\tL\t1\t1\t0\teBPF, LPM maps\tdecide hot tput\t852.00\t853.00\tns\n";
        let mut found = Rows::default();
        found.read(rows);
        let table = table(&found);
        let sizes = table.sizes_markdown();
        assert!(
            sizes.contains("| hot, ns a decision | not measured | not measured | **42.6 > 40.0** |"),
            "{sizes}"
        );
        assert!(sizes.contains("| 40.0 ≥ 27.0 |"), "{sizes}");
        let others = table.others_markdown(Some(&["eBPF"]));
        assert!(others.ends_with("take longer, hot | 20.0× ≥ 15.0× |\n"), "{others}");
    }
}
