//! The files that the rules look at.

use super::source::Source;
use std::io;
use std::path::Path;

/// A text file that is not Rust.
#[derive(Clone, Debug)]
pub(super) struct Page {
    pub(super) path: String,
    pub(super) text: String,
}

/// Every file of the project that a rule may look at, read once.
#[derive(Debug, Default)]
pub struct Tree {
    /// Every path, from the root, with `/` between its parts.
    pub(super) paths: Vec<String>,
    /// The Rust files.
    pub(super) rust: Vec<Source>,
    /// TOML, Cedar and Markdown files.
    pub(super) pages: Vec<Page>,
}

impl Tree {
    /// Reads the tree under `root`: everything but hidden folders and `target`.
    ///
    /// # Errors
    /// Whatever the file system says.
    pub fn read(root: &Path) -> io::Result<Self> {
        let mut tree = Self::default();
        tree.walk(root, "")?;
        tree.paths.sort();
        tree.rust.sort_by(|a, b| a.path.cmp(&b.path));
        tree.pages.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    /// How many files were seen.
    #[must_use]
    pub fn file_count(&self) -> usize {
        self.paths.len()
    }

    pub(super) fn page(&self, path: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.path == path)
    }

    fn walk(&mut self, dir: &Path, prefix: &str) -> io::Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            let kind = entry.file_type()?;
            if kind.is_dir() && !name.starts_with('.') && name != "target" {
                self.walk(&entry.path(), &format!("{path}/"))?;
            } else if kind.is_file() {
                self.take_in(&entry.path(), path)?;
            }
        }
        Ok(())
    }

    fn take_in(&mut self, file: &Path, path: String) -> io::Result<()> {
        let ending = Path::new(&path).extension().and_then(|ending| ending.to_str());
        match ending {
            Some("rs") => {
                self.rust.push(Source::new(path.clone(), &std::fs::read_to_string(file)?));
            }
            Some("toml" | "cedar" | "md") => {
                self.pages.push(Page { path: path.clone(), text: std::fs::read_to_string(file)? });
            }
            Some(_) | None => {}
        }
        self.paths.push(path);
        Ok(())
    }
}
