//! Requests of the full module, asked without a sandbox around it.

use portcullis_wasm::abi::code;
use portcullis_wasm::full::{Change, Full, Refusal};
use serde_json::{Value, json};

const SHOP: &str = "
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: web, labels: {app: web}}
spec: {nodeName: one}
status: {podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: v1
kind: Pod
metadata: {namespace: shop, name: db, labels: {app: db}}
spec: {nodeName: one}
status: {podIP: 10.0.0.2, podIPs: [{ip: 10.0.0.2}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {namespace: shop, name: db}
spec:
  podSelector: {matchLabels: {app: db}}
  ingress: [{from: [{podSelector: {matchLabels: {app: web}}}], ports: [{port: 5432}]}]
";
const CLOSED_BUT_FOR_A_NAME: &str = "
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: names}
spec:
  tier: Admin
  priority: 1
  subject: {namespaces: {}}
  egress:
  - {name: example, action: Accept, to: [{domainNames: [api.example.com]}]}
  - {name: rest, action: Deny, to: [{networks: [0.0.0.0/0]}]}
";

fn service(target: u16) -> String {
    format!(
        "{{apiVersion: v1, kind: Service, metadata: {{namespace: shop, name: db}}, spec: {{clusterIP: 10.96.0.9, \
         selector: {{app: db}}, ports: [{{port: 1, targetPort: {target}}}]}}}}"
    )
}

fn slice(address: &str) -> String {
    format!(
        "{{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, addressType: IPv4, metadata: {{namespace: shop, \
         name: db-1, labels: {{kubernetes.io/service-name: db}}}}, ports: [{{name: '', port: 5432, protocol: TCP}}], \
         endpoints: [{{addresses: [{address}]}}]}}"
    )
}

/// A full module that has loaded manifests.
fn loaded(texts: &[&str]) -> Full {
    let mut full = Full::new();
    let change = load(&mut full, texts);
    assert_eq!(change, Change::Whole);
    full
}

fn sources(texts: &[&str]) -> Value {
    texts.iter().map(|text| json!({ "name": "test.yaml", "text": text })).collect()
}

fn answer(full: &Full) -> Value {
    serde_json::from_slice(full.answer()).unwrap()
}

fn load(full: &mut Full, texts: &[&str]) -> Change {
    let (_, change) = full.load(json!({ "sources": sources(texts) }).to_string().as_bytes()).unwrap();
    assert_eq!(answer(full)["report"]["valid"], true, "{}", answer(full));
    change
}

fn apply(full: &mut Full, request: &Value) -> Result<Change, String> {
    let applied = full.apply(request.to_string().as_bytes());
    applied.map(|(_, change)| change).map_err(|refusal| refusal.message)
}

fn put(full: &mut Full, text: &str) {
    assert_eq!(apply(full, &json!({ "put": sources(&[text]) })), Ok(Change::Patch), "{}", answer(full));
}

fn remove(full: &mut Full, kind: &str, name: &str) -> Result<Change, String> {
    apply(full, &json!({ "remove": [{ "kind": kind, "namespace": "shop", "name": name }] }))
}

fn ask(full: &mut Full, to: &Value, port: u16) -> Result<Value, String> {
    let question = json!({ "from": { "pod": "shop/web" }, "to": to, "protocol": "TCP", "port": port });
    full.eval(question.to_string().as_bytes(), false).map_err(|refusal| refusal.message)?;
    Ok(answer(full))
}

#[test]
fn services_and_lists_of_endpoints_are_put_changed_and_removed() {
    let mut full = loaded(&[SHOP]);
    let db = json!({ "service": "shop/db" });
    assert_eq!(ask(&mut full, &db, 1).unwrap_err(), "there is no service `shop/db`");

    put(&mut full, &service(5432));
    let answers = ask(&mut full, &db, 1).unwrap();
    let path = &answers["answers"][0];
    assert_eq!((&path["allowed"], &path["port"]), (&json!(true), &json!(5432)), "{answers}");
    assert_eq!(path["endpoint"], json!({ "pod": "shop/db" }));
    assert_eq!(path["ingress"]["rule"]["policy"], "shop/db");
    assert_eq!(ask(&mut full, &json!({ "ip": "10.96.0.9" }), 1).unwrap(), answers, "by its address");

    put(&mut full, &service(22));
    assert_eq!(ask(&mut full, &db, 1).unwrap()["answers"][0]["ingress"]["reason"], "isolated");

    put(&mut full, &slice("192.0.2.7"));
    assert_eq!(ask(&mut full, &db, 1).unwrap()["answers"][0]["endpoint"], json!({ "ip": "192.0.2.7" }));
    // A list names addresses; whose they are is seen when the flow is decided.
    put(&mut full, &slice("10.0.0.2"));
    let answers = ask(&mut full, &db, 1).unwrap();
    assert_eq!(answers["answers"][0]["endpoint"], json!({ "ip": "10.0.0.2" }));
    assert_eq!(answers["answers"][0]["ingress"]["rule"]["policy"], "shop/db");

    assert_eq!(remove(&mut full, "EndpointSlice", "db-1"), Ok(Change::Patch));
    let again = remove(&mut full, "EndpointSlice", "db-1").unwrap_err();
    assert_eq!(again, "there is no list of endpoints `shop/db-1` to remove");
    assert_eq!(remove(&mut full, "Pod", "db"), Ok(Change::Patch));
    let nobody = ask(&mut full, &db, 1).unwrap();
    assert_eq!(nobody, json!({ "answers": [], "refused": ["no-endpoints"] }));

    assert_eq!(remove(&mut full, "Service", "db"), Ok(Change::Patch));
    assert!(ask(&mut full, &db, 1).is_err());
}

#[test]
fn a_path_is_explained_as_its_two_ends_see_it() {
    let mut full = loaded(&[SHOP, &service(5432)]);
    let question = json!({ "from": { "pod": "shop/web" }, "to": { "service": "shop/db" }, "protocol": "TCP", "port": 1 });
    full.eval(question.to_string().as_bytes(), true).unwrap();
    let path = &answer(&full)["answers"][0];
    assert_eq!(path["why"]["ingress"]["pod"], "shop/db");
    assert_eq!(path["why"]["ingress"]["matching"][0]["path"], "spec.ingress[0]");
    assert_eq!(path["why"]["egress"]["pod"], "shop/web");
}

#[test]
fn what_names_resolve_to_is_said_in_requests_and_outlives_manifests() {
    let mut full = loaded(&[SHOP, CLOSED_BUT_FOR_A_NAME]);
    let outside = json!({ "ip": "192.0.2.7" });
    let is_open = |full: &mut Full| ask(full, &outside, 443).unwrap()["answers"][0]["allowed"] == true;
    assert!(!is_open(&mut full));
    let resolved = |addresses: &[&str]| json!({ "resolved": { "API.example.com.": addresses } });
    assert_eq!(apply(&mut full, &resolved(&["192.0.2.7", "::ffff:192.0.2.8"])), Ok(Change::Patch));
    assert!(is_open(&mut full));
    assert_eq!(ask(&mut full, &json!({ "ip": "192.0.2.8" }), 443).unwrap()["answers"][0]["allowed"], true);

    assert_eq!(load(&mut full, &[SHOP, CLOSED_BUT_FOR_A_NAME, &service(1)]), Change::Patch);
    assert!(is_open(&mut full), "manifests say nothing of names");
    let other_options =
        json!({ "sources": sources(&[SHOP, CLOSED_BUT_FOR_A_NAME]), "options": { "loopback": "evaluated" } });
    full.load(other_options.to_string().as_bytes()).unwrap();
    assert!(is_open(&mut full), "nor do options");

    assert_eq!(apply(&mut full, &resolved(&[])), Ok(Change::Patch));
    assert!(!is_open(&mut full));
    let wrong = apply(&mut full, &json!({ "resolved": { "localhost": ["192.0.2.7"] } })).unwrap_err();
    assert!(wrong.starts_with("`localhost` is no domain name"), "{wrong}");
    let at_once = json!({ "sources": sources(&[CLOSED_BUT_FOR_A_NAME, SHOP]), "resolved": { "api.example.com": ["192.0.2.7"] } });
    full.load(at_once.to_string().as_bytes()).unwrap();
    assert!(is_open(&mut full));
}

#[test]
fn a_rule_is_named_with_the_kind_of_its_policy() {
    let mut full = loaded(&[SHOP, CLOSED_BUT_FOR_A_NAME]);
    let answers = ask(&mut full, &json!({ "ip": "192.0.2.7" }), 443).unwrap();
    assert_eq!(answers["answers"][0]["egress"]["rule"]["kind"], "ClusterNetworkPolicy");
}

/// Asks one of the functions that take a request, for what is to be JSON.
fn asked(full: &mut Full, ask: fn(&mut Full, &[u8]) -> Result<i32, Refusal>, request: &Value) -> Value {
    let length = ask(full, request.to_string().as_bytes()).unwrap();
    assert_eq!(usize::try_from(length).unwrap(), full.answer().len());
    answer(full)
}

fn connection(from: Value, to: Value, ports: &Value) -> Value {
    json!({ "from": from, "to": to, "ports": ports })
}

#[test]
fn connections_are_listed_as_the_command_lists_them() {
    let mut full = loaded(&[SHOP]);
    let all = json!({ "TCP": [[1, 65535]], "UDP": [[1, 65535]], "SCTP": [[1, 65535]] });
    let [web, db] = ["web", "db"].map(|name| json!({ "workloads": [format!("shop/pod/{name}")] }));
    let anybody = json!({ "cidrs": ["0.0.0.0/0"] });
    let both = json!({ "workloads": ["shop/pod/db", "shop/pod/web"] });
    let found = asked(&mut full, Full::list, &json!({}));
    assert_eq!(found["workloads"], both["workloads"]);
    let expected = [
        connection(anybody.clone(), web.clone(), &all),
        connection(both, anybody, &all),
        connection(db.clone(), web.clone(), &all),
        connection(web, db, &json!({ "TCP": [[5432, 5432]] })),
    ];
    let mut connections = found["connections"].as_array().unwrap().clone();
    assert_eq!(connections.len(), expected.len(), "{found:#}");
    connections.retain(|connection| !expected.contains(connection));
    assert!(connections.is_empty(), "{connections:#?}");
}

#[test]
fn a_difference_is_told_and_nothing_is_loaded() {
    let mut full = loaded(&[SHOP]);
    let before = asked(&mut full, Full::list, &json!({}));
    let image = full.engine().unwrap().image().as_bytes().to_vec();
    let same = asked(&mut full, Full::diff, &json!({ "sources": sources(&[SHOP]) }));
    assert_eq!((&same["added"], &same["removed"]), (&json!([]), &json!([])));
    assert_eq!(same["report"]["valid"], true);

    let other = SHOP.replace("5432", "5433");
    let changed = asked(&mut full, Full::diff, &json!({ "sources": sources(&[&other]) }));
    let [web, db] = ["web", "db"].map(|name| json!({ "workloads": [format!("shop/pod/{name}")] }));
    let on = |port: u16| connection(web.clone(), db.clone(), &json!({ "TCP": [[port, port]] }));
    assert_eq!(changed["added"], json!([on(5433)]));
    assert_eq!(changed["removed"], json!([on(5432)]));

    let wrong = asked(&mut full, Full::diff, &json!({ "sources": sources(&["kind: Pod"]) }));
    assert_eq!(wrong["report"]["valid"], false);
    assert!(wrong.get("added").is_none() && wrong.get("removed").is_none(), "{wrong}");
    assert_eq!(asked(&mut full, Full::list, &json!({})), before);
    assert_eq!(full.engine().unwrap().image().as_bytes(), image);
    let loads = json!({ "sources": sources(&[&other]) }).to_string();
    assert_eq!(full.load(loads.as_bytes()).unwrap().1, Change::Patch);
    assert_ne!(asked(&mut full, Full::list, &json!({})), before);
}

#[test]
fn a_difference_knows_what_names_resolve_to() {
    let mut full = loaded(&[SHOP, CLOSED_BUT_FOR_A_NAME]);
    let resolved = json!({ "resolved": { "api.example.com": ["192.0.2.7"] } });
    assert_eq!(apply(&mut full, &resolved), Ok(Change::Patch));
    let same = json!({ "sources": sources(&[SHOP, CLOSED_BUT_FOR_A_NAME]) });
    assert_eq!(asked(&mut full, Full::diff, &same)["removed"], json!([]));
    let elsewhere = json!({
        "sources": sources(&[SHOP, CLOSED_BUT_FOR_A_NAME]),
        "resolved": { "api.example.com": ["192.0.2.8"] },
    });
    let found = asked(&mut full, Full::diff, &elsewhere);
    assert_eq!(found["added"][0]["to"], json!({ "cidrs": ["192.0.2.8/32"] }), "{found:#}");
    assert_eq!(found["removed"][0]["to"], json!({ "cidrs": ["192.0.2.7/32"] }), "{found:#}");
}

#[test]
fn what_cannot_be_listed_or_compared_is_refused() {
    let refused = |full: &mut Full, ask: fn(&mut Full, &[u8]) -> Result<i32, Refusal>, request: &[u8]| {
        ask(full, request).unwrap_err().code
    };
    let mut nothing = Full::new();
    assert_eq!(refused(&mut nothing, Full::list, b"{}"), code::NO_IMAGE);
    assert_eq!(refused(&mut nothing, Full::diff, b"{\"sources\": []}"), code::NO_IMAGE);
    let mut full = loaded(&[SHOP]);
    let deep = "[".repeat(100_000);
    for request in
        ["", "[", "7", "null", "{\"focus\": []}", "{\"sources\": 1}", "{} {}", "\u{0}", deep.as_str()]
    {
        assert_eq!(refused(&mut full, Full::list, request.as_bytes()), code::REQUEST, "{request}");
        assert_eq!(refused(&mut full, Full::diff, request.as_bytes()), code::REQUEST, "{request}");
    }
    for request in
        [&b"\xff"[..], b"{\"options\": {\"loopback\": \"sometimes\"}}", b"{\"resolved\": {\"a b\": []}}"]
    {
        assert_eq!(refused(&mut full, Full::diff, request), code::REQUEST);
    }
    assert_eq!(ask(&mut full, &json!({ "pod": "shop/db" }), 5432).unwrap()["answers"][0]["allowed"], true);
}
