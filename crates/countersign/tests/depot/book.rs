//! The book: lines that were cut short count for nothing and block nothing; what was acknowledged
//! and is not there any more is found out.

use super::scene::{Scene, certificate, code};
use countersign::depot::What;
use std::fs;
use std::path::PathBuf;

fn files(scene: &Scene) -> (PathBuf, PathBuf) {
    (scene.folder().join("book"), scene.folder().join("reached"))
}

#[test]
fn a_line_cut_anywhere_counts_for_nothing_and_blocks_nothing() {
    let mut scene = Scene::new();
    let good = certificate(9);
    scene.hand_out(&good, 2).unwrap();
    let signed = scene.signed(&good, 3).unwrap();
    let (book, reached) = files(&scene);
    let (before, reached_before) = (fs::read(&book).unwrap(), fs::read(&reached).unwrap());
    scene.hand(&good, 3, &signed).unwrap();
    let after = fs::read(&book).unwrap();
    for length in before.len() + 1..after.len() {
        fs::write(&book, &after[..length]).unwrap();
        fs::write(&reached, &reached_before).unwrap();
        assert_eq!(scene.total(), 2, "cut to {length}");
        assert_eq!(scene.open().totals().torn, 1, "cut to {length}");
        // The same text was not spent, and goes on; the book then reads again and again.
        scene.hand(&good, 3, &signed).unwrap();
        assert_eq!(scene.total(), 5, "cut to {length}");
        assert_eq!(scene.open().totals().torn, 1, "cut to {length}");
    }
    // The whole line without anybody told: it counts.
    fs::write(&book, &after).unwrap();
    fs::write(&reached, &reached_before).unwrap();
    assert_eq!(scene.total(), 5);
    assert_eq!(code(scene.hand(&good, 3, &signed)), "depot/booked-already");
}

#[test]
fn a_mark_that_was_cut_short_itself_is_marked_again() {
    let mut scene = Scene::new();
    let good = certificate(9);
    scene.hand_out(&good, 2).unwrap();
    let (book, reached) = files(&scene);
    let (whole, reached_before) = (fs::read(&book).unwrap(), fs::read(&reached).unwrap());
    let torn = [whole.as_slice(), b"0123 not a line"].concat();
    fs::write(&book, &torn).unwrap();
    assert_eq!(scene.total(), 2);
    let marked = fs::read(&book).unwrap();
    for length in torn.len() + 1..marked.len() {
        fs::write(&book, &marked[..length]).unwrap();
        fs::write(&reached, &reached_before).unwrap();
        assert_eq!(scene.total(), 2, "cut to {length}");
        scene.hand_out(&good, 1).unwrap();
        assert_eq!(scene.total(), 3, "cut to {length}");
        fs::write(&book, &whole).unwrap();
        fs::write(&reached, &reached_before).unwrap();
    }
}

#[test]
fn what_a_failing_disk_leaves_counts_for_nothing() {
    for garbage in [vec![0; 4096], vec![b'\n'; 3], b"\n\nhalf a line\n\n".to_vec(), vec![0xff; 9]] {
        let mut scene = Scene::new();
        scene.hand_out(&certificate(9), 2).unwrap();
        let (book, _) = files(&scene);
        let whole = fs::read(&book).unwrap();
        fs::write(&book, [whole.as_slice(), &garbage].concat()).unwrap();
        assert_eq!(scene.total(), 2, "{garbage:?}");
        assert_eq!(scene.total(), 2, "{garbage:?}, again");
        let last = scene.open().lines().last().unwrap().clone();
        assert!(matches!(last.what, What::Torn { .. }), "{last:?}");
        scene.hand_out(&certificate(9), 1).unwrap();
        assert_eq!(scene.total(), 3, "{garbage:?}, and it goes on");
    }
}

#[test]
fn every_flipped_byte_of_what_was_acknowledged_is_found_out() {
    let mut scene = Scene::new();
    scene.hand_out(&certificate(9), 2).unwrap();
    let (book, _) = files(&scene);
    let whole = fs::read(&book).unwrap();
    for place in 0..whole.len() {
        let mut flipped = whole.clone();
        flipped[place] ^= 1;
        fs::write(&book, &flipped).unwrap();
        assert_eq!(code(scene.try_open().map(|_| ())), "damaged", "byte {place}");
        assert_eq!(fs::read(&book).unwrap(), flipped, "nothing is written over it");
    }
}

#[test]
fn a_book_that_was_cut_or_put_back_is_found_out() {
    let mut scene = Scene::new();
    let good = certificate(9);
    scene.hand_out(&good, 2).unwrap();
    let (book, _) = files(&scene);
    let earlier = fs::read(&book).unwrap();
    scene.hand_out(&good, 3).unwrap();
    let whole = fs::read(&book).unwrap();
    fs::write(&book, &earlier).unwrap();
    assert_eq!(code(scene.try_open().map(|_| ())), "damaged");
    for length in 0..whole.len() {
        fs::write(&book, &whole[..length]).unwrap();
        assert_eq!(code(scene.try_open().map(|_| ())), "damaged", "cut to {length}");
    }
    fs::write(&book, &whole).unwrap();
    assert_eq!(scene.total(), 5);
    // A line taken out of the middle, or two changed about.
    let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
    for place in 0..lines.len() {
        let mut fewer = lines.clone();
        fewer.remove(place);
        fs::write(&book, fewer.concat()).unwrap();
        assert_eq!(code(scene.try_open().map(|_| ())), "damaged", "without line {place}");
    }
}
