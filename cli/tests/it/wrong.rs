//! Wrong invocations: each exits 2, says what was found, and says what to do.

use crate::run::run;

/// What was typed, and what the message has to say: what was found, and what helps.
const CASES: [(&str, [&str; 2]); 46] = [
    ("", ["Usage: portcullis", "Commands:"]),
    ("replya -f examples/shop", ["unrecognized subcommand 'replya'", "similar subcommand exists: 'replay'"]),
    ("list", ["required arguments were not provided", "--filename <FILE|DIR|->"]),
    ("list examples/shop", ["unexpected argument 'examples/shop'", "Usage: portcullis list"]),
    ("list -f", ["a value is required for '--filename <FILE|DIR|->'", "For more information, try '--help'"]),
    ("list -f examples/none", ["there is no file or folder `examples/none`", "error: "]),
    ("list -f cli/src", ["folder `cli/src` holds no `.yaml`, `.yml` or `.json` file", "name another"]),
    (
        "list -f examples/shop -o xml",
        ["invalid value 'xml' for '--output <FORMAT>'", "csv, dot, json, md, mermaid, svg, text"],
    ),
    ("list -f examples/shop -o tetx", ["invalid value 'tetx'", "similar value exists: 'text'"]),
    (
        "list -f examples/shop --focus shop/wbe",
        ["`--focus shop/wbe` names no workload", "`shop/deployment/web`"],
    ),
    ("list -f examples/shop --focus web", ["`--focus web` names no workload", "there are"]),
    ("list -f examples/shop --profile", ["a value is required for '--profile <NAME[@VERSION]>'", "--help"]),
    ("list -f examples/shop --profile calcio", ["calcio", "calico"]),
    (
        "list -f examples/shop --set loopback",
        ["`--set loopback` has no value", "write `--set loopback=VALUE`"],
    ),
    ("list -f examples/shop --set loopbak=allowed", ["loopbak", "loopback"]),
    ("list -f examples/shop --set loopback=maybe", ["maybe", "allowed"]),
    (
        "list -f examples/shop --exposure -o dot",
        ["`--exposure` is told as `text`, `json` or `md`", "choose one"],
    ),
    (
        "list -f examples/shop --services -o svg",
        ["`--services` is told as `text`, `json` or `md`", "choose one"],
    ),
    (
        "list -f examples/shop --explian",
        ["unexpected argument '--explian'", "similar argument exists: '--explain'"],
    ),
    ("list -f examples/shop --resolve x", ["`--resolve x`", "write `NAME=ADDRESS`"]),
    ("diff examples/diff/old", ["required arguments were not provided", "<NEW>"]),
    ("diff - -", ["OLD and NEW cannot both be `-`", "name a file for one of them"]),
    (
        "diff examples/diff/old examples/diff/nwe",
        ["there is no file or folder `examples/diff/nwe`", "error: "],
    ),
    (
        "diff examples/diff/old examples/diff/new --equiv --contains",
        ["'--equiv' cannot be used with '--contains'", "Usage"],
    ),
    (
        "diff examples/diff/old examples/diff/new --approved none.yaml",
        ["there is no file or folder `none.yaml`", "error: "],
    ),
    (
        "diff examples/diff/old examples/diff/new --approved examples/shop/edge.yaml",
        ["apiVersion: `", "write `apiVersion: portcullis.dev/v1`"],
    ),
    (
        "diff examples/diff/old examples/diff/new --on 2026-12-01",
        ["required arguments were not provided", "--approved <FILE>"],
    ),
    (
        "diff examples/diff/old examples/diff/new --approved examples/diff/approved.yaml --on tomorrow",
        ["invalid value 'tomorrow' for '--on <DATE>'", "--help"],
    ),
    ("eval -f examples/shop --from shop/web", ["required arguments were not provided", "--to <END>"]),
    (
        "eval -f examples/shop --from shop/web --to shop/cart",
        ["TCP has ports and none is given", "give the destination's port"],
    ),
    ("eval -f examples/shop --from shop/web --to shop/crt --port 1", ["`shop/crt`", "did you mean"]),
    ("eval -f examples/shop --from web --to shop/cart --port 1", ["`web`", "-n"]),
    ("eval -f examples/shop --from shop/web --to shop/cart --port 99999", ["99999", "65535"]),
    ("eval -f examples/shop --from shop/web --to shop/cart --port 1 --protocol tpc", ["tpc", "TCP"]),
    ("replay -f examples/shop", ["required arguments were not provided", "--flows <FILE|->"]),
    ("validate -f examples/none", ["there is no file or folder `examples/none`", "error: "]),
    ("lint -f examples/shop --profile calcio", ["calcio", "calico"]),
    (
        "lint -f examples/shop --set sctp=on",
        ["required arguments were not provided", "--profile <NAME[@VERSION]>"],
    ),
    (
        "lint -f examples/shop --profile cilium --set sctp",
        ["`--set sctp` has no value", "write `--set sctp=VALUE`"],
    ),
    ("test -f examples/diff/old", ["there are no assertions", "name others with `--tests`"]),
    ("test -f - --tests -", ["cannot both come from standard input", "name a file for one of them"]),
    ("replay -f - --flows -", ["cannot both come from standard input", "name a file for one of them"]),
    ("suggest -f examples/shop --flows none.jsonl", ["cannot read `none.jsonl`", "error: "]),
    ("suggest -f examples/shop --flows examples/shop/seen.jsonl --for shpo", ["`--for shpo`", "there are"]),
    ("profiles --set sctp=on", ["`--set sctp=on` is an option of one plugin", "name it with `--profile`"]),
    (
        "profiles -f examples/plugins --from-profile cilium",
        ["required arguments were not provided", "--to-profile"],
    ),
];

#[test]
fn what_cannot_be_understood_says_what_to_do() {
    for (args, expected) in CASES {
        let ran = run(args);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "`{args}`: {}", ran.all());
        for part in expected {
            assert!(ran.stderr.contains(part), "`{args}` does not say `{part}`: {}", ran.stderr);
        }
    }
}

#[test]
fn quiet_leaves_out_notes_and_keeps_errors() {
    let args =
        "diff examples/diff/old examples/diff/new --approved examples/diff/approved.yaml --on 2026-12-01";
    assert!(run(args).stderr.contains("note: "));
    assert_eq!(run(&format!("{args} --quiet")).stderr, "");
    assert!(run("--quiet list -f examples/none").stderr.starts_with("error: "));
}
