//! A disk of a few MB for one test, which can be filled and emptied; unmounted with the value, also when the test fails.

#![allow(dead_code, reason = "not every test needs all of it")]
#![allow(clippy::print_stdout, reason = "who skips a test says why")]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The file that takes all room.
const FILLER: &str = "filler";

pub(crate) struct SmallDisk {
    mounted: PathBuf,
    /// Gone after the unmount.
    _directory: TempDir,
}

impl SmallDisk {
    /// In memory. `None`, and why, where this process may not mount.
    pub(crate) fn in_memory(mebibytes: u32) -> Option<Self> {
        let size = format!("size={mebibytes}m");
        Self::mount(&["-t", "tmpfs", "-o", &size, "tmpfs"], TempDir::new().unwrap())
    }

    /// A file that is a disk with ext4.
    pub(crate) fn of_ext4(mebibytes: u32) -> Option<Self> {
        let directory = TempDir::new().unwrap();
        let image = directory.path().join("image");
        File::create(&image).unwrap().set_len(u64::from(mebibytes) << 20).unwrap();
        let made = Command::new("mkfs.ext4").arg("-q").arg(&image).status();
        if !made.is_ok_and(|made| made.success()) {
            println!("skipped: there is no mkfs.ext4 here");
            return None;
        }
        Self::mount(&["-o", "loop", image.to_str().unwrap()], directory)
    }

    fn mount(what: &[&str], directory: TempDir) -> Option<Self> {
        let mounted = directory.path().join("disk");
        std::fs::create_dir(&mounted).unwrap();
        let output = Command::new("mount").args(what).arg(&mounted).output().unwrap();
        if !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr);
            println!("skipped: nothing can be mounted here (is this root, with CAP_SYS_ADMIN?): {why}");
            return None;
        }
        Some(Self { mounted, _directory: directory })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.mounted
    }

    /// Takes all room that is left.
    pub(crate) fn fill(&self) {
        let mut filler =
            OpenOptions::new().create(true).append(true).open(self.mounted.join(FILLER)).unwrap();
        for size in [65_536, 4_096, 1] {
            while filler.write_all(&vec![0; size]).is_ok() {}
        }
        let _ = filler.sync_all();
    }

    /// Gives so many octets of it back.
    pub(crate) fn give_back(&self, octets: u64) {
        let filler = OpenOptions::new().write(true).open(self.mounted.join(FILLER)).unwrap();
        filler.set_len(filler.metadata().unwrap().len().saturating_sub(octets)).unwrap();
    }

    /// Gives all of it back.
    pub(crate) fn empty(&self) {
        std::fs::remove_file(self.mounted.join(FILLER)).unwrap();
    }

    /// `ro` or `rw`. Nobody may have a file open for writing.
    pub(crate) fn remount(&self, how: &str) {
        let options = format!("remount,{how}");
        assert!(Command::new("mount").args(["-o", &options]).arg(&self.mounted).status().unwrap().success());
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a daemon that a failed test leaves behind may still be there.
        let _ = Command::new("umount").arg("--lazy").arg(&self.mounted).status();
    }
}
