//! A table of who can reach whom, cell by cell, with equal rows and equal columns put together.

use alloc::vec::Vec;

use hashbrown::HashMap;

use super::addresses::fewest_cidrs;
use super::connectivity::Connectivity;
use super::ends::WorkloadName;
use super::ports::{NOTHING, PortSet};
use crate::net::Cidr;

/// Who can reach whom: for two ends, the cell at the row of the one and the column of the other.
///
/// What a workload reaches on itself, and the outside on the outside, is not in it: such cells have no meaning.
///
/// ```
/// use portcullis::analyze::Connectivity;
/// use portcullis::cluster::{ClusterBuilder, Pod};
/// use portcullis::policy::PolicySet;
/// use portcullis::{Engine, Options};
///
/// let mut builder = ClusterBuilder::new();
/// builder.pod(Pod::new("shop", "web")).pod(Pod::new("shop", "db"));
/// let engine = Engine::new(builder.build().unwrap(), PolicySet::default(), Options::default());
/// let table = Connectivity::of(&engine).table();
/// assert!(table.ports(0, 1).is_all());
/// // Both pods are alike: one row, one column; the outside is another.
/// assert_eq!(table.row_of.iter().take(2).collect::<Vec<_>>(), [&0, &0]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// The ends: workloads by name, then the outside.
    pub ends: Vec<TableEnd>,
    /// The row of each end.
    pub row_of: Vec<u32>,
    /// The column of each end.
    pub column_of: Vec<u32>,
    /// How many rows there are.
    pub rows: u32,
    /// How many columns there are.
    pub columns: u32,
    /// Row after row, the place in `sets` of what is reached.
    pub cells: Vec<u32>,
    /// The sets of ports that occur.
    pub sets: Vec<PortSet>,
}

/// An end of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableEnd {
    /// Addresses that are no pod's and no node's, which no policy tells apart, as the fewest CIDRs.
    Outside(Vec<Cidr>),
    /// A workload.
    Workload(WorkloadName),
}

impl Table {
    /// What one end can reach on another, by their places in `ends`.
    #[must_use]
    pub fn ports(&self, from: usize, to: usize) -> PortSet {
        let cell = || {
            let (row, column) = (self.row_of.get(from)?, self.column_of.get(to)?);
            let at = row.checked_mul(self.columns)?.checked_add(*column)?;
            let set = self.cells.get(usize::try_from(at).ok()?)?;
            self.sets.get(usize::try_from(*set).ok()?).cloned()
        };
        cell().unwrap_or_default()
    }
}

impl Connectivity {
    /// The connectivity as a table.
    ///
    /// # Complexity
    /// Linear in the pairs of ends that policies can tell apart.
    #[must_use]
    pub fn table(&self) -> Table {
        let inside =
            self.ends.workloads.iter().map(|(name, class)| (TableEnd::Workload(name.clone()), *class));
        let outside = self.ends.outside.iter();
        let outside = outside.map(|(ranges, class)| (TableEnd::Outside(fewest_cidrs(ranges)), *class));
        let (ends, class_of): (Vec<_>, Vec<usize>) = inside.chain(outside).unzip();
        let classes = self.ends.classes.len();
        let (rows, row_of) = self.matrix.lines();
        let lines = (0..classes).map(|to| rows.iter().map(|row| number_at(row, to)).collect());
        let (columns, column_of) = distinct(lines);
        let mut sets = Places::default();
        let mut cells = Vec::new();
        for row in 0..rows.len() {
            cells.extend(columns.iter().map(|column: &Vec<u32>| sets.place(number_at(column, row))));
        }
        let of = |lines: &[u32]| class_of.iter().map(|class| number_at(lines, *class)).collect();
        Table {
            ends,
            row_of: of(row_of),
            column_of: of(&column_of),
            rows: count(rows.len()),
            columns: count(columns.len()),
            cells,
            sets: sets.numbers.iter().map(|number| self.matrix.set(*number)).collect(),
        }
    }
}

/// The distinct lines in the order in which they come, and the place among them of each.
fn distinct(lines: impl Iterator<Item = Vec<u32>>) -> (Vec<Vec<u32>>, Vec<u32>) {
    let mut known: HashMap<Vec<u32>, u32> = HashMap::new();
    let (mut all, mut places) = (Vec::new(), Vec::new());
    for line in lines {
        let next = count(all.len());
        let place = *known.entry(line.clone()).or_insert(next);
        if place == next {
            all.push(line);
        }
        places.push(place);
    }
    (all, places)
}

/// Numbers of sets, in the order in which they come.
#[derive(Default)]
struct Places {
    numbers: Vec<u32>,
    known: HashMap<u32, u32>,
}

impl Places {
    fn place(&mut self, number: u32) -> u32 {
        let next = count(self.numbers.len());
        let place = *self.known.entry(number).or_insert(next);
        if place == next {
            self.numbers.push(number);
        }
        place
    }
}

fn number_at(line: &[u32], at: usize) -> u32 {
    line.get(at).copied().unwrap_or(NOTHING)
}

fn count(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use alloc::string::ToString;

    use super::*;
    use crate::manifest::{LoadOptions, Source, load};
    use crate::{Engine, Options};

    #[test]
    fn each_cell_of_a_table_is_what_its_ends_reach() {
        let pod = |name: &str, app: &str| {
            alloc::format!(
                "{{apiVersion: v1, kind: Pod, metadata: {{namespace: shop, name: {name}, labels: {{app: {app}}}}}}}\n---\n"
            )
        };
        let policy = "
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}, {ipBlock: {cidr: 192.0.2.0/24}}]
    ports: [{port: 5432}]
";
        let text = pod("db-0", "db") + &pod("db-1", "db") + &pod("web", "web") + policy;
        let source = Source { name: "shop.yaml".to_string(), text };
        let loaded = load(&[source], &LoadOptions::default()).unwrap();
        let engine = Engine::new(loaded.cluster, loaded.policies, Options::default());
        let connectivity = Connectivity::of(&engine);
        let table = connectivity.table();
        assert_eq!((table.rows, table.columns), (4, 3), "{table:?}");
        assert_eq!(table.cells.len(), 12);
        for (from, source) in table.ends.iter().enumerate() {
            for (to, destination) in table.ends.iter().enumerate() {
                let (TableEnd::Workload(a), TableEnd::Workload(b)) = (source, destination) else { continue };
                let ports = connectivity.ports(&a.to_string(), &b.to_string()).unwrap();
                assert_eq!(table.ports(from, to), ports, "{a} {b}");
            }
        }
        let outside = |cidr: &str| {
            let holds = |end: &TableEnd| matches!(end, TableEnd::Outside(cidrs) if cidrs.iter().any(|it| it.to_string() == cidr));
            table.ends.iter().position(holds).unwrap()
        };
        assert_eq!(table.ports(outside("192.0.2.0/24"), 0).to_string(), "TCP 5432");
        assert!(table.ports(outside("::/0"), 0).is_nothing() && table.ports(2, outside("::/0")).is_all());
    }
}
