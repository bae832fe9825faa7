//! `outbound campaign why` and `watch`: what a campaign is doing, and why not more.

use std::time::Duration;

use console::Term;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::print;
use super::table::{cell, fitted};
use crate::cli::client::Client;

/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Between two lines where no terminal is; a line comes at once when status or reason change.
const LINE_LOOKS: u32 = 10;

/// Says why a campaign does not dial.
pub(super) async fn why(client: &Client, key: &str, as_json: bool) -> anyhow::Result<()> {
    let why = client.get(&format!("campaigns/{key}/why")).await?;
    print(&if as_json { format!("{why}\n") } else { told(&why) })
}

fn told(why: &Value) -> String {
    let mut text = format!("{}: {}\n", why["name"].as_str().unwrap_or("campaign"), cell(&why["text"]));
    for (name, label) in [("since", "since"), ("until", "until"), ("advice", "what to do")] {
        if !why[name].is_null() {
            text += &format!("  {label}: {}\n", cell(&why[name]));
        }
    }
    let own = why["text"].as_str();
    for limit in why["limits"].as_array().into_iter().flatten().filter(|limit| limit["text"].as_str() != own)
    {
        let place = limit["asterisk"].as_str().map_or_else(String::new, |asterisk| format!("{asterisk}: "));
        text += &format!("  also: {place}{}\n", cell(&limit["text"]));
    }
    text
}

/// Follows a campaign until the user ends it, or, where that is wanted, until it has stopped.
pub(super) async fn watch(client: &Client, key: &str, as_json: bool, until_done: bool) -> anyhow::Result<()> {
    let term = Term::stdout();
    let redraws = term.is_term() && !as_json;
    let (mut drawn, mut last, mut looks) = (0, String::new(), 0);
    loop {
        let look = look(client, key).await?;
        let state = format!("{} {}", cell(&look["status"]), cell(&look["reason"]));
        if redraws {
            let text = lines(&look);
            let _ = term.clear_last_lines(drawn);
            drawn = text.len();
            text.iter().try_for_each(|line| term.write_line(&fitted(line)))?;
        } else if state != last || looks % LINE_LOOKS == 0 {
            print(&if as_json { format!("{look}\n") } else { format!("{}\n", lines(&look).join(" | ")) })?;
        }
        if until_done && matches!(look["status"].as_str(), Some("stop" | "pause")) {
            return Ok(());
        }
        (last, looks) = (state, looks + 1);
        sleep(LOOK).await;
    }
}

/// What there is to see, in one object.
async fn look(client: &Client, key: &str) -> anyhow::Result<Value> {
    let campaign = client.get(&format!("campaigns/{key}")).await?;
    let why = client.get(&format!("campaigns/{key}/why")).await?;
    let results = client.items("results", &format!("&campaign={key}"), 1_000).await?;
    let of = |outcome: &str| results.iter().filter(|result| result["outcome"] == outcome).count();
    let ended = results.len();
    let queue = match campaign["plan"].as_str() {
        Some(plan) => client.get(&format!("plans/{plan}")).await?["queue_name"].take(),
        None => Value::Null,
    };
    let agents = match queue.as_str() {
        Some(queue) => client.items("agents", &format!("&queue={}", super::escaped(queue)), 10_000).await?,
        None => Vec::new(),
    };
    let doing = |state: &str| agents.iter().filter(|agent| agent["state"] == state).count();
    Ok(json!({
        "campaign": key, "name": campaign["name"], "status": campaign["status"],
        "in_flight": why["figures"]["in_flight"], "ringing": why["figures"]["ringing"],
        "ended": ended, "answered": of("answered"), "abandoned": of("abandoned"), "more_ended": ended == 1_000,
        "agents": { "idle": doing("idle"), "busy": doing("busy"), "wrap_up": doing("wrap_up"), "away": doing("away") },
        "reason": why["reason"], "text": why["text"], "until": why["until"],
    }))
}

fn lines(look: &Value) -> Vec<String> {
    let number = |name: &str| cell(&look[name]);
    let agents = |state: &str| cell(&look["agents"][state]);
    let last = if look["more_ended"] == json!(true) { "of the last 1000 calls" } else { "of all calls" };
    vec![
        format!("{}: {}", number("name"), number("status")),
        format!("calls: {} in flight, {} ringing", number("in_flight"), number("ringing")),
        format!(
            "{last}: {} ended, {} answered, {} abandoned",
            number("ended"),
            number("answered"),
            number("abandoned")
        ),
        format!(
            "agents: {} idle, {} busy, {} in wrap-up, {} away",
            agents("idle"),
            agents("busy"),
            agents("wrap_up"),
            agents("away")
        ),
        format!("now: {}", number("text")),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_with_what_to_do_and_what_else_holds_it_back() {
        let why = json!({"name": "autumn", "text": "no idle agent in sales: 2 logged in, 2 talking", "since": null,
            "until": "2026-11-26T09:00:00Z", "advice": "Wait",
            "limits": [{"asterisk": "pbx1", "text": "no idle agent in sales: 2 logged in, 2 talking"},
                {"asterisk": "pbx2", "text": "not connected"}]});
        assert_eq!(
            told(&why),
            "autumn: no idle agent in sales: 2 logged in, 2 talking\n  until: 2026-11-26 09:00:00\n  what to do: Wait\n  also: pbx2: not connected\n"
        );
    }
}
