//! A file that grows by whole lines.

use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Result, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// Bytes read at a time when the end of the last whole line is looked for.
const CHUNK: u64 = 65_536;

/// The open file.
#[derive(Debug)]
pub(super) struct Lines {
    path: PathBuf,
    file: File,
    /// The length to cut the file back to, where a write has failed halfway.
    torn: Option<u64>,
    /// The length up to which the disk has it, as far as we have written it.
    synced: u64,
}

impl Lines {
    /// Opens or makes the file, and drops what stands behind its last line end.
    pub(super) fn open(path: &Path) -> Result<Self> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).open(path)?;
        let length = file.metadata()?.len();
        let whole = end_of_last_line(&mut file, length)?;
        if whole < length {
            file.set_len(whole)?;
        }
        Ok(Self { path: path.to_owned(), file, torn: None, synced: whole })
    }

    /// Opens the path again.
    pub(super) fn reopen(&mut self) -> Result<()> {
        // The old file stays as it is from now on, wherever it is.
        let _ = self.mend();
        *self = Self::open(&self.path)?;
        Ok(())
    }

    /// True where the path no longer leads to this file.
    pub(super) fn is_replaced(&self) -> Result<bool> {
        let ours = self.file.metadata()?;
        match std::fs::metadata(&self.path) {
            Ok(theirs) => Ok((ours.dev(), ours.ino()) != (theirs.dev(), theirs.ino())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) => Err(error),
        }
    }

    /// Which of these lines is the last that the end of the file has: its seq, and how many there are up to it.
    pub(super) fn last_of(&mut self, lines: &[(i64, String)]) -> Result<Option<(i64, usize)>> {
        let length = self.file.metadata()?.len();
        let sizes: u64 = lines.iter().map(|(_, line)| line.len() as u64 + 1).sum();
        // A little more, should somebody have added a line by hand.
        self.file.seek(SeekFrom::Start(length.saturating_sub(sizes + CHUNK)))?;
        let mut end = Vec::new();
        self.file.read_to_end(&mut end)?;
        let present: HashSet<&[u8]> = end.split(|&byte| byte == b'\n').collect();
        let last = lines.iter().rposition(|(_, line)| present.contains(line.as_bytes()));
        Ok(last.map(|place| (lines[place].0, place + 1)))
    }

    /// Adds all of these lines, or none.
    pub(super) fn append(&mut self, lines: &[(i64, String)]) -> Result<()> {
        self.mend()?;
        let length = self.file.metadata()?.len();
        let mut text = String::new();
        for (_, line) in lines {
            text.push_str(line);
            text.push('\n');
        }
        let written = self.make_room(length, text.len()).and_then(|()| self.file.write_all(text.as_bytes()));
        if written.is_err() {
            self.torn = Some(length);
            let _ = self.mend();
        }
        written
    }

    /// Waits until the disk has it. Where that fails nobody knows what the disk has: all that was written since it went well
    /// is cut off, and is to be written again.
    pub(super) fn sync(&mut self) -> Result<()> {
        let synced = self.file.sync_data();
        match synced {
            Ok(()) => self.synced = self.file.metadata()?.len(),
            Err(_) => {
                self.torn = Some(self.synced);
                // Tried again before the next line is written.
                let _ = self.mend();
            }
        }
        synced
    }

    /// Takes the room for what is to be written, so that a full disk is found out before half a line stands there for others
    /// to read. Where the file system cannot do that, the write finds it out.
    fn make_room(&self, length: u64, more: usize) -> Result<()> {
        match fallocate(&self.file, FallocateFlags::KEEP_SIZE, length, more as u64) {
            Err(error @ (Errno::NOSPC | Errno::DQUOT)) => {
                // What of the room was there is given back.
                let _ = self.file.set_len(length);
                Err(error.into())
            }
            Ok(()) | Err(_) => Ok(()),
        }
    }

    /// Cuts off what a failure has left behind the last line that counts.
    fn mend(&mut self) -> Result<()> {
        if let Some(length) = self.torn {
            if self.file.metadata()?.len() > length {
                self.file.set_len(length)?;
            }
            self.torn = None;
        }
        Ok(())
    }
}

fn end_of_last_line(file: &mut File, length: u64) -> Result<u64> {
    let mut end = length;
    while end > 0 {
        let start = end.saturating_sub(CHUNK);
        let mut chunk = Vec::new();
        file.seek(SeekFrom::Start(start))?;
        Read::by_ref(file).take(end - start).read_to_end(&mut chunk)?;
        if let Some(place) = chunk.iter().rposition(|&byte| byte == b'\n') {
            return Ok(start + place as u64 + 1);
        }
        end = start;
    }
    Ok(0)
}
