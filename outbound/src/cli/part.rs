//! A file that has its name only when it is whole: until then it is FILE.part, which goes where something fails. What is there and is no
//! plain file, such as a pipe, is written as it is.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context;

/// Who may read a file: as the umask has it.
pub(super) const ANYBODY: u32 = 0o666;
/// Its owner only, as phone numbers are nobody else's.
pub(super) const OWNER: u32 = 0o600;

/// Makes a file of this mode of what `written` writes, unless a signal comes before that is done.
///
/// # Errors
/// What that says; what was there before stays.
pub(super) async fn write(
    file: &Path,
    mode: u32,
    written: impl AsyncFnOnce(&File) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    // Behind a link is what is meant by it.
    let file = file.canonicalize().unwrap_or_else(|_| file.to_owned());
    if file.metadata().is_ok_and(|found| !found.is_file()) {
        let to = OpenOptions::new().write(true).open(&file);
        return until_stopped(written(&to.with_context(|| format!("cannot open {}", file.display()))?)).await;
    }
    let part = Part::make(&file, mode)?;
    until_stopped(written(&part.file)).await?;
    part.finish(&file)
}

async fn until_stopped(written: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::select! {
        written = written => written,
        signal = super::stop_signal() => Err(anyhow::anyhow!("stopped by {}", signal?)),
    }
}

/// A file that is not whole. It is gone when this is dropped before it is finished.
struct Part {
    path: PathBuf,
    file: File,
    finished: bool,
}

impl Part {
    fn make(file: &Path, mode: u32) -> anyhow::Result<Self> {
        let mut path = file.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let file = OpenOptions::new().write(true).create(true).truncate(true).mode(mode).open(&path);
        let file = file.with_context(|| format!("cannot make {}", path.display()))?;
        Ok(Self { path, file, finished: false })
    }

    /// Gives it its name, once the disk has all of it.
    fn finish(mut self, file: &Path) -> anyhow::Result<()> {
        let named = self.file.sync_all().and_then(|()| std::fs::rename(&self.path, file));
        named.with_context(|| format!("cannot make {} of {}", file.display(), self.path.display()))?;
        self.finished = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed is not called like the file.
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::os::fd::AsRawFd as _;

    use super::*;

    async fn written(file: &Path, text: &str) {
        write(file, OWNER, async |mut to| Ok(to.write_all(text.as_bytes())?)).await.unwrap();
    }

    #[tokio::test]
    async fn a_file_is_what_it_was_until_it_is_whole_and_a_link_stays_one() {
        let dir = tempfile::tempdir().unwrap();
        let [file, link] = ["file", "link"].map(|name| dir.path().join(name));
        std::os::unix::fs::symlink(&file, &link).unwrap();
        written(&file, "of yesterday").await;
        let broken = write(&link, OWNER, async |mut to| {
            to.write_all(b"half")?;
            anyhow::ensure!(std::fs::read(dir.path().join("file.part"))? == b"half");
            anyhow::bail!("broken")
        });
        assert_eq!(broken.await.unwrap_err().to_string(), "broken");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "of yesterday");
        written(&link, "of today").await;
        assert_eq!(std::fs::read_to_string(&file).unwrap(), "of today");
        assert!(link.is_symlink());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2, "no parts are left");
    }

    #[tokio::test]
    async fn a_pipe_is_written_as_it_is() {
        let (mut from, to) = std::io::pipe().unwrap();
        written(Path::new(&format!("/dev/fd/{}", to.as_raw_fd())), "rows").await;
        drop(to);
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        assert_eq!(text, "rows");
    }
}
