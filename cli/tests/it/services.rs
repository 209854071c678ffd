//! Services as destinations: paths in text and JSON, refusals, exit codes.

use expect_test::expect;
use serde_json::Value;

use crate::run::{run, run_with};

const SERVICES: &str = "-f examples/services";

fn json(args: &str) -> (Value, i32) {
    let ran = run(&format!("eval {SERVICES} {args} -o json"));
    (serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.all())), ran.code)
}

#[test]
fn json_lists_each_path_with_endpoint_port_and_source() {
    let (answer, code) = json("--from 203.0.113.7 --to 172.18.0.2 --port 30080");
    assert_eq!((code, &answer["allowed"], &answer["verdict"]), (1, &Value::Null, &"some".into()));
    assert_eq!(answer["service"], "shop/api-public");
    let paths = answer["paths"].as_array().unwrap();
    let found: Vec<_> = paths
        .iter()
        .map(|path| {
            let texts = [&path["endpoint"]["pod"], &path["address"], &path["source"]["ip"]];
            let texts = texts.map(|text| text.as_str().unwrap());
            (texts, path["port"].as_u64().unwrap(), path["allowed"].as_bool().unwrap())
        })
        .collect();
    assert_eq!(
        found,
        [
            (["shop/api-0", "10.1.0.5", "172.18.0.2"], 8080, false),
            (["shop/api-1", "10.1.1.5", "172.18.0.2"], 8081, true),
        ]
    );
    assert_eq!(paths[1]["ingress"]["reason"], "own-node");
    assert_eq!(answer["rules"], serde_json::json!(["NP-018", "SVC-001", "SVC-002", "SVC-013"]));
    assert!(answer.get("pairs").is_none());
}

#[test]
fn what_has_no_path_says_why_and_names_the_rule() {
    let cases = [
        ("--from shop/web --to svc/shop/old-api --port 80", "no-endpoints", "SVC-017", Some(false), 1),
        ("--from 203.0.113.7 --to svc/shop/api --port 80", "not-exposed", "SVC-011", Some(false), 1),
        ("--from shop/web --to svc/shop/partner --port 443", "external-name", "SVC-008", None, 3),
    ];
    for (args, reason, rule, allowed, exit) in cases {
        let (answer, code) = json(args);
        assert_eq!((code, answer["allowed"].as_bool()), (exit, allowed), "{args}: {answer}");
        let refused = &answer["refused"][0];
        assert_eq!((&refused["code"], &refused["rule"]), (&reason.into(), &rule.into()), "{args}");
        assert_eq!(answer["egress"]["allowed"], Value::Null, "{args}");
        assert_eq!(answer["paths"], serde_json::json!([]), "{args}");
        // `why` has no side to explain, and says the same.
        assert_eq!(run(&format!("why {SERVICES} {args}")).code, exit, "{args}");
    }
}

#[test]
fn an_answer_that_is_not_known_makes_replay_end_with_3() {
    let flow = r#"{"from":{"pod":"shop/web"},"to":{"service":"shop/partner"},"port":443}"#;
    let ran = run_with(&format!("replay {SERVICES} --flows -"), flow);
    assert_eq!(ran.code, 3, "{}", ran.all());
    assert!(ran.stdout.starts_with(r#"{"allowed":null,"verdict":"unknown","#), "{}", ran.stdout);
}

#[test]
fn questions_that_make_no_sense_exit_2_and_list_what_there_is() {
    let cases = [
        (
            "--from shop/web --to 10.96.0.10 --port 81",
            "`shop/service/api` has no TCP port `81`; its port is `http (TCP 80)`",
        ),
        (
            "--from shop/web --to svc/shop/api-public --port https",
            "`shop/service/api-public` has no TCP port `https`; its port is `http (TCP 80, node port 30080)`",
        ),
        (
            "--from shop/web --to svc/shop/api --protocol icmp",
            "`shop/service/api` passes its ports only, and this protocol has none; name a pod or an address",
        ),
        (
            "--from shop/web --to svc/shop/apo --port 80",
            "there is no service `shop/apo`; did you mean `shop/service/api`?",
        ),
        (
            "--from svc/shop/api --to shop/web --port 80",
            "`shop/service/api` is a service, and connections come from pods; name a pod or workload behind it",
        ),
        (
            "--from 2001:db8::7 --to svc/shop/api --port 80",
            "`2001:db8::7` and `shop/service/api` share no address family",
        ),
    ];
    for (args, message) in cases {
        let ran = run(&format!("eval {SERVICES} {args}"));
        assert_eq!(ran.all(), format!("error: {message}\nexit 2\n"), "{args}");
    }
}

#[test]
fn why_explains_the_path_that_tells_most_with_the_source_that_arrives() {
    expect![[r#"
        some: 203.0.113.7 -> shop/service/api-public, TCP 80
          through service shop/api-public: 4 paths
            allowed shop/api-0 (10.1.0.5), port 8080, which sees it come from 172.18.0.1
            denied  shop/api-0 (10.1.0.5), port 8080, which sees it come from 172.18.0.2
            denied  shop/api-1 (10.1.1.5), port 8081, which sees it come from 172.18.0.1
            allowed shop/api-1 (10.1.1.5), port 8081, which sees it come from 172.18.0.2
          for example 203.0.113.7 -> shop/api-0, port 8080:

        egress of 203.0.113.7: allowed
          it is no pod, and policies select pods only

        ingress of shop/api-0: denied
          isolated by
            shop/api  examples/services/policies.yaml:2 (2 rules)
          none of their 2 rules matches; the nearest is
            shop/api spec.ingress[1]  examples/services/policies.yaml:10
                10 |   - from: [{ipBlock: {cidr: 203.0.113.0/24}}]
                11 |     ports: [{port: http}]
              spec.ingress[1].from[0].ipBlock.cidr: 172.18.0.2 is outside `203.0.113.0/24`
        exit 1
    "#]]
    .assert_eq(&run(&format!("why {SERVICES} --from 203.0.113.7 --to svc/shop/api-public --port 80")).all());
}

#[test]
fn a_case_is_saved_of_the_flow_that_policies_see() {
    let folder = crate::run::folder("services");
    let file = folder.join("case.yaml");
    let flow = r#"{"from":{"pod":"shop/web"},"to":{"service":"shop/api"},"port":80}"#;
    let ran = run_with(&format!("replay {SERVICES} --flows - --save-case {}", file.display()), flow);
    assert_eq!(ran.code, 0, "{}", ran.all());
    let case = std::fs::read_to_string(&file).unwrap();
    assert!(case.contains("to: {pod: shop/api-1}, protocol: TCP, port: 8081"), "{case}");
    let flow = r#"{"from":{"ip":"203.0.113.7"},"to":{"service":"shop/api-public"},"port":80}"#;
    let ran = run_with(&format!("replay {SERVICES} --flows - --save-case {}", file.display()), flow);
    assert!(ran.stderr.contains("its two sides see different sources"), "{}", ran.all());
}
