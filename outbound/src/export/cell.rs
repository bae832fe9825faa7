//! Cells that a spreadsheet would take for a formula, and values that an import would change: an apostrophe before (or behind) them
//! keeps both away, and comes off when the cell is imported. So a value goes out and comes in again as it was.

use std::borrow::Cow;

const MARK: char = '\'';

/// A text as a cell. It is marked where it begins like a formula and is no number, or where it begins or ends with a blank; so is
/// one whose apostrophes would be taken for marks, and an empty text, which would be no value.
pub(crate) fn of_text(text: &str) -> Cow<'_, str> {
    let (before, behind) = (is_marked_before(text), is_marked_behind(text));
    match (before, behind) {
        (false, false) => Cow::Borrowed(text),
        (_, _) => {
            let mark = |is| if is { "'" } else { "" };
            Cow::Owned([mark(before), text, mark(behind)].concat())
        }
    }
}

/// A number of a lead as a cell. It is marked where an import would take something off it.
pub(crate) fn of_number(number: &str) -> Cow<'_, str> {
    let plain = number.bytes().all(|b| b.is_ascii_digit() || b == b'+') || number.starts_with("sip:");
    if plain && !is_formula(number.as_bytes()) {
        Cow::Borrowed(number)
    } else {
        Cow::Owned(format!("{MARK}{number}"))
    }
}

/// A cell of somebody else's file, so that it is no formula: marked where it would be one, else as it is. [`to_text`] reads the same of it.
pub(crate) fn of_cell(cell: &[u8]) -> Cow<'_, [u8]> {
    let cell = cell.trim_ascii();
    if is_formula(cell) { Cow::Owned([b"'", cell].concat()) } else { Cow::Borrowed(cell) }
}

/// The text of a cell, without its marks; the blanks around what is not marked are no part of it.
pub(crate) fn to_text(cell: &[u8]) -> &[u8] {
    let mut text = cell.trim_ascii();
    if text.first() == Some(&b'\'') {
        let rest = without_marks_before(text);
        if rest.is_empty() || begins_apart(rest) {
            text = &text[1..];
        }
    }
    if text.last() == Some(&b'\'') {
        let marks = text.iter().rev().take_while(|octet| **octet == b'\'').count();
        if text[..text.len() - marks].last().is_some_and(u8::is_ascii_whitespace) {
            text = &text[..text.len() - 1];
        }
    }
    text
}

/// The number of a cell, where it is marked: it is taken as it stands there.
pub(crate) fn to_number(cell: &str) -> Option<&str> {
    cell.strip_prefix(MARK)
}

fn is_marked_before(text: &str) -> bool {
    let rest = without_marks_before(text.as_bytes());
    rest.is_empty() || begins_apart(rest) && !(rest.len() == text.len() && is_plain_number(rest))
}

fn is_marked_behind(text: &str) -> bool {
    text.trim_end_matches(MARK).bytes().last().is_some_and(|octet| octet.is_ascii_whitespace())
}

/// Whether a spreadsheet would calculate what stands here.
pub(crate) fn is_formula(cell: &[u8]) -> bool {
    begins_apart(cell) && !is_plain_number(cell)
}

fn begins_apart(text: &[u8]) -> bool {
    text.first()
        .is_some_and(|octet| matches!(octet, b'=' | b'+' | b'-' | b'@') || octet.is_ascii_whitespace())
}

/// A sign, digits, and perhaps more digits behind a dot.
fn is_plain_number(text: &[u8]) -> bool {
    let unsigned = if let [b'+' | b'-', rest @ ..] = text { rest } else { text };
    let mut parts = unsigned.splitn(2, |octet| *octet == b'.');
    parts.all(|part| !part.is_empty() && part.iter().all(u8::is_ascii_digit))
}

fn without_marks_before(text: &[u8]) -> &[u8] {
    let marks = text.iter().take_while(|octet| **octet == b'\'').count();
    &text[marks..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_begins_like_a_formula_and_is_no_number_is_marked() {
        for (text, cell) in [
            ("=1+2", "'=1+2"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "'\rx"),
            ("+4312345", "+4312345"),
            ("-5", "-5"),
            ("-5.25", "-5.25"),
            ("+", "'+"),
            ("1-2", "1-2"),
            ("Ann", "Ann"),
            ("'t Hooft", "'t Hooft"),
            ("O'Neill", "O'Neill"),
            (" Ann ", "' Ann '"),
            ("", "'"),
        ] {
            assert_eq!(of_text(text), cell, "{text:?}");
        }
        for (number, cell) in [
            ("+4312345", "+4312345"),
            ("030123", "030123"),
            ("sip:a@b", "sip:a@b"),
            ("030 123", "'030 123"),
            ("+1+1", "'+1+1"),
            ("*9#", "'*9#"),
        ] {
            assert_eq!(of_number(number), cell);
        }
    }

    #[test]
    fn each_text_comes_back_as_it_was() {
        let parts = ["", "'", "=", "+", "-", "@", "\t", " ", "5", "é", "'='"];
        for a in parts {
            for b in parts {
                for c in parts {
                    for d in ["", " ", "'", " '", "x"] {
                        let text = [a, b, c, d].concat();
                        assert_eq!(to_text(of_text(&text).as_bytes()), text.as_bytes(), "{text:?}");
                        let cell = of_cell(text.as_bytes());
                        assert_eq!(to_text(&cell), to_text(text.as_bytes()), "{text:?}");
                        assert!(!is_formula(&cell), "{text:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn of_a_cell_of_others_only_a_formula_is_marked() {
        for (cell, kept) in [
            ("=1+2", "'=1+2"),
            (" @x ", "'@x"),
            ("-2+3 '", "'-2+3 '"),
            ("-1.2.3", "'-1.2.3"),
            ("+43 1", "'+43 1"),
            ("+4312345", "+4312345"),
            ("-5.25", "-5.25"),
            ("'=1+2", "'=1+2"),
            (" Ann\r", "Ann"),
            ("", ""),
        ] {
            assert_eq!(of_cell(cell.as_bytes()), kept.as_bytes(), "{cell:?}");
        }
        assert_eq!(of_cell(b"=\xfc"), &b"'=\xfc"[..]);
    }

    #[test]
    fn cells_of_others_lose_nothing_but_their_blanks() {
        for (cell, text) in [
            ("  Ann\r", "Ann"),
            ("'t Hooft ", "'t Hooft"),
            ("'quoted'", "'quoted'"),
            ("the boys' ", "the boys'"),
            ("=x", "=x"),
        ] {
            assert_eq!(to_text(cell.as_bytes()), text.as_bytes(), "{cell:?}");
        }
    }
}
