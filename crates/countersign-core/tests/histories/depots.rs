//! Steps of a random history at depots without a network, and the second set of books of them.

use super::oracle::{Found, Oracle, demand};
use super::play::Player;
use super::random::Random;
use super::world::{id, quantity, signed};
use countersign_core::requests::{
    Breach, CertificateTerms, Command, Event as Requests, Suspension,
};
use countersign_proof::SoftwareKey;
use countersign_proof::words::{CertificateId, Digest, Moment, Window};
use std::collections::BTreeSet;

impl Player {
    pub(super) fn depots(&mut self, random: &mut Random) {
        let certificates = self.world.state.requests.certificates().len();
        let act = random.below(10);
        if self.world.state.requests.releases().is_empty() {
        } else if certificates == 0 || act < 4 {
            self.certify(random);
        } else if act < 7 {
            self.bring_receipt(random, u64::try_from(certificates).unwrap());
        } else {
            self.bring_the_rest(random, u64::try_from(certificates).unwrap());
        }
    }

    fn certify(&mut self, random: &mut Random) {
        let count = u64::try_from(self.world.state.requests.releases().len()).unwrap();
        let number = self.some_release(random).min(count);
        let released = self.world.release(number);
        let act = self.world.request(released.request.0).draft.act.to_string();
        let ours = if act == "deliver" { "US.Depot-1" } else { "UA.Depot-1" };
        let depot = random.weighted(&[(70, ours), (20, "UA.Depot-2"), (5, "US.Depot-1")]);
        let most = released.left().units().max(1) + u64::from(random.percent(10));
        let mut terms = self.world.certificate(number, depot, random.between(1, most));
        let (from, until) = (terms.window.from(), terms.window.until());
        match random.below(12) {
            0 => terms.window = Window::new(from, until.plus_millis(1)).unwrap(),
            1 => terms.id = CertificateId(terms.id.0 + 1),
            2 => terms.quantity = quantity(0),
            3..=6 => {
                let middle = from.millis().midpoint(until.millis());
                let middle = Moment::from_millis(middle).unwrap();
                terms.window = Window::new(from, middle).unwrap_or(terms.window);
            }
            _ => {}
        }
        let by = if depot == "US.Depot-1" { "usdepot" } else { "uadepot" };
        let by = Self::person(random, by);
        self.session(Some(by), Command::IssueCertificate { terms: Box::new(terms) });
    }

    fn bring_receipt(&mut self, random: &mut Random, certificates: u64) {
        let number = random.between(1, certificates);
        let issued = self.world.state.requests.certificate(CertificateId(number)).unwrap();
        let (ceiling, out) = (issued.terms.quantity.units(), issued.handed_out.units());
        let most =
            if random.percent(10) { ceiling + 3 } else { (ceiling - out.min(ceiling)).max(1) };
        let ago = random.weighted(&[(60, 0), (10, 1), (10, 20), (5, 200)]) * 3_600_000;
        let ahead = u64::from(random.percent(2));
        let at = Moment::from_millis(self.world.at.millis() + ahead - ago).unwrap();
        let units = random.between(1, most);
        let mut receipt = self.world.receipt(number, units, out + units, at);
        let by = if receipt.depot.as_str() == "US.Depot-1" { "usdepot" } else { "uadepot" };
        let by = Self::person(random, by);
        let depot = receipt.depot.to_string();
        match random.below(25) {
            0 => receipt.depot = id("UA.Depot-2"),
            1 => receipt.digest = Digest::of(b"another certificate"),
            2 => receipt.certificate = CertificateId(number + 50),
            3 => receipt.exercise = !receipt.exercise,
            4 => receipt.quantity = quantity(0),
            _ => {}
        }
        let key = match random.percent(4) {
            true => SoftwareKey::from_seed([1; 32]),
            false => super::world::depot_key(&depot),
        };
        let receipt = signed(&receipt, &key);
        self.session(Some(by), Command::RecordReceipt { receipt: receipt.clone() });
        if random.percent(10) {
            self.session(Some(by), Command::RecordReceipt { receipt });
        }
    }

    fn bring_the_rest(&mut self, random: &mut Random, certificates: u64) {
        let number = random.between(1, certificates);
        let issued = self.world.state.requests.certificate(CertificateId(number)).unwrap();
        let (depot, out) = (issued.terms.depot.to_string(), issued.handed_out.units());
        let by = if depot == "US.Depot-1" { "usdepot" } else { "uadepot" };
        let by = Self::person(random, by);
        if random.percent(25) {
            let other = random.weighted(&[(1, "UA.Depot-1"), (1, "UA.Depot-2")]);
            let sighting = self.world.sighting(number, other);
            let sighting = signed(&sighting, &super::world::depot_key(other));
            self.session(Some(by), Command::RecordSighting { sighting });
            return;
        }
        let more = u64::from(random.percent(20));
        let closed = random.percent(60);
        let mut account = self.world.account_of(number, out + more, issued.receipts + more, closed);
        if random.percent(5) {
            account.digest = Digest::of(b"another certificate");
        }
        let account = signed(&account, &super::world::depot_key(&depot));
        self.session(Some(by), Command::RecordAccount { account });
    }
}

/// A certificate as the oracle remembers it.
struct Out {
    terms: CertificateTerms,
    handed_out: u64,
    told: Option<(u64, bool)>,
}

impl Out {
    fn is_settled(&self) -> bool {
        self.told.is_some_and(|(_, closed)| closed)
    }

    fn units(&self) -> u64 {
        let bound = match self.told {
            Some((total, true)) => total,
            Some((_, false)) | None => self.terms.quantity.units(),
        };
        bound.saturating_sub(self.handed_out)
    }
}

/// The second set of books of depots.
#[derive(Default)]
pub(super) struct Depots {
    certificates: Vec<Out>,
    carried: BTreeSet<Digest>,
}

impl Depots {
    fn find(&mut self, certificate: CertificateId) -> Result<&mut Out, String> {
        let place = usize::try_from(certificate.0 - 1).unwrap();
        self.certificates.get_mut(place).ok_or_else(|| format!("no {certificate}"))
    }

    fn carried(&mut self, digest: Digest) -> Found {
        demand(self.carried.insert(digest), || format!("{digest} counted twice"))
    }
}

impl Oracle {
    pub(super) fn of_depots(&mut self, event: &Requests) -> Found {
        match event {
            Requests::CertificateIssued { terms } => self.certified(terms),
            Requests::ReceiptRecorded {
                certificate,
                digest,
                quantity,
                handed_out_at,
                release,
                unaccounted,
                breaches,
                depot,
            } => {
                self.depots.carried(*digest)?;
                let Some(release) = release else {
                    return demand(breaches.is_empty() && unaccounted.is_zero(), || {
                        format!("{digest} fits no certificate and breaks {breaches:?}")
                    });
                };
                let units = quantity.units();
                let out = self.depots.find(*certificate)?;
                let fits = out.terms.release == *release && out.terms.depot == *depot;
                demand(fits, || format!("{certificate} is not {depot}'s for {release}"))?;
                out.handed_out += units;
                let beyond = out.handed_out > out.terms.quantity.units();
                let late = !out.terms.window.contains(*handed_out_at);
                let right = self.right(*release)?;
                let mut seen = right.breaches(units, *handed_out_at, None);
                let extra = [
                    (beyond, Breach::BeyondCertificate),
                    (late, Breach::OutsideWindow),
                    (!unaccounted.is_zero(), Breach::Unaccounted),
                ];
                seen.extend(extra.into_iter().filter_map(|(is, breach)| is.then_some(breach)));
                let told: BTreeSet<Breach> = breaches.iter().copied().collect();
                demand(seen == told, || format!("{digest}: {told:?} told, {seen:?} seen"))?;
                right.used += units;
                let request = countersign_proof::words::RequestId(right.request);
                if self.asked(request)?.draft.act.as_str() == "use" {
                    self.right(*release)?.handed += units;
                }
                self.books.expect_out(units - unaccounted.units());
                self.shelves.hand_out(*release, units);
                Ok(())
            }
            Requests::AccountRecorded { certificate, digest, account } => {
                self.depots.carried(*digest)?;
                let out = self.depots.find(*certificate)?;
                demand(account.closed || !out.is_settled(), || format!("{certificate} reopened"))?;
                out.told = Some((account.total.units(), account.closed));
                Ok(())
            }
            Requests::SightingRecorded { digest, .. } => self.depots.carried(*digest),
            other => panic!("{other:?} is none of a depot"),
        }
    }

    fn certified(&mut self, terms: &CertificateTerms) -> Found {
        let id = terms.id;
        let count = u64::try_from(self.depots.certificates.len()).unwrap();
        demand(id.0 == count + 1, || format!("{id} out of order"))?;
        let right = self.live(terms.release)?;
        let held = right.causes.iter().any(|cause| match cause {
            Suspension::Hold(_) | Suspension::Policy(_) | Suspension::Witnesses(_) => true,
        });
        let usable = &right.usable;
        let fits = !held
            && terms.window.intersect(usable.window) == Some(terms.window)
            && usable.depot.as_ref().is_none_or(|depot| *depot == terms.depot)
            && !terms.quantity.is_zero();
        demand(fits, || format!("{id} is more than {usable:?}"))?;
        let left = usable.quantity.units().saturating_sub(right.used);
        let others = || {
            let all = self.depots.certificates.iter();
            all.filter(|out| out.terms.release == terms.release)
        };
        let one_depot = others().all(|out| out.is_settled() || out.terms.depot == terms.depot);
        demand(one_depot, || format!("{id}: two depots at a time"))?;
        let out: u64 = others().map(Out::units).sum();
        demand(out + terms.quantity.units() <= left, || format!("{id}: {out} out of {left}"))?;
        let terms = terms.clone();
        self.depots.certificates.push(Out { terms, handed_out: 0, told: None });
        Ok(())
    }
}
