//! Which cases have begun, and where. Kept in files once there are many.

use super::spill::Folder;
use std::fs::File;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};

/// How many are kept in memory.
const HELD: usize = 500_000;
const PARTS: usize = 64;

/// The cases that have begun, by digest.
#[derive(Default)]
pub(super) struct Seen {
    held: Vec<(u64, u32)>,
    parts: Option<(Folder, Vec<BufWriter<File>>)>,
}

impl Seen {
    /// Notes that a case begins.
    pub(super) fn begins(&mut self, case: &str, line: u32) -> io::Result<()> {
        let mut hasher = DefaultHasher::new();
        hasher.write(case.as_bytes());
        self.held.push((hasher.finish(), line));
        if self.held.len() >= HELD { self.put_aside() } else { Ok(()) }
    }

    fn put_aside(&mut self) -> io::Result<()> {
        if self.parts.is_none() {
            let folder = Folder::new()?;
            let files: io::Result<Vec<BufWriter<File>>> =
                (0..PARTS).map(|part| folder.create(&format!("seen-{part}"))).collect();
            self.parts = Some((folder, files?));
        }
        let Some((_, files)) = &mut self.parts else { return Ok(()) };
        for (digest, line) in self.held.drain(..) {
            let part = usize::try_from(digest >> 58).unwrap_or(0);
            if let Some(file) = files.get_mut(part) {
                file.write_all(&digest.to_le_bytes())?;
                file.write_all(&line.to_le_bytes())?;
            }
        }
        Ok(())
    }

    /// The first line in which a case begins again, and the line in which it had begun.
    pub(super) fn comes_back(mut self) -> io::Result<Option<(u32, u32)>> {
        if self.parts.is_none() {
            return Ok(again(self.held));
        }
        self.put_aside()?;
        let Some((folder, files)) = self.parts.take() else { return Ok(None) };
        for file in files {
            file.into_inner().map_err(|error| error.into_error())?;
        }
        let mut first: Option<(u32, u32)> = None;
        for part in 0..PARTS {
            let mut file = BufReader::new(folder.open(&format!("seen-{part}"))?);
            let mut held = Vec::new();
            let mut entry = [0; 12];
            while file.read_exact(&mut entry).is_ok() {
                let (digest, line) = entry.split_at(8);
                let digest = digest.try_into().map(u64::from_le_bytes).unwrap_or(0);
                held.push((digest, line.try_into().map(u32::from_le_bytes).unwrap_or(0)));
            }
            first = [first, again(held)].into_iter().flatten().min();
        }
        Ok(first)
    }
}

fn again(mut held: Vec<(u64, u32)>) -> Option<(u32, u32)> {
    held.sort_unstable();
    let pairs = held.windows(2).filter_map(|pair| match pair {
        [(one, before), (other, line)] if one == other => Some((*line, *before)),
        _ => None, // catch-all: slices of two
    });
    pairs.min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_comes_back_is_found_among_many() {
        let mut seen = Seen::default();
        for line in 0..1_200_000u32 {
            seen.begins(&format!("case {line}"), line).unwrap();
        }
        assert!(seen.parts.is_some());
        seen.begins("case 77", 1_200_000).unwrap();
        seen.begins("case 5", 1_200_001).unwrap();
        assert_eq!(seen.comes_back().unwrap(), Some((1_200_000, 77)));
        let mut few = Seen::default();
        for case in ["a", "b", "c", "b"] {
            few.begins(case, 3).unwrap();
        }
        assert_eq!(few.comes_back().unwrap(), Some((3, 3)));
        let mut none = Seen::default();
        none.begins("a", 1).unwrap();
        assert_eq!(none.comes_back().unwrap(), None);
    }
}
