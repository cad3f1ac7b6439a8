use std::time::Instant;

use crelu_model::Clock;

/// Seconds since it was made.
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }
}

impl Clock for Stopwatch {
    fn seconds(&self) -> f64 {
        self.0.elapsed().as_secs_f64()
    }
}

/// Seconds that the cores have spent on the threads that this process has now, finer than [`core_seconds`].
pub(crate) fn thread_seconds() -> Option<f64> {
    let mut nanoseconds = 0.0;
    for thread in std::fs::read_dir("/proc/self/task").ok()? {
        // a thread that ended meanwhile has nothing to say
        let text = thread
            .ok()
            .map(|it| std::fs::read_to_string(it.path().join("schedstat")));
        let first = text.and_then(Result::ok).and_then(|text| {
            let word = text.split_whitespace().next()?;
            word.parse::<f64>().ok()
        });
        nanoseconds += first.unwrap_or(0.0);
    }
    (nanoseconds > 0.0).then_some(1e-9 * nanoseconds)
}

/// The largest resident memory of this process so far, in bytes, where the system tells.
pub(crate) fn peak_memory() -> Option<f64> {
    status("VmHWM:")
}

/// The resident memory of this process now, in bytes, where the system tells.
pub(crate) fn resident_memory() -> Option<f64> {
    status("VmRSS:")
}

/// Lets [`peak_memory`] begin anew; whether the system does that.
pub(crate) fn reset_peak_memory() -> bool {
    std::fs::write("/proc/self/clear_refs", "5").is_ok()
}

fn status(field: &str) -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with(field))?;
    let kilobytes: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kilobytes * 1024.0)
}

/// The seconds that all cores together have spent on this process, where the system tells.
pub(crate) fn core_seconds() -> Option<f64> {
    /// Of Linux's clock in `/proc`, on every machine.
    const TICKS: f64 = 100.0;
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // the name, in brackets, may hold spaces
    let mut fields = stat.rsplit_once(") ")?.1.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}
