//! A machine: a folder that lasts, and a process that comes and goes.

use crate::site::Place;
use crate::store::servers;
use countersign::node::{Node, Standing};
use countersign::writer::{Job, Reader, Receipt, Submission, Unavailable};
use countersign_proof::words::CommandId;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};

/// What a command was answered.
pub struct Answer {
    /// Which command.
    pub id: CommandId,
    /// By which node.
    pub node: usize,
    /// What.
    pub answer: Result<Receipt, Unavailable>,
    /// Whether nobody heard it.
    pub is_lost: bool,
}

/// Where answers gather.
pub type Outbox = Arc<Mutex<Vec<Answer>>>;

/// A running node.
pub struct Process {
    node: Node,
    /// What it shows.
    pub reader: Reader,
    /// How many entries it was seen to show.
    pub position: u64,
}

/// One of the machines.
pub struct Machine {
    /// What outlives its processes.
    pub place: Place,
    /// What runs on it.
    pub process: Option<Process>,
    /// The files that outlive its processes.
    pub folder: PathBuf,
    queue: Vec<(CommandId, Job)>,
}

impl Machine {
    /// A machine on which nothing runs.
    pub fn new(place: Place, folder: &Path) -> Self {
        Self { place, process: None, folder: folder.to_owned(), queue: Vec::new() }
    }

    /// Starts a node; gives what came of it, in words.
    pub fn start(&mut self) -> String {
        let node = self.place.node;
        let mut cluster = servers(&self.place.world);
        cluster.seats[node].is_dead = false;
        cluster.seats[node].is_paused = false;
        drop(cluster);
        match Node::join(Box::new(self.place.clone())) {
            Ok(node) => {
                let reader = node.reader();
                let position = reader.position();
                self.process = Some(Process { node, reader, position });
                format!("it shows {position} entries")
            }
            Err(error) => self.without_folder(&error.to_string()),
        }
    }

    /// Takes a command into its queue.
    ///
    /// # Errors
    /// The command's id where nothing runs here.
    pub fn takes(&mut self, submission: Submission, outbox: &Outbox) -> Result<(), CommandId> {
        let (id, node) = (submission.id, self.place.node);
        if self.process.is_none() {
            return Err(id);
        }
        let outbox = outbox.clone();
        let reply = move |answer| {
            let answer = Answer { id, node, answer, is_lost: false };
            outbox.lock().expect("one thread").push(answer);
        };
        self.queue.push((id, Job::new(submission, reply)));
        Ok(())
    }

    /// Lets what is due happen, as a server does from time to time.
    pub fn lets_time_pass(&mut self, submission: Submission) {
        if self.process.is_some() {
            self.queue.push((submission.id, Job::new(submission, drop)));
        }
    }

    /// Lets the node take a turn with everything that has gathered; gives how much that was.
    pub fn turn(&mut self) -> usize {
        let jobs: Vec<Job> = self.queue.drain(..).map(|(_, job)| job).collect();
        let gathered = jobs.len();
        if let Some(process) = &mut self.process {
            process.node.turn(jobs);
        }
        gathered
    }

    /// Where the node stands.
    pub fn standing(&self) -> Option<Standing> {
        self.process.as_ref().map(|process| process.reader.standing())
    }

    /// The standing in words.
    pub fn said(&self, standing: &Standing) -> String {
        match standing {
            Standing::Leads => "leads".to_owned(),
            Standing::Follows { place, size, lost } => {
                let place = place.as_deref().unwrap_or("nobody");
                let lost = lost.as_ref().map(|lost| format!(" ({})", self.without_folder(lost)));
                format!("follows {place} at {size}{}", lost.unwrap_or_default())
            }
            Standing::Halted { why } => format!("halts: {}", self.without_folder(why)),
        }
    }

    /// A text without the name of this run's folder, which is another each time.
    pub fn without_folder(&self, text: &str) -> String {
        let folder = self.folder.parent().unwrap_or(&self.folder).display().to_string();
        text.replace(&folder, "")
    }

    /// Ends the process; gives the commands that it never came to.
    pub fn end(&mut self) -> Vec<CommandId> {
        let mut cluster = servers(&self.place.world);
        let seat = &mut cluster.seats[self.place.node];
        seat.is_dead = true;
        seat.dies_in = None;
        seat.amid = None;
        seat.held = None;
        drop(cluster);
        self.process = None;
        let came_for_nothing = |(id, _): (CommandId, Job)| (id.0 != [0; 16]).then_some(id);
        self.queue.drain(..).filter_map(came_for_nothing).collect()
    }

    /// Sets the clock off.
    pub fn set_off(&self, millis: i64) {
        self.place.off.store(millis, Ordering::Relaxed);
    }
}
