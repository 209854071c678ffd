//! The project's own corpus, answered by every implementation.

use portcullis::corpus::read;

use crate::corpus::{cases_of, expect_none, mismatches, mismatches_under_deltas, own_cases, testdata};

#[test]
fn every_case_is_answered_right_by_every_implementation() {
    let lines: Vec<_> = own_cases().iter().flat_map(mismatches).collect();
    expect_none(&lines);
}

#[test]
fn every_case_is_answered_right_by_an_engine_that_is_led_from_each_to_the_next() {
    expect_none(&mismatches_under_deltas(&own_cases()));
}

/// One line for each, so that a log shows what was held against us.
fn none_of(file: &str) {
    for case in cases_of(&testdata("corpus").join(file)) {
        expect_none(&mismatches(&case));
        println!("{}: {}", case.title(), case.source.unwrap());
    }
}

#[test]
fn the_defects_of_other_implementations_are_none_of_ours() {
    none_of("defects.yaml");
    none_of("tier-defects.yaml");
}

#[test]
fn the_advisories_of_the_field_are_none_of_ours() {
    none_of("advisories.yaml");
}

#[test]
fn every_case_written_as_yaml_reads_back_equal() {
    for case in own_cases() {
        let text = case.to_yaml();
        let again = read(&text).unwrap_or_else(|error| panic!("{}: {error}\n{text}", case.title()));
        assert_eq!(again, [case], "{text}");
    }
}
