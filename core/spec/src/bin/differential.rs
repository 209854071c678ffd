//! Compares the engine with the specification on generated clusters, for as long as asked.
//!
//! `differential [--seconds N | --decisions N] [--clusters N] [--seed S] [--threads N]`; `cargo xtask differential`
//! runs it in release mode. Exit code 1 when they disagree: the case is shrunk and printed. With `--updates N` it is
//! engines under N transactions that are compared, with the specification and with engines built anew; with `--services N`
//! the paths of N clusters' services and the decisions on them; with `--lists N` the lists of N clusters and how they differ
//! from those of the same clusters with something else in them.

use std::fmt::Debug;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use portcullis::generate::{Case, Scope};
use portcullis_spec::calls::{self, Calls};
use portcullis_spec::differential::{Tally, compare, fresh_seed, report};
use portcullis_spec::lists::{self, Cells};
use portcullis_spec::updates::{self, Steps};

/// Flows for each cluster: enough to pay for building it, few enough that clusters are what varies.
const FLOWS_PER_CLUSTER: usize = 200;

struct Limits {
    seconds: Option<u64>,
    decisions: u64,
    clusters: u64,
    seed: u64,
    threads: usize,
    updates: u64,
    services: u64,
    lists: u64,
}

fn main() -> ExitCode {
    match limits() {
        Ok(limits) if limits.updates > 0 => run_updates(&limits),
        Ok(limits) if limits.services > 0 => run_services(&limits),
        Ok(limits) if limits.lists > 0 => run_lists(&limits),
        Ok(limits) => run(&limits),
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn limits() -> Result<Limits, String> {
    let mut limits = Limits {
        seconds: None,
        decisions: 5_000_000,
        clusters: 20_000,
        seed: fresh_seed(),
        threads: thread::available_parallelism().map_or(1, usize::from),
        updates: 0,
        services: 0,
        lists: 0,
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(flag) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("`{flag}` needs a value"))?;
        let number: u64 = value.parse().map_err(|_| format!("`{flag}`: `{value}` is no number"))?;
        match flag.as_str() {
            "--seconds" => limits.seconds = Some(number),
            "--decisions" => limits.decisions = number,
            "--clusters" => limits.clusters = number,
            "--seed" => limits.seed = number,
            "--updates" => limits.updates = number,
            "--services" => limits.services = number,
            "--lists" => limits.lists = number,
            "--threads" => limits.threads = usize::try_from(number.max(1)).unwrap_or(1),
            _ => return Err(format!("there is no option `{flag}`")),
        }
    }
    Ok(limits)
}

fn run(limits: &Limits) -> ExitCode {
    println!("engine ≡ spec: seed {}", limits.seed);
    let started = Instant::now();
    let next = AtomicU64::new(0);
    let decided = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let total = Mutex::new(Tally::default());
    let failure = Mutex::new(None);
    let worker = || {
        let mut tally = Tally::default();
        while !stop.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let enough = match limits.seconds {
                Some(seconds) => started.elapsed() >= Duration::from_secs(seconds),
                None => decided.load(Ordering::Relaxed) >= limits.decisions && number >= limits.clusters,
            };
            if enough {
                break;
            }
            let seed = limits.seed.wrapping_add(number);
            let (scope, kind) = scope(number);
            let case = Case::from_seed(seed, scope, FLOWS_PER_CLUSTER);
            let before = tally.decisions;
            if let Err(mismatch) = compare(&case, &mut tally) {
                stop.store(true, Ordering::Relaxed);
                let name = format!("{kind}-world-{seed}");
                lock(&failure).get_or_insert_with(|| report(&name, &case, &mismatch));
            }
            decided.fetch_add(tally.decisions.saturating_sub(before), Ordering::Relaxed);
        }
        lock(&total).merge(tally);
    };
    thread::scope(|scope| {
        for _ in 0..limits.threads {
            scope.spawn(worker);
        }
    });
    let failure = lock(&failure).take();
    println!("{}", lock(&total));
    if let Some(case) = failure {
        println!("MISMATCH, shrunk to:\n{case}");
        return ExitCode::FAILURE;
    }
    println!("no difference in {:.1} s (seed {})", started.elapsed().as_secs_f64(), limits.seed);
    ExitCode::SUCCESS
}

/// What a case may hold: mostly what manifests can say, half of that with policies of the cluster.
const fn scope(number: u64) -> (Scope, &'static str) {
    match number % 3 {
        0 => (Scope::V1Valid, "valid"),
        1 => (Scope::Tiered, "tiered"),
        _ => (Scope::Model, "model"),
    }
}

/// Transactions of one world: enough for what is left behind to matter.
const TRANSACTIONS_PER_WORLD: u64 = 100;
/// Flows that are decided after each.
const FLOWS_PER_TRANSACTION: usize = 10;

fn run_updates(limits: &Limits) -> ExitCode {
    println!("engine after updates ≡ spec ≡ engine built anew: seed {}", limits.seed);
    let worlds = limits.updates.div_ceil(TRANSACTIONS_PER_WORLD);
    let run = |number, seed| {
        let (scope, _) = scope(number);
        let mut steps = Steps::default();
        let outcome = updates::run(seed, scope, TRANSACTIONS_PER_WORLD, FLOWS_PER_TRANSACTION, &mut steps);
        (steps, outcome)
    };
    run_worlds(limits, worlds, run, Steps::merge)
}

/// Calls to the services of each cluster.
const CALLS_PER_CLUSTER: usize = 100;

fn run_services(limits: &Limits) -> ExitCode {
    println!("paths through services ≡ spec: seed {}", limits.seed);
    let run = |_, seed| {
        let mut seen = Calls::default();
        let outcome = calls::compare(seed, CALLS_PER_CLUSTER, &mut seen);
        (seen, outcome)
    };
    run_worlds(limits, limits.services, run, |total, seen| total.merge(&seen))
}

fn run_lists(limits: &Limits) -> ExitCode {
    println!("lists and differences ≡ spec: seed {}", limits.seed);
    let run = |number, seed| {
        let (scope, _) = scope(number);
        let mut seen = Cells::default();
        let outcome = lists::compare(seed, scope, &mut seen);
        (seen, outcome)
    };
    run_worlds(limits, limits.lists, run, |total, seen| total.merge(seen))
}

/// Runs worlds by their numbers and seeds on all threads, until one differs; prints what all of them did.
fn run_worlds<T: Debug + Default + Send>(
    limits: &Limits,
    worlds: u64,
    run: impl Fn(u64, u64) -> (T, Result<(), String>) + Sync,
    merge: impl Fn(&mut T, T) + Sync,
) -> ExitCode {
    let started = Instant::now();
    let next = AtomicU64::new(0);
    let failure = Mutex::new(None);
    let total = Mutex::new(T::default());
    let worker = || loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= worlds || lock(&failure).is_some() {
            return;
        }
        let (found, outcome) = run(number, limits.seed.wrapping_add(number));
        if let Err(difference) = outcome {
            lock(&failure).get_or_insert(difference);
        }
        merge(&mut lock(&total), found);
    };
    thread::scope(|scope| {
        for _ in 0..limits.threads {
            scope.spawn(worker);
        }
    });
    println!("{:?}", lock(&total));
    if let Some(difference) = lock(&failure).take() {
        println!("MISMATCH\n{difference}");
        return ExitCode::FAILURE;
    }
    println!("no difference in {:.1} s (seed {})", started.elapsed().as_secs_f64(), limits.seed);
    ExitCode::SUCCESS
}

/// What a mutex holds, also after a panic elsewhere: the panic is reported by the thread's own end.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
