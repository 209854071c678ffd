//! Deciding allocates nothing. One test alone in its program: the count is of all threads.

use std::hint::black_box;

use portcullis::flow::{Endpoint, Flow, Transport};
use portcullis::{Decide, Engine, Image, Options, Packet, PacketDecision};
use portcullis_benches::heap::{Counting, count};
use portcullis_benches::workload::{Family, Size, Traffic, TrafficKind, address, l4, synthetic};

#[global_allocator]
static HEAP: Counting = Counting;

const PACKETS: usize = 1 << 12;

#[test]
fn deciding_allocates_nothing() {
    let (_, heap) = count(|| black_box(vec![0_u8; 100]));
    assert_eq!((heap.allocations, heap.kept), (1, 100), "the allocator does not count");

    for family in [Family::V4, Family::V6, Family::Dual] {
        let workload = synthetic(Size::ALL[0], family, 1);
        let engine = Engine::new(workload.cluster.clone(), workload.policies.clone(), Options::default());
        let image = engine.image();
        for kind in TrafficKind::ALL {
            let traffic = Traffic::new(&workload, kind, PACKETS, 2);
            let mut packets = vec![Packet::default(); PACKETS];
            traffic.fill(0, &mut packets);
            // Some packets that take the rare paths: flags, and a protocol without ports.
            for (packet, number) in packets.iter_mut().step_by(7).zip(0_u8..=255) {
                packet.flags = number;
                packet.protocol = if number % 2 == 0 { 1 } else { packet.protocol };
            }
            let flows: Vec<Flow> = packets.iter().map(|packet| flow(&engine, packet)).collect();
            let mut decisions = vec![PacketDecision::default(); PACKETS];

            let (allowed, heap) = count(|| {
                image.decide_batch(&packets, &mut decisions);
                let one_by_one = packets.iter().filter(|packet| image.decide(packet).verdict == 1).count();
                let flows = flows.iter().filter(|flow| engine.decide(flow).verdict().is_allow()).count();
                (one_by_one, flows)
            });
            assert_eq!(heap.allocations, 0, "{family:?} {kind:?}");
            assert!(allowed.0 > 0 && allowed.1 > 0, "{family:?} {kind:?}: {allowed:?}");
        }

        let bytes = image.as_bytes();
        let (opened, heap) = count(|| Image::open(bytes).is_ok());
        assert!(opened);
        assert_eq!(heap.allocations, 0, "opening an image");
    }
}

fn flow(engine: &Engine, packet: &Packet) -> Flow {
    let end = |bytes| Endpoint::Address(address(bytes));
    let transport = Transport::new(l4(packet), u16::from_le_bytes(packet.destination_port));
    Flow::new(engine.cluster(), end(packet.source), end(packet.destination), transport).unwrap()
}
