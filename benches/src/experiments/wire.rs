//! A programme from process to process, through a pipe: sizes, then the numbers as they lie.

use std::io::{Read, Write};

use crelu_model::programme::{Activation, Programme};
use faer::{Mat, MatRef};
use linalg_core::Masks;

/// Sends a programme.
pub(crate) fn send(programme: &Programme, out: &mut dyn Write) -> Result<(), String> {
    let failed = |e: std::io::Error| e.to_string();
    let masks = programme.masks();
    let sizes = [
        programme.rank(),
        programme.n_samples(),
        masks.n_blocks(),
        usize::from(programme.activation() == Activation::Relu),
    ];
    for size in sizes {
        out.write_all(&(size as u64).to_le_bytes())
            .map_err(failed)?;
    }
    out.write_all(&programme.beta_sum().to_le_bytes())
        .map_err(failed)?;
    for matrix in [programme.data(), programme.gates()] {
        for column in matrix.col_iter() {
            let bytes: Vec<u8> = column.iter().flat_map(|x| x.to_le_bytes()).collect();
            out.write_all(&bytes).map_err(failed)?;
        }
    }
    let target = programme.target().iter();
    let bytes: Vec<u8> = target.flat_map(|y| y.to_le_bytes()).collect();
    out.write_all(&bytes).map_err(failed)?;
    for block in 0..masks.n_blocks() {
        out.write_all(masks.column(block)).map_err(failed)?;
    }
    out.flush().map_err(failed)
}

/// Receives a programme.
pub(crate) fn receive(source: &mut dyn Read) -> Result<Programme, String> {
    let sizes = numbers(source, 4)?.into_iter().map(u64::from_le_bytes);
    let sizes: Result<Vec<usize>, _> = sizes.map(usize::try_from).collect();
    let sizes = sizes.map_err(|e| e.to_string())?;
    let [rank, n, patterns, relu] = sizes[..] else {
        return Err("sizes: four numbers".to_owned());
    };
    let beta = floats(source, 1)?[0];
    let data = matrix(rank, n, &floats(source, rank * n)?);
    let gates = matrix(rank, patterns, &floats(source, rank * patterns)?);
    let target = floats(source, n)?;
    let mut bytes = vec![0; n * patterns];
    source.read_exact(&mut bytes).map_err(|e| e.to_string())?;
    let masks = Masks::from_columns(n, bytes).map_err(|e| e.to_string())?;
    let activation = match relu {
        0 => Activation::Gated,
        _ => Activation::Relu,
    };
    Programme::new(data, masks, gates, target, beta, activation).map_err(|e| e.to_string())
}

fn matrix(rows: usize, cols: usize, values: &[f64]) -> Mat<f64> {
    MatRef::from_column_major_slice(values, rows, cols).to_owned()
}

fn numbers(source: &mut dyn Read, count: usize) -> Result<Vec<[u8; 8]>, String> {
    let mut bytes = vec![0; 8 * count];
    source.read_exact(&mut bytes).map_err(|e| e.to_string())?;
    let (words, _) = bytes.as_chunks::<8>();
    Ok(words.to_vec())
}

fn floats(source: &mut dyn Read, count: usize) -> Result<Vec<f64>, String> {
    let words = numbers(source, count)?.into_iter();
    Ok(words.map(f64::from_le_bytes).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::convergence::programme;
    use crate::sets::teacher;

    #[test]
    fn receive_what_was_sent_is_the_same_programme() {
        for activation in [Activation::Relu, Activation::Gated] {
            let sent = programme(&teacher("t", 40, 7, 3), 5, 0.1, activation).unwrap();
            let mut bytes = Vec::new();
            send(&sent, &mut bytes).unwrap();
            let received = receive(&mut &bytes[..]).unwrap();
            assert_eq!(received.data(), sent.data());
            assert_eq!(received.gates(), sent.gates());
            assert_eq!(received.masks(), sent.masks());
            assert_eq!(received.target(), sent.target());
            assert_eq!(received.beta_sum(), sent.beta_sum());
            assert_eq!(received.activation(), sent.activation());
            assert!(receive(&mut &bytes[..bytes.len() - 1]).is_err());
        }
    }
}
