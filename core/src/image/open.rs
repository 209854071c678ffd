//! Opening an image: every index is checked once, here.

use super::format::{
    FORMAT_VERSION, HEADER_LINES, HalfRecord, Line, MAGIC, NO_BOUND, NONE, SECTIONS, SEMANTICS_VERSION,
    Section, checksum, header, is_pod, kind, kind_of, option_bit, place, record_place, value,
};
use super::{Image, other_protocols, port_key};
use crate::net::{L4Protocol, VXLAN_PORT};

/// Why bytes are no image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The bytes differ from what was written.
    #[error("the image is damaged: its checksum does not match")]
    Checksum,
    /// A number in the image leads nowhere.
    #[error("the image is malformed: an index in its {0} leads out of bounds")]
    Index(&'static str),
    /// The bytes are no whole number of lines, or do not begin at a multiple of 64.
    #[error(
        "the image must be a whole number of 64-byte lines, and lie at an address that is a multiple of 64"
    )]
    Layout,
    /// The first bytes are not those of an image.
    #[error("this is no image of Portcullis")]
    Magic,
    /// A section lies outside the image, or has a size that it cannot have.
    #[error("the image is malformed: its {0} section has an impossible place or size")]
    Section(&'static str),
    /// The image is of another version of the format or of the semantics.
    #[error(
        "the image has format {format} and semantics {semantics}; this reader knows {FORMAT_VERSION} and {SEMANTICS_VERSION}: compile it anew"
    )]
    Version {
        /// The format's version.
        format: u32,
        /// The semantics' version.
        semantics: u32,
    },
}

impl<'a> Image<'a> {
    /// Reads an image in place.
    ///
    /// # Errors
    /// When the bytes are no image of this version, are damaged, or hold an index that leads out of bounds.
    ///
    /// # Complexity
    /// One pass over the bytes.
    pub fn open(bytes: &'a [u8]) -> Result<Self, ImageError> {
        let lines: &[Line] = bytemuck::try_cast_slice(bytes).map_err(|_| ImageError::Layout)?;
        let image = Self::lay_out(lines)?;
        let body = lines.get(HEADER_LINES..).ok_or(ImageError::Layout)?;
        let words = header_words(lines)?;
        let stored = [word(words, header::CHECKSUM_LOW), word(words, header::CHECKSUM_HIGH)];
        if checksum(body) != stored {
            return Err(ImageError::Checksum);
        }
        image.validate()?;
        Ok(image)
    }

    /// Reads an image in place that has been opened before: finds its sections, and checks nothing in them.
    ///
    /// For copies of an image whose bytes [`Image::open`] has accepted elsewhere. Of others, answers may be wrong, and a
    /// decision may not end; reads stay in bounds all the same.
    ///
    /// # Errors
    /// When the bytes do not begin as an image of this version does, or have another length.
    ///
    /// # Complexity
    /// Constant.
    pub fn open_verified(bytes: &'a [u8]) -> Result<Self, ImageError> {
        Self::lay_out(bytemuck::try_cast_slice(bytes).map_err(|_| ImageError::Layout)?)
    }

    /// Finds the sections, and checks nothing in them.
    pub(crate) fn lay_out(lines: &'a [Line]) -> Result<Self, ImageError> {
        let words = header_words(lines)?;
        if word(words, header::MAGIC) != MAGIC {
            return Err(ImageError::Magic);
        }
        let (format, semantics) = (word(words, header::FORMAT), word(words, header::SEMANTICS));
        if (format, semantics) != (FORMAT_VERSION, SEMANTICS_VERSION) {
            return Err(ImageError::Version { format, semantics });
        }
        if place(word(words, header::LINES)) != lines.len() {
            return Err(ImageError::Layout);
        }
        let section = |section: Section| -> Result<&'a [Line], ImageError> {
            let number = NAMES.iter().position(|(other, _)| *other == section).unwrap_or(0);
            let name = NAMES.get(number).map_or("", |(_, name)| name);
            let at = header::SECTION_TABLE.saturating_add(number.saturating_mul(2));
            let (first, length) = (place(word(words, at)), place(word(words, at.saturating_add(1))));
            let end = first.checked_add(length).ok_or(ImageError::Section(name))?;
            if first < HEADER_LINES {
                return Err(ImageError::Section(name));
            }
            lines.get(first..end).ok_or(ImageError::Section(name))
        };
        let row_bits = word(words, header::ROW_BITS);
        let row_mask = match row_bits {
            1..=31 => 1_u32.wrapping_shl(row_bits).wrapping_sub(1),
            _ => return Err(ImageError::Section("header")),
        };
        let (root4_bits, root6_bits) = (word(words, header::ROOT4_BITS), word(words, header::ROOT6_BITS));
        let options = word(words, header::OPTIONS);
        let has = |bit: u32| options & bit != 0;
        let unusual =
            if has(option_bit::SCTP_DROPPED) { port_key(L4Protocol::Sctp, 0) } else { other_protocols() };
        let tunnel =
            if has(option_bit::VXLAN_DROPPED) { port_key(L4Protocol::Udp, VXLAN_PORT) } else { NO_BOUND };
        Ok(Self {
            lines,
            records: section(Section::Records)?,
            buckets: section(Section::Buckets)?,
            rows: section(Section::Rows)?,
            pods4: section(Section::Pods4)?,
            pods6: section(Section::Pods6)?,
            root4: bytemuck::cast_slice(section(Section::Root4)?),
            root6: bytemuck::cast_slice(section(Section::Root6)?),
            nodes: bytemuck::cast_slice(section(Section::Nodes)?),
            leaves: bytemuck::cast_slice(section(Section::Leaves)?),
            rule_lists: bytemuck::cast_slice(section(Section::RuleLists)?),
            defaults: bytemuck::cast_slice(section(Section::Defaults)?),
            beneath: bytemuck::cast_slice(section(Section::Beneath)?),
            root4_bits,
            root6_bits,
            root4_shift: 32_u32.wrapping_sub(root4_bits),
            root6_shift: 32_u32.wrapping_sub(root6_bits),
            row_bits,
            row_mask,
            options,
            unusual_from: unusual,
            tunnel_key: tunnel,
            generation: word(words, header::GENERATION),
        })
    }

    fn validate(&self) -> Result<(), ImageError> {
        self.validate_roots()?;
        self.validate_records()?;
        self.validate_buckets()?;
        self.validate_rows()?;
        self.validate_pods()?;
        self.validate_tries()
    }

    fn validate_roots(&self) -> Result<(), ImageError> {
        // After the first bits, six at a time must end exactly at the address's last.
        let fits =
            |bits: u32, root: &[u32]| matches!(bits, 8 | 14 | 20) && root.len() >= 1_usize.wrapping_shl(bits);
        if !fits(self.root4_bits, self.root4) || !fits(self.root6_bits, self.root6) {
            return Err(ImageError::Section("root"));
        }
        Ok(())
    }

    fn validate_records(&self) -> Result<(), ImageError> {
        let mut halves = self.records.iter().flat_map(|line| [&line.low, &line.high]);
        if !halves.all(|half| self.is_half(half)) {
            return Err(ImageError::Index("records"));
        }
        // What lies beneath lies on nothing, so that a look-up ends.
        let lies_on_another = |[.., flags]: &[u32; 8]| flags & HalfRecord::BENEATH != 0;
        if !self.beneath.iter().all(|half| self.is_half(half) && !lies_on_another(half)) {
            return Err(ImageError::Index("tables beneath"));
        }
        if !self.defaults.iter().all(|slot| self.is_row(*slot)) {
            return Err(ImageError::Index("defaults"));
        }
        Ok(())
    }

    /// Whether all of half a record leads somewhere.
    fn is_half(&self, half: &[u32; 8]) -> bool {
        let [table, buckets, pod, pod6, outside, outside6, _, flags] = *half;
        let in_bounds = table.checked_add(buckets).is_some_and(|end| place(end) <= self.buckets.len());
        if buckets == 0 || !in_bounds {
            return false;
        }
        if flags & (HalfRecord::BY_REGION | HalfRecord::BENEATH) == 0 {
            return [pod, pod6, outside, outside6].into_iter().all(|slot| self.is_row(slot));
        }
        let has = |flag: u32| flags & flag != 0;
        let is_beneath = |word: u32| place(word) < self.beneath.len();
        let of_pods = match (has(HalfRecord::BY_REGION), has(HalfRecord::PODS_BENEATH)) {
            (true, true) => false,
            (true, false) => self.block(pod).is_some() && self.block(pod6).is_some(),
            (false, true) => is_beneath(pod) && is_beneath(pod6),
            (false, false) => self.is_row(pod) && self.is_row(pod6),
        };
        let of_others = match has(HalfRecord::OTHERS_BENEATH) {
            true => is_beneath(outside) && is_beneath(outside6),
            false => self.is_row(outside) && self.is_row(outside6),
        };
        of_pods && of_others
    }

    fn validate_buckets(&self) -> Result<(), ImageError> {
        for line in self.buckets {
            let valid = |(key, slot): (&u32, &u32)| *key == NONE || self.is_atom(*key) && self.is_row(*slot);
            if !line.low.iter().zip(&line.high).all(valid) {
                return Err(ImageError::Index("buckets"));
            }
        }
        Ok(())
    }

    fn validate_rows(&self) -> Result<(), ImageError> {
        for (line, number) in self.rows.iter().zip(0_u32..) {
            // Ascending from 0, so that the search always finds a bound. A link leads to an earlier line, so that a
            // search ends; only the first line of a long row has a first bound of 0.
            if !line.low.is_sorted() {
                return Err(ImageError::Index("rows"));
            }
            let links =
                line.high.iter().filter(|found| (value::FIRST_LINK..value::FIRST_ANSWER).contains(*found));
            for link in links {
                if link.wrapping_sub(value::FIRST_LINK) >= number {
                    return Err(ImageError::Index("rows"));
                }
            }
        }
        Ok(())
    }

    fn validate_pods(&self) -> Result<(), ImageError> {
        let four = self.pods4.iter().flat_map(|line| line.high);
        let six = self.pods6.iter().flat_map(|line| {
            let [.., a, b, c, _] = line.high;
            [a, b, c]
        });
        let valid = four.chain(six).all(|atom| atom == NONE || is_pod(atom) && self.is_atom(atom));
        if valid { Ok(()) } else { Err(ImageError::Index("pods")) }
    }

    fn validate_tries(&self) -> Result<(), ImageError> {
        let is_outside = |entry: u32| entry != NONE && kind_of(entry) >= kind::OUTSIDE && self.is_atom(entry);
        let node_count = self.nodes.len();
        let is_node = |entry: u32, after: Option<usize>| {
            place(entry) < node_count && after.is_none_or(|after| place(entry) > after)
        };
        let used = |bits: u32, root: &'a [u32]| root.iter().take(1_usize.wrapping_shl(bits));
        for entry in used(self.root4_bits, self.root4).chain(used(self.root6_bits, self.root6)) {
            if !is_outside(*entry) && (*entry >= 0x8000_0000 || !is_node(*entry, None)) {
                return Err(ImageError::Index("roots"));
            }
        }
        for (place_of_node, node) in self.nodes.iter().enumerate() {
            let [child_low, child_high, leaf_low, leaf_high, children, leaves, _, _] = *node;
            let child_count = child_low.count_ones().wrapping_add(child_high.count_ones());
            let leaf_count = leaf_low.count_ones().wrapping_add(leaf_high.count_ones());
            // Children come after their node, so that a walk ends.
            let last_child = children.checked_add(child_count).and_then(|end| end.checked_sub(1));
            if child_count > 0
                && (!is_node(children, Some(place_of_node))
                    || !last_child.is_some_and(|last| is_node(last, None)))
            {
                return Err(ImageError::Index("nodes"));
            }
            // The first slot that is no child begins a run of leaves, so that a rank is never zero.
            let child_bits = u64::from(child_high).wrapping_shl(32) | u64::from(child_low);
            let leaf_bits = u64::from(leaf_high).wrapping_shl(32) | u64::from(leaf_low);
            let first_leaf = child_bits.trailing_ones();
            if first_leaf < 64 && leaf_bits.trailing_zeros() > first_leaf {
                return Err(ImageError::Index("nodes"));
            }
            let end = place(leaves).checked_add(place(leaf_count)).ok_or(ImageError::Index("nodes"))?;
            let run = self.leaves.get(place(leaves)..end).ok_or(ImageError::Index("nodes"))?;
            if !run.iter().all(|atom| is_outside(*atom)) {
                return Err(ImageError::Index("leaves"));
            }
        }
        Ok(())
    }

    fn is_row(&self, slot: u32) -> bool {
        let first = self.rows.get(place(slot & self.row_mask)).and_then(|line| line.low.first());
        first == Some(&0)
    }

    fn is_atom(&self, atom: u32) -> bool {
        place(record_place(atom)) < self.records.len()
    }
}

/// The sections in the order of the header's table, with their names.
const NAMES: [(Section, &str); SECTIONS] = [
    (Section::Records, "records"),
    (Section::Buckets, "buckets"),
    (Section::Rows, "rows"),
    (Section::Pods4, "IPv4 pods"),
    (Section::Pods6, "IPv6 pods"),
    (Section::Root4, "IPv4 root"),
    (Section::Root6, "IPv6 root"),
    (Section::Nodes, "nodes"),
    (Section::Leaves, "leaves"),
    (Section::RuleLists, "rule lists"),
    (Section::Defaults, "defaults"),
    (Section::Beneath, "tables beneath"),
];

fn header_words(lines: &[Line]) -> Result<&[u32], ImageError> {
    lines.get(..HEADER_LINES).map(bytemuck::cast_slice).ok_or(ImageError::Layout)
}

fn word(words: &[u32], at: usize) -> u32 {
    words.get(at).copied().unwrap_or(0)
}
