//! The span of a dialing: `dialing{uuid campaign lead}` at level debug, with the target `outbound::dialing`. Whoever says something of one call
//! does so in it, so that all that was said of a call can be found, or asked for, by any of the three (docs/manual.md, Following a call).
//!
//! It is entered where something is said, and held by nobody: the engine says nothing, and a call is worked on by the driver, the link
//! of an Asterisk and the store's thread in turn. Where level debug is off a span costs the look at one number.

use engine::dialing::{Record, Setup};
use engine::preview::Offer;
use tracing::level_filters::LevelFilter;
use tracing::{Span, debug_span};
use uuid::Uuid;

/// No span is on: what it would say need not be looked up.
pub fn are_off() -> bool {
    LevelFilter::current() < LevelFilter::DEBUG
}

/// The span of a dialing.
pub fn of(setup: &Setup) -> Span {
    of_parts(setup.uuid, setup.campaign, setup.lead)
}

/// The span of the dialing that an offer becomes.
pub fn of_offer(offer: &Offer) -> Span {
    of_parts(offer.dialing, offer.campaign, offer.lead.uuid)
}

fn of_parts(uuid: Uuid, campaign: Uuid, lead: Uuid) -> Span {
    debug_span!(target: "outbound::dialing", "dialing", %uuid, %campaign, %lead)
}

/// The span of a claim of which its lead is known.
pub fn of_claim(dialing: Uuid, lead: Uuid) -> Span {
    debug_span!(target: "outbound::dialing", "dialing", uuid = %dialing, %lead)
}

/// The span of a dialing of which nothing else is known.
pub fn of_uuid(dialing: Uuid) -> Span {
    debug_span!(target: "outbound::dialing", "dialing", uuid = %dialing)
}

/// The span of the dialing that a record is about, as far as the record knows it.
pub fn of_record(record: &Record) -> Span {
    match record {
        Record::Ended(ended) => of(&ended.dialing.setup),
        Record::Answered { dialing, campaign, lead, .. } => of_parts(*dialing, *campaign, *lead),
        Record::Released { dialing, lead } | Record::Returned { dialing, lead, .. } => {
            of_claim(*dialing, *lead)
        }
        Record::CampaignStatus { .. } | Record::CampaignWindow { .. } => Span::none(),
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use tracing_subscriber::EnvFilter;

    use super::*;

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(octets)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    /// What a filter lets through of two calls and a line of neither.
    fn said(filter: &str, lead: Uuid) -> Vec<String> {
        let (log, other) = (Log::default(), Uuid::from_u128(7));
        let writer = log.clone();
        let text = tracing_subscriber::fmt().with_ansi(false).without_time();
        let text = text.with_env_filter(EnvFilter::new(filter)).with_writer(move || writer.clone());
        tracing::subscriber::with_default(text.finish(), || {
            of_claim(Uuid::from_u128(1), lead).in_scope(|| tracing::debug!("of the one"));
            of_claim(Uuid::from_u128(2), other).in_scope(|| tracing::debug!("of the other"));
            tracing::debug!("of neither");
        });
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn one_lead_can_be_followed_by_a_filter_that_names_it_and_none_is_where_debug_is_off() {
        let lead = Uuid::from_u128(0xb349_d24b_2ee1_4808_adeb_0de9_4ccd_cbcf);
        let lines = said(&format!("info,[dialing{{lead={lead}}}]=debug"), lead);
        let dialing = Uuid::from_u128(1);
        assert_eq!(lines.len(), 1, "{lines:#?}");
        assert!(lines[0].contains(&format!("dialing{{uuid={dialing} lead={lead}}}")), "{lines:#?}");
        assert!(lines[0].ends_with("of the one"), "{lines:#?}");
        assert_eq!(said("debug", lead).len(), 3);
        assert_eq!(said("info", lead), [""; 0]);
    }
}
