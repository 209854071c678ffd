//! Criterion: compiling the synthetic clusters S and M, and the loads that are quick to build.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use portcullis::{Engine, Options};
use portcullis_benches::workload::{Family, Size, many_policies, nested_cidrs, synthetic};

fn compile(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("compile");
    group.sample_size(10);
    let workloads = [
        synthetic(Size::ALL[0], Family::V4, 1),
        synthetic(Size::ALL[1], Family::V4, 1),
        many_policies(1),
        nested_cidrs(1),
    ];
    for workload in workloads {
        group.bench_function(&workload.name, |bencher| {
            let input = || (workload.cluster.clone(), workload.policies.clone());
            let build = |(cluster, policies)| Engine::new(cluster, policies, Options::default());
            bencher.iter_batched(input, build, BatchSize::LargeInput);
        });
    }
    group.finish();
}

criterion_group!(benches, compile);
criterion_main!(benches);
