//! The model of a disk: what has reached it, what only the system's memory holds, and what may be found after a cut.
use crate::Dice;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A write is torn at multiples of this: the smallest unit that disks write as a whole.
const SECTOR_BYTES: usize = 512;

/// Why a call is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The power is off.
    Off,
    /// No room to grow.
    Full,
}

/// A change that no sync has confirmed.
#[derive(Debug, Clone)]
enum Change {
    Write { offset: usize, data: Vec<u8> },
    Truncate { length: usize },
}

impl Change {
    fn apply(&self, content: &mut Vec<u8>) {
        match self {
            Self::Write { offset, data } => {
                let end = offset + data.len();
                if content.len() < end {
                    content.resize(end, 0);
                }
                if let Some(place) = content.get_mut(*offset..end) {
                    place.copy_from_slice(data);
                }
            }
            // Growing by a truncation leaves zeroes, as the system does.
            Self::Truncate { length } => content.resize(*length, 0),
        }
    }
    /// The pieces that reach the disk or not each by itself.
    fn pieces(&self) -> Vec<Self> {
        let Self::Write { offset, data } = self else { return vec![self.clone()] };
        let mut pieces = Vec::new();
        let mut start = 0;
        while start < data.len() {
            let to_border = SECTOR_BYTES - (offset + start) % SECTOR_BYTES;
            let end = data.len().min(start + to_border);
            pieces
                .push(Self::Write { offset: offset + start, data: data.get(start..end).unwrap_or_default().to_vec() });
            start = end;
        }
        pieces
    }
}

/// A file that exists now.
#[derive(Debug, Default)]
struct Live {
    /// Content at the last sync.
    durable: Vec<u8>,
    /// Whether the name itself has reached the disk: from the first sync on, as journaling file systems do.
    named: bool,
    pending: Vec<Change>,
    /// Length as the program sees it.
    length: usize,
}

impl Live {
    fn image(&self, dice: &mut Dice) -> Vec<u8> {
        let mut content = self.durable.clone();
        let mut pieces: Vec<Change> = self.pending.iter().flat_map(Change::pieces).collect();
        dice.shuffle(&mut pieces);
        // Whole files lost and whole files kept are as likely as a mixture: most faults show at the ends.
        let eighths = dice.pick(&[0, 1, 4, 7, 8]).copied().unwrap_or(4);
        for piece in &pieces {
            if dice.chance(eighths, 8) {
                piece.apply(&mut content);
            }
        }
        content
    }
}

/// What is known of a name.
#[derive(Debug, Default)]
struct Node {
    live: Option<Live>,
    /// What the name showed before a deletion that no sync has settled: it may come back.
    ghost: Option<Vec<u8>>,
}

/// Every file seen by one file system.
#[derive(Debug, Default)]
pub(super) struct Disk {
    files: BTreeMap<PathBuf, Node>,
    /// Bytes by which files may still grow.
    room: Option<usize>,
    calls: u64,
    syncs: u64,
    off_at: Option<u64>,
}

impl Disk {
    pub(super) fn power_off_after(&mut self, calls: u64) {
        self.off_at = Some(self.calls.saturating_add(calls));
    }
    pub(super) fn is_off(&self) -> bool {
        self.off_at.is_some_and(|at| self.calls >= at)
    }
    pub(super) const fn calls(&self) -> u64 {
        self.calls
    }
    pub(super) const fn syncs(&self) -> u64 {
        self.syncs
    }
    pub(super) fn set_room(&mut self, bytes: Option<u64>) {
        self.room = bytes.map(|bytes| usize::try_from(bytes).unwrap_or(usize::MAX));
    }
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.files.keys().cloned().collect()
    }

    /// Counts a call; refuses it when the power is off or goes off with it. `true`: the power went off with this very call, which may
    /// still have reached the disk in part.
    fn count(&mut self) -> Result<bool, Refusal> {
        if self.is_off() {
            return Err(Refusal::Off);
        }
        self.calls += 1;
        Ok(self.is_off())
    }

    /// A file was opened. `before` is what was on the disk when it was; `None`: it was made.
    pub(super) fn opened(&mut self, path: &Path, before: Option<Vec<u8>>) {
        let node = self.files.entry(path.to_owned()).or_default();
        if node.live.is_none() {
            node.live = Some(match before {
                Some(durable) => Live { length: durable.len(), durable, named: true, pending: Vec::new() },
                None => Live::default(),
            });
        }
    }
    /// Whether the file is known, so that its content need not be read when it is opened.
    pub(super) fn knows(&self, path: &Path) -> bool {
        self.files.get(path).is_some_and(|node| node.live.is_some())
    }

    pub(super) fn write(&mut self, path: &Path, offset: usize, data: &[u8]) -> Result<(), Refusal> {
        let last = self.count()?;
        let Some(live) = self.files.get_mut(path).and_then(|node| node.live.as_mut()) else { return Ok(()) };
        let length = live.length.max(offset + data.len());
        let growth = length - live.length;
        if let Some(room) = &mut self.room {
            *room = room.checked_sub(growth).ok_or(Refusal::Full)?;
        }
        live.length = length;
        live.pending.push(Change::Write { offset, data: data.to_vec() });
        if last { Err(Refusal::Off) } else { Ok(()) }
    }

    pub(super) fn truncate(&mut self, path: &Path, length: usize) -> Result<(), Refusal> {
        let last = self.count()?;
        if let Some(live) = self.files.get_mut(path).and_then(|node| node.live.as_mut()) {
            live.length = length;
            live.pending.push(Change::Truncate { length });
        }
        if last { Err(Refusal::Off) } else { Ok(()) }
    }

    pub(super) fn sync(&mut self, path: &Path) -> Result<(), Refusal> {
        if self.count()? {
            return Err(Refusal::Off);
        }
        self.syncs += 1;
        if let Some(live) = self.files.get_mut(path).and_then(|node| node.live.as_mut()) {
            for change in live.pending.drain(..) {
                change.apply(&mut live.durable);
            }
            live.named = true;
        }
        // File systems write their own journal in order: a sync settles the deletions before it in the same folder.
        for (other, node) in &mut self.files {
            if other.parent() == path.parent() {
                node.ghost = None;
            }
        }
        Ok(())
    }

    /// A name goes. `synced`: the folder is synced with it, so it cannot come back.
    pub(super) fn delete(&mut self, path: &Path, synced: bool) -> Result<(), Refusal> {
        if self.count()? {
            return Err(Refusal::Off);
        }
        if let Some(node) = self.files.get_mut(path) {
            if let Some(live) = node.live.take()
                && live.named
            {
                node.ghost = Some(live.durable);
            }
            if synced {
                node.ghost = None;
            }
        }
        Ok(())
    }

    /// One of the ways in which the files below `folder` may look after a cut at this moment.
    pub(super) fn images(&self, dice: &mut Dice, folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
        let mut images = Vec::new();
        for (path, node) in self.files.iter().filter(|(path, _)| path.starts_with(folder)) {
            let live_is_there = node.live.as_ref().is_some_and(|live| live.named || dice.chance(1, 2));
            let content = match &node.live {
                Some(live) if live_is_there => Some(live.image(dice)),
                _ => node.ghost.clone().filter(|_| dice.chance(1, 2)),
            };
            images.extend(content.map(|content| (path.clone(), content)));
        }
        images
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk_with(path: &Path, content: &[u8]) -> Disk {
        let mut disk = Disk::default();
        disk.opened(path, Some(content.to_vec()));
        disk
    }
    fn images_of(disk: &Disk) -> Vec<Option<Vec<u8>>> {
        (0..200)
            .map(|seed| disk.images(&mut Dice::new(seed), Path::new("/d")).pop().map(|(_, content)| content))
            .collect()
    }

    #[test]
    fn what_is_synced_is_there_and_what_is_not_is_torn() {
        let path = Path::new("/d/file");
        let mut disk = disk_with(path, &[0; 2048]);
        disk.write(path, 0, &[1; 512]).unwrap();
        disk.sync(path).unwrap();
        disk.write(path, 256, &[2; 1024]).unwrap();
        let images = images_of(&disk);
        for content in images.iter().flatten() {
            assert!(content[..256].iter().all(|byte| *byte == 1));
            for sector in [256..512, 512..1024, 1024..1280] {
                assert!(
                    content[sector.clone()].iter().all(|byte| *byte == content[sector.start]),
                    "torn inside a sector"
                );
            }
        }
        let torn = |content: &&Vec<u8>| content[256] == 1 && content[512] == 2;
        assert!(images.iter().flatten().any(|content| torn(&content)), "later sectors may land before earlier ones");
        assert!(images.iter().flatten().any(|content| content[256] == 2 && content[512] == 0));
        assert_eq!(images_of(&disk), images, "the same seeds give the same images");
    }

    #[test]
    fn names_come_and_go_with_a_sync() {
        let path = Path::new("/d/file");
        let mut disk = Disk::default();
        disk.opened(path, None);
        disk.write(path, 0, b"new").unwrap();
        assert!(images_of(&disk).contains(&None) && images_of(&disk).contains(&Some(b"new".to_vec())));
        disk.sync(path).unwrap();
        assert!(images_of(&disk).iter().all(|image| image.as_deref() == Some(b"new".as_slice())));
        disk.delete(path, false).unwrap();
        assert!(images_of(&disk).contains(&None) && images_of(&disk).contains(&Some(b"new".to_vec())));
        disk.opened(path, None);
        disk.delete(path, true).unwrap();
        assert!(images_of(&disk).iter().all(Option::is_none));
    }

    #[test]
    fn power_goes_off_in_the_middle_of_a_call() {
        let path = Path::new("/d/file");
        let mut disk = disk_with(path, b"old");
        disk.power_off_after(2);
        disk.write(path, 0, b"one").unwrap();
        assert_eq!(disk.sync(path), Err(Refusal::Off), "the sync at which the power goes has not happened");
        assert_eq!(disk.write(path, 0, b"two"), Err(Refusal::Off));
        let images = images_of(&disk);
        assert!(images.contains(&Some(b"old".to_vec())) && images.contains(&Some(b"one".to_vec())));
        assert!(!images.contains(&Some(b"two".to_vec())));
    }

    #[test]
    fn a_full_disk_refuses_growth_only() {
        let path = Path::new("/d/file");
        let mut disk = disk_with(path, &[0; 100]);
        disk.set_room(Some(50));
        disk.write(path, 0, &[1; 140]).unwrap();
        assert_eq!(disk.write(path, 140, &[1; 11]), Err(Refusal::Full));
        disk.write(path, 0, &[2; 140]).unwrap();
        disk.set_room(None);
        disk.write(path, 140, &[1; 1000]).unwrap();
    }
}
