//! Which runs are under way, between processes that share a folder of results.
//!
//! A claim is a lock of the operating system on a file: it ends with its process, however that ends, so no claim is ever
//! stale and no clock is asked. Where a filesystem has no locks, claims always succeed: a run may then be done twice,
//! which costs time and nothing else.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A run that is this process's to do; given back when dropped.
pub struct Claim {
    path: PathBuf,
    file: Option<File>,
}

/// Most claims that are swept at a time: the next sweep takes what is left.
const SWEPT: usize = 100_000;

impl Claim {
    /// The claim of a run in `folder`, or nothing if another process has it.
    pub fn take(folder: &Path, id: &str) -> Option<Claim> {
        let path = folder.join(id);
        let free = |path| Some(Claim { path, file: None });
        // A link would make a file elsewhere, and a pipe would never open.
        if fs::symlink_metadata(&path).is_ok_and(|it| !it.is_file()) {
            return free(path);
        }
        // A file that its holder removed between our opening and locking it is a claim on nothing, and the folder may be
        // removed between our making and using it: try again.
        for _ in 0..100 {
            let open = || OpenOptions::new().create(true).truncate(false).write(true).open(&path);
            let file = match fs::create_dir_all(folder).and_then(|()| open()) {
                Ok(file) => file,
                Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::AlreadyExists) => continue,
                Err(_) => return free(path),
            };
            match file.try_lock() {
                Ok(()) if crate::store::is_gone(&file) => {}
                Ok(()) => return Some(Claim { path, file: Some(file) }),
                Err(TryLockError::WouldBlock) => return None,
                Err(TryLockError::Error(_)) => return free(path),
            }
        }
        None
    }

    /// Removes what killed processes left in a folder of claims, and the folder if nothing is claimed.
    pub fn sweep(folder: &Path) {
        Claim::sweep_some(folder, SWEPT);
    }

    fn sweep_some(folder: &Path, most: usize) {
        for entry in folder.read_dir().into_iter().flatten().flatten().take(most) {
            drop(entry.file_name().to_str().and_then(|id| Claim::take(folder, id)));
        }
        let _ = fs::remove_dir(folder);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        // Removed while it is still locked; see `take`.
        if self.file.is_some() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_claimed_once_at_a_time_and_leaves_nothing_behind() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = place.path().join("claims");
        let first = Claim::take(&folder, "a").expect("it is free");
        assert!(Claim::take(&folder, "a").is_none(), "another has it");
        assert!(Claim::take(&folder, "b").is_some(), "another run is free");
        drop(first);
        assert!(Claim::take(&folder, "a").is_some(), "it was given back");
        fs::write(folder.join("left"), "").expect("what a kill leaves");
        Claim::sweep(&folder);
        assert!(!folder.exists());
    }

    #[test]
    fn of_a_folder_with_very_many_claims_some_are_swept_at_a_time() {
        let place = tempfile::tempdir().expect("a folder");
        for i in 0..10 {
            fs::write(place.path().join(i.to_string()), "").expect("what a kill leaves");
        }
        Claim::sweep_some(place.path(), 7);
        assert_eq!(place.path().read_dir().expect("it is there").count(), 3);
        Claim::sweep_some(place.path(), 7);
        assert!(!place.path().exists());
    }

    #[test]
    fn of_many_threads_that_want_a_run_exactly_one_has_it_at_any_time() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let place = tempfile::tempdir().expect("a folder");
        let (inside, taken) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let folder = place.path().join("claims");
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..400 {
                        let Some(claim) = Claim::take(&folder, "a") else { continue };
                        assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                        taken.fetch_add(1, Ordering::SeqCst);
                        inside.fetch_sub(1, Ordering::SeqCst);
                        drop(claim);
                        Claim::sweep(&folder);
                    }
                });
            }
        });
        assert!(taken.into_inner() > 0);
    }
}
