//! Calls in any order with any numbers: each is a result or a negative number, and the guest goes on as before.

use portcullis_wasm::abi::code;
use wasmtime::{Instance, Memory, Module, Store, Val};

use crate::guest::{engine, module, native, to_db};
use portcullis_host::Settings;

/// A guest and numbers to call it with.
struct Hostile {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    /// Addresses and lengths that the guest has given or was given.
    known: Vec<i32>,
    state: u64,
}

impl Hostile {
    fn new(engine: &wasmtime::Engine, module: &Module, seed: u64) -> Self {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        Self { store, instance, memory, known: vec![0, 1, 40, 64, 4_096], state: seed | 1 }
    }

    fn next(&mut self) -> u32 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 32) as u32
    }

    /// A number: one that means something, one near it, near the ends of all numbers, or any.
    fn number(&mut self) -> i32 {
        let pick = self.next();
        let place = self.next() as usize % self.known.len();
        let known = self.known[place];
        match pick % 8 {
            0..=2 => known,
            3 => known.wrapping_add(self.next() as i32 % 65),
            4 => -(self.next() as i32 & 63),
            5 => i32::MIN.wrapping_add(self.next() as i32 & 63),
            6 => (self.next() & 0xf_ffff) as i32,
            _ => self.next() as i32,
        }
    }

    fn call(&mut self, name: &str, arguments: &[i32]) -> i64 {
        let function = self.instance.get_func(&mut self.store, name).unwrap();
        let arguments: Vec<_> = arguments.iter().map(|number| Val::I32(*number)).collect();
        let mut results = [Val::I32(0)];
        function
            .call(&mut self.store, &arguments, &mut results)
            .unwrap_or_else(|error| panic!("{name} {arguments:?}: {error:?}"));
        match results[0] {
            Val::I32(result) => i64::from(result),
            Val::I64(result) => result,
            _ => unreachable!("no function gives another type"),
        }
    }

    /// One call of any function with any numbers.
    fn step(&mut self) {
        let functions: [(&str, usize); 11] = [
            ("io", 1),
            ("alloc", 2),
            ("free", 3),
            ("image_reserve", 1),
            ("image_commit", 3),
            ("image_info", 2),
            ("delta_apply", 3),
            ("decide", 1),
            ("decide_v4", 4),
            ("decide_batch", 4),
            ("stats", 2),
        ];
        let (name, count) = functions[self.next() as usize % functions.len()];
        let mut arguments: Vec<_> = (0..count).map(|_| self.number()).collect();
        // Memory is bounded by the module's maximum; a test that fills it tests nothing else.
        if matches!(name, "alloc" | "image_reserve") && !self.next().is_multiple_of(8) {
            arguments[0] &= 0xffff;
        }
        let result = self.call(&format!("portcullis_{name}"), &arguments);
        if matches!(name, "io" | "alloc" | "image_reserve") && result != 0 {
            self.known.extend([result as i32, arguments[0]]);
            if name == "io" {
                let words = self.words(result as u32, 8);
                self.known.extend(words);
            }
            self.scribble(result as u32, arguments[0]);
        }
    }

    fn words(&self, at: u32, count: usize) -> Vec<i32> {
        let data = &self.memory.data(&self.store)[at as usize..];
        data.chunks_exact(4).take(count).map(|word| i32::from_le_bytes(word.try_into().unwrap())).collect()
    }

    /// Fills what the host was given with noise, or with an image, cut off or damaged.
    fn scribble(&mut self, at: u32, len: i32) {
        let image = native(&[5432]);
        let image = image.image().as_bytes();
        let len = (len as usize).min(image.len());
        let (noise, kind) = (self.next(), self.next() % 4);
        let data = self.memory.data_mut(&mut self.store);
        let Some(place) = data.get_mut(at as usize..at as usize + len) else { return };
        place.copy_from_slice(&image[..len]);
        match kind {
            0 => place.fill(noise as u8),
            1 if len > 0 => place[noise as usize % len] ^= 1 << (noise >> 29),
            _ => {}
        }
    }

    /// Gives the guest a good image and asks it a question whose answer is known.
    fn still_works(&mut self) {
        self.call("portcullis_reset", &[]);
        let native = native(&[5432]);
        let image = native.image().as_bytes();
        let len = i32::try_from(image.len()).unwrap();
        let at = self.call("portcullis_image_reserve", &[len]) as i32;
        assert!(at != 0, "there is memory after a reset");
        self.memory.write(&mut self.store, at as u32 as usize, image).unwrap();
        assert_eq!(self.call("portcullis_image_commit", &[at, len, 0]), 0);
        let block = self.call("portcullis_alloc", &[64, 8]) as i32;
        for (port, allowed) in [(5432, 1), (22, 0)] {
            let packet = to_db(port);
            self.memory.write(&mut self.store, block as u32 as usize, bytemuck::bytes_of(&packet)).unwrap();
            assert_eq!(self.call("portcullis_decide", &[block]) & 0xff, allowed, "port {port}");
        }
    }
}

fn compiled() -> (wasmtime::Engine, Module) {
    let engine = wasmtime::Engine::default();
    let module = Module::from_binary(&engine, &module("decide")).unwrap();
    (engine, module)
}

#[test]
fn any_calls_in_any_order_leave_a_guest_that_still_works() {
    let (engine, module) = compiled();
    let sequences: u64 =
        std::env::var("PORTCULLIS_ABI_SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(200);
    for seed in 1..=sequences {
        let mut guest = Hostile::new(&engine, &module, seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        for _ in 0..60 {
            guest.step();
        }
        guest.still_works();
    }
}

#[test]
fn numbers_that_make_no_sense_are_told_apart() {
    let (engine, module) = compiled();
    let mut guest = Hostile::new(&engine, &module, 1);
    let wrong = i64::from(code::ARGUMENT);
    assert_eq!(guest.call("portcullis_decide_batch", &[0, 1, 40, 0]), wrong);
    let io = guest.call("portcullis_io", &[64]) as u32;
    let [input, in_cap, output, out_cap, ..] = guest.words(io, 8).try_into().unwrap_or([0; 8]);
    assert_eq!((in_cap, out_cap), (64 * 64, 64 * 16));
    let cases = [
        ([input, 1, 40, output], i64::from(code::NO_IMAGE)),
        ([input, 65, 64, output], wrong),
        ([input, 4_097, 40, output], i64::from(code::LIMIT)),
        ([input, -1, 40, output], i64::from(code::LIMIT)),
        ([input, 1, 39, output], wrong),
        ([input, 2, -1, output], wrong),
        ([input, 1, 40, input], wrong),
        ([input, 1, 40, output + 1], wrong),
        ([input, 64, 40, output + 16], wrong),
        ([output, 1, 40, output], wrong),
        ([-40, 1, 40, output], wrong),
        ([input, 0, 40, output], 0),
    ];
    for (arguments, wanted) in cases {
        assert_eq!(guest.call("portcullis_decide_batch", &arguments), wanted, "{arguments:?}");
    }
    assert_eq!(guest.call("portcullis_image_commit", &[input, 64, 0]), wrong);
    assert_eq!(guest.call("portcullis_delta_apply", &[input, 64, 2]), wrong);
    assert_eq!(guest.call("portcullis_delta_apply", &[input, 64, 0]), i64::from(code::IMAGE));
    assert_eq!(guest.call("portcullis_free", &[input, 64, 8]), wrong);
    assert_eq!(guest.call("portcullis_image_reserve", &[-1]), 0);
    assert_eq!(guest.call("portcullis_image_reserve", &[1 << 30]), 0, "more than the module may have");
    guest.still_works();
}

#[test]
fn batches_of_a_thousand_packets_fit_into_the_memory_that_a_module_begins_with() {
    let (engine, module) = compiled();
    for (flows, grows) in [(1_024, false), (4_096, true)] {
        let mut guest = Hostile::new(&engine, &module, 1);
        let before = guest.memory.size(&guest.store);
        assert!(guest.call("portcullis_io", &[flows]) != 0);
        assert_eq!(guest.memory.size(&guest.store) > before, grows, "{flows} packets");
        guest.still_works();
    }
}

#[test]
fn strides_and_blocks_give_the_answers_of_the_plain_way() {
    let (engine, module) = compiled();
    let mut guest = Hostile::new(&engine, &module, 1);
    guest.still_works();
    let ports: Vec<u16> = (0..150).map(|number| if number % 3 == 0 { 5432 } else { number }).collect();
    for stride in [40_usize, 44, 48, 64, 100] {
        let (in_len, out_len) = ((ports.len() * stride) as i32, (ports.len() * 16) as i32);
        let input = guest.call("portcullis_alloc", &[in_len, 8]) as i32;
        let output = guest.call("portcullis_alloc", &[out_len, 64]) as i32;
        for (number, port) in ports.iter().enumerate() {
            let packet = to_db(*port);
            let at = input as usize + number * stride;
            guest.memory.write(&mut guest.store, at, bytemuck::bytes_of(&packet)).unwrap();
        }
        let arguments = [input, ports.len() as i32, stride as i32, output];
        assert_eq!(guest.call("portcullis_decide_batch", &arguments), ports.len() as i64);
        let data = &guest.memory.data(&guest.store)[output as usize..][..out_len as usize];
        for (answer, port) in data.chunks_exact(16).zip(&ports) {
            assert_eq!(answer[0], u8::from(*port == 5432), "stride {stride}, port {port}");
        }
        assert_eq!(guest.call("portcullis_free", &[input, in_len, 8]), 0);
        assert_eq!(guest.call("portcullis_free", &[output, out_len, 64]), 0);
    }
}

#[test]
fn a_panic_would_leave_its_text_and_a_template_takes_the_module_as_it_is() {
    let engine = engine(Settings::default());
    let template = portcullis_host::Template::new(&engine, &module("decide"), None).unwrap();
    let mut instance = portcullis_host::Instance::new(&template).unwrap();
    let refused = instance.load(&[0; 256], false).unwrap_err().to_string();
    assert!(refused.starts_with("the guest refused (-3): this is no image of Portcullis"), "{refused}");
    let short = instance.load(&[1; 10], false).unwrap_err().to_string();
    assert!(short.contains("(-3)"), "{short}");
}
