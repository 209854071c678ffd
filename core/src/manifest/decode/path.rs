//! Field paths in upstream notation, built on the stack and written out only when a problem needs one.

use core::fmt;

/// The way from an object's root to a field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Path<'a> {
    /// The object itself.
    Root,
    /// A field: `spec.podSelector`.
    Field(&'a Path<'a>, &'a str),
    /// An item of a list: `ports[0]`.
    Index(&'a Path<'a>, usize),
    /// A value of a mapping with free keys: `metadata.labels[app]`.
    Key(&'a Path<'a>, &'a str),
}

impl<'a> Path<'a> {
    pub(crate) fn field(&'a self, name: &'a str) -> Self {
        Self::Field(self, name)
    }

    pub(crate) fn index(&'a self, index: usize) -> Self {
        Self::Index(self, index)
    }

    pub(crate) fn key(&'a self, key: &'a str) -> Self {
        Self::Key(self, key)
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Field(Self::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
            Self::Key(parent, key) => write!(f, "{parent}[{key}]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;

    #[test]
    fn paths_are_written_as_upstream_writes_them() {
        let spec = Path::Root.field("spec");
        let ingress = spec.field("ingress");
        let rule = ingress.index(0);
        assert_eq!(rule.field("from").to_string(), "spec.ingress[0].from");
        let labels = Path::Root.field("labels");
        assert_eq!(labels.key("app").to_string(), "labels[app]");
        assert_eq!(Path::Root.to_string(), "");
    }
}
