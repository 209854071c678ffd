use alloc::vec::Vec;

use super::*;
use crate::compile::random::random;

const GROWING: [Section; 3] = [Section::Records, Section::Buckets, Section::Rows];

type Model = [Vec<Line>; SECTIONS];

fn line(value: u32) -> Line {
    Line { low: [value; 8], high: [value.wrapping_mul(3); 8] }
}

/// An arena with sections of so many lines, two of which never grow, and what is in them.
fn laid_out(counts: [u32; SECTIONS]) -> (Arena, Model) {
    let (mut arena, mut model) = (Arena::new(), Model::default());
    let fixed = [Section::Pods4, Section::Root4];
    let all = GROWING.into_iter().chain(fixed);
    for (section, count) in all.map(|section| (section, counts.get(number(section)).copied().unwrap_or(0))) {
        let lines: Vec<Line> = (1..=count).map(line).collect();
        arena.push(section, &lines);
        model[number(section)] = lines;
    }
    arena.flatten(&fixed, false);
    arena.end(0);
    (arena, model)
}

fn assert_is(arena: &Arena, model: &Model) {
    let words: &[u32] = bytemuck::cast_slice(arena.done());
    for (lines, at) in model.iter().zip(0..) {
        let first = place(words[section_word(at)]);
        assert_eq!(place(words[section_word(at).saturating_add(1)]), lines.len(), "section {at}");
        assert_eq!(arena.done()[first..first.saturating_add(lines.len())], **lines, "section {at}");
    }
    assert_eq!(place(words[header::LINES]), arena.done().len());
    let sum = line_sums(u32::try_from(HEADER_LINES).unwrap(), &arena.done()[HEADER_LINES..]);
    let stored = [words[header::CHECKSUM_LOW], words[header::CHECKSUM_HIGH]];
    assert_eq!(stored.map(u64::from), [sum & 0xffff_ffff, sum >> 32]);
}

#[test]
fn sections_keep_their_lines_and_copies_follow_however_much_they_grow() {
    let mut random = random(1);
    for round in 0..60 {
        let counts = core::array::from_fn(|_| random(if round % 3 == 0 { 400 } else { 30 }));
        let (mut arena, mut model) = laid_out(counts);
        let is_shared = round % 2 == 0;
        if is_shared {
            arena.share();
        }
        let mut copy = arena.done().to_vec();
        let mut moves = 0;
        let mut view = (arena.done().clone(), copy.clone());
        for generation in 1..120 {
            if is_shared && random(3) == 0 {
                view = (arena.done().clone(), arena.done().to_vec());
            } else if !is_shared {
                view = Default::default();
            }
            arena.begin();
            for _ in 0..random(8) {
                let section = GROWING[place(random(3))];
                let lines = &mut model[number(section)];
                if random(2) == 0 && !lines.is_empty() {
                    let at = random(u32::try_from(lines.len()).unwrap());
                    arena.set_line(section, at, line(generation));
                    lines[place(at)] = line(generation);
                } else {
                    let count = if random(40) == 0 { 300 } else { random(4) };
                    let new: Vec<Line> = (0..count).map(|_| line(random(5))).collect();
                    assert_eq!(place(arena.push(section, &new)), lines.len());
                    lines.extend(new);
                }
            }
            arena.end(generation);
            assert_is(&arena, &model);
            assert_eq!(*view.0, view.1, "a reader's image stays what it is");
            let patch = arena.patch(false);
            moves += u32::from(patch.is_whole());
            assert_eq!(patch.apply(&mut copy), Ok(()));
            assert_eq!(copy, **arena.done());
        }
        assert!(moves >= 2, "{moves}");
    }
}

#[test]
fn no_line_that_comes_moves_many_others() {
    for is_shared in [false, true] {
        let (mut arena, _) = laid_out([20_000; SECTIONS]);
        if is_shared {
            arena.share();
        }
        // 132,000 lines have to move while 950 more find room.
        let limit = 150;
        let mut moves = 0;
        for generation in 1..60_000 {
            arena.begin();
            let moved = |arena: &Arena| arena.ahead.as_ref().map(|ahead| ahead.lines.len());
            let before = moved(&arena);
            arena.push(Section::Records, &[line(generation)]);
            if let (Some(before), Some(after)) = (before, moved(&arena)) {
                assert!(after - before <= limit, "{generation}: {}", after - before);
            }
            arena.end(generation);
            moves += u32::from(arena.moved);
        }
        assert!((2..8).contains(&moves), "{moves}");
    }
}
