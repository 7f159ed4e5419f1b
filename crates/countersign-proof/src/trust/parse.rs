//! Reading a trust file.

use super::{Group, Name, Quorum, Trust, TrustedLog, TrustedWitness};
use crate::words::canonical_number;
use std::collections::BTreeSet;

/// The longest file, in bytes.
const MAX_BYTES: usize = 1_000_000;
/// The most lines of one kind; the standard asks for at least 32.
const MAX_OF_A_KIND: usize = 1000;

/// Why a trust file cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("trust file, line {line}: {what}")]
pub struct TrustError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong there, and what to do.
    pub what: String,
}

#[derive(Default)]
struct Reading {
    logs: Vec<TrustedLog>,
    witnesses: Vec<TrustedWitness>,
    groups: Vec<Group>,
    quorum: Option<Quorum>,
    members: BTreeSet<Name>,
}

impl Trust {
    /// Reads a trust file (C2SP tlog-policy, "Policy file syntax and structure").
    ///
    /// # Errors
    /// [`TrustError`] with the first line that is wrong.
    pub fn parse(file: &[u8]) -> Result<Self, TrustError> {
        if file.len() > MAX_BYTES {
            return Err(TrustError { line: 1, what: "the file is longer than 1 MB".to_owned() });
        }
        let mut reading = Reading::default();
        let mut last = 1;
        for (line, bytes) in (1..).zip(file.split(|byte| *byte == b'\n')) {
            last = line;
            reading.line(bytes).map_err(|what| TrustError { line, what })?;
        }
        let Reading { logs, witnesses, groups, quorum, members: _ } = reading;
        let missing = "the file has no quorum line; write `quorum NAME`, or `quorum none` to ask \
                       for no witness";
        let quorum = quorum.ok_or(TrustError { line: last, what: missing.to_owned() })?;
        Ok(Self { logs, witnesses, groups, quorum })
    }
}

impl Reading {
    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        if let Some(byte) =
            line.iter().find(|byte| **byte == 0x7F || (**byte < b' ' && **byte != b'\t'))
        {
            return Err(format!("it has the control character {byte:#04x}"));
        }
        let items = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|item| !item.is_empty());
        let items: Vec<&[u8]> = items.collect();
        match items.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key] => self.log(key, None),
            [b"log", key, url] => self.log(key, Some(url)),
            [b"witness", name, key] => self.witness(name, key, None),
            [b"witness", name, key, url] => self.witness(name, key, Some(url)),
            [b"group", name, threshold, members @ ..] => self.group(name, threshold, members),
            [b"quorum", name] => self.set_quorum(name),
            [b"log", ..] => Err("a log line is `log VKEY [URL]`".to_owned()),
            [b"witness", ..] => Err("a witness line is `witness NAME VKEY [URL]`".to_owned()),
            [b"group", ..] => Err("a group line is `group NAME all|any|K NAME...`".to_owned()),
            [b"quorum", ..] => Err("a quorum line is `quorum NAME` or `quorum none`".to_owned()),
            [other, ..] => Err(format!(
                "it begins with {:?}, not with log, witness, group or quorum",
                String::from_utf8_lossy(other).chars().take(40).collect::<String>()
            )),
        }
    }

    fn log(&mut self, key: &[u8], url: Option<&[u8]>) -> Result<(), String> {
        let key = key_text(key)?.parse().map_err(|error| format!("{error}"))?;
        let log = TrustedLog { key, url: url.map(text).transpose()? };
        if self.logs.iter().any(|known| known.key.public_key() == log.key.public_key()) {
            return Err("the key of this log stands on an earlier line already".to_owned());
        }
        push(&mut self.logs, log)
    }

    fn witness(&mut self, name: &[u8], key: &[u8], url: Option<&[u8]>) -> Result<(), String> {
        let name = self.new_name(name)?;
        let key = key_text(key)?.parse().map_err(|error| format!("{error}"))?;
        let witness = TrustedWitness { name, key, url: url.map(text).transpose()? };
        let same = |known: &TrustedWitness| known.key.public_key() == witness.key.public_key();
        if self.witnesses.iter().any(same) {
            return Err(
                "the key of this witness stands on an earlier line already; it would count \
                        twice"
                    .to_owned(),
            );
        }
        push(&mut self.witnesses, witness)
    }

    fn group(&mut self, name: &[u8], threshold: &[u8], names: &[&[u8]]) -> Result<(), String> {
        let name = self.new_name(name)?;
        let count = names.len();
        let threshold = match threshold {
            b"all" => count,
            b"any" => 1,
            number => std::str::from_utf8(number)
                .ok()
                .and_then(canonical_number)
                .and_then(|number| usize::try_from(number).ok())
                .ok_or("after its name a group has `all`, `any` or a number")?,
        };
        if count == 0 {
            return Err("a group has at least one member".to_owned());
        }
        if threshold > count {
            return Err(format!("it asks for {threshold} of {count} members"));
        }
        let mut members = Vec::with_capacity(count);
        for member in names {
            let member = self.known_name(member)?;
            if !self.members.insert(member.clone()) {
                return Err(format!("{member} is a member already; it would count twice"));
            }
            members.push(member);
        }
        push(&mut self.groups, Group { name, threshold, members })
    }

    fn set_quorum(&mut self, name: &[u8]) -> Result<(), String> {
        if self.quorum.is_some() {
            return Err("there is a quorum line already; the file has exactly one".to_owned());
        }
        let quorum =
            if name == b"none" { Quorum::None } else { Quorum::Of(self.known_name(name)?) };
        self.quorum = Some(quorum);
        Ok(())
    }

    fn is_known(&self, name: &Name) -> bool {
        self.witnesses.iter().any(|witness| witness.name == *name)
            || self.groups.iter().any(|group| group.name == *name)
    }

    fn new_name(&self, name: &[u8]) -> Result<Name, String> {
        let name = Name(name.to_vec());
        if name.0 == b"none" {
            Err("nothing may be called none".to_owned())
        } else if self.is_known(&name) {
            Err(format!("{name} is defined already"))
        } else {
            Ok(name)
        }
    }

    fn known_name(&self, name: &[u8]) -> Result<Name, String> {
        let name = Name(name.to_vec());
        if self.is_known(&name) {
            Ok(name)
        } else {
            Err(format!("{name} is not defined on a line before this one"))
        }
    }
}

fn push<T>(list: &mut Vec<T>, one: T) -> Result<(), String> {
    if list.len() < MAX_OF_A_KIND {
        list.push(one);
        Ok(())
    } else {
        Err(format!("there are more than {MAX_OF_A_KIND} such lines"))
    }
}

fn key_text(key: &[u8]) -> Result<&str, String> {
    std::str::from_utf8(key).map_err(|_| "the verifier key is not UTF-8".to_owned())
}

fn text(url: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(url).map_err(|_| "the URL is not UTF-8; write it in ASCII")?;
    Ok(text.to_owned())
}
