//! The search itself, on a puzzle whose answers are known: two jugs of five and three litres.

use super::search::{Model, explore};
use countersign_proof::words::Digest;

struct Jugs;

impl Model for Jugs {
    type State = [u8; 2];
    type Kept = [u8; 2];
    type Step = &'static str;

    fn first(&self) -> [u8; 2] {
        [0, 0]
    }

    fn keep(&self, state: [u8; 2]) -> [u8; 2] {
        state
    }

    fn take_up(&self, kept: &[u8; 2]) -> [u8; 2] {
        *kept
    }

    fn key(&self, state: &[u8; 2]) -> Digest {
        Digest::of(state)
    }

    fn steps(&self, _: &[u8; 2]) -> Vec<&'static str> {
        vec!["fill 5", "fill 3", "empty 5", "empty 3", "5 to 3", "3 to 5"]
    }

    fn next(&self, [five, three]: &[u8; 2], step: &&'static str) -> Result<[u8; 2], String> {
        let (five, three) = (*five, *three);
        let (over, back) = (five.min(3 - three), three.min(5 - five));
        Ok(match *step {
            "fill 5" => [5, three],
            "fill 3" => [five, 3],
            "empty 5" => [0, three],
            "empty 3" => [five, 0],
            "5 to 3" => [five - over, three + over],
            _ => [five + back, three - back],
        })
    }

    fn reached(&self, state: &[u8; 2]) -> Vec<&'static str> {
        if state.contains(&4) { vec!["four litres"] } else { Vec::new() }
    }

    fn broken(&self, state: &[u8; 2]) -> Option<(&'static str, String)> {
        state.contains(&6).then(|| ("no jug holds six", format!("{state:?}")))
    }
}

#[test]
fn the_search_finds_every_state_and_the_shortest_way() {
    for threads in [1, 3] {
        let explored = explore(&Jugs, usize::MAX, threads);
        assert!(explored.whole && explored.broken.is_none());
        assert_eq!(explored.known.len(), 16);
        assert_eq!(explored.reached["four litres"].len(), 6);
        assert!(!explore(&Jugs, 5, threads).reached.contains_key("four litres"));
    }
}
