//! The classes of events and actions that Asterisk's `manager.conf` names (`read`, `write`), and sets of them.
//!
//! Order and names are those of Asterisk 22.

use std::fmt;

/// One class of events and actions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "each is the name that manager.conf gives it")]
pub enum Class {
    System,
    Call,
    Log,
    Verbose,
    Agent,
    User,
    Config,
    Command,
    Dtmf,
    Reporting,
    Cdr,
    Dialplan,
    Originate,
    Agi,
    Cc,
    Aoc,
    Test,
    Security,
    Message,
}

impl Class {
    /// All classes in Asterisk's order.
    pub const ALL: [Self; 19] = [
        Self::System,
        Self::Call,
        Self::Log,
        Self::Verbose,
        Self::Agent,
        Self::User,
        Self::Config,
        Self::Command,
        Self::Dtmf,
        Self::Reporting,
        Self::Cdr,
        Self::Dialplan,
        Self::Originate,
        Self::Agi,
        Self::Cc,
        Self::Aoc,
        Self::Test,
        Self::Security,
        Self::Message,
    ];

    /// The name in `manager.conf`.
    pub fn name(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Call => "call",
            Self::Log => "log",
            Self::Verbose => "verbose",
            Self::Agent => "agent",
            Self::User => "user",
            Self::Config => "config",
            Self::Command => "command",
            Self::Dtmf => "dtmf",
            Self::Reporting => "reporting",
            Self::Cdr => "cdr",
            Self::Dialplan => "dialplan",
            Self::Originate => "originate",
            Self::Agi => "agi",
            Self::Cc => "cc",
            Self::Aoc => "aoc",
            Self::Test => "test",
            Self::Security => "security",
            Self::Message => "message",
        }
    }

    /// The class of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

/// A name that is no class.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is no class of events or actions; known are all, none, system, call, log, verbose, agent, user, config, command, dtmf, reporting, cdr, dialplan, originate, agi, cc, aoc, test, security, message"
)]
pub struct UnknownClass(pub String);

/// A set of classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ClassSet(u32);

impl ClassSet {
    /// No class: an action that everybody may send.
    pub const NONE: Self = Self(0);
    /// Every class.
    pub const ALL: Self = Self((1 << Class::ALL.len()) - 1);

    /// The set of these classes.
    pub const fn of(classes: &[Class]) -> Self {
        let mut bits = 0;
        let mut at = 0;
        while at < classes.len() {
            bits |= 1 << classes[at] as u32;
            at += 1;
        }
        Self(bits)
    }

    /// Reads names as they stand in a configuration: `["all"]`, `["call", "agent"]`.
    ///
    /// # Errors
    /// [`UnknownClass`] for the first name that is none.
    pub fn parse<S: AsRef<str>>(names: impl IntoIterator<Item = S>) -> Result<Self, UnknownClass> {
        let mut set = Self::NONE;
        for name in names {
            set = set.union(Self::named(name.as_ref().trim())?);
        }
        Ok(set)
    }

    /// Reads an event mask as Asterisk does: `on`, `off`, or names with commas, of which unknown ones count nothing.
    /// `None` where the text is empty.
    pub fn from_event_mask(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "" => None,
            "on" | "yes" | "true" | "y" | "t" => Some(Self::ALL),
            "off" | "no" | "false" | "n" | "f" | "0" => Some(Self::NONE),
            _ => {
                let known = text.split(',').filter_map(|name| Self::named(name.trim()).ok());
                Some(known.fold(Self::NONE, Self::union))
            }
        }
    }

    fn named(name: &str) -> Result<Self, UnknownClass> {
        match name {
            "all" => Ok(Self::ALL),
            "none" => Ok(Self::NONE),
            _ => Class::named(name).map(Self::from).ok_or_else(|| UnknownClass(name.to_owned())),
        }
    }

    /// The classes of either set.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True where every class of `other` is in this set: what an event needs.
    pub fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// True where `needed` is empty or shares a class with this set: what an action needs.
    pub fn permits(self, needed: Self) -> bool {
        needed.0 == 0 || self.0 & needed.0 != 0
    }

    /// True without any class.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The classes in Asterisk's order.
    pub fn iter(self) -> impl Iterator<Item = Class> {
        Class::ALL.into_iter().filter(move |class| self.contains(Self::from(*class)))
    }
}

impl From<Class> for ClassSet {
    fn from(class: Class) -> Self {
        Self::of(&[class])
    }
}

/// As in `Privilege: call,all` of an event; `<none>` for the empty set.
impl fmt::Display for ClassSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("<none>");
        }
        for class in self.iter() {
            write!(f, "{},", class.name())?;
        }
        f.write_str("all")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_classes_stand_in_asterisks_order_whatever_the_order_of_the_names() {
        let set = ClassSet::parse(["message", "call"]).unwrap();
        assert_eq!(set.to_string(), "call,message,all");
        assert_eq!(ClassSet::from(Class::Message).to_string(), "message,all");
        assert_eq!(ClassSet::NONE.to_string(), "<none>");
        assert_eq!(ClassSet::parse(["all"]), Ok(ClassSet::ALL));
        assert_eq!(ClassSet::parse(["calls"]), Err(UnknownClass("calls".into())));
        for (bit, class) in Class::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, bit);
            assert_eq!(Class::named(class.name()), Some(class));
        }
    }

    #[test]
    fn an_event_mask_is_read_as_asterisk_does() {
        let mask = ClassSet::from_event_mask;
        assert_eq!(mask("on"), Some(ClassSet::ALL));
        assert_eq!(mask("all"), Some(ClassSet::ALL));
        assert_eq!(mask("off"), Some(ClassSet::NONE));
        assert_eq!(mask("nonsense"), Some(ClassSet::NONE));
        assert_eq!(mask("call,user"), Some(ClassSet::of(&[Class::Call, Class::User])));
        assert_eq!(mask(""), None);
    }

    #[test]
    fn an_event_needs_all_its_classes_and_an_action_one_of_them() {
        let have = ClassSet::from(Class::Call);
        let both = ClassSet::of(&[Class::Call, Class::Originate]);
        assert!(!have.contains(both));
        assert!(have.permits(both));
        assert!(have.permits(ClassSet::NONE));
        assert!(!have.permits(ClassSet::from(Class::User)));
    }
}
