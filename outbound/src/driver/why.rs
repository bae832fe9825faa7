//! Why a campaign places no calls: what the engine finds, with what is known here of Asterisks that are away and of the store.

use engine::time::Now;
use engine::why::Why;
use uuid::Uuid;

use super::Driver;

impl Driver {
    pub(super) fn why(&self, campaign: Uuid, now: Now) -> Option<Why> {
        let mut why = self.engine.why(campaign, now)?;
        for asterisk in &self.asterisks {
            if let Some(cause) = asterisk.cause_of_absence() {
                why.tell_cause(asterisk.name(), &cause);
            }
        }
        if let Some(trouble) = self.store.trouble() {
            why.tell_trouble(&trouble.to_string());
        }
        Some(why)
    }
}
