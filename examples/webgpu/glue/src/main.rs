//! `glue MODULE FOLDER`: writes `NAME.js` and `NAME_bg.wasm`, which a page loads, into the folder.
#![allow(
    clippy::print_stderr,
    reason = "a command-line program speaks through its standard streams"
)]

use std::process::ExitCode;

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let mut words = std::env::args_os().skip(1);
    let (Some(module), Some(folder)) = (words.next(), words.next()) else {
        eprintln!("glue: MODULE and FOLDER are wanted");
        return ExitCode::FAILURE;
    };
    let mut bindgen = Bindgen::new();
    let page = bindgen.input_path(module).typescript(false).web(true);
    match page.and_then(|page| page.generate(folder)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("glue: {error:#}");
            ExitCode::FAILURE
        }
    }
}
