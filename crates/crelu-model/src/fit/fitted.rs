use crelu_bound::CertificateFile;

use crate::model::Model;
use crate::report::Report;

/// A trained model and what is known about it.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The model.
    pub model: Model,
    /// The report.
    pub report: Report,
    /// The certificate of the report's proven bound, for the rows in the order given.
    pub certificate: Option<CertificateFile>,
}

impl Fit {
    /// A fit of the rows `kept` as one of all of them.
    pub(crate) fn rows_of_all(mut self, kept: &[usize]) -> Self {
        let rows = self.certificate.iter_mut().flat_map(|c| &mut c.rows);
        for row in rows {
            *row = kept.get(*row).copied().unwrap_or(*row);
        }
        self
    }
}
