//! When a notice is sent again. Answers: *how long to wait after so many failures?*

use std::time::Duration;

/// The pauses, as Standard Webhooks 1.0.0 has them as its example: three days in all.
const USUAL: &[u64] = &[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// The longest pause, in seconds: a day.
const LONGEST: u64 = 86_400;
/// The most pauses.
const MOST: usize = 20;
/// Failures in a row after which an endpoint is taken to be down.
const DOWN: u32 = 3;
/// The longest that one which is down is left alone.
const LONGEST_REST: Duration = Duration::from_secs(300);

/// The pauses between attempts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pace {
    pauses: Vec<Duration>,
}

impl Default for Pace {
    fn default() -> Self {
        Self { pauses: USUAL.iter().map(|seconds| Duration::from_secs(*seconds)).collect() }
    }
}

impl Pace {
    /// Pauses of one's own.
    ///
    /// # Errors
    /// What is wrong with them.
    pub(crate) fn new(seconds: &[u64]) -> Result<Self, String> {
        let fits = |seconds: &u64| (1..=LONGEST).contains(seconds);
        if seconds.len() > MOST || !seconds.iter().all(fits) {
            return Err(format!(
                "retry_seconds: at most {MOST} pauses, each of 1 to {LONGEST} seconds"
            ));
        }
        Ok(Self { pauses: seconds.iter().map(|seconds| Duration::from_secs(*seconds)).collect() })
    }

    /// How long to wait after this many failures; none when it is to be given up. `chance` spreads
    /// the pause by up to a fifth, so that what failed together does not come back together.
    pub(crate) fn after(&self, failures: u32, chance: u8) -> Option<Duration> {
        let index = usize::try_from(failures.checked_sub(1)?).ok()?;
        let pause = *self.pauses.get(index)?;
        let fifth = pause.checked_div(5).unwrap_or_default();
        let more = fifth.saturating_mul(u32::from(chance)).checked_div(255).unwrap_or_default();
        Some(pause.saturating_add(more))
    }

    /// How long an endpoint is left alone that has failed so many times in a row, whatever for.
    pub(crate) fn rest(&self, in_a_row: u32) -> Duration {
        let Some(beyond) = in_a_row.checked_sub(DOWN) else { return Duration::ZERO };
        let first = self.pauses.first().copied().unwrap_or_default();
        let times = 1_u32.checked_shl(beyond.min(16)).unwrap_or(u32::MAX);
        first.saturating_mul(times).min(LONGEST_REST)
    }

    /// Whether so many failures in a row mean that an endpoint is down.
    pub(crate) fn is_down(in_a_row: u32) -> bool {
        in_a_row >= DOWN
    }
}

#[cfg(test)]
mod tests {
    use super::Pace;
    use std::time::Duration;

    #[test]
    fn pauses_grow_to_a_day_and_end() {
        let pace = Pace::default();
        let pauses: Vec<u64> =
            (1..).map_while(|n| pace.after(n, 0)).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses.first(), Some(&5));
        assert_eq!(pauses.last(), Some(&86_400));
        assert!(pauses.is_sorted());
        assert_eq!(pauses.iter().sum::<u64>(), 272_105, "75 h 35 min 5 s, as in the specification");
        assert_eq!(pace.after(0, 0), None, "nothing has failed");
    }

    #[test]
    fn chance_makes_a_pause_longer_by_a_fifth_at_most() {
        let pace = Pace::new(&[100]).unwrap();
        assert_eq!(pace.after(1, 0), Some(Duration::from_secs(100)));
        assert_eq!(pace.after(1, 255), Some(Duration::from_secs(120)));
        assert!(pace.after(1, 100).unwrap() > Duration::from_secs(100));
    }

    #[test]
    fn an_endpoint_that_is_down_is_left_alone_ever_longer_but_not_for_ever() {
        let pace = Pace::default();
        assert_eq!(pace.rest(2), Duration::ZERO);
        assert_eq!(pace.rest(3), Duration::from_secs(5));
        assert_eq!(pace.rest(4), Duration::from_secs(10));
        assert_eq!(pace.rest(u32::MAX), Duration::from_secs(300));
    }

    #[test]
    fn pauses_of_ones_own_are_whole_seconds_up_to_a_day() {
        assert!(Pace::new(&[0]).is_err());
        assert!(Pace::new(&[86_401]).is_err());
        assert!(Pace::new(&[1; 21]).is_err());
        assert_eq!(Pace::new(&[]).unwrap().after(1, 0), None, "one attempt and no more");
    }
}
