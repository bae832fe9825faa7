//! Values that reach Asterisk: dial strings, lines of an Originate, SIP headers.

use super::*;

#[test]
fn what_could_do_harm_on_an_asterisk_is_refused() {
    let table: &[(Read, &str, &[&str], &str)] = &[
        (create_plan, "TrunkName", &["a/b"], "a name of letters"),
        (create_plan, "TrunkName", &["a,b/c", "a,b&c", "a,${X}:1"], "a trunk, or at most 8 different ones"),
        (create_plan, "TechName", &["PJSIP/x", "/"], "a channel technology such as"),
        (create_plan, "QueueName", &["a b", "a,b"], "a name of letters"),
        (create_plan, "CallerId", &["a\nb", "<1<2"], "a caller id such as"),
        (
            create_plan,
            "CallerId",
            &["${CHANNEL}", "\"$[1+1]\" <5>"],
            "a caller id without ${ and $[ expected",
        ),
        (
            create_plan,
            "UuiField",
            &["v", "contact", "FROM", "P-Asserted-Identity", "X#"],
            "a SIP header that Asterisk does not write itself",
        ),
        (create_plan, "UuiField", &["X UUI", "X:", "X,Y", "X)=1"], "a name of letters"),
        (create_plan, "Variable", &["a", "=1", "CHANNEL(x)=1", "a=1\n"], "name=value"),
        (create_dial_list, "Variable", &["a b=1"], "name=value"),
        (create_destination, "Exten", &["a,b"], "a name of letters"),
        (create_destination, "Application", &["System(rm)"], "a name of letters"),
        (create_destination, "Data", &["a\nb"], "text without line ends"),
        (
            create_destination,
            "Data",
            &[&"d".repeat(901), &"ü".repeat(451)],
            "text of at most 900 octets expected",
        ),
        (lead_alone, "Name", &["${X}", "a $[1] b"], "text without ${ and $[ expected"),
        (lead_alone, "UKey", &["$${X}"], "text without ${ and $[ expected"),
        (lead_alone, "UData", &["{\"a\": \"${SHELL(id)}\"}"], "text without ${ and $[ expected"),
        (
            lead_alone,
            "Number1",
            &["12/34", "1@x", "abc", "${X}", "sip:a@b/c", "sip:${X}@b"],
            "a number of digits",
        ),
        (lead_alone, "Number8", &["1,2"], "a number of digits"),
    ];
    refused(table);
}

#[test]
fn expansions_are_for_those_who_may_write_class_system() {
    let bad = [("Data", "${X}"), ("Data", "$[1+1]"), ("variable", "a=${X}"), ("Variable", "a=x$[1]")];
    for header in bad {
        let action = action(&[("Variable", "ok=$1 {x} $ {y}"), header]);
        assert_eq!(check_rights(&action, true), Ok(()));
        let refused = check_rights(&action, false).unwrap_err().to_string();
        let name = if header.0 == "Data" { "Data" } else { "Variable" };
        let expected =
            format!("{name}: a value without ${{ and $[ (with them it needs write class system) expected");
        assert_eq!(refused, expected);
    }
    let unmeant = [("Variable", "price=$5"), ("Name", "${X}"), ("Detail", "$[1]"), ("Data", "$")];
    assert_eq!(check_rights(&action(&unmeant), false), Ok(()));
}

#[test]
fn applications_that_run_programs_are_for_those_who_may_write_class_system() {
    for name in [
        "System",
        "TRYSYSTEM",
        "Exec",
        "ExecIf",
        "agi",
        "EAGI",
        "MixMonitor",
        "ExternalIVR",
        "Originate",
        "DBdeltree",
        "Reload",
    ] {
        let action = action(&[("application", name)]);
        assert_eq!(check_rights(&action, true), Ok(()));
        let refused = check_rights(&action, false).unwrap_err().to_string();
        assert!(refused.starts_with("Application: an application that runs no programs"), "{refused}");
    }
    for name in ["Playback", "Wait", "ConfBridge", ""] {
        assert_eq!(check_rights(&action(&[("Application", name)]), false), Ok(()));
    }
}

#[test]
fn the_agi_of_a_queue_is_for_those_who_may_write_class_system() {
    let bad: &[&[(&str, &str)]] = &[
        &[("Application", "Queue"), ("Data", "sales,,,,30,run.agi")],
        &[("Application", "queue"), ("Data", "a\\,b,,,,30,,run.agi")],
        &[("Application", "Queue")],
        &[("Data", "sales,,,,30,run.agi")],
    ];
    for headers in bad {
        assert_eq!(check_rights(&action(headers), true), Ok(()));
        let refused = check_rights(&action(headers), false).unwrap_err().to_string();
        assert!(refused.starts_with("Data: "), "{refused}");
    }
    let good: &[&[(&str, &str)]] = &[
        &[("Application", "Queue"), ("Data", "sales,t,,,30")],
        &[("Application", "Queue"), ("Data", "sales,,,,30,,")],
        &[("Application", "Read"), ("Data", "X,a,b,c,d,e,f")],
        &[("Data", "sales,,,,30")],
    ];
    for headers in good {
        assert_eq!(check_rights(&action(headers), false), Ok(()), "{headers:?}");
    }
}

#[test]
fn a_campaign_may_be_named_as_one_likes_for_no_call_carries_it() {
    assert!(campaign(&action(&[("Name", "${X}"), ("Detail", "$[1]")])).is_ok());
    assert!(lead(&action(&[("Detail", "${X}"), ("Email", "$[1]@x")])).is_ok());
}
