//! Owns what a text of YAML without quotes means, by YAML 1.2's core schema: `yes` is a text there.

use serde_json::{Number, Value};

/// Null, a boolean, a number, or else the text itself. What JSON has no number for stays text.
pub(super) fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ => number(text).map_or_else(|| text.into(), Value::Number),
    }
}

fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let radix = |prefix, radix| {
        let digits = text.strip_prefix(prefix)?;
        let first = digits.chars().next()?;
        let number = first
            .is_digit(radix)
            .then(|| u64::from_str_radix(digits, radix));
        number?.ok().map(Number::from)
    };
    if !digits.starts_with(|first: char| first.is_ascii_digit() || first == '.') {
        return None;
    }
    let whole = text.parse::<u64>().map(Number::from);
    let whole = whole.or_else(|_| text.parse::<i64>().map(Number::from));
    let whole = whole
        .ok()
        .or_else(|| radix("0x", 16))
        .or_else(|| radix("0o", 8));
    whole.or_else(|| Number::from_f64(text.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::plain;

    #[test]
    fn a_text_without_quotes_is_what_yaml_says() {
        for (text, value) in [
            ("", Value::Null),
            ("~", Value::Null),
            ("null", Value::Null),
            ("true", json!(true)),
            ("FALSE", json!(false)),
            ("21", json!(21)),
            ("+21", json!(21)),
            ("-3", json!(-3)),
            ("010", json!(10)),
            ("0x1F", json!(31)),
            ("0o17", json!(15)),
            ("18446744073709551615", json!(u64::MAX)),
            ("1.5", json!(1.5)),
            (".5", json!(0.5)),
            ("1e3", json!(1000.0)),
        ] {
            assert_eq!(plain(text), value, "{text}");
        }
        for text in [
            "yes",
            "no",
            "on",
            "v0.4",
            "nulls",
            "1_000",
            "1.2.3",
            ".inf",
            "-.inf",
            ".nan",
            "nan",
            "inf",
            "1e999",
            "-",
            "+",
            ".",
            "0x",
            "0x+1",
            "0o8",
            "2026-01-01",
            "infinity",
            "<<",
        ] {
            assert_eq!(plain(text), json!(text), "{text}");
        }
    }
}
