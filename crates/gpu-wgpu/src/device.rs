use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytemuck::Pod;

use crate::adapter::{self, Adapter, Kind};
use crate::buffer::{Buffer, Slice};
use crate::bus::Bus;
use crate::error::GpuError;
use crate::kernel::{Binding, Kernel, MOST_GROUPS, Tiling};
use crate::step::{Compiled, Step};
use crate::tuned::Tuned;

/// Dispatches that are handed over at a time: a display's driver stops what runs for seconds ...
const STEPS_AT_A_TIME: usize = 256;
/// ... and what they take at most, about.
const SECONDS_AT_A_TIME: f64 = 0.1;
/// Flops a second of an adapter that was not measured: of a slow one that shares the host's memory.
const LEAST_RATE: f64 = 1e11;

/// An opened adapter: its queue, the kernels compiled so far, and what went over the bus.
///
/// Calls that wait for the device are `async`; where the platform can block, the solvers of this
/// crate do so at their own edge.
pub struct Device {
    device: wgpu::Device,
    queue: wgpu::Queue,
    adapter: Adapter,
    tiling: Tiling,
    tuned: Option<Tuned>,
    bus: Bus,
    fault: Arc<Mutex<Option<Fault>>>,
    compiled: Mutex<HashMap<(&'static str, Tiling), Arc<Compiled>>>,
}

/// What the driver reported, at whatever moment.
enum Fault {
    Lost(String),
    OutOfMemory,
    Call(String),
}

impl core::fmt::Debug for Device {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Device")
            .field("adapter", &self.adapter)
            .finish_non_exhaustive()
    }
}

impl Device {
    /// Opens the adapter of a name, a part of one or a number; none: the first of
    /// [`adapters`](crate::adapters).
    ///
    /// # Errors
    /// [`GpuError::NoAdapter`], [`GpuError::UnknownAdapter`], [`GpuError::Limit`],
    /// [`GpuError::Refused`].
    pub async fn open(asked: Option<&str>) -> Result<Self, GpuError> {
        Self::open_with(asked, None).await
    }

    /// As [`Device::open`], with the kernels' tiles in place of the adapter's own.
    ///
    /// # Errors
    /// As [`Device::open`].
    pub async fn open_with(asked: Option<&str>, tiling: Option<Tiling>) -> Result<Self, GpuError> {
        let found = adapter::choose(asked).await?;
        let adapter = adapter::described(&found);
        let (shared, group) = (u64::from(adapter.shared_limit), adapter.group_limit);
        let tiling = tiling.unwrap_or_else(|| {
            // a wide group pays where many invocations run at once
            let wide = Tiling::of_side(16);
            match adapter.kind != Kind::Software && adapter.has_room_for(wide) {
                true => wide,
                false => Tiling::of_side(8),
            }
        });
        let name = || adapter.name.clone();
        for (what, needed, has) in [
            ("bytes of shared memory", tiling.shared_bytes(), shared),
            (
                "invocations in a group",
                u64::from(tiling.invocations()),
                u64::from(group),
            ),
        ] {
            if has < needed {
                let adapter = name();
                return Err(GpuError::Limit {
                    adapter,
                    what,
                    needed,
                    has,
                });
            }
        }
        // what the adapter has, so that large data need few tiles
        let own = found.limits();
        let required = wgpu::Limits {
            max_storage_buffer_binding_size: own.max_storage_buffer_binding_size,
            max_buffer_size: own.max_buffer_size,
            max_compute_workgroup_storage_size: own.max_compute_workgroup_storage_size,
            max_compute_invocations_per_workgroup: own.max_compute_invocations_per_workgroup,
            max_compute_workgroup_size_x: own.max_compute_workgroup_size_x,
            max_compute_workgroup_size_y: own.max_compute_workgroup_size_y,
            ..wgpu::Limits::downlevel_defaults()
        };
        let descriptor = wgpu::DeviceDescriptor {
            label: Some("gpu-wgpu"),
            required_features: wgpu::Features::empty(),
            required_limits: wgpu::Limits {
                max_storage_buffers_per_shader_stage: 8,
                ..required
            },
            ..Default::default()
        };
        let opened = found.request_device(&descriptor).await;
        let (device, queue) = opened.map_err(|error| GpuError::Refused {
            adapter: name(),
            reason: one_line(&error.to_string()),
        })?;
        let fault: Arc<Mutex<Option<Fault>>> = Arc::default();
        let seen = Arc::clone(&fault);
        device.set_device_lost_callback(move |reason, words| {
            if reason != wgpu::DeviceLostReason::Destroyed {
                note(&seen, Fault::Lost(one_line(&words)));
            }
        });
        let seen = Arc::clone(&fault);
        device.on_uncaptured_error(Arc::new(move |error| {
            let fault = match error {
                wgpu::Error::OutOfMemory { .. } => Fault::OutOfMemory,
                other => Fault::Call(one_line(&other.to_string())),
            };
            note(&seen, fault);
        }));
        Ok(Self {
            device,
            queue,
            adapter,
            tiling,
            tuned: None,
            bus: Bus::default(),
            fault,
            compiled: Mutex::default(),
        })
    }

    /// As [`Device::open`], for a caller that waits.
    ///
    /// # Errors
    /// As [`Device::open`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn open_blocking(asked: Option<&str>) -> Result<Self, GpuError> {
        pollster::block_on(Self::open(asked))
    }

    /// The adapter.
    #[must_use]
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// The tiles of its kernels.
    #[must_use]
    pub fn tiling(&self) -> Tiling {
        self.tiling
    }

    /// What it was measured at, if it was.
    #[must_use]
    pub fn tuned(&self) -> Option<Tuned> {
        self.tuned
    }

    pub(crate) fn set_tiling(&mut self, tiling: Tiling) {
        self.tiling = tiling;
    }

    pub(crate) fn set_tuned(&mut self, tuned: Tuned) {
        self.tiling = tuned.tiling;
        self.tuned = Some(tuned);
    }

    /// Ends the device, as a driver does that is reset: what is asked of it from then on is an error.
    pub fn end(&self) {
        note(&self.fault, Fault::Lost("it was ended".to_owned()));
        self.device.destroy();
    }

    /// What went over the bus so far.
    #[must_use]
    pub fn bus(&self) -> &Bus {
        &self.bus
    }

    /// Refuses an array that is larger than the adapter binds, before anything is taken.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`].
    pub fn check_size(&self, what: &'static str, bytes: u64) -> Result<(), GpuError> {
        let limit = self.adapter.binding_limit.min(self.adapter.buffer_limit);
        match bytes <= limit {
            true => Ok(()),
            false => Err(GpuError::TooLarge {
                adapter: self.adapter.name.clone(),
                what,
                needed: bytes,
                limit,
            }),
        }
    }

    /// An array of zeros.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`], [`GpuError::OutOfMemory`].
    pub fn zeros<T: Pod>(&self, what: &'static str, len: usize) -> Result<Buffer<T>, GpuError> {
        let bytes = (len * size_of::<T>()) as u64;
        self.check_size(what, bytes)?;
        let raw = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(what),
            // an empty array cannot be bound
            size: bytes.next_multiple_of(16).max(16),
            usage: wgpu::BufferUsages::STORAGE
                | wgpu::BufferUsages::COPY_SRC
                | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.bus.hold(bytes);
        self.sound()?;
        Ok(Buffer::new(raw, len))
    }

    /// An array with contents.
    ///
    /// # Errors
    /// [`GpuError::TooLarge`], [`GpuError::OutOfMemory`].
    pub fn upload<T: Pod>(&self, what: &'static str, values: &[T]) -> Result<Buffer<T>, GpuError> {
        let buffer = self.zeros(what, values.len())?;
        self.write(&buffer, 0, values);
        Ok(buffer)
    }

    /// Writes numbers into an array, from the `at`-th on.
    ///
    /// # Panics
    /// If they reach past its end.
    pub fn write<T: Pod>(&self, buffer: &Buffer<T>, at: usize, values: &[T]) {
        assert!(at + values.len() <= buffer.len(), "numbers past the end");
        if values.is_empty() {
            return;
        }
        let bytes: &[u8] = bytemuck::cast_slice(values);
        self.bus.up(bytes.len() as u64);
        let at = (at * size_of::<T>()) as u64;
        self.queue.write_buffer(buffer.raw().buffer(), at, bytes);
    }

    /// Copies one array over another of the same length, on the device.
    ///
    /// # Panics
    /// If the lengths differ.
    pub fn copy<T: Pod>(&self, from: &Buffer<T>, to: &Buffer<T>) {
        assert_eq!(from.len(), to.len(), "arrays of one length");
        let mut encoder = self.device.create_command_encoder(&Default::default());
        let bytes = from.bytes().next_multiple_of(16).max(16);
        encoder.copy_buffer_to_buffer(from.raw().buffer(), 0, to.raw().buffer(), 0, bytes);
        self.queue.submit([encoder.finish()]);
    }

    /// Compiles a kernel, once.
    pub(crate) fn compiled(&self, kernel: &'static Kernel) -> Arc<Compiled> {
        let mut known = lock(&self.compiled);
        let made = known.entry((kernel.name, self.tiling)).or_insert_with(|| {
            let source = kernel.source(self.tiling);
            let module = self
                .device
                .create_shader_module(wgpu::ShaderModuleDescriptor {
                    label: Some(kernel.name),
                    source: wgpu::ShaderSource::Wgsl(source.into()),
                });
            let entries: Vec<wgpu::BindGroupLayoutEntry> = (0..)
                .zip(kernel.bindings)
                .map(|(binding, kind)| wgpu::BindGroupLayoutEntry {
                    binding,
                    visibility: wgpu::ShaderStages::COMPUTE,
                    ty: wgpu::BindingType::Buffer {
                        ty: match kind {
                            Binding::Params => wgpu::BufferBindingType::Uniform,
                            Binding::Read => wgpu::BufferBindingType::Storage { read_only: true },
                            Binding::Write => wgpu::BufferBindingType::Storage { read_only: false },
                        },
                        has_dynamic_offset: false,
                        min_binding_size: None,
                    },
                    count: None,
                })
                .collect();
            let layout = self
                .device
                .create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
                    label: Some(kernel.name),
                    entries: &entries,
                });
            let pipelines = self
                .device
                .create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
                    label: Some(kernel.name),
                    bind_group_layouts: &[Some(&layout)],
                    ..Default::default()
                });
            let pipeline = self
                .device
                .create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
                    label: Some(kernel.name),
                    layout: Some(&pipelines),
                    module: &module,
                    entry_point: Some("main"),
                    compilation_options: wgpu::PipelineCompilationOptions {
                        // every kernel fills what it reads
                        zero_initialize_workgroup_memory: false,
                        ..Default::default()
                    },
                    cache: None,
                });
            Arc::new(Compiled { pipeline, layout })
        });
        Arc::clone(made)
    }

    /// Compiles kernels and says how many there are.
    ///
    /// # Errors
    /// [`GpuError::Call`] that names those which were refused, with the reasons.
    pub(crate) async fn compile(&self, all: &[&'static Kernel]) -> Result<usize, GpuError> {
        let mut refused = Vec::new();
        for kernel in all {
            let scope = self.device.push_error_scope(wgpu::ErrorFilter::Validation);
            self.compiled(kernel);
            let popped = scope.pop();
            if let Some(error) = popped.await {
                lock(&self.compiled).remove(&(kernel.name, self.tiling));
                let reason = one_line(&error.to_string());
                refused.push(format!("{}: {reason}", kernel.name));
            }
        }
        self.sound()?;
        match refused.is_empty() {
            true => Ok(all.len()),
            false => Err(self.named(&Fault::Call(refused.join("; ")))),
        }
    }

    /// Joins a kernel, its parameters, its arrays in the order of its bindings, and how many groups
    /// run.
    ///
    /// # Errors
    /// [`GpuError::Count`] for more groups than a dispatch has, [`GpuError::Call`].
    pub(crate) fn step(
        &self,
        kernel: &'static Kernel,
        params: &impl Pod,
        arrays: &[Slice<'_>],
        groups: [usize; 3],
    ) -> Result<Step, GpuError> {
        let mut counts = [0; 3];
        for (count, got) in counts.iter_mut().zip(groups) {
            *count = match u32::try_from(got) {
                Ok(count) if got <= MOST_GROUPS => count,
                _ => {
                    let what = "groups of a kernel";
                    let limit = MOST_GROUPS;
                    return Err(GpuError::Count { what, got, limit });
                }
            };
        }
        let compiled = self.compiled(kernel);
        let bytes = bytemuck::bytes_of(params);
        // every field is a number of 32 bits
        assert_eq!(
            bytes.len(),
            4 * kernel.fields.len(),
            "parameters of the kernel"
        );
        let uniform = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some(kernel.name),
            size: (bytes.len() as u64).next_multiple_of(16),
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        self.queue.write_buffer(&uniform, 0, bytes);
        self.bus.up(bytes.len() as u64);
        let bound = core::iter::once(Slice::whole(&uniform)).chain(arrays.iter().copied());
        let entries: Vec<wgpu::BindGroupEntry<'_>> = (0..)
            .zip(bound)
            .map(|(binding, slice)| wgpu::BindGroupEntry {
                binding,
                resource: slice.binding(),
            })
            .collect();
        let group = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(kernel.name),
            layout: &compiled.layout,
            entries: &entries,
        });
        self.sound()?;
        Ok(Step {
            compiled,
            group,
            counts,
            work: 0.0,
        })
    }

    /// Runs steps in their order, `times` times over.
    ///
    /// # Errors
    /// [`GpuError::Lost`], [`GpuError::Call`].
    pub(crate) fn run(&self, steps: &[&Step], times: usize) -> Result<(), GpuError> {
        let all: Vec<&&Step> = steps
            .iter()
            .filter(|step| step.counts.iter().all(|count| *count > 0))
            .collect();
        let (mut pending, mut encoder) = (0, None);
        let (mut work, most) = (0.0, self.work_at_a_time());
        for step in (0..times).flat_map(|_| all.iter()) {
            let open = encoder.get_or_insert_with(|| {
                let mut encoder = self.device.create_command_encoder(&Default::default());
                let pass = encoder.begin_compute_pass(&Default::default());
                (pass.forget_lifetime(), encoder)
            });
            open.0.set_pipeline(&step.compiled.pipeline);
            open.0.set_bind_group(0, &step.group, &[]);
            let [x, y, z] = step.counts;
            open.0.dispatch_workgroups(x, y, z);
            pending += 1;
            work += step.work;
            if pending == STEPS_AT_A_TIME || work >= most {
                self.submit(encoder.take());
                (pending, work) = (0, 0.0);
            }
        }
        self.submit(encoder);
        self.sound()
    }

    /// Flops that are handed over at a time.
    fn work_at_a_time(&self) -> f64 {
        let rate = self.tuned.map_or(LEAST_RATE, |tuned| tuned.flops);
        rate * SECONDS_AT_A_TIME
    }

    fn submit(&self, open: Option<(wgpu::ComputePass<'static>, wgpu::CommandEncoder)>) {
        if let Some((pass, encoder)) = open {
            drop(pass);
            self.queue.submit([encoder.finish()]);
        }
    }

    /// The numbers of an array, once all that was asked before is done.
    ///
    /// # Errors
    /// [`GpuError::Lost`], [`GpuError::Call`].
    pub async fn read<T: Pod>(&self, buffer: &Buffer<T>) -> Result<Vec<T>, GpuError> {
        self.read_first(buffer, buffer.len()).await
    }

    /// The first numbers of an array.
    ///
    /// # Errors
    /// As [`Device::read`].
    ///
    /// # Panics
    /// If it has fewer.
    pub async fn read_first<T: Pod>(
        &self,
        buffer: &Buffer<T>,
        count: usize,
    ) -> Result<Vec<T>, GpuError> {
        assert!(count <= buffer.len(), "numbers past the end");
        if count == 0 {
            return Ok(Vec::new());
        }
        let bytes = (count * size_of::<T>()) as u64;
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read"),
            size: bytes,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(buffer.raw().buffer(), 0, &staging, 0, bytes);
        self.queue.submit([encoder.finish()]);
        let mapped = crate::mapped::Mapped::new(&staging);
        #[cfg(not(target_arch = "wasm32"))]
        if let Err(error) = self.device.poll(wgpu::PollType::wait_indefinitely()) {
            note(&self.fault, Fault::Lost(one_line(&error.to_string())));
        }
        self.sound()?;
        let is_mapped = mapped.await;
        // a browser says only now what it refused before
        self.sound()?;
        if !is_mapped {
            return Err(self.named(&Fault::Lost("its memory cannot be read".to_owned())));
        }
        let values = match staging.get_mapped_range(..) {
            Ok(view) => bytemuck::pod_collect_to_vec(&view[..]),
            Err(error) => return Err(self.named(&Fault::Call(one_line(&error.to_string())))),
        };
        staging.unmap();
        self.bus.down(bytes);
        Ok(values)
    }

    /// What the driver has reported since.
    pub(crate) fn sound(&self) -> Result<(), GpuError> {
        match &*lock(&self.fault) {
            None => Ok(()),
            Some(fault) => Err(self.named(fault)),
        }
    }

    fn named(&self, fault: &Fault) -> GpuError {
        let adapter = self.adapter.name.clone();
        match fault {
            Fault::Lost(reason) => GpuError::Lost {
                adapter,
                reason: reason.clone(),
            },
            Fault::OutOfMemory => GpuError::OutOfMemory {
                adapter,
                held: self.bus.held(),
            },
            Fault::Call(reason) => GpuError::Call {
                adapter,
                reason: reason.clone(),
            },
        }
    }
}

/// The first fault stands: later ones follow from it.
fn note(fault: &Mutex<Option<Fault>>, new: Fault) {
    lock(fault).get_or_insert(new);
}

/// A thread that panicked leaves nothing half done in what is locked here.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn one_line(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ")
}
