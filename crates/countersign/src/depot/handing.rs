//! Handing out: the text that the collector signs, and the line of the book that counts.

use super::book::What;
use super::refusal::{DepotError, Refusal};
use super::{Checked, Depot, Standing};
use countersign_proof::certificate::{Collection, DepotText, Receipt, Signed};
use countersign_proof::words::{Digest, Moment, Nonce, Quantity};

/// How long a text can be used once it was made, in minutes.
const OFFER_MINUTES: u64 = 15;

/// A text for the collector to sign.
#[derive(Clone, Debug)]
pub struct Offered {
    /// The text.
    pub text: String,
    /// Until when it can be used.
    pub expires: Moment,
    /// The certificate, as it was checked.
    pub checked: Checked,
}

/// Units that are booked as handed out.
#[derive(Clone, Debug)]
pub struct HandedOut {
    /// The depot's receipt.
    pub receipt: Signed<Receipt>,
    /// The certificate, as it was checked.
    pub checked: Checked,
    /// What is left of its ceiling.
    pub left: Quantity,
}

impl Depot {
    /// Makes the text that a collector signs to show that the key named in the certificate is
    /// theirs.
    ///
    /// # Errors
    /// The first [`Refusal`] that stands against honouring the certificate for so many units.
    pub fn offer(
        &mut self,
        file: &[u8],
        quantity: Quantity,
        standing: Standing<'_>,
        nonce: Nonce,
    ) -> Result<Offered, DepotError> {
        let checked = self.check(file, standing)?;
        within(quantity, &checked)?;
        self.keep(checked.certificate.id, file)?;
        let expires = self.now.plus_minutes(OFFER_MINUTES);
        let text = collection(&checked, quantity, nonce, expires).render();
        let collection = Digest::of(text.as_bytes());
        self.book.append(self.now, What::Offered { nonce, collection, expires })?;
        Ok(Offered { text, expires, checked })
    }

    /// Hands units out: when this returns, they are in the book for good.
    ///
    /// # Errors
    /// The first [`Refusal`]; nothing is booked then.
    pub fn hand_out(
        &mut self,
        file: &[u8],
        quantity: Quantity,
        standing: Standing<'_>,
        (text, signature): (&[u8], &str),
    ) -> Result<HandedOut, DepotError> {
        let checked = self.check(file, standing)?;
        let signed = Signed::<Collection>::verify(text, signature, &checked.certificate.collector)?;
        let said = signed.said();
        let offers = &self.book.totals().offers;
        let offer = offers.get(&said.nonce).ok_or(Refusal::NonceUnknown)?;
        let (now, until) = (self.now, offer.expires);
        // The text is the one that was made here for this certificate, to the last byte.
        let ours = collection(&checked, said.quantity, said.nonce, until);
        if offer.collection != signed.digest() || *said != ours {
            return Err(Refusal::NonceUnknown.into());
        }
        if let Some((line, at)) = offer.spent {
            return Err(Refusal::BookedAlready { line, at }.into());
        }
        if now >= until {
            return Err(Refusal::NonceExpired { until }.into());
        }
        if said.quantity != quantity {
            return Err(Refusal::OtherQuantity { signed: said.quantity, asked: quantity }.into());
        }
        let left = within(quantity, &checked)?;
        let receipt = self.receipt(&checked, quantity, &signed)?;
        let what = What::HandedOut {
            nonce: said.nonce,
            certificate: checked.certificate.id,
            digest: checked.digest,
            quantity,
            receipt: receipt.text().to_owned(),
            signature: receipt.armoured().to_owned(),
        };
        self.book.append(now, what)?;
        Ok(HandedOut { receipt, checked, left })
    }

    fn receipt(
        &self,
        checked: &Checked,
        quantity: Quantity,
        signed: &Signed<Collection>,
    ) -> Result<Signed<Receipt>, DepotError> {
        let certificate = &checked.certificate;
        let so_far = certificate.quantity.minus(checked.left).unwrap_or(Quantity::ZERO);
        let beyond = Refusal::BeyondCeiling {
            asked: quantity,
            left: checked.left,
            ceiling: certificate.quantity,
        };
        let (line, previous) = self.book.next();
        let receipt = Receipt {
            ledger: certificate.ledger,
            exercise: certificate.exercise,
            depot: certificate.depot.clone(),
            certificate: certificate.id,
            digest: checked.digest,
            release: certificate.release,
            item: certificate.item.clone(),
            quantity,
            total: so_far.plus(quantity).ok_or(beyond)?,
            handed_out_at: self.now,
            collector: certificate.collector.id(),
            collection: signed.digest(),
            mode: checked.mode,
            line,
            previous,
        };
        let text = receipt.render();
        let signature = self.sign::<Receipt>(&text)?;
        Ok(Signed::verify(text.as_bytes(), &signature, &self.public_key()?)?)
    }
}

/// What would be left; refused beyond the ceiling.
fn within(quantity: Quantity, checked: &Checked) -> Result<Quantity, Refusal> {
    if quantity.is_zero() {
        return Err(Refusal::QuantityZero);
    }
    let (left, ceiling) = (checked.left, checked.certificate.quantity);
    left.minus(quantity).ok_or(Refusal::BeyondCeiling { asked: quantity, left, ceiling })
}

fn collection(checked: &Checked, quantity: Quantity, nonce: Nonce, expires: Moment) -> Collection {
    let certificate = &checked.certificate;
    Collection {
        ledger: certificate.ledger,
        exercise: certificate.exercise,
        depot: certificate.depot.clone(),
        certificate: certificate.id,
        digest: checked.digest,
        release: certificate.release,
        item: certificate.item.clone(),
        quantity,
        nonce,
        expires,
    }
}
