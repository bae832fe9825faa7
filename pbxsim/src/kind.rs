//! The events that the model knows, their classes, and which of them anybody wants.

use ami::{Class, ClassSet};

macro_rules! kinds {
    ($($kind:ident $class:ident $privilege:literal,)*) => {
        /// One event name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Kind { $($kind,)* }

        impl Kind {
            const ALL: &[Self] = &[$(Self::$kind,)*];

            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$kind => stringify!($kind),)* }
            }

            pub(crate) fn class(self) -> Class {
                match self { $(Self::$kind => Class::$class,)* }
            }

            pub(crate) fn privilege(self) -> &'static str {
                match self { $(Self::$kind => $privilege,)* }
            }
        }
    };
}

kinds! {
    Newchannel Call "call,all",
    Newexten Dialplan "dialplan,all",
    VarSet Dialplan "dialplan,all",
    NewCallerid Call "call,all",
    NewConnectedLine Call "call,all",
    NewAccountCode Call "call,all",
    LocalBridge Call "call,all",
    DialBegin Call "call,all",
    DialState Call "call,all",
    DialEnd Call "call,all",
    Newstate Call "call,all",
    OriginateResponse Call "call,all",
    DeviceStateChange Call "call,all",
    HangupRequest Call "call,all",
    SoftHangupRequest Call "call,all",
    Hangup Call "call,all",
    BridgeCreate Call "call,all",
    BridgeEnter Call "call,all",
    BridgeLeave Call "call,all",
    BridgeDestroy Call "call,all",
    UserEvent User "user,all",
    QueueCallerJoin Agent "agent,all",
    QueueCallerLeave Agent "agent,all",
    QueueCallerAbandon Agent "agent,all",
    AgentCalled Agent "agent,all",
    AgentConnect Agent "agent,all",
    AgentComplete Agent "agent,all",
    AgentRingNoAnswer Agent "agent,all",
    QueueMemberStatus Agent "agent,all",
    QueueMemberAdded Agent "agent,all",
    QueueMemberRemoved Agent "agent,all",
    QueueMemberPause Agent "agent,all",
    Reload System "system,all",
    Shutdown System "system,all",
}

/// The events that anybody wants: an event that nobody wants is never built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wanted(u64);

impl Wanted {
    /// Every event.
    pub const ALL: Self = Self(u64::MAX);
    /// No event; answers to actions come all the same.
    pub const NONE: Self = Self(0);

    /// The events of these classes.
    pub fn classes(classes: ClassSet) -> Self {
        Self::only(|kind| classes.contains(kind.class().into()))
    }

    /// The events of these names, whatever their class.
    pub fn names(names: &[&str]) -> Self {
        Self::only(|kind| names.contains(&kind.name()))
    }

    /// The events in either.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn holds(self, kind: Kind) -> bool {
        self.0 & 1 << kind as u32 != 0
    }

    fn only(test: impl Fn(Kind) -> bool) -> Self {
        Self(Kind::ALL.iter().filter(|kind| test(**kind)).fold(0, |bits, kind| bits | 1 << *kind as u32))
    }
}
