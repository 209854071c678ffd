//! Images whose pages instances share: the same decisions as by a copy, and nobody writes to them.

use portcullis::{Engine as Native, Packet, PacketDecision, net::Protocol};
use portcullis_host::{
    FailurePolicy, Fault, HostError, Images, Instance, Settings, SharedImage, Template, TrapKind, Worker,
};

use crate::broken::broken;
use crate::guest::{engine, large, template, to_db};

/// A packet to each pod, from `web` and from the first of the others.
fn packets() -> Vec<Packet> {
    let mut packets: Vec<_> = [80, 443, 5432].into_iter().map(to_db).collect();
    for from in ["10.0.0.1", "10.0.1.1"] {
        for number in 0..400 {
            let to = format!("10.0.{}.{}", 1 + number / 200, 1 + number % 200);
            packets.push(Packet::new(from.parse().unwrap(), to.parse().unwrap(), Protocol::TCP, 80));
        }
    }
    packets
}

fn assert_decides(instance: &mut Instance, native: &Native) {
    let (packets, image) = (packets(), native.image());
    let right: Vec<_> = packets.iter().map(|packet| image.decide(packet)).collect();
    assert!(right.iter().any(|decision| decision.verdict == 0) && right[5].verdict == 1);
    let mut found = vec![PacketDecision::default(); packets.len()];
    instance.decide(&packets, &mut found).unwrap();
    assert_eq!(found, right);
}

fn shared(native: &Native) -> SharedImage {
    let image = SharedImage::new(native.image().as_bytes()).unwrap();
    assert!(image.as_bytes().len() > 4 * 4_096, "{}", image.as_bytes().len());
    image
}

#[test]
fn instances_decide_by_pages_that_they_share_and_change_their_own_copy_of_them() {
    let engine = engine(Settings::default());
    let template = template(&engine);
    let mut native = large(&[5432]);
    let image = shared(&native);
    let [mut one, mut other] = [(); 2].map(|()| Instance::new(&template).unwrap());
    for instance in [&mut one, &mut other] {
        instance.load_shared(&image, true).unwrap();
        assert!(instance.is_mapped());
        assert_decides(instance, &native);
        // The next region may lie elsewhere in its page, and be copied.
        instance.load_shared(&image, false).unwrap();
        assert_decides(instance, &native);
    }
    let before = large(&[5432]);
    let wanted = large(&[80]);
    native.apply_all(native.deltas_to(wanted.cluster(), wanted.policies())).unwrap();
    let patch = native.patch().unwrap();
    one.load_shared(&shared(&before), true).unwrap();
    assert!(one.is_mapped());
    one.patch(&patch.to_bytes(), patch.generation(), true).unwrap();
    assert!(!one.is_mapped(), "what it has changed is its own");
    let mut found = [PacketDecision::default(); 2];
    one.decide(&[to_db(80), to_db(5432)], &mut found).unwrap();
    assert_eq!(found.map(|decision| (decision.verdict, decision.generation)), [(1, 1), (0, 1)]);
    assert_decides(&mut other, &before);
    // Regions are used again, mapped or copied, with whatever was there before.
    let mut last = large(&[443]);
    for _ in 0..3 {
        one.load_shared(&image, true).unwrap();
        assert_decides(&mut one, &before);
        last = large(&[443, 80]);
        one.load_shared(&shared(&last), true).unwrap();
        assert!(one.is_mapped());
        assert_decides(&mut one, &last);
        one.load(before.image().as_bytes(), true).unwrap();
        assert!(!one.is_mapped());
        assert_decides(&mut one, &before);
    }
    one.load_shared(&shared(&last), true).unwrap();
    drop(other);
    assert_decides(&mut one, &last);
}

#[test]
fn without_guard_pages_or_where_it_is_not_wanted_images_are_copied() {
    let native = large(&[5432]);
    let settings = Settings::default();
    for settings in
        [Settings { guard_pages: false, ..settings.clone() }, Settings { map_images: false, ..settings }]
    {
        let engine = engine(settings);
        let mut instance = Instance::new(&template(&engine)).unwrap();
        instance.load_shared(&shared(&native), true).unwrap();
        assert!(!instance.is_mapped());
        assert_decides(&mut instance, &native);
    }
}

/// A guest with a function replaced, with an image that is mapped.
fn with_image(name: &str, body: &str, image: &SharedImage) -> (Instance, Result<(), Fault>) {
    let engine = engine(Settings::default());
    let mut instance = Instance::new(&Template::new(&engine, &broken(name, body), None).unwrap()).unwrap();
    let loaded = instance.load_shared(image, true);
    (instance, loaded)
}

#[test]
fn a_guest_that_writes_to_its_image_traps_and_changes_nothing() {
    let image = shared(&large(&[5432]));
    let no_image = "(if (i32.eqz (i32.load (i32.const 132))) (then (return (i32.const -6))))";
    // The region begins at 262144: the second page, and the last byte of the first.
    for at in [266_240, 266_239] {
        let body = format!("{no_image} (i32.store8 (i32.const {at}) (i32.const 1)) local.get 1");
        let (mut instance, loaded) = with_image("decide_batch", &body, &image);
        loaded.unwrap();
        assert!(instance.is_mapped());
        let mut found = [PacketDecision::default()];
        let fault = instance.decide(&[to_db(80)], &mut found).unwrap_err();
        assert!(matches!(fault, Fault::Trap { kind: TrapKind::Memory, .. }), "{fault}");
    }
    assert_eq!(image.as_bytes(), large(&[5432]).image().as_bytes());
    // What it writes beside its image is its own.
    let body = format!("{no_image} (i32.store8 (i32.const 261000) (i32.const 1)) i32.const -1");
    let (mut instance, _) = with_image("decide_batch", &body, &image);
    let fault = instance.decide(&[to_db(80)], &mut [PacketDecision::default()]).unwrap_err();
    assert!(matches!(fault, Fault::Refused { code: -1, .. }), "{fault}");
}

#[test]
fn a_guest_that_has_its_image_where_the_host_writes_is_stopped_before_the_host_does() {
    let image = shared(&large(&[5432]));
    // The I/O block's packets, its decisions, and where requests are put.
    for region in [65_536, 131_072] {
        let (mut instance, loaded) = with_image("image_reserve", &format!("i32.const {region}"), &image);
        let asked = loaded.and_then(|()| instance.decide(&[to_db(80)], &mut [PacketDecision::default()]));
        assert_eq!(asked, Err(Fault::Garbage("a place in its image")));
    }
}

#[test]
fn workers_take_patches_and_images_in_turn_by_pages_that_they_share() {
    let engine = engine(Settings::default());
    let mut native = large(&[5432]);
    let images = Images::new(&template(&engine), native.image().as_bytes()).unwrap();
    let mut workers: Vec<_> = (0..4).map(|_| Worker::new(&images, FailurePolicy::Deny).unwrap()).collect();
    let asked = packets();
    let mut found = vec![PacketDecision::default(); asked.len()];
    let mut check = |workers: &mut [Worker], native: &Native| {
        let image = native.image();
        let right: Vec<_> = asked.iter().map(|packet| image.decide(packet)).collect();
        for worker in workers {
            assert_eq!(worker.decide_batch(&asked, &mut found), 0);
            assert_eq!(found, right);
        }
    };
    check(&mut workers, &native);
    for ports in [&[80][..], &[443, 80], &[]] {
        let wanted = large(ports);
        native.apply_all(native.deltas_to(wanted.cluster(), wanted.policies())).unwrap();
        images.publish_patch(&native.patch().unwrap()).unwrap();
        check(&mut workers, &native);
        let next = large(ports);
        images.publish(next.image().as_bytes()).unwrap();
        check(&mut workers, &next);
        native = next;
    }
}

#[test]
fn what_is_no_image_is_not_shared() {
    assert!(matches!(SharedImage::new(&[0; 8_192]), Err(HostError::Image(_))));
    assert!(matches!(SharedImage::new(&[]), Err(HostError::Image(_))));
}
