//! The measurements that the README names, as it types them.

#[cfg(test)]
mod readme;
