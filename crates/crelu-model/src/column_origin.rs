use serde::{Deserialize, Serialize};

/// Where a column stood in the training data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ColumnOrigin {
    /// Its name, if it had one.
    pub name: Option<String>,
    /// Its place among the columns, from 0.
    pub index: usize,
}
