//! `${variables}` and `$[expressions]` of the dialplan.
//!
//! Expressions know `=`, `!=`, `<`, `>`, `<=`, `>=`, `&`, `|`, `!`, `+`, `-`, `a ? b :: c` and brackets; strings may stand in
//! quotes.

/// Replaces `${NAME}`, `${NAME:offset:length}` and `$[expression]` in a text.
pub(crate) fn expand(text: &str, lookup: &dyn Fn(&str) -> String) -> String {
    if !text.contains('$') {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let value = if let Some((name, after)) = bracketed(rest, "${", '{', '}') {
            rest = after;
            variable(&expand(name, lookup), lookup)
        } else if let Some((inner, after)) = bracketed(rest, "$[", '[', ']') {
            rest = after;
            evaluate(&expand(inner, lookup))
        } else {
            rest = &rest[1..];
            "$".to_owned()
        };
        out.push_str(&value);
    }
    out.push_str(rest);
    out
}

/// What stands between an opening and its closing bracket, and what comes after.
fn bracketed<'a>(text: &'a str, opening: &str, open: char, close: char) -> Option<(&'a str, &'a str)> {
    let inner = text.strip_prefix(opening)?;
    let mut depth = 1;
    for (at, c) in inner.char_indices() {
        if c == open {
            depth += 1;
        } else if c == close {
            depth -= 1;
            if depth == 0 {
                return Some((&inner[..at], &inner[at + 1..]));
            }
        }
    }
    None
}

fn variable(name: &str, lookup: &dyn Fn(&str) -> String) -> String {
    let mut parts = name.split(':');
    let value = lookup(parts.next().unwrap_or_default());
    let Some(offset) = parts.next().and_then(|text| text.parse::<i64>().ok()) else { return value };
    let chars: Vec<char> = value.chars().collect();
    let size = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let from = if offset < 0 { (size + offset).max(0) } else { offset.min(size) };
    let length = parts.next().and_then(|text| text.parse::<i64>().ok()).unwrap_or(size);
    let to = if length < 0 { (size + length).max(from) } else { (from + length).min(size) };
    let index = |at: i64| usize::try_from(at).unwrap_or(0);
    chars[index(from)..index(to)].iter().collect()
}

/// Whether a value counts as true in GotoIf: not empty and not 0.
pub(crate) fn is_true(value: &str) -> bool {
    !matches!(value.trim(), "" | "0")
}

/// The value of an expression whose variables are replaced already.
pub(crate) fn evaluate(text: &str) -> String {
    let mut parser = Parser { tokens: tokens(text), at: 0 };
    parser.choice()
}

#[derive(Debug, PartialEq)]
enum Token {
    Text(String),
    Sign(&'static str),
}

const SIGNS: [&str; 12] = ["!=", "<=", ">=", "=", "<", ">", "&", "|", "(", ")", "?", "::"];
/// Signs only where they stand alone: names and numbers may hold them.
const ALONE: [&str; 2] = ["+ ", "- "];

fn tokens(text: &str) -> Vec<Token> {
    let mut found = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').unwrap_or(quoted.len());
            found.push(Token::Text(quoted[..end].to_owned()));
            rest = quoted.get(end + 1..).unwrap_or_default();
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else if let Some(sign) = ALONE.into_iter().find(|sign| rest.starts_with(sign)) {
            found.push(Token::Sign(sign.trim_end()));
            rest = &rest[sign.len()..];
        } else if let Some(after) = rest.strip_prefix('!') {
            found.push(Token::Sign("!"));
            rest = after;
        } else {
            let end = rest.find([' ', '"', '=', '<', '>', '&', '|', '(', ')', '!']).unwrap_or(rest.len());
            found.push(Token::Text(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    found
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn sign(&mut self, sign: &str) -> bool {
        let here = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(here);
        here
    }

    fn choice(&mut self) -> String {
        let condition = self.either();
        if !self.sign("?") {
            return condition;
        }
        let yes = self.either();
        self.sign("::");
        let no = self.either();
        if is_true(&condition) { yes } else { no }
    }

    fn either(&mut self) -> String {
        let mut left = self.both();
        while self.sign("|") {
            let right = self.both();
            left = if is_true(&left) { left } else { right };
        }
        left
    }

    fn both(&mut self) -> String {
        let mut left = self.comparison();
        while self.sign("&") {
            let right = self.comparison();
            left = if is_true(&left) && is_true(&right) { left } else { "0".to_owned() };
        }
        left
    }

    fn comparison(&mut self) -> String {
        let left = self.sum();
        for sign in ["=", "!=", "<=", ">=", "<", ">"] {
            if self.sign(sign) {
                let right = self.sum();
                return if compare(sign, &left, &right) { "1" } else { "0" }.to_owned();
            }
        }
        left
    }

    fn sum(&mut self) -> String {
        let mut left = self.operand();
        loop {
            let minus = self.sign("-");
            if !minus && !self.sign("+") {
                return left;
            }
            let right = self.operand();
            // What is no number makes the whole 0, as in Asterisk.
            left = match (left.parse::<i64>(), right.parse::<i64>()) {
                (Ok(a), Ok(b)) => if minus { a.saturating_sub(b) } else { a.saturating_add(b) }.to_string(),
                _ => "0".to_owned(),
            };
        }
    }

    fn operand(&mut self) -> String {
        if self.sign("!") {
            let value = self.operand();
            return if is_true(&value) { "0" } else { "1" }.to_owned();
        }
        if self.sign("(") {
            let value = self.choice();
            self.sign(")");
            return value;
        }
        let Some(Token::Text(text)) = self.tokens.get(self.at) else { return String::new() };
        self.at += 1;
        text.clone()
    }
}

fn compare(sign: &str, left: &str, right: &str) -> bool {
    let order = match (left.parse::<f64>(), right.parse::<f64>()) {
        (Ok(a), Ok(b)) => a.total_cmp(&b),
        _ => left.cmp(right),
    };
    match sign {
        "=" => order.is_eq(),
        "!=" => order.is_ne(),
        "<=" => order.is_le(),
        ">=" => order.is_ge(),
        "<" => order.is_lt(),
        _ => order.is_gt(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_and_expressions_are_replaced() {
        let lookup = |name: &str| match name {
            "A" => "HUMAN".to_owned(),
            "EXTEN" => "q-sales".to_owned(),
            _ => String::new(),
        };
        for (text, expected) in [
            ("call ${A} ${NONE}!", "call HUMAN !"),
            ("${EXTEN:2},,,,20", "sales,,,,20"),
            ("${EXTEN:-5:3}", "sal"),
            (r#"$["${A}" = "HUMAN"]?2:5"#, "1?2:5"),
            (r#"$["${A}" = "MACHINE" | "${A}" = "HUMAN"]"#, "1"),
            (r#"$["${A}" = "HUMAN" & "${NONE}" = "x"]"#, "0"),
            (r#"$[!("${A}" != "HUMAN")]"#, "1"),
            ("$[10 > 9]", "1"),
            ("$[5 - 1795437362 + 1795437360]", "3"),
            ("$[-3 < 1 ? 1 :: -3]", "1"),
            ("$[3 < 1 ? 1 :: 3]", "3"),
            ("5 $ and ${open", "5 $ and ${open"),
        ] {
            assert_eq!(expand(text, &lookup), expected, "{text}");
        }
    }
}
