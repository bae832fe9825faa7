//! What a call carries: variables on its channel, the lead's data in the SIP INVITE.

use ami::client::ClientConfig;

use super::fixtures::campaign_on;
use super::instance::{asterisk, no_channels};
use super::sipp::Carrier;
use super::support::{Bench, action, session, until};

const UDATA: &str = "order=7,\"late\"; \\ 50% [x] ünï";

#[tokio::test(flavor = "multi_thread")]
async fn a_call_carries_its_variables_and_its_leads_data_in_the_invite() {
    let pbx = asterisk("carried");
    let carrier = Carrier::start("carried").await;
    let mut bench = Bench::start(&pbx, "").await;
    let plan = [
        ("TrunkName", "carrier"),
        ("DialMode", "4"),
        ("UuiField", "X-UUI"),
        ("Variable", "PLAIN=a,b"),
        ("Variable", "_ONCE=1"),
        ("Variable", "FROM=plan"),
    ];
    let plan = bench.create("Plan", &plan).await;
    let dlma = bench.create("Dlma", &[("Variable", "RAW=${EPOCH} $[1+1]")]).await;
    let lead = [("DlmaUuid", dlma.as_str()), ("Number1", "1200001"), ("Name", "Doe, Jane"), ("UData", UDATA)];
    let lead = bench.create("DlList", &[&lead[..], &[("Variable", "FROM=lead")]].concat()).await;
    let place = [("Exten", "talk"), ("Context", "dialer"), ("Variable", "DEST=here")];
    let dest = bench.create("Destination", &place).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[("Dest", &dest)]).await;
    bench.set_status(&campaign, "1").await;
    let answered =
        bench.wait(0, |e| e.event_name() == Some("OutDialingUpdate") && e.text("ResDial") == "4").await;
    let dialing = answered.text("Uuid");

    let (client, _incoming) =
        session(ClientConfig::new("observer", &pbx.address, "observer", "observer")).await;
    let expected = [
        ("OUT_DIALING_UUID", dialing),
        ("OUT_CAMPAIGN_UUID", &campaign),
        ("OUT_LEAD_UUID", &lead),
        ("OUT_LEAD_NAME", "Doe, Jane"),
        ("OUT_LEAD_UDATA", UDATA),
        ("OUT_LEAD_UKEY", ""),
        ("PLAIN", "a,b"),
        ("ONCE", "1"),
        ("FROM", "lead"),
        ("RAW", "${EPOCH} $[1+1]"),
        ("DEST", "here"),
    ];
    for (name, value) in expected {
        let response =
            client.call(action("Getvar", &[("Channel", dialing), ("Variable", name)])).await.unwrap();
        assert_eq!(response.text("Value"), value, "{name}: {response:?}");
    }
    let header = format!("X-UUI: {UDATA}");
    until("the header in an INVITE", || carrier.lines().contains(&header).then_some(())).await;
    bench.set_status(&campaign, "30").await;
    bench.campaign_status(&campaign, "0").await;
    bench.stop().await;
    no_channels("carried").await;
}
