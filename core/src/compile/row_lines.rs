//! The lines of rows: as much as fits is on the first, so that most traffic needs no other.

use alloc::vec::Vec;

use super::rows::{Bound, answer};
use crate::decision::Reason;
use crate::image::{Line, NO_BOUND, POINT, other_protocols, value};

/// How many entries a line has.
const WIDTH: usize = 8;
/// More stretches than a line and those that it leads to could hold, two for each point and its end.
const FAR_TOO_MANY: usize = 2 * WIDTH * WIDTH;

/// Keys from one to before another, and their value.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    start: u32,
    end: u32,
    value: u32,
}

/// The entries of a line: bounds, and points between them.
#[derive(Default)]
struct Entries {
    bounds: Vec<Bound>,
    points: Vec<Bound>,
}

impl Entries {
    fn len(&self) -> usize {
        self.bounds.len().saturating_add(self.points.len())
    }

    /// Adds the stretch after those that are there. A single port in the midst of others' value is a point: what comes
    /// after it needs no bound.
    fn add(&mut self, stretch: Stretch) {
        let entry = Bound { start: stretch.start, value: stretch.value };
        match self.bounds.last() {
            Some(last) if last.value == stretch.value => {}
            Some(_) if stretch.end == stretch.start.saturating_add(1) => self.points.push(entry),
            Some(_) | None => self.bounds.push(entry),
        }
    }

    fn into_line(self) -> Line {
        let mut line = Line { low: [NO_BOUND; WIDTH], high: [answer(Reason::NotEvaluated); WIDTH] };
        let points = self.points.iter().map(|point| (point.start | POINT, point.value));
        let entries = self.bounds.iter().map(|bound| (bound.start, bound.value)).chain(points);
        for ((low, high), (start, value)) in line.low.iter_mut().zip(&mut line.high).zip(entries) {
            (*low, *high) = (start, value);
        }
        line
    }
}

/// The lines of a row, whose numbers begin at `first`: each after those that it leads to, so that the row begins at the
/// last.
///
/// # Complexity
/// Linear in the bounds; a search reads as many lines as the bounds have digits to the base of eight, and mostly one less.
pub(super) fn lay(bounds: &[Bound], first: u32) -> Vec<Line> {
    let mut lines = Vec::new();
    let ends = bounds.iter().skip(1).map(|next| next.start).chain([other_protocols().saturating_add(2)]);
    let stretch = |(bound, end): (&Bound, u32)| Stretch { start: bound.start, end, value: bound.value };
    let mut level: Vec<Stretch> = bounds.iter().zip(ends).map(stretch).collect();
    loop {
        if let Some((direct, runs)) = split(&level) {
            let linked: Vec<Stretch> = runs.into_iter().map(|run| link(run, first, &mut lines)).collect();
            lines.push(line_of(direct.iter().chain(&linked)));
            return lines;
        }
        level = runs_of(&level).into_iter().map(|run| link(run, first, &mut lines)).collect();
    }
}

/// The stretches that one line has itself, and the runs of those that it leads to; nothing where they are too many.
fn split(level: &[Stretch]) -> Option<(&[Stretch], Vec<&[Stretch]>)> {
    if level.len() > FAR_TOO_MANY {
        return None;
    }
    (0..=WIDTH).find_map(|links| {
        let (direct, rest) = level.split_at(run_length(level, WIDTH.saturating_sub(links)));
        let runs = runs_of(rest);
        (runs.len() <= links).then_some((direct, runs))
    })
}

/// Stretches in runs that have room on a line each.
fn runs_of(mut rest: &[Stretch]) -> Vec<&[Stretch]> {
    let mut runs = Vec::new();
    while !rest.is_empty() {
        let (run, after) = rest.split_at(run_length(rest, WIDTH).max(1));
        runs.push(run);
        rest = after;
    }
    runs
}

/// How many stretches make no more than so many entries.
fn run_length(stretches: &[Stretch], width: usize) -> usize {
    let mut entries = Entries::default();
    let fits = |stretch: &&Stretch| {
        entries.add(**stretch);
        entries.len() <= width
    };
    stretches.iter().take_while(fits).count()
}

/// Adds the line of a run, and gives what leads to it.
fn link(run: &[Stretch], first: u32, lines: &mut Vec<Line>) -> Stretch {
    let number = first.wrapping_add(u32::try_from(lines.len()).unwrap_or(u32::MAX));
    lines.push(line_of(run.iter()));
    let (start, end) = (run.first().map_or(0, |one| one.start), run.last().map_or(0, |one| one.end));
    Stretch { start, end, value: value::FIRST_LINK.wrapping_add(number) }
}

fn line_of<'a>(stretches: impl Iterator<Item = &'a Stretch>) -> Line {
    let mut entries = Entries::default();
    for stretch in stretches {
        entries.add(*stretch);
    }
    entries.into_line()
}

#[cfg(test)]
#[expect(clippy::arithmetic_side_effects, reason = "an overflow fails the test")]
mod tests {
    use super::*;
    use crate::compile::random::random;
    use crate::image::{is_link, place, port_key, value_at};
    use crate::net::L4Protocol;

    /// What lines say of a key, and how many of them it takes.
    fn found(lines: &[Line], key: u32) -> (u32, usize) {
        let mut at = lines.len() - 1;
        for read in 1..=lines.len() {
            let value = value_at(&lines[at], key);
            if !is_link(value) {
                return (value, read);
            }
            let next = place(value - value::FIRST_LINK);
            assert!(next < at, "links lead to earlier lines");
            at = next;
        }
        panic!("a search ends");
    }

    fn check(bounds: &[Bound]) -> (usize, usize) {
        let lines = lay(bounds, 0);
        assert!(lines.iter().all(|line| line.low.is_sorted()), "{bounds:?}");
        let near = |bound: &Bound| [bound.start.saturating_sub(1), bound.start, bound.start + 1];
        let mut most = 0;
        for key in bounds.iter().flat_map(near).chain([0, other_protocols(), other_protocols() + 9]) {
            let expected = bounds.iter().rev().find(|bound| bound.start <= key).unwrap().value;
            let (value, read) = found(&lines, key);
            assert_eq!(value, expected, "{key:x} in {bounds:?}");
            most = most.max(read);
        }
        (lines.len(), most)
    }

    /// A row that gives rules single ports of TCP, each so far from the one before.
    fn single_ports(count: u16, distance: u16) -> Vec<Bound> {
        let isolated = answer(Reason::Isolated);
        let mut bounds = alloc::vec![Bound { start: 0, value: isolated }];
        for rule in 0..count {
            let start = port_key(L4Protocol::Tcp, (rule + 1) * distance);
            bounds.push(Bound { start, value: rule.into() });
            if distance > 1 || rule + 1 == count {
                bounds.push(Bound { start: start + 1, value: isolated });
            }
        }
        bounds
    }

    #[test]
    fn seven_single_ports_are_one_line_and_more_are_few() {
        for distance in [1, 50] {
            assert_eq!(check(&single_ports(7, distance)), (1, 1));
            assert_eq!(check(&single_ports(8, distance)), (2, 2));
            assert_eq!(check(&single_ports(13, distance)), (2, 2));
            assert_eq!(check(&single_ports(50, distance)).1, 2);
            assert_eq!(check(&single_ports(1000, distance)).1, 4);
        }
    }

    #[test]
    fn whatever_the_bounds_every_key_finds_its_value() {
        let mut random = random(1);
        for round in 0..3000 {
            let count = random(if round % 50 == 0 { 2000 } else { 30 });
            let span = if random(2) == 0 { 64 } else { other_protocols() };
            let mut starts: Vec<u32> = (0..count).map(|_| random(span)).collect();
            starts.extend([0, other_protocols()]);
            starts.sort_unstable();
            starts.dedup();
            let mut bounds: Vec<Bound> = Vec::new();
            for start in starts {
                let value = if random(3) == 0 { answer(Reason::Isolated) } else { random(4) };
                if bounds.last().is_none_or(|last| last.value != value) {
                    bounds.push(Bound { start, value });
                }
            }
            check(&bounds);
        }
    }
}
