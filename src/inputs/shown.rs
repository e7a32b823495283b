//! Owns how much of an input is told back to who gave it: words yes, what could be a key no.

/// Nobody needs to read more of an input, and a part of one could be a part of a key.
const LONGEST: usize = 80;
/// So many letters and digits in a row are no word.
const KEY: usize = 20;

/// An input that is wrong, to be told in a sentence: the text in quotes, or what kind of text it is.
pub(super) fn shown(text: &str) -> String {
    let length = text.chars().count();
    if text.split(|c: char| !is_of_key(c)).any(is_like_a_key) {
        return format!("a text of {length} characters that is not shown, as it could be a key");
    }
    if length > LONGEST {
        return format!("a text of {length} characters");
    }
    format!("\"{}\"", text.replace(['\n', '\r'], " "))
}

fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || "_-".contains(c)
}

fn is_like_a_key(word: &str) -> bool {
    let has = |kind: fn(&u8) -> bool| word.as_bytes().iter().any(kind);
    word.len() >= KEY && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_could_be_a_key_is_not_told() {
        for text in [
            "flase",
            "ftp://codesphere.example.com/a-path-that-is-long",
            "twenty-letters-and-no-digit-in-them",
            "2026-11-26",
        ] {
            assert_eq!(shown(text), format!("\"{text}\""));
        }
        assert_eq!(shown("a\nb"), "\"a b\"");
        assert_eq!(shown(&"x ".repeat(100)), "a text of 200 characters");
        for key in ["cs_0123456789abcdefgh", "?key=eyJhbGciOiJIUzI1NiJ9.x"] {
            assert!(shown(key).ends_with("could be a key"), "{key}");
        }
    }
}
