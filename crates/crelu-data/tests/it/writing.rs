//! Files are written whole or not at all.

use std::fs;

use crelu_data::{check_writable, write_all_atomic, write_atomic};

use crate::files::Folder;

fn names(folder: &Folder) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn write_atomic_new_file_holds_the_bytes_alone() {
    let folder = Folder::new();
    let path = folder.path().join("m.out");
    check_writable(&path).unwrap();
    assert!(names(&folder).is_empty());
    write_atomic(&path, b"content").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"content");
    assert_eq!(names(&folder), ["m.out"]);
}

#[test]
fn write_atomic_existing_file_is_replaced() {
    let folder = Folder::new();
    let path = folder.put("m.out", "as before, and longer");
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    check_writable(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"as before, and longer");
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    write_atomic(&path, b"new").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"new");
    assert_eq!(names(&folder), ["m.out"]);
}

#[test]
fn write_atomic_impossible_path_names_it_and_leaves_nothing() {
    let folder = Folder::new();
    let file = folder.put("good.csv", "as before");
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    for (path, says) in [
        (folder.path().join("folder.csv"), "folder.csv"),
        (file.join("m.safetensors"), "m.safetensors"),
        (file.join("deep").join("m.safetensors"), "m.safetensors"),
        (folder.path().join("nowhere").join("m.out"), "m.out"),
        (folder.path().join("new/"), "new"),
        (folder.path().join(".."), ".."),
        (folder.path().join("x".repeat(300)), "xxx"),
    ] {
        let errors = [check_writable(&path).err(), write_atomic(&path, b"x").err()];
        for error in errors {
            let line = error
                .unwrap_or_else(|| panic!("{} was accepted", path.display()))
                .to_string();
            assert!(line.contains(says) && !line.contains('\n'), "{line}");
        }
        assert_eq!(names(&folder), ["folder.csv", "good.csv"]);
        assert_eq!(fs::read(&file).unwrap(), b"as before");
    }
}

#[cfg(unix)]
#[test]
fn write_atomic_link_and_permissions_are_kept() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = Folder::new();
    let file = folder.put("file", "as before");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let link = folder.path().join("link");
    symlink(&file, &link).unwrap();
    write_atomic(&link, b"new").unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&file).unwrap(), b"new");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(names(&folder), ["file", "link"]);
}

#[cfg(unix)]
#[test]
fn write_atomic_device_stays_a_device() {
    let path = std::path::Path::new("/dev/null");
    check_writable(path).unwrap();
    write_atomic(path, b"gone").unwrap();
    assert!(!fs::metadata(path).unwrap().is_file());
}

#[test]
fn write_atomic_many_at_once_leave_one_whole_file() {
    let folder = Folder::new();
    let path = folder.path().join("m.out");
    std::thread::scope(|scope| {
        for byte in 0..8_u8 {
            let path = &path;
            scope.spawn(move || write_atomic(path, &vec![byte; 10_000]).unwrap());
        }
    });
    let bytes = fs::read(&path).unwrap();
    assert!(bytes.len() == 10_000 && bytes.iter().all(|&byte| byte == bytes[0]));
    assert_eq!(names(&folder), ["m.out"]);
}

#[test]
fn write_all_atomic_second_path_impossible_leaves_the_first_as_it_was() {
    let folder = Folder::new();
    let first = folder.put("model", "as before");
    let second = folder.path().join("nowhere").join("report");
    let error = write_all_atomic(&[(&first, b"new"), (&second, b"new")]).unwrap_err();
    assert!(error.to_string().contains("report"), "{error}");
    assert_eq!(fs::read(&first).unwrap(), b"as before");
    assert_eq!(names(&folder), ["model"]);

    let third = folder.path().join("plot");
    write_all_atomic(&[(&first, b"new"), (&third, b"third")]).unwrap();
    assert_eq!(fs::read(&first).unwrap(), b"new");
    assert_eq!(fs::read(&third).unwrap(), b"third");
    assert_eq!(names(&folder), ["model", "plot"]);
}

#[cfg(target_os = "linux")]
#[test]
fn write_all_atomic_to_a_device_that_is_full_leaves_no_file() {
    let folder = Folder::new();
    let old = folder.put("old", "as before");
    let (new, full) = (folder.path().join("new"), std::path::Path::new("/dev/full"));
    let files: [(&std::path::Path, &[u8]); 3] = [(&new, b"new"), (&old, b"new"), (full, b"new")];
    let line = write_all_atomic(&files).unwrap_err().to_string();
    assert!(line.starts_with("/dev/full: "), "{line}");
    assert_eq!(names(&folder), ["old"]);
    assert_eq!(fs::read(&old).unwrap(), b"as before");
}
