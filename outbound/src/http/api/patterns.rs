//! The patterns of the document, as regular expressions that JavaScript and Python read alike: what may stand in a text, as the checks take
//! it, which are elsewhere. What no pattern can say is in the descriptions.

/// Text of one line.
pub(super) const LINE: &str = "^[^\\r\\n\\u0000]*$";
/// The same without `${` and `$[`.
pub(super) const PLAIN: &str = "^([^\\r\\n\\u0000$]|\\$+[^\\r\\n\\u0000${\\[])*\\$*$";
/// A phone number.
pub(super) const NUMBER: &str = "^([+. -]*[0-9*#][0-9+*#. -]*|sip:[A-Za-z0-9_.+*#-]+@[A-Za-z0-9.:\\[\\]-]+)$";
/// The same of a caller id, with one `<` at most.
pub(super) const CALLER_ID: &str = "^([^\\u0000-\\u001f\\u007f-\\u009f$<]|\\$+[^\\u0000-\\u001f\\u007f-\\u009f$<{\\[])*\\$*\
    (<([^\\u0000-\\u001f\\u007f-\\u009f$<]|\\$+[^\\u0000-\\u001f\\u007f-\\u009f$<{\\[])*\\$*)?$";
/// Up to eight names with weights, none of them twice.
pub(super) const TRUNKS: &str = "^(?!(.*,)?([^,:]*)(:[0-9]*)?,(.*,)?\\2([:,]|$))\
    [A-Za-z0-9_.+*#-]{1,79}(:(00[1-9]|0?[1-9][0-9]?|100))?\
    (,[A-Za-z0-9_.+*#-]{1,79}(:(00[1-9]|0?[1-9][0-9]?|100))?){0,7}$";
/// A name of Asterisk's.
pub(super) const NAME: &str = "^[A-Za-z0-9_.+*#-]+$";
/// A time of day.
pub(super) const TIME: &str = "^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]$";
/// Days of the week.
pub(super) const DAYS: &str = "^[0-6](,[0-6])*$";

/// A day of the calendar: the months by their lengths, and the years that have a 29th of February.
macro_rules! day {
    () => {
        "([0-9]{4}-((0[13578]|1[02])-(0[1-9]|[12][0-9]|3[01])|(0[469]|11)-(0[1-9]|[12][0-9]|30)|02-(0[1-9]|1[0-9]|2[0-8]))\
        |([0-9]{2}(0[48]|[2468][048]|[13579][26])|([02468][048]|[13579][26])00)-02-29)"
    };
}
/// A date.
pub(super) const DATE: &str = concat!("^", day!(), "$");
/// Dates.
pub(super) const DATES: &str = concat!("^", day!(), "(,", day!(), ")*$");

/// The address of a webhook.
pub(super) fn url() -> String {
    const HOST: &str = "[A-Za-z0-9]([A-Za-z0-9.-]{0,200}[A-Za-z0-9])?";
    const PORT: &str = "[1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]";
    const PATH: &str = "/[A-Za-z0-9/._~?&=%+:@,;-]{0,700}";
    format!("^https?://({HOST}|\\[({})\\])(:({PORT}))?({PATH})?$", ipv6())
}

/// An IPv6 address, after RFC 3986, section 3.2.2: in full, or with a double colon behind so many groups at most.
fn ipv6() -> String {
    const GROUP: &str = "[0-9A-Fa-f]{1,4}";
    let octet = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    let last = format!("({GROUP}:{GROUP}|({octet}\\.){{3}}{octet})");
    let behind = |groups: usize, last: &str| format!("({GROUP}:){{{groups}}}{last}");
    let mut forms = vec![behind(6, &last), format!("::{}", behind(5, &last))];
    for before in 0..=6_usize {
        let end = match before {
            0..=4 => behind(4 - before, &last),
            5 => GROUP.to_owned(),
            _ => String::new(),
        };
        forms.push(format!("(({GROUP}:){{0,{before}}}{GROUP})?::{end}"));
    }
    forms.join("|")
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::super::webhooks::is_url;
    use super::*;
    use crate::admin::schedule;

    #[test]
    fn dates_and_times_of_the_document_are_those_that_are_taken() {
        let (date, dates) = (Regex::new(DATE).unwrap(), Regex::new(DATES).unwrap());
        let years = (0..=9_999).filter(|year| year % 50 < 9 || year % 97 == 0);
        for (year, month) in years.flat_map(|year| (0..=13).map(move |month| (year, month))) {
            for day in [0, 1, 9, 10, 28, 29, 30, 31, 32] {
                let text = format!("{year:04}-{month:02}-{day:02}");
                assert_eq!(date.is_match(&text), schedule::date(&text).is_ok(), "{text}");
            }
        }
        for text in ["2027-02-28,2028-02-29", "2027-02-28,2027-02-29", "2027-02-28,", ",", "2027-2-28", ""] {
            assert_eq!(dates.is_match(text), schedule::dates(text).is_ok(), "{text}");
        }
        let (time, days) = (Regex::new(TIME).unwrap(), Regex::new(DAYS).unwrap());
        for second in 0..=100 {
            for text in
                [format!("{second:02}:00:00"), format!("00:{second:02}:00"), format!("00:00:{second:02}")]
            {
                assert_eq!(time.is_match(&text), schedule::time(&text).is_ok(), "{text}");
            }
        }
        for text in [
            "",
            "0",
            "6",
            "7",
            "0,6",
            "6,6",
            "06",
            "0,",
            "0 1",
            "0,".repeat(499).as_str(),
            &["1"; 60].join(","),
        ] {
            assert_eq!(days.is_match(text), schedule::days(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn addresses_of_the_document_are_those_that_are_taken() {
        let pattern = Regex::new(&url()).unwrap();
        let same = |text: &str| {
            assert_eq!(pattern.is_match(text), is_url(text), "{text}");
            is_url(text)
        };
        for right in
            ["http://a", "https://example.org/calls?x=1", "http://127.0.0.1:8080/", "http://[::1]:80/a"]
        {
            assert!(same(right), "{right}");
        }
        for wrong in [
            "",
            "HTTP://a",
            "http://",
            "http://a:",
            "http://a:+1",
            "http://u@a/",
            "http://a/#b",
            "http://-a",
            "http:///x",
        ] {
            assert!(!same(wrong), "{wrong}");
        }
        let ports = (0..=70_000).filter(|port| port % 100 < 2 || (65_400..65_700).contains(port));
        let taken: Vec<_> = ports.filter(|port| same(&format!("http://a:{port}/"))).collect();
        assert_eq!((taken.first(), taken.last()), (Some(&1), Some(&65_535)));
        // Groups before and behind a double colon, or none of that; the last two perhaps as an IPv4 address.
        let groups = |count: usize, group: &str| vec![group; count].join(":");
        for (before, behind) in (0..=9).flat_map(|before| (0..=9).map(move |behind| (before, behind))) {
            for group in ["0", "aBcD", "12345", "g"] {
                let (before, behind) = (groups(before, group), groups(behind, group));
                for last in ["", "1.2.3.4", "1.2.3.256", "01.2.3.4", "255.255.255.255", "1.2.3"] {
                    let end = if behind.is_empty() || last.is_empty() { "" } else { ":" };
                    same(&format!("http://[{before}::{behind}{end}{last}]"));
                    same(&format!("http://[{before}{end}{behind}{end}{last}]/x"));
                    same(&format!("http://[{behind}{end}{last}]"));
                }
            }
        }
    }
}
