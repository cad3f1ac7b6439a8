#[cfg(feature = "wgpu")]
use std::sync::Arc;

use crelu_core::Backend;
#[cfg(feature = "wgpu")]
use gpu_wgpu::{Device, GpuError, Kind, Tuned};

/// What runs the products: one by name, or by the machine and the size of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackendChoice {
    /// One by name.
    Given(Backend),
    /// By the adapter that there is, its measured rates and the size of the data.
    Auto,
}

impl BackendChoice {
    /// All of them with the names that options have.
    pub const NAMED: [(&'static str, Self); 4] = [
        ("faer", Self::Given(Backend::Faer)),
        ("nalgebra", Self::Given(Backend::Nalgebra)),
        ("wgpu", Self::Given(Backend::Wgpu)),
        ("auto", Self::Auto),
    ];
}

/// What a [`BackendChoice`] came to.
#[cfg(feature = "wgpu")]
#[derive(Debug)]
pub struct OpenedBackend {
    /// The backend.
    pub backend: Backend,
    /// Its adapter, where it is one.
    pub device: Option<Arc<Device>>,
    /// Why, where the machine chose.
    pub reason: Option<String>,
}

/// Numbers of the data from which `Auto` looks for an adapter: below, opening one takes longer than it
/// can save.
#[cfg(feature = "wgpu")]
const LARGE: usize = 200_000;
/// Columns of the products that a pass over the data is priced with: patterns, or ascents.
#[cfg(feature = "wgpu")]
const COLUMNS: usize = 64;
/// Dispatches of an inner iteration, or of a step of a search.
#[cfg(feature = "wgpu")]
const CALLS: f64 = 11.0;
/// Looks at a number for each of them.
#[cfg(feature = "wgpu")]
const LOOKS: f64 = 0.25;
/// What a device must win to be taken: the host goes on with what it does not do.
#[cfg(feature = "wgpu")]
const WORTH: f64 = 1.5;

#[cfg(feature = "wgpu")]
impl BackendChoice {
    /// The backend, with its adapter opened where it is one: the one that `asked` names or numbers, if
    /// it does. `numbers` is the size of the data.
    ///
    /// `Auto` takes a card where a product with the data, by the card's measured rate and what a call
    /// costs, is 1.5 times as fast as at the host's, measured beside it.
    ///
    /// `seconds` is the clock that measures.
    ///
    /// # Errors
    /// [`GpuError`] where an adapter is asked for and there is none, or it cannot be opened.
    pub fn open(
        self,
        numbers: usize,
        asked: Option<&str>,
        seconds: &dyn Fn() -> f64,
    ) -> Result<OpenedBackend, GpuError> {
        match self {
            Self::Given(Backend::Wgpu) => {
                let mut device = Device::open_blocking(asked)?;
                // what is for tests has its tiles
                if device.adapter().kind != Kind::Software {
                    // without a measure it has the tiles of its kind
                    gpu_wgpu::block_on(device.tune(seconds)).ok();
                }
                Ok(OpenedBackend {
                    backend: Backend::Wgpu,
                    device: Some(Arc::new(device)),
                    reason: None,
                })
            }
            Self::Given(backend) => Ok(OpenedBackend {
                backend,
                device: None,
                reason: None,
            }),
            Self::Auto => Ok(by_machine(numbers, asked, seconds)),
        }
    }
}

#[cfg(feature = "wgpu")]
fn by_machine(numbers: usize, asked: Option<&str>, seconds: &dyn Fn() -> f64) -> OpenedBackend {
    let host = |reason: String| OpenedBackend {
        backend: Backend::Faer,
        device: None,
        reason: Some(reason),
    };
    if numbers < LARGE {
        return host(format!("{numbers} numbers are too few for an adapter"));
    }
    let mut device = match Device::open_blocking(asked) {
        Ok(device) => device,
        Err(error) => return host(error.to_string()),
    };
    let name = device.adapter().name.clone();
    if device.adapter().kind == Kind::Software {
        return host(format!("{name} is software"));
    }
    let on_device = match gpu_wgpu::block_on(device.tune(seconds)) {
        Ok(tuned) => tuned,
        Err(error) => return host(error.to_string()),
    };
    let here = host_rate(seconds);
    let (takes_it, reason) = judged(numbers, &name, &on_device, here);
    match takes_it {
        true => OpenedBackend {
            backend: Backend::Wgpu,
            device: Some(Arc::new(device)),
            reason: Some(reason),
        },
        false => host(reason),
    }
}

/// Whether a device is worth it, and the figures.
#[cfg(feature = "wgpu")]
fn judged(numbers: usize, name: &str, on_device: &Tuned, here: f64) -> (bool, String) {
    #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
    let flops = 4.0 * (numbers * COLUMNS) as f64;
    let (there, here_seconds) = (on_device.seconds(flops, CALLS, LOOKS), flops / here);
    let reason = format!(
        "{name} takes {:.2e} s for a pass with {COLUMNS} columns ({:.0} GFLOP/s, {:.1e} s a call), the host {:.2e} s ({:.0} GFLOP/s)",
        there,
        on_device.flops / 1e9,
        on_device.call,
        here_seconds,
        here / 1e9
    );
    (WORTH * there < here_seconds, reason)
}

/// Flops a second of this machine's products in `f32`, measured on one that takes some milliseconds.
#[cfg(feature = "wgpu")]
fn host_rate(seconds: &dyn Fn() -> f64) -> f64 {
    use linalg_core::product;
    const SIDE: usize = 768;
    let number = |i: usize, j: usize| if (i * 31 + j * 17) % 7 > 3 { 0.5 } else { -0.5 };
    let a = faer::Mat::<f32>::from_fn(SIDE, SIDE, number);
    let mut out = faer::Mat::<f32>::zeros(SIDE, SIDE);
    let mut least = f64::INFINITY;
    // the first one wakes the threads
    for run in 0..4 {
        let begun = seconds();
        let (out, a) = (out.as_mut(), a.as_ref());
        product(out, faer::Accum::Replace, a, a, 1.0);
        if run > 0 {
            least = least.min(seconds() - begun);
        }
    }
    #[expect(clippy::cast_precision_loss, reason = "a small size")]
    let side = SIDE as f64;
    2.0 * side.powi(3) / least.max(1e-9)
}

#[cfg(all(test, feature = "wgpu"))]
mod tests {
    use super::*;

    fn card(flops: f64, call: f64) -> Tuned {
        Tuned {
            tiling: gpu_wgpu::Tiling::of_side(16),
            flops,
            call,
            round_trip: 20.0 * call,
        }
    }

    #[test]
    fn card_is_taken_where_its_products_outweigh_its_calls() {
        let here = 1e11;
        let fast = card(5e12, 5e-6);
        let small = judged(300_000, "Card", &fast, here);
        let large = judged(30_000_000, "Card", &fast, here);
        assert!(large.0, "{}", large.1);
        // 0.8 ms here, 0.1 ms of calls there
        assert!(small.0, "{}", small.1);
        assert!(!judged(30_000, "Card", &fast, here).0);
        // no faster than the host, or with calls of a millisecond
        assert!(!judged(30_000_000, "Card", &card(1e11, 5e-6), here).0);
        assert!(!judged(300_000, "Card", &card(5e12, 1e-3), here).0);
        for word in ["Card", "GFLOP/s", "a call", "the host"] {
            assert!(large.1.contains(word), "{}", large.1);
        }
    }

    #[test]
    fn few_numbers_open_nothing() {
        let no_clock = || -> f64 { panic!("there is nothing to measure") };
        let opened = BackendChoice::Auto.open(1000, Some("no such card"), &no_clock);
        let opened = opened.expect("the host");
        assert_eq!(
            (opened.backend, opened.device.is_some()),
            (Backend::Faer, false)
        );
        assert!(opened.reason.is_some_and(|why| why.contains("1000")));
        let opened = BackendChoice::Auto.open(1_000_000, Some("no such card"), &no_clock);
        assert_eq!(opened.expect("the host").backend, Backend::Faer);
    }

    #[test]
    fn host_rate_is_flops_by_the_clock() {
        let looks = core::cell::Cell::new(0.0);
        // a second passes between two looks
        let rate = host_rate(&|| {
            looks.set(looks.get() + 1.0);
            looks.get()
        });
        let side = 768.0_f64;
        assert!((rate / (2.0 * side.powi(3)) - 1.0).abs() < 1e-12, "{rate}");
    }
}
