//! The claims of a certificate: which there are, in which order, and how each is written.
//!
//! The order is that of RFC 8949 §4.2.1, bytewise by the encoded key. What CWT has no claim for
//! stands in one map of our own under a key for private use (RFC 8392 §9.1.1).

use super::{Certificate, CertificateError, StatusReference, cose};
use crate::key::PublicKey;
use crate::words::{Digest, Moment, Quantity, ReleaseId, RequestId, Revision, Window};
use coset::cbor::Value;
use std::collections::BTreeSet;
use std::str::FromStr;

// CWT claims (RFC 8392 §4; `cnf`: RFC 8747 §3.1; `status`: Token Status List).
const ISS: i64 = 1;
const AUD: i64 = 3;
const EXP: i64 = 4;
const NBF: i64 = 5;
const IAT: i64 = 6;
const CTI: i64 = 7;
const CNF: i64 = 8;
const STATUS: i64 = 65_535;
const RELEASE: i64 = -65_537;

// Our own, inside RELEASE.
const LEDGER: i64 = 1;
const NUMBER: i64 = 2;
const REQUEST: i64 = 3;
const REVISION: i64 = 4;
const ACT: i64 = 5;
const ITEM: i64 = 6;
const QUANTITY: i64 = 7;
const HOLDER: i64 = 8;
const DECISIONS: i64 = 9;
const POLICY: i64 = 10;
const ENTRY: i64 = 11;
const EXERCISE: i64 = 12;

// A COSE key (RFC 9052 §7.1, RFC 9053 §7.2).
const COSE_KEY: i64 = 1;
const KTY: i64 = 1;
const OKP: i64 = 1;
const CRV: i64 = -1;
const ED25519: i64 = 6;
const X: i64 = -2;

fn int(number: i64) -> Value {
    Value::Integer(number.into())
}

fn uint(number: u64) -> Value {
    Value::Integer(number.into())
}

fn text(text: impl ToString) -> Value {
    Value::Text(text.to_string())
}

fn digest(digest: &Digest) -> Value {
    Value::Bytes(digest.0.to_vec())
}

fn map(entries: Vec<(i64, Value)>) -> Value {
    Value::Map(entries.into_iter().map(|(key, value)| (int(key), value)).collect())
}

fn seconds(moment: Moment) -> Value {
    uint(moment.millis() / 1000)
}

/// The claims in their deterministic encoding.
pub(super) fn encode(certificate: &Certificate) -> Result<Vec<u8>, CertificateError> {
    let key = certificate.collector.ed25519().ok_or(CertificateError::CollectorKey)?;
    let key =
        vec![(KTY, int(OKP)), (CRV, int(ED25519)), (X, Value::Bytes(key.as_bytes().to_vec()))];
    let status = Value::Map(vec![
        (text("idx"), uint(certificate.status.index)),
        (text("uri"), text(&certificate.status.uri)),
    ]);
    let release = vec![
        (LEDGER, digest(&certificate.ledger)),
        (NUMBER, uint(certificate.release.0)),
        (REQUEST, uint(certificate.request.0)),
        (REVISION, uint(u64::from(certificate.revision.0))),
        (ACT, text(certificate.act)),
        (ITEM, text(&certificate.item)),
        (QUANTITY, uint(certificate.quantity.units())),
        (HOLDER, text(&certificate.holder)),
        (DECISIONS, Value::Array(certificate.decisions.iter().map(digest).collect())),
        (POLICY, digest(&certificate.policy)),
        (ENTRY, uint(certificate.entry)),
        (EXERCISE, Value::Bool(certificate.exercise)),
    ];
    let claims = map(vec![
        (ISS, text(&certificate.issuer)),
        (AUD, text(&certificate.depot)),
        (EXP, seconds(certificate.window.until())),
        (NBF, seconds(certificate.window.from())),
        (IAT, seconds(certificate.issued_at)),
        (CTI, Value::Bytes(certificate.id.to_string().into_bytes())),
        (CNF, map(vec![(COSE_KEY, map(key))])),
        (STATUS, Value::Map(vec![(text("status_list"), status)])),
        (RELEASE, map(release)),
    ]);
    cose::to_bytes(&claims)
}

/// A map whose entries are taken in their one order; each is there exactly once, and nothing else.
pub(crate) struct Claims {
    entries: std::vec::IntoIter<(Value, Value)>,
}

impl Claims {
    pub(crate) fn of(value: Value, what: &'static str) -> Result<Self, CertificateError> {
        let entries = value.into_map().map_err(|_| CertificateError::Claims(what))?;
        Ok(Self { entries: entries.into_iter() })
    }

    /// The next claim, which must be this one.
    pub(crate) fn take<T>(
        &mut self,
        claim: impl Into<Value> + std::fmt::Debug,
        read: impl FnOnce(Value) -> Option<T>,
    ) -> Result<T, CertificateError> {
        let named = format!("{claim:?}");
        let fault = |why| CertificateError::Claim { claim: named.clone(), why };
        let (key, value) = self.entries.next().ok_or_else(|| fault("is missing"))?;
        if key != claim.into() {
            return Err(fault("is missing, or another stands in its place"));
        }
        read(value).ok_or_else(|| fault("is not of its type, or out of range"))
    }

    pub(crate) fn end(mut self) -> Result<(), CertificateError> {
        match self.entries.next() {
            None => Ok(()),
            Some((key, _)) => {
                let claim: String = format!("{key:?}").chars().take(80).collect();
                Err(CertificateError::Claim { claim, why: "is unknown here, or stands twice" })
            }
        }
    }
}

pub(crate) fn read_uint(value: Value) -> Option<u64> {
    value.into_integer().ok()?.try_into().ok()
}

pub(crate) fn read_seconds(value: Value) -> Option<Moment> {
    Moment::from_millis(read_uint(value)?.checked_mul(1000)?)
}

pub(crate) fn read_text(value: Value) -> Option<String> {
    value.into_text().ok()
}

fn read_word<T: FromStr>(value: Value) -> Option<T> {
    value.into_text().ok()?.parse().ok()
}

fn read_digest(value: Value) -> Option<Digest> {
    value.into_bytes().ok()?.try_into().ok().map(Digest)
}

fn read_digests(value: Value) -> Option<BTreeSet<Digest>> {
    let digests: Vec<Digest> =
        value.into_array().ok()?.into_iter().map(read_digest).collect::<Option<_>>()?;
    digests.is_sorted_by(|one, next| one < next).then(|| digests.into_iter().collect())
}

/// The claims in these bytes.
pub(super) fn decode(bytes: &[u8]) -> Result<Certificate, CertificateError> {
    let mut claims = Claims::of(cose::from_bytes(bytes)?, "they are not a map")?;
    let issuer = claims.take(ISS, read_text)?;
    let depot = claims.take(AUD, read_word)?;
    let until = claims.take(EXP, read_seconds)?;
    let from = claims.take(NBF, read_seconds)?;
    let issued_at = claims.take(IAT, read_seconds)?;
    let id =
        claims.take(CTI, |value| String::from_utf8(value.into_bytes().ok()?).ok()?.parse().ok())?;
    let mut cnf = Claims::of(claims.take(CNF, Some)?, "the confirmation is not a map")?;
    let collector = collector(cnf.take(COSE_KEY, Some)?)?;
    cnf.end()?;
    let mut status = Claims::of(claims.take(STATUS, Some)?, "the status is not a map")?;
    let list = status.take("status_list", Some)?;
    status.end()?;
    let mut status = Claims::of(list, "the status is not a map")?;
    let index = status.take("idx", read_uint)?;
    let status_uri = status.take("uri", read_text)?;
    status.end()?;
    let mut release = Claims::of(claims.take(RELEASE, Some)?, "the release is not a map")?;
    claims.end()?;
    let window =
        Window::new(from, until).ok_or(CertificateError::Rule("it ends before it begins"))?;
    let certificate = Certificate {
        id,
        issuer,
        depot,
        window,
        issued_at,
        collector,
        status: StatusReference { index, uri: status_uri },
        ledger: release.take(LEDGER, read_digest)?,
        release: ReleaseId(release.take(NUMBER, read_uint)?),
        request: RequestId(release.take(REQUEST, read_uint)?),
        revision: Revision(release.take(REVISION, |value| read_uint(value)?.try_into().ok())?),
        act: release.take(ACT, read_word)?,
        item: release.take(ITEM, read_word)?,
        quantity: release.take(QUANTITY, |value| Quantity::new(read_uint(value)?))?,
        holder: release.take(HOLDER, read_word)?,
        decisions: release.take(DECISIONS, read_digests)?,
        policy: release.take(POLICY, read_digest)?,
        entry: release.take(ENTRY, read_uint)?,
        exercise: release.take(EXERCISE, |value| value.into_bool().ok())?,
    };
    release.end()?;
    Ok(certificate)
}

/// The collector's key, from the COSE key in `cnf`.
fn collector(value: Value) -> Result<PublicKey, CertificateError> {
    let mut key = Claims::of(value, "the collector's key is not a map")?;
    let is = |number: i64| move |value: Value| (value == int(number)).then_some(());
    key.take(KTY, is(OKP))?;
    key.take(CRV, is(ED25519))?;
    let point: [u8; 32] = key.take(X, |value| value.into_bytes().ok()?.try_into().ok())?;
    key.end()?;
    ed25519_dalek::VerifyingKey::from_bytes(&point)
        .ok()
        .filter(|key| !key.is_weak())
        .map(|key| PublicKey::from_ed25519(&key))
        .ok_or(CertificateError::CollectorKey)
}
