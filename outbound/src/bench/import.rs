//! How many leads a second come in from a CSV file: `outbound list import` into a new database, every check on, each chunk
//! synced. Eight columns: name, key, data, e-mail address, four numbers.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use super::site::Site;
use super::{Measure, Measured, Wish};

/// Rows, unless told.
const ROWS: u64 = 1_000_000;

pub(super) struct Import {
    binary: PathBuf,
    wish: Wish,
}

impl Import {
    pub(super) fn new(binary: PathBuf, wish: &Wish) -> Self {
        Self { binary, wish: wish.clone() }
    }
}

impl Measure for Import {
    fn once(&mut self) -> anyhow::Result<Measured> {
        let rows = self.wish.leads.unwrap_or(ROWS);
        let site = Site::new(&self.wish, "import")?;
        let (file, config) = (site.file("leads.csv"), site.file("outbound.toml"));
        write_file(&file, rows).context("cannot write a file of leads")?;
        let database = site.file("bench.db");
        std::fs::write(&config, format!("[store]\nurl = \"sqlite:{}\"\n", database.display()))?;
        let output = Command::new(&self.binary)
            .args(["list", "import", "--list", "bench", "--create", "--json", "--config"])
            .args([&config, &file])
            .env_remove("RUST_LOG")
            .stdin(Stdio::null())
            .output()
            .with_context(|| format!("cannot start {}", self.binary.display()))?;
        if !output.status.success() {
            bail!("the import failed: {}", String::from_utf8_lossy(&output.stderr));
        }
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).context("what it said")?;
        let number = |key: &str| said[key].as_f64().with_context(|| format!("it does not say {key}: {said}"));
        if number("imported")? as u64 != rows {
            bail!("{} of {rows} rows are in", number("imported")?);
        }
        let details = vec![
            ("rows", rows as f64),
            ("most memory, MB", number("peak_resident_kb")? * 1024.0 / 1e6),
            ("database, octets for a lead", std::fs::metadata(&database)?.len() as f64 / rows as f64),
        ];
        Ok(Measured { value: number("rows_per_second")?, details })
    }
}

fn write_file(path: &Path, rows: u64) -> std::io::Result<()> {
    let mut file = BufWriter::new(File::create(path)?);
    writeln!(file, "name,ukey,udata,email,number1,number2,number3,number4")?;
    for row in 0..rows {
        // Some numbers as people write them, some values in quotes.
        writeln!(
            file,
            "\"Customer, {row}\",K{row:09},segment {};since 2019,customer{row}@example.com,+49 30 {:07},0{:09},+1-202-555-{:04},{:011}",
            row % 97,
            row % 10_000_000,
            row % 1_000_000_000,
            row % 10_000,
            row
        )?;
    }
    file.flush()
}
