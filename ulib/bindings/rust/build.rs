// SPDX-License-Identifier: MPL-2.0
//! Finds librusted_ring-ffi: in the folder RUSTED_RING_LIB_DIR, or where pkg-config
//! says that `make install` has put it. RUSTED_RING_STATIC=1 links the static one.

use std::env;
use std::process::Command;

const LIBRARY: &str = "rusted_ring-ffi";

fn main() {
    for name in [
        "RUSTED_RING_LIB_DIR",
        "RUSTED_RING_STATIC",
        "PKG_CONFIG_PATH",
    ] {
        println!("cargo:rerun-if-env-changed={name}");
    }
    let dirs = match env::var("RUSTED_RING_LIB_DIR") {
        Ok(dir) => vec![dir],
        Err(_) => installed(),
    };
    for dir in dirs {
        println!("cargo:rustc-link-search=native={dir}");
        // what was linked statically is linked again when the library is new
        println!("cargo:rerun-if-changed={dir}/lib{LIBRARY}.a");
    }
    let kind = match env::var("RUSTED_RING_STATIC") {
        Ok(value) if value != "0" => "static",
        _ => "dylib",
    };
    println!("cargo:rustc-link-lib={kind}={LIBRARY}");
}

/// The folders of the library that is installed.
fn installed() -> Vec<String> {
    let program = env::var("PKG_CONFIG").unwrap_or_else(|_| "pkg-config".into());
    let output = Command::new(&program)
        .args(["--keep-system-libs", "--libs-only-L", LIBRARY])
        .output()
        .unwrap_or_else(|err| panic!("{program}: {err}; RUSTED_RING_LIB_DIR names the folder"));

    if !output.status.success() {
        panic!(
            "{program} does not know {LIBRARY}: `make install` of rusted_ring, or set RUSTED_RING_LIB_DIR\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    String::from_utf8_lossy(&output.stdout)
        .split_whitespace()
        .filter_map(|flag| flag.strip_prefix("-L"))
        .map(String::from)
        .collect()
}
