//! Writing a file all or not at all.

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::DataError;

/// Writes `bytes` to `path`: into a temporary file beside it, which then takes its name, so that a reader
/// sees the old content or the new, and a failure leaves the old. A link is followed; an existing file's
/// permissions are kept; a device or pipe is written directly.
///
/// # Errors
/// [`DataError`] names `path`: a folder, below something that is not a folder, in a folder that is not
/// there or not writable, a read-only file, a full disk. The temporary file is then removed.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), DataError> {
    write_all_atomic(&[(path, bytes)])
}

/// Writes several files as [`write_atomic`] does: all are written in full beside their targets before
/// the first takes its name, so that a full disk or a folder that has gone leaves every old file.
///
/// # Errors
/// Those of [`write_atomic`], for the first path that fails.
pub fn write_all_atomic(files: &[(&Path, &[u8])]) -> Result<(), DataError> {
    let mut whole = Vec::with_capacity(files.len());
    for &(path, bytes) in files {
        let io = |source| DataError::Io {
            path: path.to_owned(),
            source,
        };
        if let Destination::File {
            target,
            permissions,
        } = destination(path)?
        {
            let (mut file, temporary) = Temporary::create(&target).map_err(io)?;
            file.write_all(bytes).map_err(io)?;
            if let Some(permissions) = permissions {
                file.set_permissions(permissions).map_err(io)?;
            }
            file.sync_all().map_err(io)?;
            whole.push(Some((temporary, target)));
        } else {
            whole.push(None);
        }
    }
    let io = |path: &Path, source| DataError::Io {
        path: path.to_owned(),
        source,
    };
    // a device or pipe may fail yet, and cannot be taken back
    for (&(path, bytes), _) in (files.iter().zip(&whole)).filter(|(_, whole)| whole.is_none()) {
        let stream = OpenOptions::new().write(true).open(path);
        stream
            .and_then(|mut stream| stream.write_all(bytes).and_then(|()| stream.flush()))
            .map_err(|error| io(path, error))?;
    }
    for (&(path, _), whole) in files.iter().zip(whole) {
        if let Some((temporary, target)) = whole {
            temporary
                .rename_to(&target)
                .map_err(|error| io(path, error))?;
            sync_folder(&target);
        }
    }
    Ok(())
}

/// Whether [`write_atomic`] could write to `path`, to be asked before a long run. Leaves nothing behind
/// and an existing file as it is.
///
/// # Errors
/// Those of [`write_atomic`], but a full disk.
pub fn check_writable(path: &Path) -> Result<(), DataError> {
    let io = |source| DataError::Io {
        path: path.to_owned(),
        source,
    };
    match destination(path)? {
        Destination::Stream => Ok(()),
        // Dropping the temporary file removes it.
        Destination::File { target, .. } => Temporary::create(&target).map(drop).map_err(io),
    }
}

enum Destination {
    /// A device or pipe: there is nothing to replace.
    Stream,
    /// A file, links resolved, with the permissions of the one that is there.
    File {
        target: PathBuf,
        permissions: Option<Permissions>,
    },
}

fn destination(path: &Path) -> Result<Destination, DataError> {
    let io = |source| DataError::Io {
        path: path.to_owned(),
        source,
    };
    let ends_as_folder = path
        .as_os_str()
        .to_string_lossy()
        .ends_with(std::path::is_separator);
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => Err(DataError::Folder {
            path: path.to_owned(),
        }),
        // What stands behind /dev/stdout may be a file, but is not ours to replace.
        Ok(metadata) if !metadata.is_file() || path.starts_with("/dev") => Ok(Destination::Stream),
        Ok(metadata) => {
            OpenOptions::new().write(true).open(path).map_err(io)?;
            let target = fs::canonicalize(path).map_err(io)?;
            Ok(Destination::File {
                target,
                permissions: Some(metadata.permissions()),
            })
        }
        Err(_) if ends_as_folder || path.file_name().is_none() => Err(DataError::Folder {
            path: path.to_owned(),
        }),
        Err(error) => {
            let parent = folder_of(path);
            match fs::metadata(&parent) {
                Ok(metadata) if metadata.is_dir() => {}
                Ok(_) => {
                    return Err(DataError::ParentNotFolder {
                        path: path.to_owned(),
                        parent,
                    });
                }
                Err(_) => {
                    let obstacle = parent.ancestors().find(|ancestor| {
                        fs::metadata(ancestor).is_ok_and(|metadata| !metadata.is_dir())
                    });
                    return Err(match obstacle {
                        Some(obstacle) => DataError::ParentNotFolder {
                            path: path.to_owned(),
                            parent: obstacle.to_owned(),
                        },
                        None => DataError::ParentMissing {
                            path: path.to_owned(),
                            parent,
                        },
                    });
                }
            }
            match error.kind() {
                // A link to nowhere is replaced like any name that is free.
                io::ErrorKind::NotFound => Ok(Destination::File {
                    target: path.to_owned(),
                    permissions: None,
                }),
                _ => Err(io(error)),
            }
        }
    }
}

fn folder_of(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The temporary files that are there now.
static TEMPORARIES: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());

fn temporaries() -> MutexGuard<'static, Vec<PathBuf>> {
    TEMPORARIES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the temporary files of writes that are under way, for a program that ends at once: those
/// writes fail, and what stood under their names stays.
///
/// A write that begins after it is not stopped: the program ends next.
pub fn remove_temporaries() {
    for path in temporaries().drain(..) {
        // nothing is left to be done about a failure
        fs::remove_file(path).ok();
    }
}

/// A file with a name of its own; removed when dropped before it has got its final name.
struct Temporary {
    path: Option<PathBuf>,
}

impl Temporary {
    fn create(target: &Path) -> io::Result<(File, Self)> {
        static COUNTER: AtomicU64 = AtomicU64::new(0);
        const TRIES: usize = 100;
        let mut last = io::Error::from(io::ErrorKind::AlreadyExists);
        for _ in 0..TRIES {
            // The target's name is left out: with it the name could become too long.
            let mut name = OsString::from(".crelu-");
            name.push(format!(
                "{}-{}.tmp",
                std::process::id(),
                COUNTER.fetch_add(1, Ordering::Relaxed)
            ));
            let path = folder_of(target).join(name);
            let mut known = temporaries();
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    known.push(path.clone());
                    return Ok((file, Self { path: Some(path) }));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => last = error,
                Err(error) => return Err(error),
            }
        }
        Err(last)
    }

    fn rename_to(mut self, target: &Path) -> io::Result<()> {
        if let Some(path) = &self.path {
            let mut known = temporaries();
            fs::rename(path, target)?;
            known.retain(|other| other != path);
        }
        self.path = None;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let mut known = temporaries();
            // Nothing is left to be done about a failure; the error that led here is reported.
            fs::remove_file(path).ok();
            known.retain(|other| other != path);
        }
    }
}

/// Makes the new name last through a power cut, where folders can be synchronised.
fn sync_folder(target: &Path) {
    if let Ok(folder) = File::open(folder_of(target)) {
        folder.sync_all().ok();
    }
}
