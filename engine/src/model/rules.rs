//! What plans and campaigns may set beyond the contract, each in one line of a table: its header, its type, its doc.
//! Every field may be left out; what counts then is said by the functions that read it. Input, events and rows go by the
//! table, so a new setting is one line here.

use serde::Serialize;

use crate::value::{
    AbandonFrom, AbandonPreset, AnswersCounted, Days, Hundredths, InvalidValue, Name, PacingRule,
    PreviewFirst, Sound, Whole, Zone,
};

/// Settings that can be read and written by name.
pub trait Rules: Default {
    /// The settings' names, in the order in which they are shown.
    const NAMES: &'static [&'static str];

    /// Sets one from text; an empty text takes it away.
    ///
    /// # Errors
    /// What was expected, and nothing has changed.
    fn set(&mut self, name: &str, text: &str) -> Result<(), InvalidValue>;

    /// Those that are set, as text, in their order.
    fn all(&self) -> Vec<(&'static str, String)>;
}

macro_rules! rules {
    ($(#[$doc:meta])* $type:ident { $($(#[$field_doc:meta])* $name:literal $field:ident: $value:ty,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
        pub struct $type {
            $($(#[$field_doc])* #[serde(skip_serializing_if = "Option::is_none")] pub $field: Option<$value>,)*
        }

        impl Rules for $type {
            const NAMES: &'static [&'static str] = &[$($name),*];

            fn set(&mut self, name: &str, text: &str) -> Result<(), InvalidValue> {
                match name {
                    $($name => self.$field = if text.is_empty() { None } else { Some(<$value>::parse(text)?) },)*
                    _ => return Err(InvalidValue::new("a setting that this version knows")),
                }
                Ok(())
            }

            fn all(&self) -> Vec<(&'static str, String)> {
                let all = [$(($name, self.$field.as_ref().map(ToString::to_string))),*];
                all.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
            }
        }
    };
}

/// Calls per agent, 1 to 20.
pub type Ratio = Hundredths<100, 2_000>;
/// A share in percent, 0.01 to 100.
pub type Percent = Hundredths<1, 10_000>;
/// Calls each second, 0.01 to 10,000.
pub type PerSecond = Hundredths<1, 1_000_000>;

rules! {
    /// What a plan may set beyond the contract.
    PlanRules {
        /// How mode 1 (predictive) finds its number of calls.
        "Pacing" pacing: PacingRule,
        /// Mode 3 (power): calls for each available agent.
        "PowerRatio" power_ratio: Ratio,
        /// Where the rules about abandoned calls come from.
        "AbandonRule" abandon_rule: AbandonPreset,
        /// The most of the answered calls that may be abandoned, in percent.
        "AbandonCap" abandon_cap: Percent,
        /// Over how many days, today included, that share is counted; each window for itself.
        "AbandonWindow" abandon_window: Days,
        /// So long after the moment of `AbandonFrom` an agent must be there, in seconds.
        "AbandonSeconds" abandon_seconds: Whole<1, 60>,
        /// From when those seconds count.
        "AbandonFrom" abandon_from: AbandonFrom,
        /// What the share is a share of.
        "AbandonCount" abandon_count: AnswersCounted,
        /// The sound file that is played to a person for whom no agent was there.
        "AbandonMessage" abandon_message: Sound,
        /// Mode 2 (preview): how long an agent may look at a lead, in seconds.
        "PreviewSeconds" preview_seconds: Whole<5, 3_600>,
        /// Mode 2 (preview): whose phone is called first.
        "PreviewFirst" preview_first: PreviewFirst,
    }
}

rules! {
    /// What a campaign may set beyond the contract.
    CampaignRules {
        /// The time zone of its schedule and of its days, instead of the daemon's.
        "ScTimeZone" time_zone: Zone,
        /// Its share of agents and channels against the other campaigns' that want them, 1 where none is set.
        "Weight" weight: Whole<1, 100>,
        /// The most calls that it may have at once.
        "MaxChannels" max_channels: Whole<1, 100_000>,
        /// The most calls that it may place in a second.
        "MaxCps" max_cps: PerSecond,
        /// Campaigns of the same group share one budget of abandoned calls.
        "AbandonGroup" abandon_group: Name,
    }
}

/// Changes of settings: each checked, none applied yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RulesPatch<T> {
    changes: Vec<(&'static str, String)>,
    of: std::marker::PhantomData<T>,
}

impl<T> Default for RulesPatch<T> {
    fn default() -> Self {
        Self { changes: Vec::new(), of: std::marker::PhantomData }
    }
}

impl<T: Rules> RulesPatch<T> {
    /// Takes those settings that `given` has a text for; an empty text takes the setting away.
    ///
    /// # Errors
    /// The first name whose text is not right, and what was expected.
    pub fn read<'a>(
        given: impl Fn(&'static str) -> Option<&'a str>,
    ) -> Result<Self, (&'static str, InvalidValue)> {
        let (mut patch, mut scratch) = (Self::default(), T::default());
        for name in T::NAMES {
            let Some(text) = given(name) else { continue };
            scratch.set(name, text).map_err(|error| (*name, error))?;
            patch.changes.push((name, text.to_owned()));
        }
        Ok(patch)
    }

    /// Sets what the patch has.
    pub fn apply(&self, rules: &mut T) {
        for (name, text) in &self.changes {
            let set = rules.set(name, text);
            debug_assert!(set.is_ok(), "{name} was checked when it was read");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_comes_back_as_it_was_given() {
        let given = |name: &str| {
            Some(match name {
                "Pacing" => "level",
                "PowerRatio" => "1.5",
                "AbandonRule" => "ofcom",
                "AbandonCap" => "2.75",
                "AbandonWindow" => "1,30",
                "AbandonSeconds" => "2",
                "AbandonFrom" => "greeting",
                "AbandonCount" => "all",
                "AbandonMessage" => "custom/sorry",
                "PreviewSeconds" => "30",
                "PreviewFirst" => "customer",
                _ => return None,
            })
        };
        let mut rules = PlanRules::default();
        RulesPatch::read(given).unwrap().apply(&mut rules);
        assert_eq!(rules.all().len(), PlanRules::NAMES.len());
        for (name, text) in rules.all() {
            assert_eq!(Some(text.as_str()), given(name), "{name}");
        }
        RulesPatch::read(|name| (name == "Pacing").then_some("")).unwrap().apply(&mut rules);
        assert_eq!(rules.pacing, None);
    }

    #[test]
    fn what_is_not_right_is_refused_by_its_name() {
        let bad = [
            ("Weight", "0"),
            ("Weight", "1.5"),
            ("Weight", "+1"),
            ("MaxChannels", "-1"),
            ("MaxCps", "0"),
            ("MaxCps", "1.234"),
            ("ScTimeZone", "Europe/Nowhere"),
            ("AbandonGroup", "a b"),
        ];
        for (name, text) in bad {
            let refused = RulesPatch::<CampaignRules>::read(|n| (n == name).then_some(text)).unwrap_err();
            assert_eq!(refused.0, name, "{text}");
        }
        for (name, text) in [
            ("Pacing", "Level"),
            ("PowerRatio", "0.99"),
            ("AbandonCap", "100.01"),
            ("AbandonWindow", "1,"),
            ("AbandonWindow", "0"),
            ("AbandonMessage", "a&b"),
            ("AbandonMessage", "a,b"),
            ("AbandonMessage", "${X}"),
            ("AbandonSeconds", "61"),
        ] {
            let refused = RulesPatch::<PlanRules>::read(|n| (n == name).then_some(text)).unwrap_err();
            assert_eq!(refused.0, name, "{text}");
        }
        let cap = Percent::parse("0").unwrap_err().expected;
        assert_eq!(cap, "a number from 0.01 to 100 with at most two decimal places");
    }
}
