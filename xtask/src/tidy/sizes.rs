//! How large a file, a function and a line may be.

use super::Spot;
use super::tree::Tree;

const FILE_ABOUT: usize = 400;
const FILE_MOST: usize = 600;
const FUNCTION_ABOUT: usize = 70;
const FUNCTION_MOST: usize = 100;
const LINE_MOST: usize = 100;
/// A word this long (an address, a digest, a test vector) cannot be broken; its line may be long.
const UNBREAKABLE: usize = 60;

pub(super) fn files(tree: &Tree, spots: &mut Vec<Spot>) {
    for source in tree.rust.iter().filter(|source| source.in_src().is_some()) {
        let lines = source.product_lines().count();
        let message = format!("{lines} lines; split it by the questions it answers");
        push(spots, &source.path, 0, message, lines, FILE_ABOUT, FILE_MOST);
    }
}

pub(super) fn functions(tree: &Tree, spots: &mut Vec<Spot>) {
    for source in &tree.rust {
        for function in source.product_functions() {
            let lines = source.code_lines(function.body.clone());
            let message = format!("{} has {lines} lines of code", function.name);
            let at = function.line;
            push(spots, &source.path, at, message, lines, FUNCTION_ABOUT, FUNCTION_MOST);
        }
    }
}

pub(super) fn lines(tree: &Tree, spots: &mut Vec<Spot>) {
    for source in &tree.rust {
        for (number, line) in (1..).zip(&source.text) {
            let columns = line.chars().count();
            let breakable = line.split_whitespace().all(|word| word.chars().count() <= UNBREAKABLE);
            // A row of a table in a doc comment cannot be broken.
            let text = line.trim_start();
            let row = text.starts_with("//! |") || text.starts_with("/// |");
            if columns > LINE_MOST && breakable && !row {
                spots.push(Spot::fault(&source.path, number, format!("{columns} columns")));
            }
        }
    }
}

fn push(
    spots: &mut Vec<Spot>,
    path: &str,
    line: usize,
    message: String,
    size: usize,
    about: usize,
    most: usize,
) {
    if size > most {
        spots.push(Spot::fault(path, line, format!("{message} (at most {most})")));
    } else if size > about {
        spots.push(Spot::warning(path, line, format!("{message} (about {about})")));
    }
}
