//! Destinations: where answered calls go, instead of the plan's queue.

use serde::Serialize;
use uuid::Uuid;

use super::{Stamps, Variable, codes};
use crate::time::Wall;
use crate::value::{Name, Text};

/// Where an answered call goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// Type 0: a place in the dialplan.
    Exten {
        /// Extension.
        exten: Name,
        /// Context.
        context: Name,
        /// Priority, from 1.
        priority: u32,
    },
    /// Type 1: a dialplan application.
    Application {
        /// Its name.
        application: Name,
        /// Its arguments.
        data: Option<Text>,
    },
}

/// A place for answered calls (contract: `OutDestination*`). Its fields may be set one by one, so it may be unusable for
/// a while: [`Destination::route`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Identity.
    pub uuid: Uuid,
    /// Name for people.
    pub name: Option<Text>,
    /// Longer text for people.
    pub detail: Option<Text>,
    /// 0 = extension, 1 = application.
    pub kind: DestinationKind,
    /// Type 0: extension.
    pub exten: Option<Name>,
    /// Type 0: context.
    pub context: Option<Name>,
    /// Type 0: priority, 1 where none is set.
    pub priority: Option<u32>,
    /// Type 1: application.
    pub application: Option<Name>,
    /// Type 1: its arguments.
    pub data: Option<Text>,
    /// Channel variables of each call.
    pub variables: Vec<Variable>,
    /// Made, changed, deleted.
    pub stamps: Stamps,
}

/// The contract's destination types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DestinationKind {
    /// 0.
    #[default]
    Exten,
    /// 1.
    Application,
}

codes!(DestinationKind: Exten = 0, Application = 1);

impl Destination {
    /// A destination without a place.
    pub fn new(uuid: Uuid, created: Wall) -> Self {
        Self {
            uuid,
            name: None,
            detail: None,
            kind: DestinationKind::Exten,
            exten: None,
            context: None,
            priority: None,
            application: None,
            data: None,
            variables: Vec::new(),
            stamps: Stamps { created, ..Stamps::default() },
        }
    }

    /// Where calls go, once the fields that its type needs are set.
    pub fn route(&self) -> Option<Route> {
        match self.kind {
            DestinationKind::Exten => Some(Route::Exten {
                exten: self.exten.clone()?,
                context: self.context.clone()?,
                priority: self.priority.unwrap_or(1),
            }),
            DestinationKind::Application => {
                Some(Route::Application { application: self.application.clone()?, data: self.data.clone() })
            }
        }
    }
}
