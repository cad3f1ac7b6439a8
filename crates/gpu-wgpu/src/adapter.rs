use wgpu::{Backends, Instance, InstanceDescriptor, InstanceFlags};

use crate::error::{GpuError, Names};
use crate::kernel::Tiling;

/// What kind of machine an adapter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A card with memory of its own.
    Discrete,
    /// A part of the processor that shares its memory.
    Integrated,
    /// A share of a card that a host lends out.
    Virtual,
    /// The processor itself, in software.
    Software,
    /// Something else.
    Other,
}

impl Kind {
    /// In a word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Discrete => "discrete",
            Self::Integrated => "integrated",
            Self::Virtual => "virtual",
            Self::Software => "software",
            Self::Other => "other",
        }
    }
}

/// An adapter, as a user tells it from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapter {
    /// Its name, by its driver; `WebGPU` where a browser keeps it to itself.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The interface it is reached by: `vulkan`, `metal`, `dx12`, `webgpu`.
    pub interface: &'static str,
    /// Bytes that one binding may have.
    pub binding_limit: u64,
    /// Bytes that one array may have.
    pub buffer_limit: u64,
    /// Bytes that the invocations of a group may share.
    pub shared_limit: u32,
    /// Invocations of a group.
    pub group_limit: u32,
}

impl Adapter {
    /// Whether groups of this tiling fit.
    #[must_use]
    pub fn has_room_for(&self, tiling: Tiling) -> bool {
        u64::from(self.shared_limit) >= tiling.shared_bytes()
            && self.group_limit >= tiling.invocations()
    }
}

/// The adapters of this machine, in the order in which they are numbered: cards before software.
pub async fn adapters() -> Vec<Adapter> {
    let found = found().await;
    found.iter().map(described).collect()
}

/// As [`adapters`], for a caller that waits.
#[cfg(not(target_arch = "wasm32"))]
#[must_use]
pub fn adapters_blocking() -> Vec<Adapter> {
    pollster::block_on(adapters())
}

/// The adapter of a name, a part of a name (whatever its case) or a number; none: the first.
pub(crate) async fn choose(asked: Option<&str>) -> Result<wgpu::Adapter, GpuError> {
    let mut found = found().await;
    if found.is_empty() {
        return Err(GpuError::NoAdapter);
    }
    let at = match asked.map(str::trim).filter(|word| !word.is_empty()) {
        None => Some(0),
        Some(word) => match word.parse::<usize>() {
            Ok(number) => Some(number).filter(|&number| number < found.len()),
            Err(_) => {
                let names = || found.iter().map(|a| a.get_info().name.to_lowercase());
                let word = word.to_lowercase();
                let exact = names().position(|name| name == word);
                exact.or_else(|| names().position(|name| name.contains(&word)))
            }
        },
    };
    match at {
        Some(at) => Ok(found.swap_remove(at)),
        None => Err(GpuError::UnknownAdapter {
            asked: asked.unwrap_or_default().to_owned(),
            known: Names(found.iter().map(|a| a.get_info().name).collect()),
        }),
    }
}

async fn found() -> Vec<wgpu::Adapter> {
    let instance = Instance::new(InstanceDescriptor {
        backends: Backends::all(),
        // neither validation layers nor their warnings on a user's terminal
        flags: InstanceFlags::empty(),
        ..InstanceDescriptor::new_without_display_handle()
    });
    #[cfg(target_arch = "wasm32")]
    let mut found: Vec<wgpu::Adapter> = {
        let options = wgpu::RequestAdapterOptions::default();
        instance
            .request_adapter(&options)
            .await
            .into_iter()
            .collect()
    };
    #[cfg(not(target_arch = "wasm32"))]
    let mut found = instance.enumerate_adapters(Backends::all()).await;
    // stable: those of a kind stay as the system numbers them
    found.sort_by_key(|adapter| match described(adapter).kind {
        Kind::Discrete => 0,
        Kind::Integrated => 1,
        Kind::Virtual => 2,
        Kind::Other => 3,
        Kind::Software => 4,
    });
    found
}

pub(crate) fn described(adapter: &wgpu::Adapter) -> Adapter {
    let (info, limits) = (adapter.get_info(), adapter.limits());
    Adapter {
        name: match info.name.is_empty() {
            // a browser does not say
            true => "WebGPU".to_owned(),
            false => info.name,
        },
        kind: match info.device_type {
            wgpu::DeviceType::DiscreteGpu => Kind::Discrete,
            wgpu::DeviceType::IntegratedGpu => Kind::Integrated,
            wgpu::DeviceType::VirtualGpu => Kind::Virtual,
            wgpu::DeviceType::Cpu => Kind::Software,
            wgpu::DeviceType::Other => Kind::Other,
        },
        interface: match info.backend {
            wgpu::Backend::Vulkan => "vulkan",
            wgpu::Backend::Metal => "metal",
            wgpu::Backend::Dx12 => "dx12",
            wgpu::Backend::Gl => "gl",
            wgpu::Backend::BrowserWebGpu => "webgpu",
            wgpu::Backend::Noop => "none",
        },
        binding_limit: limits.max_storage_buffer_binding_size,
        buffer_limit: limits.max_buffer_size,
        shared_limit: limits.max_compute_workgroup_storage_size,
        group_limit: limits.max_compute_invocations_per_workgroup,
    }
}
