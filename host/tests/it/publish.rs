//! Images and patches: tried first, taken between batches, by any number of threads.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use portcullis::{Engine as Native, PacketDecision};
use portcullis_host::{FailurePolicy, HostError, Images, Settings, Worker};

use crate::guest::{engine, loaded, native, template, to_db};

fn change(native: &mut Native, ports: &[u16]) {
    let wanted = loaded(ports);
    native.apply_all(native.deltas_to(&wanted.cluster, &wanted.policies)).unwrap();
}

fn verdict(worker: &mut Worker, port: u16) -> (u8, u32) {
    let mut decisions = [PacketDecision::default()];
    assert_eq!(worker.decide_batch(&[to_db(port)], &mut decisions), 0);
    (decisions[0].verdict, decisions[0].generation)
}

#[test]
fn workers_take_patches_and_images_between_batches() {
    let engine = engine(Settings::default());
    let mut native = native(&[5432]);
    let images = Images::new(&template(&engine), native.image().as_bytes()).unwrap();
    let mut worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
    assert_eq!((verdict(&mut worker, 5432), verdict(&mut worker, 80)), ((1, 0), (0, 0)));
    for (generation, ports) in [(1, &[80][..]), (2, &[80, 5432]), (3, &[]), (4, &[5432])] {
        change(&mut native, ports);
        images.publish_patch(&native.patch().unwrap()).unwrap();
        assert_eq!(images.generation(), generation);
        for port in [80, 5432] {
            let wanted = (u8::from(ports.contains(&port)), generation);
            assert_eq!(verdict(&mut worker, port), wanted, "{ports:?} {port}");
        }
    }
    images.publish(native.image().as_bytes()).unwrap();
    assert_eq!(verdict(&mut worker, 5432), (1, 4));
}

#[test]
fn a_worker_that_missed_many_patches_takes_the_image() {
    let engine = engine(Settings::default());
    let mut native = native(&[5432]);
    let images = Images::new(&template(&engine), native.image().as_bytes()).unwrap();
    let mut worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
    for round in 0..100 {
        change(&mut native, if round % 2 == 0 { &[80] } else { &[5432] });
        images.publish_patch(&native.patch().unwrap()).unwrap();
    }
    assert_eq!((verdict(&mut worker, 5432), verdict(&mut worker, 80)), ((1, 100), (0, 100)));
}

#[test]
fn what_is_no_image_and_patches_for_others_are_not_published() {
    let engine = engine(Settings::default());
    let mut native = native(&[5432]);
    let images = Images::new(&template(&engine), native.image().as_bytes()).unwrap();
    let mut worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
    let mut damaged = native.image().as_bytes().to_vec();
    let last = damaged.len() - 1;
    damaged[last] ^= 1;
    assert!(matches!(images.publish(&damaged), Err(HostError::Image(_))));
    assert!(matches!(images.publish(&damaged[..last]), Err(HostError::Image(_))));
    assert!(matches!(images.publish(&[]), Err(HostError::Image(_))));
    change(&mut native, &[80]);
    change(&mut native, &[443]);
    let patch = native.patch().unwrap();
    if !patch.is_whole() {
        assert!(matches!(images.publish_patch(&patch), Err(HostError::Patch(_))), "it skips a generation");
    }
    assert_eq!((verdict(&mut worker, 5432), verdict(&mut worker, 443)), ((1, 0), (0, 0)));
    images.publish(native.image().as_bytes()).unwrap();
    assert_eq!(verdict(&mut worker, 443), (1, 2));
}

#[test]
fn threads_decide_whole_generations_while_others_are_published() {
    let engine = engine(Settings::default());
    let mut native = native(&[5432]);
    let images = Images::new(&template(&engine), native.image().as_bytes()).unwrap();
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                let mut worker = Worker::new(&images, FailurePolicy::Deny).unwrap();
                let packets = [to_db(5432), to_db(80)];
                let mut decisions = [PacketDecision::default(); 2];
                let mut last = 0;
                while !stop.load(Ordering::Relaxed) {
                    assert_eq!(worker.decide_batch(&packets, &mut decisions), 0);
                    let [postgres, web] = decisions;
                    // Odd generations open one port, even ones the other.
                    let odd = u8::from(postgres.generation % 2 == 1);
                    assert_eq!((postgres.verdict, web.verdict), (1 - odd, odd));
                    assert_eq!(postgres.generation, web.generation);
                    assert!(postgres.generation >= last);
                    last = postgres.generation;
                }
            });
        }
        for round in 1..=200 {
            change(&mut native, if round % 2 == 1 { &[80] } else { &[5432] });
            images.publish_patch(&native.patch().unwrap()).unwrap();
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(images.generation(), 200);
    assert_eq!(engine.metrics().replacements.get(), 0);
}
