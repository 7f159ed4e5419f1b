//! The load in the process that is killed, and the lines in which it tells of its answers.

use super::world::{self, Official};
use countersign::clock::SystemEntropy;
use countersign::opening::open_writer;
use countersign::writer::{Door, Receipt, Submission, Writer};
use countersign_core::record::Answer;
use countersign_core::requests::Command;
use countersign_proof::words::{CommandId, Digest, RequestId};
use std::io::Write as _;
use std::str::FromStr;

pub const LOCATION: &str = "COUNTERSIGN_TEST_LOCATION";
pub const ROUND: &str = "COUNTERSIGN_TEST_ROUND";
/// Printed once the ledger is open.
pub const READY: &str = "ready to be killed";

/// Clients at work at the same time.
const CLIENTS: u64 = 4;

/// The ledger and round given to a process; none when someone runs the test by hand.
pub fn given() -> Option<(String, u64)> {
    let round = std::env::var(ROUND).ok()?.parse().unwrap();
    Some((std::env::var(LOCATION).ok()?, round))
}

/// What an answer said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    pub seq: u64,
    pub digest: Digest,
}

impl Acknowledged {
    pub fn of(receipt: &Receipt) -> Self {
        Self { seq: receipt.seq, digest: digest(&receipt.answer) }
    }
}

pub fn digest(answer: &Answer) -> Digest {
    Digest::of(format!("{answer:?}").as_bytes())
}

/// A line of the process: a command is sent, or answered.
#[derive(Clone, Copy, Debug)]
pub enum Line {
    Sent(CommandId),
    Answered(CommandId, Acknowledged),
}

impl FromStr for Line {
    type Err = ();
    /// A line that the kill has torn is none.
    fn from_str(line: &str) -> Result<Self, ()> {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["sent", id, "."] => Ok(Self::Sent(id.parse().map_err(|_| ())?)),
            ["answered", id, seq, digest, "."] => {
                let seq = seq.parse().map_err(|_| ())?;
                let digest = digest.parse().map_err(|_| ())?;
                Ok(Self::Answered(id.parse().map_err(|_| ())?, Acknowledged { seq, digest }))
            }
            _ => Err(()),
        }
    }
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// A writer that opens the ledger a day later: what was due since then happens first.
pub fn writer(location: &str) -> Writer {
    let opened = open_writer(location).unwrap();
    let clock = world::Ticking::from(opened.state.ledger.clock.plus_days(1));
    Writer::start(opened, Box::new(clock), Box::new(SystemEntropy)).unwrap()
}

/// Whole lives of requests, from several clients at once, until the process is killed.
pub fn submit_for_ever(location: &str, round: u64) {
    let writer = writer(location);
    say(&format!("\n{READY}"));
    std::thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (writer, door) = (&writer, writer.door().unwrap());
            let work = move || {
                let officials = [Official::new("P-A", "A.Head"), Official::new("P-B", "B.Head")];
                for turn in 0.. {
                    let client = Client { round, client, turn, door: &door };
                    client.lifecycle(writer, &officials);
                }
            };
            std::thread::Builder::new().spawn_scoped(scope, work).unwrap();
        }
    });
}

struct Client<'a> {
    round: u64,
    client: u64,
    turn: u64,
    door: &'a Door,
}

impl Client<'_> {
    fn id(&self, step: u64) -> CommandId {
        // The founding of the programme has ids of its own.
        world::id(1_000 + self.round, (self.client << 48) | (self.turn << 8) | step)
    }

    /// Submits, telling of it before and after.
    fn submit(&self, submission: Submission) -> Receipt {
        let id = submission.id;
        say(&format!("sent {id} ."));
        let receipt = self.door.submit(submission).unwrap();
        let Acknowledged { seq, digest } = Acknowledged::of(&receipt);
        say(&format!("answered {id} {seq} {digest} ."));
        receipt
    }

    fn lifecycle(&self, writer: &Writer, officials: &[Official]) {
        let command = |step: u64, by, command| Submission {
            id: self.id(step),
            ..world::submission(0, 0, by, command)
        };
        let submitted = self.submit(command(0, Some("P-H"), world::submit_request()));
        let request: RequestId = world::request_in(&submitted);
        let mut last = submitted;
        for (step, official) in (1..).zip(officials) {
            let asked = official.asks(request);
            let nonce = self.submit(Submission { id: self.id(step * 2), by: None, asked });
            let (text, signature) = official.signs(writer, &nonce, request);
            let statement = Official::checked(&text, &signature);
            let decide = Command::DecideRequest { statement };
            last = self.submit(command(step * 2 + 1, None, decide.into()));
        }
        let report = world::report_use(world::release_in(&last), last.at);
        self.submit(command(8, Some("P-H"), report));
        // A refusal is a command with an answer like any other.
        let unknown =
            Command::WithdrawRequest { request: RequestId::from_str("REQ-999999").unwrap() };
        self.submit(command(9, Some("P-H"), unknown.into()));
    }
}
