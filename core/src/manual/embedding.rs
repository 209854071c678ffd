//! How to have packets decided inside of a dataplane, without trusting what decides them.
//!
//! # Which way in
//!
//! | you have | take | a decision costs beside the engine's own time |
//! |---|---|---|
//! | Rust, and trust us | [`Image`](crate::Image), [`Reader`](crate::Reader) | nothing |
//! | Rust, and want a sandbox | crate `portcullis-host`: the guest under wasmtime | a copy of 40 and of 16 bytes, and a call a batch |
//! | Go | `bindings/go`: the guest under wazero, no cgo | the same |
//! | C, and trust us | `bindings/c`: the native engine behind a header | a call |
//! | anything that runs WebAssembly | the modules of `portcullis-wasm-modules`, and this page | a call |
//!
//! All of them read the same image and give the same bytes: each runs the whole corpus.
//!
//! # The modules
//!
//! | module | does | needs |
//! |---|---|---|
//! | `decide` | opens images, applies patches, decides | WebAssembly 1.0; no imports, no standard library |
//! | `decide-simd` | the same in half the time; the hosts of this repository take it | 128-bit SIMD |
//! | `full` | also loads manifests, compiles, explains, validates, lists connections and how they would change | WebAssembly 2.0; no imports |
//! | `component` | `full`, with the types of `wasm/wit/portcullis.wit` around it | the component model |
//!
//! `cargo xtask wasm` builds them from the sources, the same bytes from every folder; the crate
//! `portcullis-wasm-modules` has them prebuilt with their SHA-256. The full module is made smaller by Binaryen, as its
//! lock file in `xtask/binaryen` has it, which needs Node.js.
//!
//! # The functions
//!
//! All begin with `portcullis_`. A negative result is a code, and the reason's text lies at `err_ptr`.
//!
//! | function | does |
//! |---|---|
//! | `abi_1()` | marker: a host sees in the exports that the interface is version 1; never called |
//! | `abi_minor() -> i32`, `caps() -> i64` | what was added since, and what this module can do |
//! | `io(max_flows) -> ptr` | once: the place of eight words, `in_ptr in_cap out_ptr out_cap err_ptr err_cap max_flows 0`, which stay what they are |
//! | `image_reserve(len) -> ptr` | room for an image, at a multiple of 64; 0 when there is none |
//! | `image_commit(ptr, len, flags) -> i32` | checks the image in one pass, then decides by it; the one before stays where that fails |
//! | `image_info(out, cap) -> i32` | generation, bytes, checksum, versions and sizes, in 48 bytes |
//! | `delta_apply(ptr, len, flags) -> i32` | the bytes of an [`ImagePatch`](crate::ImagePatch), whole or not at all |
//! | `decide(ptr) -> i64` | one packet: bytes 0 to 3 of the decision, above them the rule that decided |
//! | `decide_v4(source, destination, ports, rest) -> i64` | the same from four numbers: 10.0.0.1 is `0x0a000001`; the words at 32 and 36 of the packet |
//! | `decide_batch(in, n, stride, out) -> i32` | `n` packets, `stride` bytes apart, to `n` decisions; gives `n` |
//! | `alloc(len, align) -> ptr`, `free(ptr, len, align) -> i32` | up to 64 blocks that the host owns: for patches, and for packets that are not in the I/O block |
//! | `stats(out, cap) -> i32`, `reset() -> i32` | counters in 64 bytes; forget all but the I/O block |
//!
//! Flag 1 of `image_commit` and `delta_apply` says that the host has opened these very bytes, or made them, itself: only
//! the header is looked at, which takes no time. Without it a patch costs as much as an image.
//!
//! | code | means |
//! |---|---|
//! | −1 | an address, a length or a flag makes no sense |
//! | −2 | no memory |
//! | −3 | no image or patch, or a damaged one |
//! | −4 | an image of another version |
//! | −5 | a patch for another generation: send the image |
//! | −6 | there is no image yet |
//! | −8, −9 | not in this module; more than one call may ask for |
//! | −10 | full module: the request cannot be read, or names what is not there |
//!
//! # Packets and decisions
//!
//! A [`Packet`](crate::Packet) has 40 bytes, a [`PacketDecision`](crate::PacketDecision) 16; their fields are described
//! there, flags in [`packet_flag`](crate::packet_flag). Numbers are little-endian, addresses in network order, IPv4 as
//! `::ffff:a.b.c.d`. Sixteen bytes of zeros say "denied", so a host that forgets to look at a result drops the packet.
//!
//! # Rules of memory
//!
//! - Whatever is passed by address lies in the I/O block or in one block of `alloc`, all of it; else the call fails with
//!   −1, and nothing has happened. No address or length can make a call trap.
//! - The guest owns the I/O block and the room for images; the host owns what `alloc` gave. Nothing that comes back needs
//!   to be freed.
//! - Memory may grow in `io`, `alloc`, `image_reserve` and `delta_apply`: views of it are to be made anew after them.
//! - A region that was reserved is gone after the next `image_reserve`, `image_commit`, `delta_apply` or `reset`.
//! - The guest keeps two images at most, the current one and room for the next.
//!
//! # Time
//!
//! Every loop of the guest is bounded by the packets of the call and by sizes that `image_commit` has checked; nothing
//! recurses. A host needs no timer to be safe from it. Where a host does not want to take our word, wasmtime's epochs cost
//! a few hundredths; timers that unwind (wazero's `WithCloseOnContextDone`) cost several times the decision.
//!
//! # When a guest fails all the same
//!
//! An instance that trapped is of no use any more: what it holds may be half done. `portcullis-host` shows what to do: take
//! a new one, load the image, ask again; ask one by one, so that only the packet that traps stays without an answer; give
//! that one the answer of a policy that somebody has chosen (`Deny`, `Allow`, `LastVerdict` or `Native`), and flag it.
//! New modules and images go to a canary first, whose answers are compared with the native engine's; an image that traps
//! twice where the one before it does not is taken back. If instances have to be replaced too often, the policy answers
//! for a while without asking.
//!
//! # A whole agent
//!
//! `host/examples/agent.rs` is one in Rust; `bindings/go/example_agent_test.go` and `bindings/c/examples/agent.c` are theirs in Go and C.
//! The core of it:
//!
//! ```text
//! let engine = Engine::new(Settings::default())?;                  // once a process
//! let template = Template::decide(&engine)?;                       // the module, checked
//! let images = Images::new(&template, native.image().as_bytes())?; // tried in a canary
//!
//! let mut worker = Worker::new(&images, FailurePolicy::Deny)?;     // once a thread
//! worker.decide_batch(&packets, &mut decisions);                   // never fails
//!
//! native.apply(delta)?;                                            // a pod came
//! images.publish_patch(&native.patch().unwrap())?;                 // workers take it between two batches
//! ```
//!
//! # The full module
//!
//! `load` takes the JSON of sources, namespace and options, `apply` objects that are put and removed; `eval` and `explain`
//! take a question as `portcullis replay` reads it, `validate` says whether an API server would accept objects, `list` who
//! can reach whom, and `diff` what loading something else would change in that; the last two since minor version 1, with a
//! bit of `caps`. Each gives the length of its answer, which lies at `result()`. `image()` and `patch()` hand out what decide-only instances
//! need: one full instance can feed any number of them. See `portcullis_wasm::full`.
//!
//! As a component it has the same functions, lists of bytes in and out, for whoever has bindings made from WIT: Python,
//! JavaScript, hosts with other components. `portcullis_host::Component` is such a host (feature `component`). Deciding
//! single packets through it costs several times the decision: give those to the module that decides.
//!
//! # One image in many instances
//!
//! Each worker has an instance, and each instance has its image. With the feature `map-images` of `portcullis-host`, on
//! Linux, instances share the pages: the image lies in a sealed file in memory, of which each maps a private copy, read-only
//! while packets are decided by it. A guest that writes there traps; a patch makes the pages that it changes the
//! instance's own. A fresh instance then has its image without a copy, however large it is. Where the system does not let
//! pages be mapped, or has no addresses to set aside for guard pages, images are copied, and everything else is the same.
//!
//! Pages that are shared are small ones. Where an image of some megabytes has to be decided by as fast as it can be, and
//! there is the memory for a copy in each instance, the feature `huge-pages`, on Linux, has copies lie in pages of 2 MiB
//! (`Settings::huge_pages`): a processor knows where those are without looking it up in memory. Images that are mapped
//! stay as they are, so that it takes `Settings::map_images` off as well where both features are there.
//!
//! # Measured
#![doc = include_str!("embedding-measured.md")]
