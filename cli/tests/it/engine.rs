//! `--engine wasm`: the same answers from the guest, and what a build without it says.

use crate::run::{run, run_with};

#[cfg(not(feature = "wasm"))]
#[test]
fn a_build_without_webassembly_says_how_to_get_it() {
    let ran = run("eval -f examples/shop --from shop/web --to shop/cart --port grpc --engine wasm");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    assert!(ran.stderr.contains("cargo build --release -p portcullis-cli --features wasm"), "{}", ran.stderr);
    let flow = r#"{"from": {"pod": "shop/web"}, "to": {"pod": "shop/cart"}, "port": 9000}"#;
    let ran = run_with("replay -f examples/shop --flows - --engine wasm", flow);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
}

#[cfg(feature = "wasm")]
#[test]
fn the_guest_gives_the_answers_of_the_native_engine() {
    let flows = [
        r#"{"from": {"workload": "shop/deployment/web"}, "to": {"workload": "shop/deployment/cart"}, "port": "grpc"}"#,
        r#"{"from": {"workload": "shop/deployment/web"}, "to": {"workload": "shop/deployment/web"}, "port": 1}"#,
        r#"{"from": {"ip": "203.0.113.7"}, "to": {"workload": "edge/deployment/proxy"}, "port": 8443}"#,
        r#"{"from": {"workload": "payments/deployment/gateway"}, "to": {"ip": "10.1.2.3"}, "protocol": "UDP", "port": 53}"#,
        r#"{"from": {"pod": "nowhere/nobody"}, "to": {"ip": "10.1.2.3"}, "port": 53}"#,
    ]
    .join("\n");
    let replay =
        |engine: &str| run_with(&format!("replay -f examples/shop --flows - --engine {engine}"), &flows);
    let (native, guest) = (replay("native"), replay("wasm"));
    assert_eq!(guest.all(), native.all());
    assert_eq!(native.stdout.lines().count(), 5);
    let eval = |engine: &str| {
        run(&format!("eval -f examples/shop --from shop/web --to shop/cart --port grpc --engine {engine}"))
    };
    assert_eq!(eval("wasm").all(), eval("native").all());
}

#[cfg(feature = "wasm")]
#[test]
fn what_the_guest_is_not_asked_is_refused_with_what_to_leave_out() {
    for (args, expected) in [
        (
            "-f examples/services --from shop/web --to svc/shop/api --port 80",
            "the guest is not asked about paths through services; leave `--engine wasm` out",
        ),
        (
            "-f examples/plugins --from shop/client --to shop/api --port 8080 --profile cilium",
            "leave `--engine wasm` or `--profile` out",
        ),
    ] {
        let ran = run(&format!("eval {args} --engine wasm"));
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.all());
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
}
