//! A policy version as one digest.

use super::{Deciding, KeyOnlyRule, PolicyBundle, SCHEMA, WitnessRule};
use countersign_proof::words::Digest;

/// The domain of the encoding below; a change to the encoding needs a new one.
const DOMAIN: &str = "countersign/policy-bundle/v2";
/// The domain where witnesses are demanded, who come after everything else.
const WITNESSED: &str = "countersign/policy-bundle/v3";

impl PolicyBundle {
    /// SHA-256 over everything the version is made of, the schema included: every field in a fixed
    /// order, each string preceded by its length in bytes, each collection by its length, lengths
    /// as 8 bytes, most significant first.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut out = Encoding::default();
        out.text(if self.witnesses.is_some() { WITNESSED } else { DOMAIN });
        out.text(SCHEMA);
        out.text(self.version.as_str());
        out.0.extend(self.data_shape.to_be_bytes());
        out.length(self.deciding.len());
        for (party, acts) in &self.deciding {
            out.text(party.as_str());
            out.length(acts.len());
            for (act, deciding) in acts {
                out.text(act.as_str());
                match deciding {
                    Deciding::Office(office) => {
                        out.text("office");
                        out.text(office.as_str());
                    }
                    Deciding::Standing => out.text("standing"),
                }
            }
        }
        out.text(match self.key_only {
            KeyOnlyRule::RefuseRed => "refuse-red",
            KeyOnlyRule::Allow => "allow",
        });
        for files in [&self.policies, &self.properties] {
            out.length(files.len());
            for (file, text) in files {
                out.text(file);
                out.text(text);
            }
        }
        if let Some(WitnessRule { quorum, keys }) = &self.witnesses {
            out.0.push(*quorum);
            out.length(keys.len());
            keys.iter().for_each(|key| out.text(key));
        }
        Digest::of(&out.0)
    }
}

#[derive(Default)]
struct Encoding(Vec<u8>);

impl Encoding {
    fn length(&mut self, length: usize) {
        self.0.extend(u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes());
    }

    fn text(&mut self, text: &str) {
        self.length(text.len());
        self.0.extend(text.as_bytes());
    }
}
