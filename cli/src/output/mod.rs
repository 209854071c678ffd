//! How answers and problems look.

pub(crate) mod assertions;
pub(crate) mod connections;
pub(crate) mod excerpt;
pub(crate) mod fixes;
pub(crate) mod json;
pub(crate) mod plugin;
pub(crate) mod problems;
pub(crate) mod profiles;
pub(crate) mod service;
pub(crate) mod style;
pub(crate) mod text;
pub(crate) mod trace;
