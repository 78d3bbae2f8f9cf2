//! The virtual file system itself: SQLite's C interface on one side, the system's file system on the other, the [`Disk`] in between.
#![expect(
    unsafe_code,
    reason = "SQLite takes a file system as a table of C functions; there is no safe way to hand it one"
)]

use super::disk::{Disk, Refusal};
use rusqlite::ffi;
use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_void};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// What a registered file system needs: where to remember, and whom to ask.
struct Shared {
    disk: &'static Mutex<Disk>,
    real: AtomicPtr<ffi::sqlite3_vfs>,
}

impl Shared {
    fn disk(&self) -> MutexGuard<'_, Disk> {
        self.disk.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn real(&self) -> *mut ffi::sqlite3_vfs {
        self.real.load(Ordering::Relaxed)
    }
}

/// An open file, as SQLite sees it. The system's own file object lies behind it in the same piece of memory.
#[repr(C)] // three pointers: a multiple of the 8 bytes at which SQLite aligns its memory
struct File {
    methods: *const ffi::sqlite3_io_methods,
    shared: &'static Shared,
    /// Owned; null for temporary files, whose content no one expects after a power cut.
    path: *mut PathBuf,
}

/// Files that are remembered: databases and what SQLite keeps beside them.
const REMEMBERED: c_int =
    ffi::SQLITE_OPEN_MAIN_DB | ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_WAL | ffi::SQLITE_OPEN_SUPER_JOURNAL;

static NEXT: AtomicUsize = AtomicUsize::new(1);

/// Registers a file system beside the default and returns its name, `label` and a number.
pub(super) fn register(label: &str, disk: &'static Mutex<Disk>) -> String {
    let name = format!("{label}-{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let c_name = CString::new(name.clone()).expect("a label without a zero byte");
    // SAFETY: null asks for the default file system, which stays registered until the process ends.
    let real = unsafe { ffi::sqlite3_vfs_find(ptr::null()) };
    assert!(!real.is_null(), "SQLite has no default file system");
    let shared: &'static Shared = Box::leak(Box::new(Shared { disk, real: AtomicPtr::new(real) }));
    // SAFETY: `real` is not null and SQLite does not change the fields read here.
    let (file_bytes, longest_path) = unsafe { ((*real).szOsFile, (*real).mxPathname) };
    let own_bytes = c_int::try_from(size_of::<File>()).expect("a small struct");
    let vfs = ffi::sqlite3_vfs {
        iVersion: 2,
        szOsFile: own_bytes + file_bytes,
        mxPathname: longest_path,
        pNext: ptr::null_mut(),
        zName: c_name.into_raw(),
        pAppData: ptr::from_ref(shared).cast_mut().cast(),
        xOpen: Some(open),
        xDelete: Some(delete),
        xAccess: Some(access),
        xFullPathname: Some(full_pathname),
        xDlOpen: None,
        xDlError: None,
        xDlSym: None,
        xDlClose: None,
        xRandomness: Some(randomness),
        xSleep: Some(sleep),
        xCurrentTime: Some(current_time),
        xGetLastError: Some(get_last_error),
        xCurrentTimeInt64: Some(current_time_int64),
        xSetSystemCall: None,
        xGetSystemCall: None,
        xNextSystemCall: None,
    };
    // SAFETY: the table and its name are leaked, so they live as long as SQLite may ask for them.
    let answer = unsafe { ffi::sqlite3_vfs_register(Box::leak(Box::new(vfs)), 0) };
    assert_eq!(answer, ffi::SQLITE_OK, "SQLite refused the file system {name}");
    name
}

/// # Safety
///
/// `vfs` must be one that [`register`] made.
unsafe fn shared_of(vfs: *mut ffi::sqlite3_vfs) -> &'static Shared {
    // SAFETY: `register` put a leaked `Shared` there.
    unsafe { &*(*vfs).pAppData.cast::<Shared>() }
}

/// # Safety
///
/// `name` must be a C string.
unsafe fn path_of(name: *const c_char) -> PathBuf {
    // SAFETY: the caller's promise.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(name) }.to_bytes())).to_owned()
}

/// The system's file object behind ours.
///
/// # Safety
///
/// `file` must point to the `szOsFile` bytes that SQLite allots for a file of this file system.
unsafe fn behind(file: *mut ffi::sqlite3_file) -> *mut ffi::sqlite3_file {
    // SAFETY: those bytes hold a `File` and the system's object behind it.
    unsafe { file.cast::<File>().add(1).cast() }
}

/// Shared state and path of an open file.
///
/// # Safety
///
/// `file` must have been opened by [`open`] and not closed yet.
unsafe fn parts_of<'a>(file: *mut ffi::sqlite3_file) -> (&'static Shared, Option<&'a Path>) {
    // SAFETY: `open` filled the struct; the path lives until `close`, which SQLite calls last.
    unsafe {
        let own = &*file.cast::<File>();
        (own.shared, own.path.as_ref().map(PathBuf::as_path))
    }
}

const fn code_of(refusal: Refusal, otherwise: c_int) -> c_int {
    match refusal {
        Refusal::Full => ffi::SQLITE_FULL,
        Refusal::Off => otherwise,
    }
}

fn size(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

unsafe extern "C" fn open(
    vfs: *mut ffi::sqlite3_vfs,
    name: ffi::sqlite3_filename,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    flags_out: *mut c_int,
) -> c_int {
    // SAFETY: SQLite calls this with a file system of ours, a name that is null or a C string, and `szOsFile` bytes for the file.
    unsafe {
        let shared = shared_of(vfs);
        (*file).pMethods = ptr::null();
        let path = (flags & REMEMBERED != 0 && !name.is_null()).then(|| path_of(name));
        // Read before the system's file system may make the file, so that a new file is known as new.
        let before = match &path {
            Some(path) if shared.disk().is_off() || !shared.disk().knows(path) => std::fs::read(path).ok(),
            _ => None,
        };
        if shared.disk().is_off() && before.is_none() && path.is_some() {
            return ffi::SQLITE_CANTOPEN;
        }
        let real = shared.real();
        let Some(real_open) = (*real).xOpen else { return ffi::SQLITE_CANTOPEN };
        let answer = real_open(real, name, behind(file), flags, flags_out);
        if answer != ffi::SQLITE_OK {
            if !(*behind(file)).pMethods.is_null() {
                pass_close(behind(file));
            }
            return answer;
        }
        if let Some(path) = &path {
            shared.disk().opened(path, before);
        }
        let path = path.map_or(ptr::null_mut(), |path| Box::into_raw(Box::new(path)));
        file.cast::<File>().write(File { methods: &raw const METHODS, shared, path });
        ffi::SQLITE_OK
    }
}

/// # Safety
///
/// `real` must be an open file of the system's file system.
unsafe fn pass_close(real: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: the caller's promise.
    unsafe { (*(*real).pMethods).xClose.map_or(ffi::SQLITE_OK, |method| method(real)) }
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite closes an open file once and uses it no more; `open` made the path with a box.
    unsafe {
        let path = (*file.cast::<File>()).path;
        if !path.is_null() {
            drop(Box::from_raw(path));
        }
        pass_close(behind(file))
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, data: *const c_void, length: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite hands over an open file and `length` bytes.
    unsafe {
        let (shared, path) = parts_of(file);
        if let Some(path) = path {
            let bytes = std::slice::from_raw_parts(data.cast::<u8>(), size(length.into()));
            if let Err(refusal) = shared.disk().write(path, size(offset), bytes) {
                return code_of(refusal, ffi::SQLITE_IOERR_WRITE);
            }
        }
        let real = behind(file);
        (*(*real).pMethods).xWrite.map_or(ffi::SQLITE_IOERR_WRITE, |method| method(real, data, length, offset))
    }
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, length: i64) -> c_int {
    // SAFETY: SQLite hands over an open file.
    unsafe {
        let (shared, path) = parts_of(file);
        if let Some(path) = path
            && let Err(refusal) = shared.disk().truncate(path, size(length))
        {
            return code_of(refusal, ffi::SQLITE_IOERR_TRUNCATE);
        }
        let real = behind(file);
        (*(*real).pMethods).xTruncate.map_or(ffi::SQLITE_IOERR_TRUNCATE, |method| method(real, length))
    }
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite hands over an open file.
    let (shared, path) = unsafe { parts_of(file) };
    match path.map_or(Ok(()), |path| shared.disk().sync(path)) {
        Ok(()) => ffi::SQLITE_OK,
        Err(refusal) => code_of(refusal, ffi::SQLITE_IOERR_FSYNC),
    }
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite hands over an open file.
    let known = unsafe {
        let real = behind(file);
        (*(*real).pMethods).xDeviceCharacteristics.map_or(0, |method| method(real))
    };
    // Batches of atomic writes would reach the system past `write`.
    known & !ffi::SQLITE_IOCAP_BATCH_ATOMIC
}

/// Functions of an open file that only pass on.
macro_rules! pass_on_file {
    ($($name:ident as $method:ident($($arg:ident: $kind:ty),*) -> $answer:ty, else $refusal:expr;)*) => {$(
        unsafe extern "C" fn $name(file: *mut ffi::sqlite3_file $(, $arg: $kind)*) -> $answer {
            // SAFETY: SQLite hands over an open file; the arguments go on as they came.
            unsafe {
                let real = behind(file);
                (*(*real).pMethods).$method.map_or($refusal, |method| method(real $(, $arg)*))
            }
        }
    )*};
}
pass_on_file! {
    read as xRead(data: *mut c_void, length: c_int, offset: i64) -> c_int, else ffi::SQLITE_IOERR_READ;
    file_size as xFileSize(length: *mut i64) -> c_int, else ffi::SQLITE_IOERR_FSTAT;
    lock as xLock(level: c_int) -> c_int, else ffi::SQLITE_IOERR_LOCK;
    unlock as xUnlock(level: c_int) -> c_int, else ffi::SQLITE_IOERR_UNLOCK;
    check_reserved_lock as xCheckReservedLock(held: *mut c_int) -> c_int, else ffi::SQLITE_IOERR_CHECKRESERVEDLOCK;
    file_control as xFileControl(operation: c_int, argument: *mut c_void) -> c_int, else ffi::SQLITE_NOTFOUND;
    sector_size as xSectorSize() -> c_int, else 512;
    shm_map as xShmMap(region: c_int, bytes: c_int, extend: c_int, memory: *mut *mut c_void) -> c_int, else ffi::SQLITE_IOERR_SHMMAP;
    shm_lock as xShmLock(offset: c_int, count: c_int, flags: c_int) -> c_int, else ffi::SQLITE_IOERR_SHMLOCK;
    shm_barrier as xShmBarrier() -> (), else ();
    shm_unmap as xShmUnmap(delete: c_int) -> c_int, else ffi::SQLITE_OK;
}

/// Version 2: no memory mapping, so every byte that is written comes through `write`.
static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

unsafe extern "C" fn delete(vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite hands over a file system of ours and a C string.
    unsafe {
        let shared = shared_of(vfs);
        if let Err(refusal) = shared.disk().delete(&path_of(name), sync_folder != 0) {
            return code_of(refusal, ffi::SQLITE_IOERR_DELETE);
        }
        let real = shared.real();
        (*real).xDelete.map_or(ffi::SQLITE_IOERR_DELETE, |method| method(real, name, sync_folder))
    }
}

/// Functions of the file system that only pass on.
macro_rules! pass_on_vfs {
    ($($name:ident as $method:ident($($arg:ident: $kind:ty),*), else $refusal:expr;)*) => {$(
        unsafe extern "C" fn $name(vfs: *mut ffi::sqlite3_vfs $(, $arg: $kind)*) -> c_int {
            // SAFETY: SQLite hands over a file system of ours; the arguments go on as they came.
            unsafe {
                let real = shared_of(vfs).real();
                (*real).$method.map_or($refusal, |method| method(real $(, $arg)*))
            }
        }
    )*};
}
pass_on_vfs! {
    access as xAccess(name: *const c_char, flags: c_int, answer: *mut c_int), else ffi::SQLITE_IOERR_ACCESS;
    full_pathname as xFullPathname(name: *const c_char, length: c_int, full: *mut c_char), else ffi::SQLITE_CANTOPEN;
    randomness as xRandomness(length: c_int, bytes: *mut c_char), else 0;
    sleep as xSleep(microseconds: c_int), else 0;
    current_time as xCurrentTime(julian_day: *mut f64), else ffi::SQLITE_ERROR;
    get_last_error as xGetLastError(length: c_int, text: *mut c_char), else 0;
    current_time_int64 as xCurrentTimeInt64(milliseconds: *mut i64), else ffi::SQLITE_ERROR;
}
