//! How number, technology and trunk become what Asterisk dials: rebuilt from checked parts, never pasted.

use crate::model::Plan;
use crate::value::{Name, Number, Tech};

/// The technology where the plan names none; `chan_sip` is gone since Asterisk 21.
const DEFAULT_TECH: &str = "PJSIP";

/// The dial string of a number under a plan, on one of its trunks: `<tech>/<number>@<trunk>`, without a trunk `<tech>/<number>`, and
/// `Local/<number>@<context>/n` (without `/n` the channel that we know is optimized away in the middle of the call).
/// `None` for a `sip:` address under a technology that has none: any other would read its `@` as the trunk's.
pub fn dial_string(plan: &Plan, trunk: Option<&Name>, number: &Number) -> Option<String> {
    let tech = tech(plan);
    if number.is_sip_address() && !matches!(tech, "PJSIP" | "SIP") {
        return None;
    }
    let trunk = trunk.map(Name::as_str);
    let number = number.dialable();
    Some(match (tech, trunk) {
        ("Local", Some(context)) => format!("Local/{number}@{context}/n"),
        ("Local", None) => format!("Local/{number}/n"),
        // A PJSIP endpoint with a full address: the request URI stands behind a slash.
        ("PJSIP", Some(endpoint)) if number.starts_with("sip:") => format!("PJSIP/{endpoint}/{number}"),
        (_, Some(trunk)) => format!("{tech}/{number}@{trunk}"),
        (_, None) => format!("{tech}/{number}"),
    })
}

/// The technology of a plan's calls, as Asterisk writes it.
pub fn tech(plan: &Plan) -> &str {
    plan.tech_name.as_ref().map_or(DEFAULT_TECH, Tech::canonical)
}

/// True for a plan whose calls are Local channels.
pub fn is_local(plan: &Plan) -> bool {
    tech(plan) == "Local"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Wall;
    use uuid::Uuid;

    #[test]
    fn the_dial_string_follows_tech_and_trunk() {
        let table = [
            (None, Some("carrier"), "111-111-0001", "PJSIP/111-111-0001@carrier"),
            (Some("SIP"), Some("trunk_test_1"), "111-111-0001", "SIP/111-111-0001@trunk_test_1"),
            (Some("sip/"), Some("t"), "+1 202.555", "SIP/+1202555@t"),
            (Some("pjsip"), None, "100", "PJSIP/100"),
            (Some("Local"), Some("pstn"), "1015550001", "Local/1015550001@pstn/n"),
            (None, Some("carrier"), "sip:bob@10.0.0.1", "PJSIP/carrier/sip:bob@10.0.0.1"),
            (Some("Local"), Some("pstn"), "sip:bob@10.0.0.1", ""),
            (Some("IAX2"), None, "sip:bob@10.0.0.1", ""),
        ];
        for (tech, trunk, number, expected) in table {
            let mut plan = Plan::new(Uuid::nil(), Wall(0));
            plan.tech_name = tech.map(|t| Tech::parse(t).unwrap());
            let trunk = trunk.map(|t| Name::parse(t).unwrap());
            let expected = (!expected.is_empty()).then(|| expected.to_owned());
            assert_eq!(dial_string(&plan, trunk.as_ref(), &Number::parse(number).unwrap()), expected);
        }
    }
}
