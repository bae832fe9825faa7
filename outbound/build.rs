//! The binary is built anew when the web page in it was.

use std::path::Path;

fn main() {
    let page = Path::new("../ui/dist");
    // Cargo would take a folder that is not there for one that has changed, each time. Where the sources cannot be written to, so be it.
    let _ = std::fs::create_dir_all(page);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={}", page.display());
}
