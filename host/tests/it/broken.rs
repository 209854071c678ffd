//! Guests that are broken on purpose: each is an error, or an answer of the failure policy, and never more than that.

use std::time::{Duration, Instant};

use portcullis::{Engine as Native, PacketDecision};
use portcullis_host::{
    Deadlines, Engine, FALLBACK, FailurePolicy, HostError, Images, Instance, Modules, Settings, Template,
    TrapKind, Worker,
};

use crate::guest::{engine, module, native, template, to_db};

/// A module with the whole interface, of which a test replaces a function's body.
///
/// It takes any image, remembers its generation, and says of every packet that no policy selects its ends.
pub(crate) fn broken(name: &str, body: &str) -> Vec<u8> {
    let functions = [
        ("abi_1", "", ""),
        ("abi_minor", "(result i32)", "i32.const 0"),
        ("caps", "(result i64)", "i64.const 7"),
        ("alloc", "(param i32 i32) (result i32)", "i32.const 196608"),
        ("free", "(param i32 i32 i32) (result i32)", "i32.const 0"),
        ("io", "(param i32) (result i32)", "i32.const 64"),
        ("image_reserve", "(param i32) (result i32)", "i32.const 262144"),
        (
            "image_commit",
            "(param i32 i32 i32) (result i32)",
            "(i32.store (i32.const 128) (i32.load (i32.const 262156)))
             (i32.store (i32.const 132) (i32.const 1)) i32.const 0",
        ),
        ("image_info", "(param i32 i32) (result i32)", "i32.const 0"),
        ("delta_apply", "(param i32 i32 i32) (result i32)", "i32.const -3"),
        ("decide", "(param i32) (result i64)", "i64.const 0"),
        ("decide_v4", "(param i32 i32 i32 i32) (result i64)", "i64.const 0"),
        ("decide_batch", "(param i32 i32 i32 i32) (result i32)", OPEN),
        ("stats", "(param i32 i32) (result i32)", "i32.const 0"),
        ("reset", "(result i32)", "i32.const 0"),
    ];
    let functions: String = functions
        .into_iter()
        .map(|(function, signature, whole)| {
            let body = if function == name { body } else { whole };
            format!("(func (export \"portcullis_{function}\") {signature} {body})\n")
        })
        .collect();
    // The descriptor at 64: packets at 65536, decisions at 131072, errors at 1024.
    let descriptor = [65_536_u32, 65_536, 131_072, 65_536, 1_024, 512, 1_024, 0];
    let descriptor: String =
        descriptor.iter().flat_map(|word| word.to_le_bytes()).map(|byte| format!("\\{byte:02x}")).collect();
    let text = format!(
        "(module (memory (export \"memory\") 64) (data (i32.const 64) \"{descriptor}\")
           (data (i32.const 1024) \"no image\")\n{functions})"
    );
    wat::parse_str(text).unwrap()
}

/// Refuses without an image; else allows every packet, because no policy selects its ends.
const OPEN: &str = "(local i32)
  (if (i32.eqz (i32.load (i32.const 132))) (then (return (i32.const -6))))
  (local.set 4 (i32.const 0))
  (block (loop
    (br_if 1 (i32.ge_u (local.get 4) (local.get 1)))
    (i32.store (i32.add (local.get 3) (i32.mul (local.get 4) (i32.const 16))) (i32.const 0x00121201))
    (i32.store offset=4 (i32.add (local.get 3) (i32.mul (local.get 4) (i32.const 16))) (i32.const -1))
    (i32.store offset=8 (i32.add (local.get 3) (i32.mul (local.get 4) (i32.const 16))) (i32.const -1))
    (i32.store offset=12 (i32.add (local.get 3) (i32.mul (local.get 4) (i32.const 16))) (i32.load (i32.const 128)))
    (local.set 4 (i32.add (local.get 4) (i32.const 1)))
    (br 0)))
  local.get 1";

/// As `OPEN`, but does `what` with packets to a port.
fn at_port(port: u16, what: &str) -> String {
    let check = format!(
        "(if (i32.eq (i32.load16_u offset=34 (i32.add (local.get 0) (i32.mul (local.get 4) (i32.const 40))))
                     (i32.const {port})) (then {what}))\n    (i32.store (i32.add"
    );
    OPEN.replacen("(i32.store (i32.add", &check, 1)
}

/// An engine whose canaries are content with guests that allow everything: the cluster has no policy.
fn open_cluster(settings: Settings, guest: &[u8]) -> (Engine, Result<Images, HostError>, Native) {
    let engine = engine(settings);
    let native = Native::new(Default::default(), Default::default(), Default::default());
    let images = Template::new(&engine, guest, None)
        .and_then(|template| Images::new(&template, native.image().as_bytes()));
    (engine, images, native)
}

fn quick() -> Settings {
    let deadlines = Deadlines { tick: Duration::from_millis(2), decide_ticks: 10, load_ticks: 1_000 };
    Settings { deadlines: Some(deadlines), ..Settings::default() }
}

/// What a broken guest's canary says.
fn refused(name: &str, body: &str) -> String {
    let (_, images, _) = open_cluster(quick(), &broken(name, body));
    images.err().map_or_else(|| "nothing".to_string(), |error| error.to_string())
}

#[test]
fn a_guest_that_imports_or_lacks_functions_or_is_unknown_is_refused() {
    let engine = engine(Settings::default());
    let of = |text: &str| {
        let module = wat::parse_str(text).unwrap();
        Template::new(&engine, &module, None).unwrap_err().to_string()
    };
    let imports = of("(module (import \"env\" \"clock\" (func)) (memory (export \"memory\") 1))");
    assert_eq!(imports, "the module imports `env.clock`; a guest has no imports");
    assert!(of("(module)").contains("exports no `memory`"));
    assert!(of("(module (memory (export \"memory\") 1))").contains("portcullis_abi_1"));
    assert!(Template::new(&engine, b"\0asm\x01\0\0", None).is_err());
    let built_in = Engine::new(Settings { modules: Modules::BuiltIn, ..Settings::default() }).unwrap();
    let unknown = Template::new(&built_in, &broken("", ""), None).unwrap_err();
    assert!(matches!(unknown, HostError::UnknownModule(_)), "{unknown}");
}

#[test]
fn canaries_refuse_guests_that_trap_or_lie() {
    assert_eq!(refused("", ""), "nothing", "the guest that is not broken");
    let cases = [
        ("decide_batch", "unreachable", "it gave up"),
        ("decide_batch", "(i32.store (i32.const -8) (i32.const 1)) i32.const 0", "left its memory"),
        ("decide_batch", "(loop (br 0)) i32.const 0", "ran longer than it may"),
        ("decide_batch", "i32.const 0", "another number of decisions"),
        ("decide_batch", "local.get 1", "decides without an image"),
        ("decide_batch", "i32.const -1", "refused (-1)"),
        ("image_commit", "unreachable", "it gave up"),
        ("image_commit", "i32.const -3", "refused (-3): no image"),
        ("image_reserve", "i32.const 0", "refused (-2)"),
        ("image_reserve", "i32.const -64", "outside of its memory"),
        ("io", "i32.const -4", "outside of its memory"),
        ("io", "i32.const 1024", "an I/O block that is too small"),
        ("caps", "i64.const 1", "of what is needed"),
        ("caps", "unreachable", "it gave up"),
    ];
    for (name, body, wanted) in cases {
        // A guest that fails only when it has an image says first that it has none.
        let body =
            if name == "decide_batch" && wanted != "decides without an image" && !body.starts_with("unreach")
            {
                format!("(if (i32.eqz (i32.load (i32.const 132))) (then (return (i32.const -6)))) {body}")
            } else {
                body.to_string()
            };
        let found = refused(name, &body);
        assert!(found.contains(wanted), "{name} {body}: {found}");
    }
}

#[test]
fn a_guest_that_calls_itself_for_ever_uses_up_its_stack_and_no_more() {
    let deep = "(call 12 (local.get 0) (local.get 1) (local.get 2) (local.get 3))";
    let found = refused("decide_batch", deep);
    assert!(found.contains("used up its stack"), "{found}");
}

#[test]
fn memory_grows_up_to_the_limit_and_not_beyond() {
    // Grows by 1 MiB as often as it is let, then says how many pages it has.
    let grow = "(loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) \
                (i32.sub (i32.const -1000) (memory.size))";
    let settings = Settings { memory_bytes: 8 << 20, ..quick() };
    let (_, images, _) = open_cluster(settings, &broken("image_commit", grow));
    assert!(images.unwrap_err().to_string().contains("refused (-1128)"), "128 pages are 8 MiB");
}

#[test]
fn only_the_packet_that_traps_gets_the_answer_of_the_failure_policy() {
    let policies = [
        (FailurePolicy::Deny, 0),
        (FailurePolicy::Allow, 1),
        (FailurePolicy::LastVerdict, 0),
        (FailurePolicy::Native, 1),
    ];
    for (policy, verdict) in policies {
        let guest = broken("decide_batch", &at_port(666, "unreachable"));
        let (engine, images, _) = open_cluster(quick(), &guest);
        let mut worker = Worker::new(&images.unwrap(), policy).unwrap();
        let packets: Vec<_> = [80, 443, 666, 22, 8080].into_iter().map(to_db).collect();
        let mut decisions = [PacketDecision::default(); 5];
        assert_eq!(worker.decide_batch(&packets, &mut decisions), 1, "{policy:?}");
        let verdicts = decisions.map(|decision| decision.verdict);
        assert_eq!(verdicts, [1, 1, verdict, 1, 1], "{policy:?}");
        let fallbacks = decisions.map(|decision| decision.flags & FALLBACK != 0);
        assert_eq!(fallbacks, [false, false, true, false, false], "{policy:?}");
        let metrics = engine.metrics();
        assert_eq!((metrics.traps(TrapKind::Unreachable), metrics.fallbacks.get()), (3, 1));
        assert_eq!(metrics.quarantines.get(), 0, "the packet is at fault, not the image");
        assert_eq!(worker.decide_batch(&packets[..2], &mut decisions), 0, "the next batch is as ever");
    }
}

#[test]
fn the_last_verdict_answers_where_it_is_known() {
    // Answers port 666 until the word at 136 says otherwise, which a packet to port 1 does.
    let sometimes = at_port(666, "(if (i32.load (i32.const 262200)) (then unreachable))");
    let guest = broken("decide_batch", &sometimes);
    let (_, images, native) = open_cluster(quick(), &guest);
    let images = images.unwrap();
    let mut worker = Worker::new(&images, FailurePolicy::LastVerdict).unwrap();
    let mut decisions = [PacketDecision::default(); 1];
    assert_eq!(worker.decide_batch(&[to_db(666)], &mut decisions), 0);
    // An image whose word 14, which nobody reads, is set.
    let mut image = native.image().as_bytes().to_vec();
    image[56] = 1;
    images.publish(&image).unwrap();
    assert_eq!(worker.decide_batch(&[to_db(666)], &mut decisions), 1);
    assert_eq!((decisions[0].verdict, decisions[0].flags), (1, FALLBACK));
}

#[test]
fn an_image_that_traps_where_the_one_before_did_not_is_taken_back() {
    let sometimes = at_port(666, "(if (i32.load (i32.const 262200)) (then unreachable))");
    let (engine, images, native) = open_cluster(quick(), &broken("decide_batch", &sometimes));
    let images = images.unwrap();
    let mut worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
    let mut image = native.image().as_bytes().to_vec();
    image[56] = 1;
    images.publish(&image).unwrap();
    let mut decisions = [PacketDecision::default(); 1];
    assert_eq!(worker.decide_batch(&[to_db(666)], &mut decisions), 1);
    assert_eq!(engine.metrics().quarantines.get(), 0, "once may be chance");
    assert_eq!(worker.decide_batch(&[to_db(666)], &mut decisions), 1);
    assert_eq!(engine.metrics().quarantines.get(), 1);
    assert_eq!(worker.decide_batch(&[to_db(666)], &mut decisions), 0, "the image before decides");
    assert_eq!(decisions[0].verdict, 1);
}

#[test]
fn a_guest_that_always_traps_does_not_keep_the_host_busy() {
    let guest = broken("decide_batch", &at_port(666, "unreachable"));
    let (engine, images, _) = open_cluster(Settings { replacements_a_minute: 4, ..quick() }, &guest);
    let mut worker = Worker::new(&images.unwrap(), FailurePolicy::Deny).unwrap();
    let packets = [to_db(666); 64];
    let mut decisions = [PacketDecision { verdict: 1, ..Default::default() }; 64];
    let started = Instant::now();
    for _ in 0..50 {
        assert_eq!(worker.decide_batch(&packets, &mut decisions), 64);
        assert!(decisions.iter().all(|decision| decision.verdict == 0));
    }
    assert!(engine.metrics().replacements.get() <= 8, "{}", engine.metrics().replacements.get());
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[test]
fn decisions_that_contradict_themselves_count_as_a_broken_guest() {
    // Allowed, though egress is isolated; then an older generation.
    for (word, generation) in [(0x0012_0101, 0), (0x0012_1201, 9)] {
        let lie = OPEN.replace("0x00121201", &format!("{word}")).replace(
            "(i32.load (i32.const 128))",
            &format!("(i32.add (i32.load (i32.const 128)) (i32.const {generation}))"),
        );
        let found = refused("decide_batch", &lie);
        assert!(found.contains("contradicts itself or is of another generation"), "{found}");
    }
}

#[test]
fn what_was_in_the_place_of_decisions_that_cannot_be_is_no_decision_either() {
    let engine = engine(Settings::default());
    let guest = broken("decide_batch", &OPEN.replace("0x00121201", "0x00120101"));
    let mut instance = Instance::new(&Template::new(&engine, &guest, None).unwrap()).unwrap();
    let native = Native::new(Default::default(), Default::default(), Default::default());
    instance.load(native.image().as_bytes(), false).unwrap();
    let mut decisions = [PacketDecision { verdict: 1, ..PacketDecision::default() }; 2];
    assert!(instance.decide(&[to_db(80), to_db(80)], &mut decisions).is_err());
    assert_eq!(decisions, [PacketDecision::default(); 2]);
}

#[test]
fn endless_work_ends_at_the_deadline_and_the_host_goes_on() {
    let guest = broken("decide_batch", &at_port(666, "(loop (br 0))"));
    let (engine, images, _) = open_cluster(quick(), &guest);
    let mut worker = Worker::new(&images.unwrap(), FailurePolicy::Deny).unwrap();
    let mut decisions = [PacketDecision::default(); 2];
    assert_eq!(worker.decide_batch(&[to_db(666), to_db(80)], &mut decisions), 1);
    assert_eq!(decisions.map(|decision| decision.verdict), [0, 1]);
    assert_eq!(engine.metrics().traps(TrapKind::Deadline), 3);
}

#[test]
fn the_real_guest_needs_little_fuel_for_a_decision() {
    let engine = engine(Settings { fuel: Some(40_000_000), ..Settings::default() });
    let images = Images::new(&template(&engine), native(&[5432]).image().as_bytes()).unwrap();
    let mut worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
    let packets = [to_db(5432); 1_024];
    let mut decisions = [PacketDecision::default(); 1_024];
    assert_eq!(worker.decide_batch(&packets, &mut decisions), 0);
    assert!(decisions.iter().all(|decision| decision.verdict == 1));
}

#[test]
fn every_decision_of_one_packet_has_the_fuel_of_a_call() {
    let engine = engine(Settings { fuel: Some(40_000_000), ..Settings::default() });
    let mut instance = Instance::new(&template(&engine)).unwrap();
    instance.load(native(&[5432]).image().as_bytes(), false).unwrap();
    // Together they take more than one call may.
    let allowed = (0..400_000).filter(|_| instance.decide_one(&to_db(5432)).unwrap() & 1 == 1).count();
    assert_eq!(allowed, 400_000);
}

#[test]
fn the_simd_module_says_that_it_has_simd() {
    let engine = engine(Settings::default());
    let caps = |name| Template::new(&engine, &module(name), None).unwrap().caps();
    assert_eq!(caps("decide") ^ caps("decide-simd"), portcullis_wasm::abi::caps::SIMD);
}
