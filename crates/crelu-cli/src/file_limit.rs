//! A limit on the size of files (`ulimit -f`) is an error of the write that meets it.

/// Lets a write beyond the limit fail with a reason. By default the signal SIGXFSZ ends the program there
/// and then, and leaves the temporary file that was being written.
pub(crate) fn make_an_error() {
    #[cfg(unix)]
    {
        use std::sync::Arc;
        use std::sync::atomic::AtomicBool;
        // what the signal would tell, the write tells, too: nobody reads the flag
        let unread = Arc::new(AtomicBool::new(false));
        // without the handler the program works as well, but for that file
        signal_hook::flag::register(signal_hook::consts::SIGXFSZ, unread).ok();
    }
}
