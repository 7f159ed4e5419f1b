//! A small pack of which one table at a time is changed.

use countersign::pack::{Fault, Pack, Table};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

pub(crate) struct Scratch {
    dir: TempDir,
}

pub(crate) fn header(table: Table) -> String {
    table.columns().join(",")
}

pub(crate) fn told(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault} [{}]\n", fault.code)).collect()
}

const FILES: [&str; 4] = ["pack.toml", "people.toml", "items.toml", "zones.geojson"];

/// Two items more: one has packs, the units of the other have serial numbers.
const ITEMS: &str = "
[[item]]
id = \"PACKED\"
title = \"An item in cases\"
origin = \"UA\"
class = \"green\"
packs = { case = 12, pallet = 480 }
source = \"Made for tests\"
standing = \"assumed\"

[[item]]
id = \"NUMBERED\"
title = \"An item with serial numbers\"
origin = \"UA\"
class = \"green\"
serial = true
source = \"Made for tests\"
standing = \"assumed\"
";

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

impl Scratch {
    pub(crate) fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/long-range-2025");
        for file in FILES {
            fs::copy(shipped.join(file), dir.path().join(file)).unwrap();
        }
        copy(&shipped.join("policy"), &dir.path().join("policy"));
        let items = dir.path().join("items.toml");
        let text = fs::read_to_string(&items).unwrap();
        fs::write(items, format!("{text}{ITEMS}")).unwrap();
        let scratch = Self { dir };
        scratch.put(Table::Stock, &[]);
        scratch
    }

    /// One for each thread, for tests with many cases.
    pub(crate) fn shared() -> &'static Self {
        thread_local! {
            static SHARED: &'static Scratch = Box::leak(Box::new(Scratch::new()));
        }
        SHARED.with(|shared| *shared)
    }

    pub(crate) fn put(&self, table: Table, rows: &[&str]) {
        let text = format!("{}\n{}\n", header(table), rows.join("\n"));
        fs::write(self.dir.path().join(table.file()), text).unwrap();
    }

    pub(crate) fn pack(&self) -> Result<Pack, Vec<Fault>> {
        Pack::load(self.dir.path())
    }

    /// The pack with this file, which is gone again afterwards.
    pub(crate) fn load(&self, table: Table, bytes: &[u8]) -> Result<Pack, Vec<Fault>> {
        let path = self.dir.path().join(table.file());
        fs::write(&path, bytes).unwrap();
        let pack = self.pack();
        fs::remove_file(path).unwrap();
        self.put(Table::Stock, &[]);
        pack
    }

    pub(crate) fn faults(&self, table: Table, bytes: &[u8]) -> Vec<Fault> {
        self.load(table, bytes).err().unwrap_or_default()
    }
}
