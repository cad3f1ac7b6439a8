//! `crelu devices`, and the adapter that `--backend` asks for.

use std::fmt::Write;
use std::process::ExitCode;
use std::sync::Arc;

use crelu_model::{Backend, BackendChoice, DeviceHandle, OpenedBackend};
use gpu_wgpu::{Adapter, Device, GpuError, adapters_blocking};

use crate::errors::Failure;
use crate::printout;

/// The variable that names or numbers an adapter.
const ADAPTER: &str = "CRELU_ADAPTER";

/// Without this variable a layer of Mesa that asks the desktop which card it prefers complains on
/// standard error that it finds none, in words that look like an error of this program.
#[cfg(target_os = "linux")]
const DESKTOP: &str = "XDG_RUNTIME_DIR";
/// ... and this one leaves that layer out.
#[cfg(target_os = "linux")]
const LAYER_OFF: &str = "NODEVICE_SELECT";

/// Keeps standard error to what this program says. For the beginning of `main`: it changes the
/// environment, which only a program without other threads may do.
pub(crate) fn quieten() {
    #[cfg(target_os = "linux")]
    if std::env::var_os(DESKTOP).is_none() && std::env::var_os(LAYER_OFF).is_none() {
        // SAFETY: called before any other thread is started
        unsafe { std::env::set_var(LAYER_OFF, "1") };
    }
}

/// A line for every adapter.
///
/// # Errors
/// Standard output is closed.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    printout::print(&listed(&adapters_blocking()))?;
    Ok(ExitCode::SUCCESS)
}

fn listed(adapters: &[Adapter]) -> String {
    if adapters.is_empty() {
        return format!("{}\n", GpuError::NoAdapter);
    }
    let mut text = String::new();
    for (number, adapter) in adapters.iter().enumerate() {
        let mega = |bytes: u64| bytes / (1 << 20);
        // writing to a string does not fail
        writeln!(
            text,
            "{number}: {}, {}, {}, {} MiB a binding, {} MiB a buffer, {} KiB shared by up to {} invocations",
            adapter.name,
            adapter.kind.name(),
            adapter.interface,
            mega(adapter.binding_limit),
            mega(adapter.buffer_limit),
            adapter.shared_limit / 1024,
            adapter.group_limit
        )
        .ok();
    }
    text
}

/// What runs the products.
pub(crate) struct Used {
    pub(crate) backend: Backend,
    pub(crate) device: Option<Arc<Device>>,
    /// Why, where `auto` chose.
    pub(crate) reason: Option<String>,
}

impl Used {
    /// The device as settings take it.
    pub(crate) fn handle(&self) -> Option<DeviceHandle> {
        self.device.clone().map(crelu_model::device_handle)
    }
}

/// Opens the adapter where one is asked for, or where `auto` takes one for so many numbers of data.
///
/// # Errors
/// A line that names `--backend`: there is no adapter, or it cannot be opened.
pub(crate) fn choose(choice: BackendChoice, numbers: usize) -> Result<Used, Failure> {
    let asked = std::env::var(ADAPTER).ok();
    let begun = std::time::Instant::now();
    let opened = choice.open(numbers, asked.as_deref(), &|| begun.elapsed().as_secs_f64());
    let OpenedBackend {
        backend,
        device,
        reason,
    } = opened.map_err(|error| match error {
        GpuError::UnknownAdapter { .. } => Failure::of(ADAPTER, error),
        error => Failure::of("--backend wgpu", error),
    })?;
    Ok(Used {
        backend,
        device,
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use gpu_wgpu::Kind;

    #[test]
    fn listed_without_an_adapter_says_so() {
        let text = listed(&[]);
        assert!(text.starts_with("no graphics adapter"), "{text}");
        assert_eq!(text.lines().count(), 1);
    }

    #[test]
    fn listed_adapter_is_one_line_with_its_number_and_limits() {
        let adapter = Adapter {
            name: "Card".to_owned(),
            kind: Kind::Discrete,
            interface: "vulkan",
            binding_limit: 2 << 30,
            buffer_limit: 4 << 30,
            shared_limit: 32_768,
            group_limit: 1024,
        };
        let text = listed(&[adapter.clone(), adapter]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(
            lines[1].starts_with("1: Card, discrete, vulkan, 2048 MiB"),
            "{text}"
        );
    }
}
