use crelu_core::Backend;
use gpu_wgpu::GpuError;
use linalg_core::Control;

use crelu_global::engine::{Batch, Ends, Evaluate, HostRows, RowEngine, RowProblem};

/// The host's passes over the rows in place of an adapter's that could not take them; the report says so.
#[derive(Debug)]
pub(crate) struct RowsWithout {
    note: String,
}

impl RowsWithout {
    /// What the adapter said.
    pub(crate) fn new(error: &GpuError) -> Self {
        Self {
            note: format!("{error}: searches and slides went on without it"),
        }
    }
}

impl RowEngine for RowsWithout {
    fn ascend(&self, problem: &RowProblem, batch: &Batch<'_>, control: &Control<'_>) -> Ends {
        HostRows.ascend(problem, batch, control)
    }

    fn balanced<'p>(&'p self, problem: &'p RowProblem, m: usize) -> Box<dyn Evaluate + 'p> {
        HostRows.balanced(problem, m)
    }

    fn backend(&self) -> Backend {
        Backend::Faer
    }

    fn note(&self) -> Option<String> {
        Some(self.note.clone())
    }
}
