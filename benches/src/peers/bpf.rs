//! The kernel's BPF: maps, and programs that are run on the spot, by plain system calls.

use std::io::Error;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};

const MAP_CREATE: i64 = 0;
const PROG_LOAD: i64 = 5;
const PROG_TEST_RUN: i64 = 10;
const MAP_LOOKUP_BATCH: i64 = 24;
const MAP_UPDATE_BATCH: i64 = 26;

const XDP: u32 = 6;
const NO_PREALLOC: u32 = 1;

/// A kind of map.
#[derive(Clone, Copy)]
pub(super) enum MapKind {
    Hash = 1,
    Array = 2,
    LongestPrefix = 11,
}

/// A map in the kernel.
pub(super) struct Map {
    handle: OwnedFd,
    key: usize,
    value: usize,
}

/// The union of the call's arguments, as large as any of them that is used here.
type Attributes = [u64; 16];

/// Packs words of 32 bits, in order, as all of the call's structures are laid out.
fn attributes(words: &[u32]) -> Attributes {
    let mut found = [0; 16];
    for (place, word) in words.iter().enumerate() {
        found[place / 2] |= u64::from(*word) << (place % 2 * 32);
    }
    found
}

fn halves(address: *const u8) -> [u32; 2] {
    let address = address as u64;
    [address as u32, (address >> 32) as u32]
}

#[expect(unsafe_code, reason = "there is no safe way to call the kernel's BPF")]
fn call(command: i64, attributes: &mut Attributes) -> Result<i64, String> {
    // SAFETY: the kernel reads and writes the attributes, whose size it is told, and memory that they point at: every
    // caller in this file keeps those buffers alive and as large as the attributes say for the time of the call.
    let result =
        unsafe { libc::syscall(libc::SYS_bpf, command, attributes.as_mut_ptr(), size_of::<Attributes>()) };
    if result < 0 { Err(Error::last_os_error().to_string()) } else { Ok(result) }
}

#[expect(unsafe_code, reason = "a new handle has to be owned by somebody")]
fn open(command: i64, attributes: &mut Attributes) -> Result<OwnedFd, String> {
    let handle = call(command, attributes)?;
    let handle = i32::try_from(handle).map_err(|error| error.to_string())?;
    // SAFETY: the kernel has just given this handle, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(handle) })
}

impl Map {
    pub(super) fn new(kind: MapKind, key: usize, value: usize, entries: usize) -> Result<Self, String> {
        let flags = if matches!(kind, MapKind::LongestPrefix) { NO_PREALLOC } else { 0 };
        let mut attributes =
            attributes(&[kind as u32, key as u32, value as u32, entries.max(1) as u32, flags]);
        let handle = open(MAP_CREATE, &mut attributes).map_err(|error| format!("no BPF map: {error}"))?;
        Ok(Self { handle, key, value })
    }

    /// Puts entries, their keys one after another and their values likewise.
    pub(super) fn put(&self, keys: &[u8], values: &[u8]) -> Result<(), String> {
        assert_eq!(keys.len() / self.key, values.len() / self.value, "each key has a value");
        // In parts, so that no call takes long.
        let (keys, values) = (keys.chunks(self.key << 14), values.chunks(self.value << 14));
        for (keys, values) in keys.zip(values) {
            self.batch(
                MAP_UPDATE_BATCH,
                std::ptr::null(),
                keys.as_ptr(),
                values.as_ptr(),
                keys.len() / self.key,
            )?;
        }
        Ok(())
    }

    /// The values of all entries of an array.
    pub(super) fn values(&self, count: usize) -> Result<Vec<u8>, String> {
        let mut keys = vec![0_u8; self.key * count];
        let mut values = vec![0_u8; self.value * count];
        let mut next = [0_u8; 8];
        self.batch(MAP_LOOKUP_BATCH, next.as_mut_ptr(), keys.as_mut_ptr(), values.as_mut_ptr(), count)?;
        Ok(values)
    }

    fn batch(
        &self,
        command: i64,
        next: *const u8,
        keys: *const u8,
        values: *const u8,
        count: usize,
    ) -> Result<(), String> {
        let ([next0, next1], [keys0, keys1], [values0, values1]) =
            (halves(next), halves(keys), halves(values));
        let mut attributes = attributes(&[
            0,
            0,
            next0,
            next1,
            keys0,
            keys1,
            values0,
            values1,
            count as u32,
            self.handle.as_raw_fd() as u32,
        ]);
        let outcome = call(command, &mut attributes);
        // Reading an array to its end is reported as "no such entry".
        match outcome {
            Err(error) if command == MAP_LOOKUP_BATCH && error.contains("os error 2") => Ok(()),
            Err(error) => Err(format!("BPF map of {} entries: {error}", count)),
            Ok(_) => Ok(()),
        }
    }

    /// The two instructions that load the map into a register.
    pub(super) fn load_into(&self, register: u8) -> [Instruction; 2] {
        let pseudo = 1;
        [
            Instruction {
                code: 0x18,
                registers: register | pseudo << 4,
                offset: 0,
                value: self.handle.as_raw_fd(),
            },
            Instruction { code: 0, registers: 0, offset: 0, value: 0 },
        ]
    }
}

/// An instruction of a BPF program.
#[derive(Clone, Copy, Debug, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub(super) struct Instruction {
    pub(super) code: u8,
    /// The target in the lower half, the source in the upper.
    pub(super) registers: u8,
    pub(super) offset: i16,
    pub(super) value: i32,
}

/// A program in the kernel.
pub(super) struct Program(OwnedFd);

impl Program {
    pub(super) fn load(instructions: &[Instruction]) -> Result<Self, String> {
        let license = b"GPL\0";
        let mut log = vec![0_u8; 1 << 16];
        let [code0, code1] = halves(bytemuck::cast_slice::<_, u8>(instructions).as_ptr());
        let [license0, license1] = halves(license.as_ptr());
        let [log0, log1] = halves(log.as_mut_ptr());
        let mut attributes = attributes(&[
            XDP,
            instructions.len() as u32,
            code0,
            code1,
            license0,
            license1,
            1,
            log.len() as u32,
            log0,
            log1,
        ]);
        let handle = open(PROG_LOAD, &mut attributes).map_err(|error| {
            let end = log.iter().position(|byte| *byte == 0).unwrap_or(log.len());
            let text = String::from_utf8_lossy(&log[..end]);
            let last: Vec<&str> = text.lines().rev().take(5).collect();
            format!("no BPF program: {error}: {}", last.join(" | "))
        })?;
        Ok(Self(handle))
    }

    /// Runs the program many times, and gives the nanoseconds that one run took.
    pub(super) fn run(&self, repeats: usize) -> Result<f64, String> {
        let packet = [0_u8; 64];
        let [packet0, packet1] = halves(packet.as_ptr());
        let handle = self.0.as_raw_fd() as u32;
        let mut attributes =
            attributes(&[handle, 0, packet.len() as u32, 0, packet0, packet1, 0, 0, repeats as u32]);
        call(PROG_TEST_RUN, &mut attributes).map_err(|error| format!("BPF_PROG_TEST_RUN: {error}"))?;
        Ok((attributes[4] >> 32) as f64)
    }
}
