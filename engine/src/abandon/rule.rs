//! The rule that a plan's settings come to.

use crate::model::{DialMode, Plan, PlanRules};
use crate::value::{AbandonFrom, AbandonPreset, AnswersCounted};

/// So long both regulators let a person wait for an agent, in seconds: "within two (2) seconds of the person's completed
/// greeting" (16 CFR 310.4(b)(1)(iv)); Ofcom wanted its message played after two at the latest.
pub const SECONDS: u32 = 2;
/// The share of both, in hundredths of a percent.
const CAP: u32 = 300;

/// How long a person may wait for an agent, and how many may wait in vain.
///
/// | Preset | Cap | Window | Share of | Source |
/// |---|---|---|---|---|
/// | `ftc` (also where none is set) | 3 % | 30 days | calls answered by a person | 16 CFR 310.4(b)(4)(i) |
/// | `ofcom` | 3 % | 1 day | calls answered by a person ("live calls") | Ofcom, Revised statement of policy on persistent misuse (2008, with changes until 2017): 24 hours, from midnight to midnight |
/// | `none` | none | 30 days | calls answered by a person | - |
///
/// Each single setting takes the place of the preset's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AbandonRule {
    /// The most of the answered calls that may be abandoned, in hundredths of a percent; `None`: no cap.
    pub cap: Option<u32>,
    /// Lengths of the windows in days, 1 to 366, today included. The cap holds in each.
    pub windows: Vec<u32>,
    /// What the share is a share of.
    pub count: AnswersCounted,
    /// So long after the moment of `from` an agent must be there, in seconds, 1 to 60.
    pub seconds: u32,
    /// From when those count.
    pub from: AbandonFrom,
}

impl AbandonRule {
    /// The rule of a plan with these settings.
    pub fn of(rules: &PlanRules) -> Self {
        let (cap, window) = match rules.abandon_rule.unwrap_or(AbandonPreset::Ftc) {
            AbandonPreset::Ftc => (Some(CAP), 30),
            AbandonPreset::Ofcom => (Some(CAP), 1),
            AbandonPreset::None => (None, 30),
        };
        Self {
            cap: rules.abandon_cap.map(|cap| cap.hundredths()).or(cap),
            windows: rules.abandon_window.as_ref().map_or(vec![window], |days| days.get().to_vec()),
            count: rules.abandon_count.unwrap_or(AnswersCounted::Persons),
            seconds: rules.abandon_seconds.map_or(SECONDS, |seconds| seconds.get()),
            from: rules.abandon_from.unwrap_or(AbandonFrom::Greeting),
        }
    }
}

/// After how many seconds the queue is to give a caller up; `None`: never, he waits as long as the queue lets him.
///
/// The queue keeps the rule's seconds where the plan says so itself: by its `AbandonSeconds`, by a preset with a cap, or by
/// a message for those who are given up. A plan that says nothing keeps its callers: app_queue's timeout also ends the
/// ringing of an agent's phone, so two seconds are for agents whose phones answer by themselves. All are counted alike.
/// Without agents to count (robo, redirect) only the plan's own seconds act.
pub fn queue_timeout_s(plan: &Plan) -> Option<u32> {
    let rules = &plan.rules;
    let own = rules.abandon_seconds.map(|seconds| seconds.get());
    let by_rule = match plan.dial_mode {
        DialMode::Robo | DialMode::Redirect | DialMode::None => false,
        DialMode::Predictive | DialMode::Desktop | DialMode::Power | DialMode::Progressive => {
            match rules.abandon_rule {
                Some(AbandonPreset::Ftc | AbandonPreset::Ofcom) => true,
                Some(AbandonPreset::None) => false,
                None => rules.abandon_message.is_some(),
            }
        }
    };
    own.or(by_rule.then_some(SECONDS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Percent, RulesPatch};
    use crate::time::Wall;
    use uuid::Uuid;

    fn rules(settings: &[(&str, &'static str)]) -> PlanRules {
        let given = |name: &str| settings.iter().find(|(n, _)| *n == name).map(|(_, text)| *text);
        let mut rules = PlanRules::default();
        RulesPatch::read(given).unwrap().apply(&mut rules);
        rules
    }

    #[test]
    fn a_preset_is_a_rule_and_single_settings_override_it() {
        let of = |settings: &[(&str, &'static str)]| AbandonRule::of(&rules(settings));
        let ftc = AbandonRule {
            cap: Some(300),
            windows: vec![30],
            count: AnswersCounted::Persons,
            seconds: 2,
            from: AbandonFrom::Greeting,
        };
        assert_eq!(of(&[]), ftc);
        assert_eq!(of(&[("AbandonRule", "ftc")]), ftc);
        assert_eq!(of(&[("AbandonRule", "ofcom")]), AbandonRule { windows: vec![1], ..ftc.clone() });
        assert_eq!(of(&[("AbandonRule", "none")]), AbandonRule { cap: None, ..ftc.clone() });
        let own = [
            ("AbandonRule", "none"),
            ("AbandonCap", "0.75"),
            ("AbandonWindow", "1,30"),
            ("AbandonSeconds", "5"),
            ("AbandonFrom", "answer"),
            ("AbandonCount", "all"),
        ];
        let expected = AbandonRule {
            cap: Some(75),
            windows: vec![1, 30],
            count: AnswersCounted::All,
            seconds: 5,
            from: AbandonFrom::Answer,
        };
        assert_eq!(of(&own), expected);
        let every: Vec<u32> = (1..=10_000)
            .filter_map(|n| Percent::parse(&format!("{}.{:02}", n / 100, n % 100)).ok())
            .map(Percent::hundredths)
            .collect();
        assert_eq!(every, (1..=10_000).collect::<Vec<_>>(), "no cap is rounded");
    }

    #[test]
    fn the_queue_keeps_the_seconds_where_the_plan_says_so() {
        let timeout = |dial_mode, settings: &[(&str, &'static str)]| {
            queue_timeout_s(&Plan { dial_mode, rules: rules(settings), ..Plan::new(Uuid::nil(), Wall(0)) })
        };
        let check = |settings: &[(&str, &'static str)], counting_agents, without_agents| {
            for mode in [DialMode::Predictive, DialMode::Power, DialMode::Progressive] {
                assert_eq!(timeout(mode, settings), counting_agents, "{mode:?} {settings:?}");
            }
            for mode in [DialMode::Robo, DialMode::Redirect] {
                assert_eq!(timeout(mode, settings), without_agents, "{mode:?} {settings:?}");
            }
        };
        check(&[], None, None);
        check(&[("AbandonRule", "ftc")], Some(2), None);
        check(&[("AbandonRule", "ofcom")], Some(2), None);
        check(&[("AbandonRule", "none"), ("AbandonMessage", "sorry")], None, None);
        check(&[("AbandonMessage", "sorry")], Some(2), None);
        check(&[("AbandonSeconds", "7")], Some(7), Some(7));
        check(&[("AbandonRule", "none"), ("AbandonSeconds", "60")], Some(60), Some(60));
    }
}
