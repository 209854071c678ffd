//! The component: the same answers as the engine's, through the component model.

use portcullis::analyze::{Connectivity, difference};
use portcullis::corpus::Scenario;
use portcullis::{Decide, Engine as Native, Packet, PacketDecision};
use portcullis_host::{Component, Engine, FailurePolicy, Fault, HostError, Images, Settings, Worker};
use portcullis_wasm::record::{FlowDecision, FlowRecord};
use serde_json::{Value, json};

use crate::corpus::{base, cases, request};
use crate::guest::{engine, manifests, module, native, template, to_db};

fn component(settings: Settings) -> Result<(Engine, Component), HostError> {
    let engine = engine(Settings { stack_bytes: 1 << 20, ..settings });
    let component = Component::new(&engine, &module("component"))?;
    Ok((engine, component))
}

fn shop(ports: &[u16]) -> Vec<u8> {
    json!({ "sources": [{ "name": "shop.yaml", "text": manifests(ports) }] }).to_string().into_bytes()
}

fn json_of(answer: Result<Vec<u8>, HostError>) -> Value {
    serde_json::from_slice(&answer.unwrap()).unwrap()
}

#[test]
fn the_component_decides_the_corpus_as_the_engine_does() {
    let (_engine, first) = component(Settings::default()).unwrap();
    let (mut flows, mut packets) = (0, 0);
    // Every seventh case: what is decided is the full module's business, which is asked everything elsewhere.
    for case in cases().iter().step_by(7) {
        let Ok(Some(scenario)) = Scenario::load(case, base) else { continue };
        let Scenario { cluster, policies, options } = &scenario;
        let native = Native::new(cluster.clone(), policies.clone(), *options);
        let mut component = first.another().unwrap();
        let loaded = json_of(component.ask("load", request(case, []).as_bytes()));
        assert_eq!(loaded["report"]["valid"], json!(true), "{}", case.title());
        for flow in case.probes.iter().flat_map(|probe| scenario.flows(probe).unwrap_or_default()) {
            let record = FlowRecord::new(&flow);
            let found = component.ask("decide-flow", bytemuck::bytes_of(&record)).unwrap();
            let found: FlowDecision = bytemuck::pod_read_unaligned(&found);
            assert_eq!(found.decision(), native.decide(&flow), "{}: {flow:?}", case.title());
            flows += 1;
            let Some(packet) = native.packet(&flow) else { continue };
            let found = component.ask("decide", bytemuck::bytes_of(&packet)).unwrap();
            let found: PacketDecision = bytemuck::pod_read_unaligned(&found);
            assert_eq!(found, native.image().decide(&packet), "{}: {flow:?}", case.title());
            packets += 1;
        }
    }
    assert!(flows > 100 && packets > 80, "{flows} {packets}");
}

#[test]
fn the_component_answers_questions_takes_changes_and_hands_out_images() {
    let (engine, mut component) = component(Settings::default()).unwrap();
    assert_eq!(json_of(component.ask("load", &shop(&[5432])))["report"]["valid"], json!(true));
    let question =
        json!({ "from": { "pod": "shop/web" }, "to": { "pod": "shop/db" }, "port": 5432 }).to_string();
    let answers = json_of(component.ask("eval", question.as_bytes()));
    assert_eq!(answers["answers"][0]["allowed"], json!(true), "{answers}");
    let explained = json_of(component.ask("explain", question.as_bytes()));
    assert!(explained["answers"][0]["why"].is_object(), "{explained}");
    assert_eq!(component.image().unwrap(), native(&[5432]).image().as_bytes());
    let listed = json_of(component.ask("list", b"{}"));
    assert_eq!(listed, Connectivity::of(&native(&[5432])).to_json());
    let changed = json_of(component.ask("diff", &shop(&[80])));
    let expected = difference(&native(&[5432]), &native(&[80])).to_json();
    assert_eq!(
        (&changed["added"], &changed["removed"]),
        (&expected["added"], &expected["removed"]),
        "{changed}"
    );
    assert_eq!(expected["added"][0]["ports"], json!({ "TCP": [[80, 80]] }));

    let images = Images::new(&template(&engine), &component.image().unwrap()).unwrap();
    let mut worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
    let mut decision = [PacketDecision::default()];
    worker.decide_batch(&[to_db(5432)], &mut decision);
    assert_eq!(decision[0].verdict, 1, "a guest that decides by the component's image");
    let rule = component.rule(decision[0].ingress_rule).unwrap();
    assert_eq!(String::from_utf8(rule).unwrap(), "shop/db spec.ingress[0]");

    let change = json!({ "put": [{ "name": "shop.yaml", "text": manifests(&[80]) }] }).to_string();
    assert_eq!(json_of(component.ask("apply", change.as_bytes()))["report"]["valid"], json!(true));
    assert!(!component.patch().unwrap().is_empty());
    assert_eq!(json_of(component.ask("eval", question.as_bytes()))["answers"][0]["allowed"], json!(false));
}

#[test]
fn the_component_refuses_what_it_cannot_read_and_goes_on() {
    let (_, mut component) = component(Settings::default()).unwrap();
    let mut refused = |function: &str, request: &[u8]| match component.ask(function, request) {
        Err(HostError::Fault(Fault::Refused { code, text })) => (code, text),
        other => panic!("{function}: {other:?}"),
    };
    assert_eq!(refused("eval", b"{}"), (-6, "nothing has been loaded".to_string()));
    assert_eq!(refused("list", b"{}").0, -6);
    assert_eq!(refused("diff", &shop(&[5432])).0, -6);
    assert_eq!(refused("load", b"nonsense").0, -10);
    assert_eq!(refused("load", b"").0, -10);
    assert_eq!(refused("decide", &[0; 40]).0, -6);
    assert!(matches!(component.ask("explode", b""), Err(HostError::Interface(_))));
    assert!(component.ask("load", &shop(&[5432])).is_ok());
    let three = [Packet::default(); 3];
    assert_eq!(component.ask("decide", bytemuck::cast_slice(&three)).unwrap().len(), 3 * 16);
    assert!(component.ask("decide", &[0; 39]).is_err());
}

#[test]
fn a_component_that_may_not_be_run_or_imports_is_refused_and_limits_hold() {
    let built_in = Engine::new(Settings::default()).unwrap();
    let unknown = Component::new(&built_in, b"\0asm\x0d\0\x01\0").unwrap_err();
    assert!(matches!(unknown, HostError::UnknownModule(_)), "{unknown}");
    let engine = engine(Settings::default());
    assert!(matches!(Component::new(&engine, b"\0asm\x0d\0\x01\0"), Err(HostError::Interface(_))));
    let importing = wat::parse_str("(component (import \"clock\" (func)))").unwrap();
    let importing = Component::new(&engine, &importing).unwrap_err();
    assert_eq!(importing.to_string(), "the module imports `clock`; a guest has no imports");
    assert!(Component::new(&engine, &module("full")).is_err(), "a core module is no component");
    assert!(component(Settings { memory_bytes: 64 << 10, ..Settings::default() }).is_err());
}
