//! Set-up, test and build steps of the workspace.

fn main() {}
