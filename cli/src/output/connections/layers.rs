//! A layered drawing's places: vertices in columns from left to right, edges in as few crossings as a few sweeps find.
//!
//! The steps are those of Sugiyama, Tagawa and Toda: edges that close a cycle are turned round, every vertex goes to the
//! column behind the last that leads to it, edges over several columns get a bend in each, columns are sorted by where
//! their neighbours are, and heights follow the neighbours as far as the distances between vertices leave room.

/// What is to be placed.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    /// Width and height of each vertex.
    pub(super) sizes: Vec<(f64, f64)>,
    /// Edges, by the numbers of their vertices.
    pub(super) edges: Vec<(usize, usize)>,
}

/// Where everything is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Layout {
    /// The middle of each vertex.
    pub(super) places: Vec<(f64, f64)>,
    /// The points of each edge, from its first vertex's border to its second's.
    pub(super) lines: Vec<Vec<(f64, f64)>>,
    /// Width and height of all.
    pub(super) size: (f64, f64),
}

/// Room between columns, in which edges turn.
const BETWEEN_COLUMNS: f64 = 44.0;
/// Room between vertices of a column.
const BETWEEN_VERTICES: f64 = 14.0;

/// Vertices that stand together: the first place, how much room they take, what they want in sum, and how far each lies below.
type Block = (f64, f64, f64, Vec<(usize, f64)>);
/// The height of a bend.
const BEND: f64 = 2.0;
/// How often columns are sorted, and how often heights follow.
const SWEEPS: usize = 12;

/// Places a plan.
pub(super) fn place(plan: &Plan) -> Layout {
    let count = plan.sizes.len();
    let edges: Vec<(usize, usize)> =
        plan.edges.iter().copied().filter(|(from, to)| *from < count && *to < count).collect();
    let turned = turned(count, &edges);
    let forward: Vec<(usize, usize)> =
        edges.iter().zip(&turned).map(|((a, b), turned)| if *turned { (*b, *a) } else { (*a, *b) }).collect();
    let rank = ranks(count, &forward);
    let mut grid = Grid::new(plan, &forward, rank);
    grid.sort();
    grid.settle();
    grid.layout(&turned)
}

/// Which edges close a cycle, met in a walk that begins where nothing leads to.
fn turned(count: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut entered = vec![0_usize; count];
    for (number, (from, to)) in edges.iter().enumerate() {
        out[*from].push(number);
        entered[*to] += 1;
    }
    let mut starts: Vec<usize> = (0..count).collect();
    starts.sort_by_key(|vertex| (entered[*vertex], *vertex));
    let mut turned = vec![false; edges.len()];
    // 0 not met, 1 on the way, 2 done.
    let mut state = vec![0_u8; count];
    for start in starts {
        if state[start] != 0 {
            continue;
        }
        state[start] = 1;
        let mut way = vec![(start, 0)];
        while let Some((vertex, next)) = way.last_mut() {
            let Some(number) = out[*vertex].get(*next).copied() else {
                state[*vertex] = 2;
                way.pop();
                continue;
            };
            *next += 1;
            let to = edges[number].1;
            match state[to] {
                0 => {
                    state[to] = 1;
                    way.push((to, 0));
                }
                1 => turned[number] = true,
                _ => {}
            }
        }
    }
    turned
}

/// The column of each vertex: one more than the last of those that lead to it.
fn ranks(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waiting = vec![0_usize; count];
    for (from, to) in edges.iter().filter(|(from, to)| from != to) {
        out[*from].push(*to);
        waiting[*to] += 1;
    }
    let mut rank = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|vertex| waiting[*vertex] == 0).collect();
    while let Some(vertex) = ready.pop() {
        for to in &out[vertex] {
            rank[*to] = rank[*to].max(rank[vertex] + 1);
            waiting[*to] -= 1;
            if waiting[*to] == 0 {
                ready.push(*to);
            }
        }
    }
    rank
}

/// Vertices and bends in columns.
struct Grid {
    /// Width and height; bends have no width.
    sizes: Vec<(f64, f64)>,
    rank: Vec<usize>,
    columns: Vec<Vec<usize>>,
    /// Neighbours one column to the left, and one to the right.
    left: Vec<Vec<usize>>,
    right: Vec<Vec<usize>>,
    /// The way of each edge, from left to right.
    ways: Vec<Vec<usize>>,
    y: Vec<f64>,
    vertices: usize,
}

impl Grid {
    fn new(plan: &Plan, edges: &[(usize, usize)], mut rank: Vec<usize>) -> Self {
        let mut sizes = plan.sizes.clone();
        let mut ways = Vec::new();
        for (from, to) in edges {
            let mut way = vec![*from];
            for column in rank[*from] + 1..rank[*to] {
                way.push(sizes.len());
                sizes.push((0.0, BEND));
                rank.push(column);
            }
            way.push(*to);
            ways.push(way);
        }
        let mut columns = vec![Vec::new(); rank.iter().max().map_or(0, |last| last + 1)];
        for (vertex, column) in rank.iter().enumerate() {
            columns[*column].push(vertex);
        }
        let (mut left, mut right) = (vec![Vec::new(); sizes.len()], vec![Vec::new(); sizes.len()]);
        for pair in ways.iter().flat_map(|way| way.windows(2)) {
            if let [from, to] = pair
                && from != to
            {
                right[*from].push(*to);
                left[*to].push(*from);
            }
        }
        let y = vec![0.0; sizes.len()];
        Self { sizes, rank, columns, left, right, ways, y, vertices: plan.sizes.len() }
    }

    /// Sorts each column by the places of its neighbours, and keeps the order with the fewest crossings.
    fn sort(&mut self) {
        let mut best = (self.crossings(), self.columns.clone());
        for sweep in 0..SWEEPS {
            let to_right = sweep % 2 == 0;
            let mut order: Vec<usize> = (0..self.columns.len()).collect();
            if !to_right {
                order.reverse();
            }
            for column in order {
                let place = self.place_in_column();
                let neighbours = if to_right { &self.left } else { &self.right };
                let weight = |vertex: &usize| -> f64 {
                    let near = &neighbours[*vertex];
                    if near.is_empty() {
                        return number(place[*vertex]);
                    }
                    near.iter().map(|near| number(place[*near])).sum::<f64>() / number(near.len())
                };
                let mut sorted: Vec<(f64, usize)> =
                    self.columns[column].iter().map(|vertex| (weight(vertex), *vertex)).collect();
                sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
                self.columns[column] = sorted.into_iter().map(|(_, vertex)| vertex).collect();
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.columns.clone());
            }
        }
        self.columns = best.1;
    }

    fn place_in_column(&self) -> Vec<usize> {
        let mut place = vec![0; self.sizes.len()];
        for column in &self.columns {
            for (at, vertex) in column.iter().enumerate() {
                place[*vertex] = at;
            }
        }
        place
    }

    /// How many pairs of edges cross, counted by what stands in order already.
    fn crossings(&self) -> usize {
        let place = self.place_in_column();
        let mut count = 0;
        for column in &self.columns {
            let mut ends: Vec<(usize, usize)> = Vec::new();
            for vertex in column {
                ends.extend(self.right[*vertex].iter().map(|to| (place[*vertex], place[*to])));
            }
            ends.sort_unstable();
            let mut seen: Vec<usize> = Vec::new();
            for (_, to) in ends {
                let at = seen.partition_point(|other| *other <= to);
                count += seen.len() - at;
                seen.insert(at, to);
            }
        }
        count
    }

    /// Heights: each vertex as near to the middle of its neighbours as those beside it leave it.
    fn settle(&mut self) {
        for column in &self.columns {
            let mut top = 0.0;
            for vertex in column {
                self.y[*vertex] = top + self.sizes[*vertex].1 / 2.0;
                top += self.sizes[*vertex].1 + BETWEEN_VERTICES;
            }
        }
        for sweep in 0..SWEEPS {
            let mut order: Vec<usize> = (0..self.columns.len()).collect();
            if sweep % 2 == 1 {
                order.reverse();
            }
            for column in order {
                let wanted: Vec<f64> =
                    self.columns[column].iter().map(|vertex| self.wanted(*vertex)).collect();
                self.spread(column, &wanted);
            }
        }
    }

    fn wanted(&self, vertex: usize) -> f64 {
        let near: Vec<f64> =
            self.left[vertex].iter().chain(&self.right[vertex]).map(|near| self.y[*near]).collect();
        if near.is_empty() { self.y[vertex] } else { near.iter().sum::<f64>() / number(near.len()) }
    }

    /// Puts a column where it is wanted, in order and apart: blocks that would overlap move together to their mean.
    fn spread(&mut self, column: usize, wanted: &[f64]) {
        let mut blocks: Vec<Block> = Vec::new();
        for (vertex, wanted) in self.columns[column].iter().zip(wanted) {
            let height = self.sizes[*vertex].1;
            let top = wanted - height / 2.0;
            let mut block = (top, height + BETWEEN_VERTICES, top, vec![(*vertex, 0.0)]);
            while let Some(before) = blocks.pop() {
                if before.0 + before.1 <= block.0 {
                    blocks.push(before);
                    break;
                }
                let mut members = before.3;
                members.extend(block.3.iter().map(|(vertex, below)| (*vertex, below + before.1)));
                // What the later members want is wanted of the first one, from above them.
                let wanted = before.2 + block.2 - before.1 * number(block.3.len());
                block = (wanted / number(members.len()), before.1 + block.1, wanted, members);
            }
            blocks.push(block);
        }
        for (top, _, _, members) in blocks {
            for (vertex, below) in members {
                self.y[vertex] = top + below + self.sizes[vertex].1 / 2.0;
            }
        }
    }

    fn layout(&self, turned: &[bool]) -> Layout {
        let mut x = Vec::new();
        let mut edge = 0.0;
        for column in &self.columns {
            let width = column.iter().map(|vertex| self.sizes[*vertex].0).fold(0.0, f64::max);
            x.push((edge, width));
            edge += width + BETWEEN_COLUMNS;
        }
        let tops = self.y.iter().zip(&self.sizes).map(|(y, size)| y - size.1 / 2.0);
        let top = tops.fold(f64::INFINITY, f64::min);
        let bottoms = self.y.iter().zip(&self.sizes).map(|(y, size)| y + size.1 / 2.0);
        let bottom = bottoms.fold(f64::NEG_INFINITY, f64::max);
        let middle = |vertex: usize| {
            let (left, width) = x[self.rank[vertex]];
            (left + width / 2.0, self.y[vertex] - top)
        };
        let line = |way: &Vec<usize>| -> Vec<(f64, f64)> {
            let mut points = Vec::new();
            for (at, vertex) in way.iter().enumerate() {
                let (centre, y) = middle(*vertex);
                let is_bend = *vertex >= self.vertices;
                let half = if is_bend { x[self.rank[*vertex]].1 } else { self.sizes[*vertex].0 } / 2.0;
                if at > 0 {
                    points.push((centre - half, y));
                }
                if at + 1 < way.len() {
                    points.push((centre + half, y));
                }
            }
            points
        };
        let mut lines: Vec<Vec<(f64, f64)>> = self.ways.iter().map(line).collect();
        for (line, _) in lines.iter_mut().zip(turned).filter(|(_, turned)| **turned) {
            line.reverse();
        }
        let height = if bottom > top { bottom - top } else { 0.0 };
        let width = (edge - BETWEEN_COLUMNS).max(0.0);
        Layout { places: (0..self.vertices).map(middle).collect(), lines, size: (width, height) }
    }
}

/// Counts are small enough to be exact.
fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::{BETWEEN_VERTICES, Layout, Plan, place};

    fn plan(count: usize, edges: &[(usize, usize)]) -> Plan {
        Plan { sizes: vec![(60.0, 20.0); count], edges: edges.to_vec() }
    }

    fn overlaps(layout: &Layout, plan: &Plan) -> usize {
        let boxes: Vec<_> = layout.places.iter().zip(&plan.sizes).collect();
        let mut count = 0;
        for (at, (a, size_a)) in boxes.iter().enumerate() {
            for (b, size_b) in boxes.iter().skip(at + 1) {
                let apart_x = (a.0 - b.0).abs() >= (size_a.0 + size_b.0) / 2.0;
                let apart_y = (a.1 - b.1).abs() >= (size_a.1 + size_b.1) / 2.0 + BETWEEN_VERTICES - 0.01;
                count += usize::from(!apart_x && !apart_y);
            }
        }
        count
    }

    #[test]
    fn a_chain_goes_from_left_to_right_at_one_height() {
        let layout = place(&plan(3, &[(0, 1), (1, 2)]));
        assert!(layout.places.is_sorted_by(|a, b| a.0 < b.0 && a.1 == b.1), "{layout:?}");
        assert!(layout.lines.iter().all(|line| line.len() == 2), "{layout:?}");
    }

    #[test]
    fn edges_in_a_cycle_and_to_itself_end_where_they_should() {
        let plan = plan(3, &[(0, 1), (1, 2), (2, 0), (1, 1)]);
        let layout = place(&plan);
        for ((from, to), line) in plan.edges.iter().zip(&layout.lines) {
            for (end, vertex) in [(line.first().unwrap(), from), (line.last().unwrap(), to)] {
                let middle = layout.places[*vertex];
                assert!((end.0 - middle.0).abs() == 30.0 && end.1 == middle.1, "{layout:?}");
            }
        }
    }

    #[test]
    fn vertices_never_overlap_and_a_crossing_that_need_not_be_is_taken_out() {
        let crossed = plan(4, &[(0, 3), (1, 2)]);
        let layout = place(&crossed);
        assert_eq!((layout.places[0].1 < layout.places[1].1), (layout.places[3].1 < layout.places[2].1));
        let mut edges = Vec::new();
        for from in 0..12 {
            edges.extend((0..12).filter(|to| (from * 7 + to * 5) % 4 == 0).map(|to| (from, 12 + to)));
            edges.push((12 + from, 24));
        }
        let large = plan(25, &edges);
        assert_eq!(overlaps(&place(&large), &large), 0);
        assert_eq!(place(&large), place(&large));
        assert_eq!(place(&Plan::default()).size, (0.0, 0.0));
    }
}
