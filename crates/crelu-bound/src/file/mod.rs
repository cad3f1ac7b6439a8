//! The bytes of a certificate, and the layout that they share with other files of numbers.

mod certificate;
mod error;
mod kind;
mod tensors;

pub use certificate::{CertificateFile, CertificateUnits, fingerprint, verify_bytes};
pub use error::{CertificateError, FileError};
pub use kind::FileKind;
pub use tensors::{Tensor, encode, open, tensor};
