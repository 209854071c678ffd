//! `portcullis test`: formats, exit codes, and what is said of assertions that cannot be asked.

use std::fs;

use expect_test::{Expect, expect};

use crate::run::{folder, run, run_with};

fn check(args: &str, expected: Expect) {
    expected.assert_eq(&run(args).all());
}

/// Runs with assertions on standard input.
fn check_with(args: &str, assertions: &str, expected: Expect) {
    let text = format!("apiVersion: portcullis.dev/v1\nkind: PolicyTest\nassertions:\n{assertions}");
    expected.assert_eq(&run_with(args, text).all());
}

/// Manifests without assertions among them, and assertions from standard input.
const MISTAKE: &str =
    "test -f examples/mistakes/stray-dash/cluster.yaml -f examples/mistakes/stray-dash/after.yaml --tests -";
const TWO: &str = "\
- {name: the api reaches the database, from: shop/api, to: data/db, ports: [postgres], expect: allow}
- name: nobody else reaches <the database> # at all
  from: [shop/blog, shop/api]
  to: data/db
  expect: deny
";

#[test]
fn assertions_beside_the_policies_are_found_and_hold() {
    check(
        "test -f examples/shop",
        expect![[r#"
        ok      the world reaches the proxy, and nothing else of the shop
        ok      nobody outside reaches carts, pages, payments or the database
        ok      pages reach the cart, and not the database
        ok      shop/web -> data/statefulset/db
        ok      every pod of the shop can ask for names
        ok      payments talk to banks, and not to the inside
        6 assertions passed
        exit 0
    "#]],
    );
}

#[test]
fn what_does_not_hold_is_told_with_the_pair_and_the_rule() {
    check_with(
        MISTAKE,
        TWO,
        expect![[r#"
        ok      the api reaches the database
        FAILED  nobody else reaches <the database>  -:5
                expected all 2 pairs to be denied
                shop/deployment/api -> data/deployment/db, every port is allowed
                  egress   allowed  no policy isolates the pod in this direction
                  ingress  allowed  by data/db spec.ingress[0] (examples/mistakes/stray-dash/after.yaml:11)
        1 of 2 assertions failed
        exit 1
    "#]],
    );
    check_with(
        MISTAKE,
        "- {from: shop/blog, to: data/db, ports: [postgres], expect: allow}\n",
        expect![[r#"
            FAILED  shop/blog -> data/db  -:4
                    expected the pair to be allowed
                    shop/deployment/blog -> data/deployment/db, TCP 5432 is denied
                      egress   allowed  no policy isolates the pod in this direction
                      ingress  denied   data/db (examples/mistakes/stray-dash/after.yaml:1) isolates the pod, and its only rule does not match
                               nearest is data/db (examples/mistakes/stray-dash/after.yaml:11): spec.ingress[0].from[0].podSelector: `shop/deployment/blog` has `app: blog`, and `app: api` is wanted
            1 of 1 assertion failed
            exit 1
        "#]],
    );
}

#[test]
fn runners_and_programs_get_it_in_their_own_form() {
    check_with(
        &format!("{MISTAKE} -o tap"),
        TWO,
        expect![[r#"
        TAP version 14
        1..2
        ok 1 - the api reaches the database
        not ok 2 - nobody else reaches <the database>
          ---
          message: "expected all 2 pairs to be denied"
          at:
            file: "-"
            line: 5
          found:
            - "shop/deployment/api -> data/deployment/db, every port is allowed"
            - "  egress   allowed  no policy isolates the pod in this direction"
            - "  ingress  allowed  by data/db spec.ingress[0] (examples/mistakes/stray-dash/after.yaml:11)"
          ...
        exit 1
    "#]],
    );
    check_with(
        &format!("{MISTAKE} -o junit"),
        TWO,
        expect![[r#"
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="portcullis test" tests="2" failures="1">
          <testsuite name="-" tests="2" failures="1">
            <testcase name="the api reaches the database" classname="-" file="-" line="4"/>
            <testcase name="nobody else reaches &lt;the database&gt;" classname="-" file="-" line="5">
              <failure message="expected all 2 pairs to be denied">shop/deployment/api -&gt; data/deployment/db, every port is allowed
          egress   allowed  no policy isolates the pod in this direction
          ingress  allowed  by data/db spec.ingress[0] (examples/mistakes/stray-dash/after.yaml:11)</failure>
            </testcase>
          </testsuite>
        </testsuites>
        exit 1
    "#]],
    );
    check_with(
        &format!("{MISTAKE} -o json"),
        TWO,
        expect![[r#"
        {"passed":1,"failed":1,"assertions":[{"name":"the api reaches the database","file":"-","line":4,"expect":"allow","passed":true,"pairs":1,"breaches":[]},{"name":"nobody else reaches <the database>","file":"-","line":5,"expect":"deny","passed":false,"pairs":2,"breaches":[{"from":"shop/deployment/api","to":"data/deployment/db","ports":{"SCTP":[[1,65535]],"TCP":[[1,65535]],"UDP":[[1,65535]]},"allowed":true,"egress":{"allowed":true,"reason":"no-policy","rule":null},"ingress":{"allowed":true,"reason":"rule","rule":{"kind":"NetworkPolicy","policy":"data/db","path":"spec.ingress[0]","file":"examples/mistakes/stray-dash/after.yaml","line":11}},"message":"shop/deployment/api -> data/deployment/db, every port is allowed"}]}]}
        exit 1
    "#]],
    );
}

#[test]
fn what_cannot_be_asked_exits_2_with_every_line() {
    check_with(
        MISTAKE,
        "- {from: shop/blgo, to: data/db, expect: deny}\n- {from: shop/blog, to: data/db, port: [80], expect: deny}\n",
        expect![[r#"
            error[unknown-field]: PolicyTest: assertions[1].port: unknown field `port`
             --> -:5:34
              |
            5 | - {from: shop/blog, to: data/db, port: [80], expect: deny}
              |                                  ^^^^
              |
              = help: did you mean `ports`?

            exit 2
        "#]],
    );
    check_with(
        MISTAKE,
        "- {from: shop/blgo, to: data/db, expect: deny}\n",
        expect![[r#"
        error[unknown-value]: PolicyTest: assertions[0].from: there is no pod or workload `shop/blgo`
         --> -:4:10
          |
        4 | - {from: shop/blgo, to: data/db, expect: deny}
          |          ^^^^^^^^^
          |
          = help: did you mean `shop/deployment/blog`?

        exit 2
    "#]],
    );
}

#[test]
fn wrong_invocations_say_what_to_do() {
    check(
        "test -f examples/mistakes/stray-dash/cluster.yaml",
        expect![[r#"
        error: there are no assertions (`kind: PolicyTest`) in these files; name others with `--tests`, or have some written with `--init`
        exit 2
    "#]],
    );
    check(
        "test -f examples/shop --tests examples/none.yaml",
        expect![[r#"
        error: there is no file or folder `examples/none.yaml`
        exit 2
    "#]],
    );
    check(
        "test -f - --tests -",
        expect![[r#"
        error: manifests and assertions cannot both come from standard input; name a file for one of them
        exit 2
    "#]],
    );
    check(
        "test -f examples/shop --init --tests examples/shop",
        expect![[r#"
        error: the argument '--init' cannot be used with '--tests <FILE|DIR|->'

        Usage: portcullis test --filename <FILE|DIR|-> --init

        For more information, try '--help'.
        exit 2
    "#]],
    );
    check(
        "test -f examples/shop -o xml",
        expect![[r#"
        error: invalid value 'xml' for '--output <FORMAT>'
          [possible values: json, junit, tap, text]

        For more information, try '--help'.
        exit 2
    "#]],
    );
}

#[test]
fn the_present_state_is_written_so_that_it_passes() {
    let written = run("test -f examples/shop --init");
    assert_eq!(written.code, 0, "{}", written.stderr);
    let file = folder("test-init").join("written.yaml");
    fs::write(&file, &written.stdout).unwrap();
    let ran = run(&format!("test -f examples/shop --tests {} -o json", file.display()));
    assert_eq!(ran.code, 0, "{}", ran.stdout);
    check(
        "test -f examples/mistakes/stray-dash/cluster.yaml -f examples/mistakes/stray-dash/after.yaml --init",
        expect![[r##"
            # What these manifests allow and deny. Each assertion is about every pair of its ends; `portcullis test` checks them.
            # Where some ports are allowed between two ends, their other ports are not asserted.
            apiVersion: portcullis.dev/v1
            kind: PolicyTest
            metadata: {name: connections}
            assertions:
            - name: any address outside reaches 3 workloads
              from: [0.0.0.0/0, "::/0"]
              to: [data/deployment/api, shop/deployment/api, shop/deployment/blog]
              expect: allow
            - name: 4 workloads reach any address outside
              from: [data/deployment/api, data/deployment/db, shop/deployment/api, shop/deployment/blog]
              to: [0.0.0.0/0, "::/0"]
              expect: allow
            - name: 3 workloads reach 3 workloads
              from: [data/deployment/api, data/deployment/db, shop/deployment/blog]
              to: [data/deployment/api, shop/deployment/api, shop/deployment/blog]
              expect: allow
            - name: shop/deployment/api reaches 3 workloads
              from: shop/deployment/api
              to: [data/deployment/api, data/deployment/db, shop/deployment/blog]
              expect: allow
            - name: any address outside does not reach data/deployment/db
              from: [0.0.0.0/0, "::/0"]
              to: data/deployment/db
              expect: deny
            - name: 2 workloads do not reach data/deployment/db
              from: [data/deployment/api, shop/deployment/blog]
              to: data/deployment/db
              expect: deny
            exit 0
        "##]],
    );
}

#[test]
fn assertions_are_no_objects_to_the_other_commands() {
    let quiet = run("eval -f examples/shop --from shop/web --to shop/cart --port grpc");
    assert_eq!((quiet.code, quiet.stderr.as_str()), (0, ""));
    let why = run("why -f examples/shop --from shop/web --to shop/cart --port grpc");
    assert!(!why.stdout.contains("skipped"), "{}", why.stdout);
    check(
        "validate -f examples/shop/tests.yaml",
        expect![[r#"
        valid: 0 objects
        exit 0
    "#]],
    );
}
