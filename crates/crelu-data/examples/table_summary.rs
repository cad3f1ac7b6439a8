//! Prints what is in a data file: `cargo run -p crelu-data --example table_summary -- FILE [TARGET]`.
//! Without a file it writes a small one and reads that.

use std::path::PathBuf;

use crelu_data::{ReadOptions, read, write_atomic};

const SAMPLE: &[u8] = b"length,width,kind\n5.1,3.5,setosa\n7.0,3.2,versicolor\n6.3,3.3,virginica\n";

#[expect(clippy::print_stdout, reason = "an example shows its result")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let given = arguments.next().map(PathBuf::from);
    let options = ReadOptions {
        target: arguments.next(),
        ..ReadOptions::default()
    };

    let folder = tempfile::tempdir()?;
    let path = match given {
        Some(path) => path,
        None => {
            let path = folder.path().join("sample.csv");
            write_atomic(&path, SAMPLE)?;
            path
        }
    };
    let table = read(&path, &options)?;
    println!("{} samples, {} features", table.n_samples, table.n_features);
    if let Some(names) = &table.feature_names {
        println!("features: {}", names.join(", "));
    }
    let target = table.target_name.as_deref().unwrap_or("target");
    match table.target.as_ref().map(|it| (&it.values, &it.text)) {
        Some((Some(values), _)) => {
            println!(
                "{target}: numbers, mean {}",
                values.iter().sum::<f64>() / values.len() as f64
            );
        }
        Some((None, labels)) => {
            let mut distinct: Vec<&String> = labels.iter().collect();
            distinct.sort();
            distinct.dedup();
            println!("{target}: {} distinct labels", distinct.len());
        }
        None => println!("no target"),
    }
    Ok(())
}
