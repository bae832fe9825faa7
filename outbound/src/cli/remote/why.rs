//! `outbound campaign why`: why a campaign does not dial, or not more.

use serde_json::Value;

use super::print;
use super::table::cell;
use crate::cli::client::Client;

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

#[cfg(test)]
mod tests {
    use serde_json::json;

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
