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
    let own = why["text"].as_str().unwrap_or_default();
    let said = |limit: &&Value| limit["text"].as_str().is_some_and(|text| !own.contains(text));
    for limit in why["limits"].as_array().into_iter().flatten().filter(said) {
        let also = cell(&limit["text"]);
        let place = limit["asterisk"].as_str().filter(|asterisk| !also.contains(asterisk));
        text += &format!("  also: {}{also}\n", place.map(|place| format!("{place}: ")).unwrap_or_default());
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
                {"asterisk": "pbx1", "text": "the campaign's channel limit: 2 of 2 calls"},
                {"asterisk": "pbx2", "text": "Asterisk pbx2 is not connected since 08:00"}]});
        assert_eq!(
            told(&why),
            "autumn: no idle agent in sales: 2 logged in, 2 talking\n  until: 2026-11-26 09:00:00\n  what to do: Wait\n  \
             also: pbx1: the campaign's channel limit: 2 of 2 calls\n  also: Asterisk pbx2 is not connected since 08:00\n"
        );
    }
}
