//! What callgrind has counted: the instructions of the whole program, and of functions with all that they call.
//!
//! The format is that of the Valgrind manual, "Callgrind Format Specification": names are written once and numbered, and a call
//! is followed by a line with its inclusive cost.

use std::collections::HashMap;

/// A profile, by functions.
#[derive(Debug, Default)]
pub struct Profile {
    names: HashMap<u32, String>,
    /// Instructions of a function alone.
    own: HashMap<u32, u64>,
    /// Instructions of all calls from one function to another, with what these call.
    calls: HashMap<(u32, u32), u64>,
}

impl Profile {
    /// Reads what callgrind has written.
    pub fn parse(text: &str) -> Self {
        let mut profile = Self::default();
        let (mut function, mut called, mut is_call) = (0, 0, false);
        for line in text.lines() {
            if let Some(name) = line.strip_prefix("fn=") {
                function = profile.name(name);
            } else if let Some(name) = line.strip_prefix("cfn=") {
                called = profile.name(name);
            } else if line.starts_with("calls=") {
                is_call = true;
            } else if line.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | '*')) {
                let cost = line.split(' ').nth(1).and_then(|cost| cost.parse().ok()).unwrap_or(0);
                let place = if std::mem::take(&mut is_call) {
                    profile.calls.entry((function, called)).or_default()
                } else {
                    profile.own.entry(function).or_default()
                };
                *place += cost;
            }
        }
        profile
    }

    fn name(&mut self, text: &str) -> u32 {
        let (number, name) = text.trim_start_matches('(').split_once(')').unwrap_or((text, ""));
        let number = number.parse().unwrap_or(u32::MAX);
        if let Some(name) = name.strip_prefix(' ') {
            self.names.insert(number, name.to_owned());
        }
        number
    }

    /// Instructions of the whole program.
    pub fn total(&self) -> u64 {
        self.own.values().sum()
    }

    /// Instructions of the functions of this name (without the hash at its end) with all that they call. Calls of a
    /// function by itself are not counted twice.
    pub fn of(&self, function: &str) -> u64 {
        let is = |number: &u32| self.names.get(number).is_some_and(|name| is_named(name, function));
        self.calls.iter().filter(|((by, of), _)| is(of) && !is(by)).map(|(_, cost)| cost).sum()
    }

    /// The same, of calls from a function of the other name only.
    pub fn of_within(&self, function: &str, by: &str) -> u64 {
        let is = |number: &u32, name: &str| self.names.get(number).is_some_and(|n| is_named(n, name));
        self.calls.iter().filter(|((from, to), _)| is(from, by) && is(to, function)).map(|(_, c)| c).sum()
    }
}

/// `outbound::results::result_json::h0123456789abcdef` is `outbound::results::result_json`; so are its instances for threads and
/// recursion (`'2`).
fn is_named(name: &str, wanted: &str) -> bool {
    let name = name.split('\'').next().unwrap_or(name);
    name.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with("::h"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
# callgrind format
events: Ir

ob=(1) /bin/x
fl=(1) a.rs
fn=(1) a::main
10 5
cfn=(2) a::step::h0123456789abcdef
calls=3 20
+2 300
fn=(2)
20 100
cfi=(2) b.rs
cfn=(3) b::leaf
calls=3 1
+1 200
cfn=(2)
calls=1 20
* 40

fn=(3)
1 200

totals: 305
";

    #[test]
    fn a_function_costs_what_it_and_all_that_it_calls_do() {
        let profile = Profile::parse(TEXT);
        assert_eq!(profile.total(), 305);
        assert_eq!(profile.of("a::step"), 300);
        assert_eq!(profile.of("b::leaf"), 200);
        assert_eq!(profile.of("a::ste"), 0);
        assert_eq!(profile.of_within("b::leaf", "a::step"), 200);
        assert_eq!(profile.of_within("b::leaf", "a::main"), 0);
    }
}
