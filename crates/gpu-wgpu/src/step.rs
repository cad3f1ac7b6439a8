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
    /// Flops, where they count.
    pub(crate) work: f64,
}

impl Step {
    /// The same, with its flops: `2 rows rank columns`.
    pub(crate) fn of_product(mut self, rows: usize, rank: usize, columns: usize) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "sizes far below 2^53")]
        let [rows, rank, columns] = [rows, rank, columns].map(|size| size as f64);
        self.work = 2.0 * rows * rank * columns;
        self
    }
}
