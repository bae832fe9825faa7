//! The reasons for which a campaign does not place calls, each with a code that stays, what it means and what to do about it.
//! The table in docs/http.md is this one.

macro_rules! reasons {
    ($($name:ident $word:literal $meaning:literal => $advice:literal;)*) => {
        /// Why a campaign does not place (more) calls.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $name,)*
        }

        impl Code {
            /// All of them, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word for programs; it stays.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// What it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning),* }
            }

            /// What to do next; `None` where nothing has to be done.
            pub fn advice(self) -> Option<&'static str> {
                let advice = match self { $(Self::$name => $advice),* };
                (!advice.is_empty()).then_some(advice)
            }
        }
    };
}

reasons! {
    Dialing "dialing" "It is dialing: its calls ring, and agents or the prediction have no use for more now" => "";
    Claiming "claiming" "Leads for its next calls are being claimed in the database" => "";
    OffersOpen "offers_open" "Preview: each agent who is free has an offer, and has not answered yet" => "";
    NoIdleAgent "no_idle_agent" "No agent of the plan's queue is idle" => "Wait for an agent, or let more agents log in or end their pause";
    NobodyLoggedIn "nobody_logged_in" "Nobody is logged in to the plan's queue" => "Let agents log in to the queue; check their phones where they seem to be";
    AgentsSpokenFor "agents_spoken_for" "Agents are idle, but calls of others are on their way to them" => "";
    AgentsLeftAlone "agents_left_alone" "Preview: agents are idle, but have let an offer run out, refused several, or cannot be called" => "Ask them whether they are there; any change of their state ends it";
    Predicted "predicted" "Predictive: one more call would too likely find no agent" => "";
    CallsPerAgent "calls_per_agent" "Predictive: many calls are in flight for each agent, and hardly anybody answers" => "Check the list and the trunk: calls seem to reach nobody";
    ServiceLevel "service_level" "Predictive by service level: idle agents and that level leave no call beside those that are not over" => "Raise service_level of the plan, or set its pacing to adaptive";
    AbandonBudget "abandon_budget" "So many callers were abandoned that only one call is placed for each idle agent" => "Nothing needs to be done; raise abandon_cap of the plan if the law allows it";
    AsteriskChannels "asterisk_channels" "The Asterisk has as many calls at once as it may have" => "Raise max_channels in its [[asterisk]] section of the daemon's config if it can take more";
    AsteriskRate "asterisk_rate" "The Asterisk is given as many calls a second as it may be given" => "Raise max_cps in its [[asterisk]] section of the daemon's config if it can take more";
    TrunkChannels "trunk_channels" "The trunk has as many calls at once as it may have" => "Raise max_channels in its [[asterisk.trunk]] section of the daemon's config if the carrier allows it";
    TrunkRate "trunk_rate" "The trunk is given as many calls a second as it may be given" => "Raise max_cps in its [[asterisk.trunk]] section of the daemon's config if the carrier allows it";
    Trunks "trunks" "No trunk of the plan takes a call, each for a reason of its own" => "See limits for each trunk's reason";
    CampaignChannels "campaign_channels" "The campaign has as many calls at once as it may have" => "Raise max_channels of the campaign";
    CampaignRate "campaign_rate" "The campaign places as many calls a second as it may place" => "Raise max_cps of the campaign";
    TrunkCongested "trunk_congested" "The trunk refuses calls, so it is given few" => "Check that trunk_name of the plan is right, ask the carrier, and see Asterisk's log: calls on this trunk fail";
    AsteriskRefuses "asterisk_refuses" "The Asterisk refuses whatever is asked of it, so it is asked rarely" => "See the log of that Asterisk; `outbound check` tells what is missing";
    OutsideSchedule "outside_schedule" "It is outside of the campaign's schedule" => "Change the schedule of the campaign if it should call now";
    RetryDelay "retry_delay" "All leads that are left wait for their next try" => "Nothing needs to be done; add leads, or shorten retry_delay_ms of the plan";
    ListUsedUp "list_used_up" "The list is used up: every lead was reached or has no tries left" => "Add leads, or raise max_tries of the plan; start the campaign again if it has stopped";
    ListEmpty "list_empty" "The dial list has no leads" => "Add leads, or import a file";
    LastCalls "last_calls" "The list is used up but for calls that are still in flight" => "";
    ListImport "list_import" "Leads are being imported into the dial list, which is to be used when that is complete, or all that are in are used up" => "Wait for the import, or cancel it";
    NoSuchQueue "no_such_queue" "The plan's queue does not exist on the Asterisk" => "Correct queue_name of the plan, or make the queue there, in queues.conf";
    NotConnected "asterisk_not_connected" "No Asterisk is connected" => "Check that Asterisk runs, its address, and username and secret in manager.conf; `outbound check` tells what is missing";
    Comparing "asterisk_comparing" "The Asterisk has just connected; its channels and queues are being read" => "";
    Store "store" "The database cannot claim leads" => "See the reason in the log or at /readyz; it goes on by itself when the database works again";
    NoPlan "no_plan" "The campaign has no plan" => "Set the plan of the campaign";
    NoDialMode "no_dial_mode" "The plan has no dial mode" => "Set dial_mode of the plan";
    NoQueue "no_queue" "The plan has no queue, which its dial mode needs" => "Set queue_name of the plan";
    NoDialList "no_dial_list" "The campaign has no dial list" => "Set dial_list of the campaign";
    NoDestination "no_destination" "The campaign's destination is not there, or has no place yet" => "Set the destination of the campaign, or its exten and context, or its application";
    Stopped "stopped" "The campaign is stopped" => "Start the campaign";
    Paused "paused" "The campaign is paused" => "Start the campaign";
    Starting "starting" "The campaign is being started" => "";
    Stopping "stopping" "The campaign is being stopped: no new calls" => "Wait until its calls have ended, or stop it by force";
    Pausing "pausing" "The campaign is being paused: no new calls" => "Start the campaign if it should go on";
    ForceStopping "force_stopping" "The campaign is being stopped by force: its calls are hung up" => "Start it when it is stopped";
    ShuttingDown "shutting_down" "The daemon is shutting down" => "Start the daemon again";
}
