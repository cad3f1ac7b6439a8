//! crelu-model
