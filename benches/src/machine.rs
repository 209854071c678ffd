//! What was measured, where and when: numbers without these say nothing.

use std::hint::black_box;
use std::process::Command;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use crate::random::Random;

/// The processor's name.
#[must_use]
pub fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("model name"));
    let name =
        line.and_then(|line| line.split_once(':')).map_or("unknown processor", |(_, name)| name.trim());
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{name}, {cores} cores, {} {}", std::env::consts::ARCH, std::env::consts::OS)
}

/// The instruction set that this program was built for.
#[must_use]
pub const fn build() -> &'static str {
    if cfg!(all(target_arch = "x86_64", target_feature = "avx2")) {
        "x86-64-v3"
    } else if cfg!(target_arch = "x86_64") {
        "x86-64 (default)"
    } else {
        "default"
    }
}

/// The commit that the working tree is at, with a `+` where it has changes.
#[must_use]
pub fn commit() -> String {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).output().ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_string())
    };
    let Some(commit) = git(&["rev-parse", "--short", "HEAD"]) else { return "unknown commit".to_string() };
    let changed = git(&["status", "--porcelain", "--untracked-files=no"]).is_none_or(|text| !text.is_empty());
    if changed { format!("{commit}+") } else { commit }
}

/// Machine, date, commit and build.
#[must_use]
pub fn source() -> String {
    format!("{} · {} · commit {} · {}", processor(), date(), commit(), build())
}

/// Today's date, in UTC.
#[must_use]
pub fn date() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let (year, month, day) = civil(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02}")
}

/// The date of a day since 1970-01-01, by counting 400-year cycles from March on.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month, day)
}

/// The time that a dependent load takes in working sets of these MiB: how much cache there really is.
#[must_use]
pub fn load_latencies(mebibytes: &[usize]) -> Vec<(usize, f64)> {
    mebibytes.iter().map(|size| (*size, load_latency(*size))).collect()
}

fn load_latency(mebibytes: usize) -> f64 {
    const LOADS: u32 = 400_000;
    let lines = mebibytes * 1024 * 1024 / 64;
    let mut order: Vec<usize> = (0..lines).collect();
    Random::new(1).shuffle(&mut order);
    let mut next = vec![[0_u64; 8]; lines];
    for pair in order.windows(2) {
        next[pair[0]][0] = pair[1] as u64;
    }
    next[order[lines - 1]][0] = order[0] as u64;
    let mut best = f64::INFINITY;
    for _ in 0..3 {
        let started = Instant::now();
        let mut at = order[0];
        for _ in 0..LOADS {
            at = next[at][0] as usize;
        }
        black_box(at);
        best = best.min(started.elapsed().as_nanos() as f64 / f64::from(LOADS));
    }
    best
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_are_dates() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        assert_eq!(civil(20_697), (2026, 9, 1));
    }
}
