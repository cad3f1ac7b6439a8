//! The program, run as a user runs it.

use std::process::Command;

#[test]
fn outside_every_part_holds() {
    let out = Command::new(env!("CARGO_BIN_EXE_outside")).output();
    let out = out.expect("it starts");
    let (told, said) = (out.stdout, String::from_utf8_lossy(&out.stderr));
    let told = String::from_utf8_lossy(&told);
    assert!(out.status.success(), "{told}{said}");
    let held = told.lines().filter(|line| line.ends_with(": ok"));
    assert_eq!(held.count(), 6, "{told}");
}
