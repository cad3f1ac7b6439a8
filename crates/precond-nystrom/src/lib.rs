//! Preconditioners for symmetric positive definite operators given by their products.
