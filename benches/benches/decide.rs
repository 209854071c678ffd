//! Criterion: deciding one packet and many, hot and mixed, over the synthetic clusters S and M.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use portcullis::{Engine, Options, Packet, PacketDecision};
use portcullis_benches::measure::fold;
use portcullis_benches::workload::{Family, Size, Traffic, TrafficKind, synthetic};

const PACKETS: usize = 1 << 14;

fn decide(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(PACKETS as u64));
    for size in [Size::ALL[0], Size::ALL[1]] {
        for family in [Family::V4, Family::V6] {
            let workload = synthetic(size, family, 1);
            let engine = Engine::new(workload.cluster.clone(), workload.policies.clone(), Options::default());
            let image = engine.image();
            for kind in TrafficKind::ALL {
                let traffic = Traffic::new(&workload, kind, PACKETS, 2);
                let mut packets = vec![Packet::default(); PACKETS];
                traffic.fill(0, &mut packets);
                let mut decisions = vec![PacketDecision::default(); PACKETS];
                let name = |way: &str| BenchmarkId::new(way, format!("{} {}", workload.name, kind.as_str()));
                group.bench_function(name("one"), |bencher| {
                    bencher.iter(|| {
                        let folded = packets.iter().map(|packet| fold(&image.decide(black_box(packet))));
                        folded.fold(0, u64::wrapping_add)
                    });
                });
                group.bench_function(name("batch"), |bencher| {
                    bencher.iter(|| {
                        image.decide_batch(black_box(&packets), &mut decisions);
                        fold(&decisions[PACKETS - 1])
                    });
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, decide);
criterion_main!(benches);
