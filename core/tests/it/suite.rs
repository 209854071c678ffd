//! The project's own corpus, answered by every implementation.

use portcullis::corpus::read;

use crate::corpus::{expect_none, mismatches, own_cases};

#[test]
fn every_case_is_answered_right_by_every_implementation() {
    let lines: Vec<_> = own_cases().iter().flat_map(mismatches).collect();
    expect_none(&lines);
}

#[test]
fn every_case_written_as_yaml_reads_back_equal() {
    for case in own_cases() {
        let text = case.to_yaml();
        let again = read(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", case.title()));
        assert_eq!(again, [case], "{text}");
    }
}
