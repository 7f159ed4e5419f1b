//! What falls due by itself: reminders, escalation, lapse, expiry; and what a policy version
//! changes when it comes into force. Everything here is an event, never a test of the clock on
//! reading.

use super::decision::{approve_events, end_events};
use super::satisfied::{ask, standpoint};
use super::witnessed;
use super::{Closing, Ending, Event, Release, Request, Suspension};
use crate::policy::{Verdict, Version};
use crate::{Event as AnyEvent, State};
use countersign_proof::words::{
    Moment, OfficeId, PolicyVersionId, ReleaseId, RequestId, Transition,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What falls due next on an open request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// The reminder.
    Remind,
    /// The escalation.
    Escalate,
    /// The lapse.
    Lapse,
}

/// A thing due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Due {
    /// An open request that a standing permission now allows.
    Standing(RequestId),
    /// The end of a release's window.
    Expiry(ReleaseId),
    /// The next deadline of an open request.
    Deadline(RequestId),
}

impl Request {
    /// When the next deadline is; none once the request is closed. While the clock stands, only
    /// the end of the window counts.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Moment> {
        if !self.state.is_open() {
            return None;
        }
        if self.stopped_at.is_some() {
            return Some(self.draft.window.until());
        }
        Some(match self.stage {
            Stage::Remind => self.deadlines.remind,
            Stage::Escalate => self.deadlines.escalate,
            Stage::Lapse => self.deadlines.lapse,
        })
    }
}

pub(super) fn fall_due(state: &State, due: Due, at: Moment) -> Vec<AnyEvent> {
    match due {
        Due::Standing(id) => {
            state.requests.request(id).map_or_else(Vec::new, |r| allowed(state, r, at))
        }
        Due::Expiry(id) => end_events(id, Ending::Expired),
        Due::Deadline(id) => {
            state.requests.request(id).map_or_else(Vec::new, |r| deadline(state, r, at))
        }
    }
}

/// A standing permission releases, if it still does: what was released since the version came into
/// force may have used a limit up.
fn allowed(state: &State, request: &Request, at: Moment) -> Vec<AnyEvent> {
    let id = request.id;
    let Ok(version) = state.policy.version(&request.policy) else {
        let policy = request.policy.clone();
        return vec![Event::RequestRebound { request: id, policy, standing: false }.into()];
    };
    let now = rebind(state, request, version, at);
    if !matches!(now, AnyEvent::Requests(Event::RequestRebound { standing: true, .. })) {
        return vec![now];
    }
    let usable = request.draft.usable();
    let asked = (&*request.draft, &usable);
    let approved = approve_events(state, version, id, asked, BTreeSet::new(), at);
    approved.unwrap_or_else(|rejection| {
        let held = rejection.code() == "requests/under-hold";
        let closing = if held { Closing::UnderHold } else { Closing::NoStock };
        vec![Event::RequestRefused { request: id, closing }.into()]
    })
}

fn deadline(state: &State, request: &Request, at: Moment) -> Vec<AnyEvent> {
    let id = request.id;
    let lapses = request.stopped_at.is_some()
        || at >= request.deadlines.lapse
        || request.stage == Stage::Lapse;
    if lapses {
        return vec![Event::RequestLapsed { request: id }.into()];
    }
    let missing = standpoint(state, request, at).map(|s| s.missing).unwrap_or_default();
    let offices: BTreeSet<OfficeId> = missing.into_iter().flatten().collect();
    vec![match request.stage {
        Stage::Remind => Event::DecidersReminded { request: id, offices }.into(),
        Stage::Escalate | Stage::Lapse => Event::RequestEscalated { request: id, offices }.into(),
    }]
}

/// What becomes of what is open when the coming version comes into force.
pub(super) fn policy_changes(state: &State, at: Moment) -> Vec<AnyEvent> {
    let Some(version) = state.policy.coming() else { return Vec::new() };
    match version.transition {
        Transition::Keep => Vec::new(),
        Transition::Revoke => {
            let policy = &version.bundle.version;
            let ends = state
                .requests
                .live()
                .flat_map(|release| end_events(release.id, Ending::Policy(policy.clone())));
            let requests = state.requests.open().map(|request| rebind(state, request, version, at));
            ends.chain(requests).collect()
        }
        Transition::ReEvaluate => {
            let releases =
                state.requests.live().flat_map(|release| re_evaluate(state, release, version, at));
            let requests = state.requests.open().map(|request| rebind(state, request, version, at));
            releases.chain(requests).collect()
        }
    }
}

/// An open request starts again under another version.
fn rebind(state: &State, request: &Request, version: &Version, at: Moment) -> AnyEvent {
    let policy = version.bundle.version.clone();
    let verdict = ask(state, version, (request.draft.act, &request.draft, None), false, at)
        .map(|explained| explained.verdict);
    match verdict {
        Ok(Verdict::Prohibited) => {
            let closing = Closing::Policy(policy);
            Event::RequestRefused { request: request.id, closing }.into()
        }
        Ok(Verdict::Standing) => {
            Event::RequestRebound { request: request.id, policy, standing: true }.into()
        }
        // Where policy gives no answer, every decision on the request will be refused.
        Ok(Verdict::Needs(_)) | Err(_) => {
            Event::RequestRebound { request: request.id, policy, standing: false }.into()
        }
    }
}

/// A live release is judged by another version; the approvals given under the old one do not count.
fn re_evaluate(state: &State, release: &Release, version: &Version, at: Moment) -> Vec<AnyEvent> {
    let policy: PolicyVersionId = version.bundle.version.clone();
    let id = release.id;
    let Some(request) = state.requests.request(release.request) else { return Vec::new() };
    let draft = request.draft.narrowed(&release.usable);
    let verdict = ask(state, version, (draft.act, &draft, Some(release)), false, at)
        .map(|explained| explained.verdict);
    match verdict {
        Ok(Verdict::Standing) => {
            let mut events = vec![Event::ReleaseRebound { release: id, policy }.into()];
            events.extend(witnessed::judged_anew(state, version, release));
            events
        }
        Ok(Verdict::Prohibited) => end_events(id, Ending::Policy(policy)),
        Ok(Verdict::Needs(_)) | Err(_) => {
            let cause = Suspension::Policy(policy);
            vec![Event::ReleasesSuspended { releases: vec![id], cause }.into()]
        }
    }
}
