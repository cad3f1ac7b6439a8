use std::sync::Arc;

/// A kernel as the driver has made it.
pub(crate) struct Compiled {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
}

/// A kernel with its arrays, ready to run.
#[derive(Clone)]
pub(crate) struct Step {
    pub(crate) compiled: Arc<Compiled>,
    pub(crate) group: wgpu::BindGroup,
    pub(crate) counts: [u32; 3],
}
