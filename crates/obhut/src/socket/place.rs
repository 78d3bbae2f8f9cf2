//! Where the socket lies. An address of a socket holds about a hundred bytes, a path may be longer: then the folder is named by its number
//! among the process's open files.
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The socket's name in the data folder.
const NAME: &str = "obhut.sock";
/// Longest path that fits into an address everywhere.
const MAX_PATH_BYTES: usize = 100;

/// The socket of a data folder.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// Connects to the server that holds the folder.
pub(super) fn connect(folder: &Path) -> io::Result<UnixStream> {
    short(folder, |path| UnixStream::connect(path))
}

/// Listens in the folder. What an earlier server left behind goes: whoever calls this holds the folder's lock.
pub(super) fn listen(folder: &Path) -> io::Result<UnixListener> {
    use std::os::unix::fs::PermissionsExt;
    let path = path(folder);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = short(folder, |path| UnixListener::bind(path))?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

fn short<T>(folder: &Path, work: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let whole = path(folder);
    if whole.as_os_str().len() <= MAX_PATH_BYTES {
        return work(&whole);
    }
    let open = File::open(folder)?;
    work(&Path::new("/proc/self/fd").join(open.as_raw_fd().to_string()).join(NAME))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_long_path_works_too_and_the_file_is_private() {
        let folder = testkit::TempDir::new().unwrap();
        for name in ["short".to_owned(), "long".repeat(40)] {
            let data = folder.join(name);
            std::fs::create_dir(&data).unwrap();
            assert!(connect(&data).is_err());
            drop(listen(&data).unwrap());
            let listener = listen(&data).unwrap(); // over the one that was left behind
            connect(&data).unwrap();
            listener.accept().unwrap();
            let mode = std::fs::metadata(path(&data)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }
}
