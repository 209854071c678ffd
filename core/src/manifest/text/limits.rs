//! How much a text may ask for: size, depth, number of nodes, aliases.

/// Bounds on what is read from one text.
///
/// Each bound has an error of its own, so that a text over a bound is never half read in silence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of the text; beyond it the text is not read ([`Code::TooLarge`](super::Code::TooLarge)).
    pub bytes: usize,
    /// Containers inside each other, expanded aliases included
    /// ([`Code::TooDeep`](super::Code::TooDeep)); values over [`Limits::MAX_DEPTH`] count as that.
    pub depth: usize,
    /// Scalars, lists and mappings of all documents together, expanded aliases included
    /// ([`Code::TooManyNodes`](super::Code::TooManyNodes)).
    pub nodes: usize,
    /// Nodes that come from keeping anchors and expanding aliases, of all documents together
    /// ([`Code::TooManyAliases`](super::Code::TooManyAliases)).
    pub aliased: usize,
}

impl Limits {
    /// The greatest depth that can be asked for: the YAML scanner counts 255 levels of flow style,
    /// and trees are walked and dropped by recursion.
    pub const MAX_DEPTH: usize = 200;

    /// The bounds of [`Limits::default`].
    ///
    /// - 1 GiB of text is a dump of some 100,000 pods as `kubectl get -o json` prints them.
    /// - 40 million nodes are what such a dump holds, at about 25 bytes a node.
    /// - The deepest objects in use, schemas in custom resource definitions, stay under 100 levels.
    /// - 400,000 nodes from aliases is the count from which the API server's reader, too, asks that
    ///   aliases be few.
    pub const DEFAULT: Self =
        Self { bytes: 1 << 30, depth: Self::MAX_DEPTH, nodes: 40_000_000, aliased: 400_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
