//! Owns what the kernel tells of a process: its peak memory while it lives, its processor time once it has ended.

use std::fs;
use std::time::Duration;

/// Clock ticks in a second, as `/proc` counts them on every architecture that we build for.
const TICKS: f64 = 100.0;

/// The most memory that the process has had at once so far, in bytes; `None` once it has ended.
pub(crate) fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kibibytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kibibytes * 1024)
}

/// What an ended process that nobody has waited for yet has used of the processors; `None` while it lives.
pub(crate) fn processor_time(pid: u32) -> Option<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it is in parentheses and may hold anything.
    let (_, rest) = stat.rsplit_once(") ")?;
    let mut fields = rest.split(' ');
    if fields.next() != Some("Z") {
        return None;
    }
    let mut ticks = fields.skip(10).map(|field| field.parse::<u32>().ok());
    let (user, system) = (ticks.next()??, ticks.next()??);
    Some(Duration::from_secs_f64(f64::from(user + system) / TICKS))
}
