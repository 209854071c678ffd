//! Approved differences: what is approved is told apart and passes, until the day on which that ends.

use expect_test::{Expect, expect};
use serde_json::Value;

use crate::run::run;

const DIFF: &str = "diff examples/diff/old examples/diff/new --approved examples/diff/approved.yaml";

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(&format!("{DIFF} {args}")).all());
}

#[test]
fn what_is_approved_is_told_apart_and_the_rest_still_fails() {
    check(
        "--on 2026-12-01 --brief",
        expect![[r#"
        - 10.9.0.0/16 -> shop/deployment/db: TCP 5432
        approved:
        + 10.0.0.0/13,
        + 10.8.0.0/16,
        + 10.10.0.0/15,
        + 10.12.0.0/14,
        + 10.16.0.0/12,
        + 10.32.0.0/11,
        + 10.64.0.0/10,
        + 10.128.0.0/9
        +  -> shop/deployment/db: TCP 9187
            until 2027-03-31 by examples/diff/approved.yaml:5: the database's exporter, agreed in its review
        + shop/deployment/web -> shop/deployment/db: TCP 9187
            until 2027-03-31 by examples/diff/approved.yaml:5: the database's exporter, agreed in its review
        NEW allows less
        note: examples/diff/approved.yaml:11: this approval ended on 2026-06-30, and what it approved is there; renew it or take the change back
        exit 1
    "#]],
    );
    check(
        "--on 2026-12-01 --brief -o md",
        expect![[r#"
        | change | from | to | ports |
        |---|---|---|---|
        | removed | 10.9.0.0/16 | shop/deployment/db | TCP 5432 |

        Approved:

        | change | from | to | ports | until | reason |
        |---|---|---|---|---|---|
        | added | 10.0.0.0/13<br>10.8.0.0/16<br>10.10.0.0/15<br>10.12.0.0/14<br>10.16.0.0/12<br>10.32.0.0/11<br>10.64.0.0/10<br>10.128.0.0/9 | shop/deployment/db | TCP 9187 | 2027-03-31 | the database's exporter, agreed in its review (examples/diff/approved.yaml:5) |
        | added | shop/deployment/web | shop/deployment/db | TCP 9187 | 2027-03-31 | the database's exporter, agreed in its review (examples/diff/approved.yaml:5) |
        note: examples/diff/approved.yaml:11: this approval ended on 2026-06-30, and what it approved is there; renew it or take the change back
        exit 1
    "#]],
    );
}

#[test]
fn a_gate_passes_when_everything_is_approved_and_fails_the_day_after() {
    check(
        "--on 2026-06-30 --brief",
        expect![[r#"
        approved:
        + 10.0.0.0/13,
        + 10.8.0.0/16,
        + 10.10.0.0/15,
        + 10.12.0.0/14,
        + 10.16.0.0/12,
        + 10.32.0.0/11,
        + 10.64.0.0/10,
        + 10.128.0.0/9
        +  -> shop/deployment/db: TCP 9187
            until 2027-03-31 by examples/diff/approved.yaml:5: the database's exporter, agreed in its review
        + shop/deployment/web -> shop/deployment/db: TCP 9187
            until 2027-03-31 by examples/diff/approved.yaml:5: the database's exporter, agreed in its review
        - 10.9.0.0/16 -> shop/deployment/db: TCP 5432
            until 2026-06-30 by examples/diff/approved.yaml:11: the old office is gone
        all that differs is approved
        exit 0
    "#]],
    );
    assert_eq!(run(&format!("{DIFF} --on 2027-03-31 --contains")).code, 0);
    assert_eq!(run(&format!("{DIFF} --on 2027-04-01 --contains")).code, 1);
}

#[test]
fn json_keeps_what_is_approved_apart_with_its_reason() {
    let ran = run(&format!("{DIFF} --on 2026-12-01 -o json -q"));
    assert_eq!((ran.code, ran.stderr.as_str()), (1, ""));
    let difference: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(difference["added"], serde_json::json!([]));
    assert_eq!(difference["removed"].as_array().unwrap().len(), 1);
    let approved = &difference["approved"]["added"][0];
    assert_eq!(approved["reason"], "the database's exporter, agreed in its review");
    assert_eq!((&approved["expires"], &approved["line"]), (&"2027-03-31".into(), &5.into()));
    assert_eq!(approved["ports"], serde_json::json!({"TCP": [[9187, 9187]]}));
}
