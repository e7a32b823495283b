//! Owns reading through escapes: what `%5F`, `\u005f`, `&#95;` and their like stand for, and where they stood.

use crate::runner::escapes::hidden;

/// Escapes inside of escapes are read so deep.
const DEPTH: usize = 3;
/// No name or number of an HTML entity that matters is longer.
const ENTITY: usize = 10;

/// A text with escapes read, without what is not seen and line ends, and where in the text each byte comes from.
pub(super) struct Layer {
    pub(super) bytes: Vec<u8>,
    /// The start of each byte's source, and the end of the last.
    starts: Vec<usize>,
}

impl Layer {
    /// Where in the text the bytes from `start` to `end` stand.
    pub(super) fn source(&self, start: usize, end: usize) -> (usize, usize) {
        (self.start(start), self.start(end))
    }

    fn start(&self, index: usize) -> usize {
        let last = self.starts.last().copied().unwrap_or_default();
        self.starts.get(index).copied().unwrap_or(last)
    }

    fn drop_hidden(&mut self) {
        let text = String::from_utf8_lossy(&self.bytes);
        if text.len() != self.bytes.len() || !text.chars().any(char::is_control) {
            return;
        }
        let hidden = hidden(&text);
        let is_seen = |index: &usize| {
            let after = hidden.partition_point(|range| range.end <= *index);
            let is_hidden = hidden.get(after).is_some_and(|range| range.contains(index));
            !is_hidden && self.bytes.get(*index) != Some(&b'\n')
        };
        let kept: Vec<usize> = (0..self.bytes.len()).filter(is_seen).collect();
        let end = self.starts.last().copied();
        self.starts = kept
            .iter()
            .map(|index| self.start(*index))
            .chain(end)
            .collect();
        self.bytes = kept
            .iter()
            .filter_map(|index| self.bytes.get(*index).copied())
            .collect();
    }

    fn push(&mut self, escaped: &Escaped, start: usize) {
        let mut room = [0; 4];
        let bytes = match escaped {
            Escaped::Byte(byte) => std::slice::from_ref(byte),
            Escaped::Char(c) => c.encode_utf8(&mut room).as_bytes(),
        };
        self.bytes.extend_from_slice(bytes);
        self.starts.extend(bytes.iter().map(|_| start));
    }
}

/// What `text` says with its escapes read: once, twice, …; nothing where there are none.
pub(super) fn layers(text: &str) -> Vec<Layer> {
    let mut found: Vec<Layer> = Vec::new();
    let mut next = decoded(text.as_bytes(), |index| index);
    while let Some(mut layer) = next {
        layer.drop_hidden();
        let deeper = found.len() + 1 < DEPTH;
        next = deeper
            .then(|| decoded(&layer.bytes, |index| layer.start(index)))
            .flatten();
        found.push(layer);
    }
    found
}

/// Where `bytes` end in the middle of what could be an escape, the start of that; else their end.
pub(super) fn broken_escape(bytes: &[u8]) -> usize {
    let tail = bytes.len().saturating_sub(ENTITY);
    let begins = |(_, byte): &(usize, &u8)| begins_escape(**byte);
    let found = bytes.iter().enumerate().skip(tail).rev().find(begins);
    let broken = found.filter(|(at, _)| bytes.get(*at..).and_then(escape).is_none());
    broken.map_or(bytes.len(), |(at, _)| at)
}

/// `bytes` with one level of escapes less; nothing where there are none.
fn decoded(bytes: &[u8], start: impl Fn(usize) -> usize) -> Option<Layer> {
    let (mut at, mut from) = (0, 0);
    let mut found: Option<Layer> = None;
    while let Some(more) = bytes
        .get(at..)?
        .iter()
        .position(|byte| begins_escape(*byte))
    {
        at += more;
        let Some((escaped, length)) = bytes.get(at..).and_then(escape) else {
            at += 1;
            continue;
        };
        let layer = found.get_or_insert_with(|| Layer {
            bytes: Vec::with_capacity(bytes.len()),
            starts: Vec::with_capacity(bytes.len() + 1),
        });
        layer.bytes.extend_from_slice(bytes.get(from..at)?);
        layer.starts.extend((from..at).map(&start));
        layer.push(&escaped, start(at));
        at += length;
        from = at;
    }
    let layer = found.as_mut()?;
    layer.bytes.extend_from_slice(bytes.get(from..)?);
    layer.starts.extend((from..=bytes.len()).map(&start));
    found
}

const fn begins_escape(byte: u8) -> bool {
    matches!(byte, b'%' | b'\\' | b'&')
}

/// What an escape stands for.
enum Escaped {
    Byte(u8),
    Char(char),
}

/// The escape that `bytes` begin with, and its length.
fn escape(bytes: &[u8]) -> Option<(Escaped, usize)> {
    match bytes {
        [b'%', digits @ ..] => Some((Escaped::Byte(byte(digits)?), 3)),
        [b'\\', b'x', digits @ ..] => Some((Escaped::Byte(byte(digits)?), 4)),
        [b'\\', b'u', b'{', rest @ ..] => {
            let length = rest.iter().take(7).position(|byte| *byte == b'}')?;
            let c = character(rest.get(..length)?, 16)?;
            Some((Escaped::Char(c), length + 4))
        }
        [b'\\', b'u', rest @ ..] => Some((Escaped::Char(character(rest.get(..4)?, 16)?), 6)),
        [b'\\', b'n', ..] => Some((Escaped::Byte(b'\n'), 2)),
        [b'\\', b'r', ..] => Some((Escaped::Byte(b'\r'), 2)),
        [b'\\', b't', ..] => Some((Escaped::Byte(b'\t'), 2)),
        [b'\\', c, ..] if c.is_ascii_punctuation() => Some((Escaped::Byte(*c), 2)),
        [b'&', rest @ ..] => {
            let length = rest.iter().take(ENTITY).position(|byte| *byte == b';')?;
            Some((entity(rest.get(..length)?)?, length + 2))
        }
        _ => None,
    }
}

fn byte(digits: &[u8]) -> Option<u8> {
    let digits = std::str::from_utf8(digits.get(..2)?).ok()?;
    u8::from_str_radix(digits, 16).ok()
}

fn character(digits: &[u8], radix: u32) -> Option<char> {
    let digits = std::str::from_utf8(digits).ok()?;
    char::from_u32(u32::from_str_radix(digits, radix).ok()?)
}

fn entity(name: &[u8]) -> Option<Escaped> {
    let named = match name {
        b"amp" => b'&',
        b"lt" => b'<',
        b"gt" => b'>',
        b"quot" => b'"',
        b"apos" => b'\'',
        [b'#', b'x' | b'X', digits @ ..] => return character(digits, 16).map(Escaped::Char),
        [b'#', digits @ ..] => return character(digits, 10).map(Escaped::Char),
        _ => return None,
    };
    Some(Escaped::Byte(named))
}

#[cfg(test)]
mod tests {
    use super::layers;

    fn last(text: &str) -> String {
        let layers = layers(text);
        let bytes = layers
            .last()
            .map_or(text.as_bytes(), |layer| layer.bytes.as_slice());
        String::from_utf8_lossy(bytes).into_owned()
    }

    #[test]
    fn every_escape_is_read_also_inside_of_another() {
        for text in [
            "a_b",
            "a%5Fb",
            "a%5fb",
            "a\\u005fb",
            "a\\u{5f}b",
            "a\\x5fb",
            "a\\_b",
            "a&#95;b",
            "a&#x5F;b",
            "a%255Fb",
            "a\\\\u005fb",
            "a&amp;#95;b",
            "%61%5F%62",
        ] {
            assert_eq!(last(text), "a_b", "{text}");
        }
        assert_eq!(last("&lt;&quot;&apos;&gt;&amp;"), "<\"'>&");
    }

    #[test]
    fn what_is_not_seen_is_left_out() {
        assert_eq!(
            last("a\\u001b[1;31mb\\r\\nc&#0;d%00e\\u{202e}f\\n"),
            "abcdef"
        );
    }

    #[test]
    fn what_is_no_escape_stays() {
        for text in [
            "100 % sure",
            "%",
            "%zz",
            "a & b; c",
            "\\",
            "\\u12",
            "&unknown;",
            "\\u{110000}",
            "%ü",
        ] {
            assert_eq!(last(text), text);
        }
    }

    #[test]
    fn a_place_in_a_layer_is_one_in_the_text() {
        let text = "x&amp;#95;y%7Az";
        let layers = layers(text);
        let layer = layers.last().unwrap();
        assert_eq!(layer.bytes, b"x_yzz");
        let of = |start, end| {
            let (start, end) = layer.source(start, end);
            text.get(start..end).unwrap()
        };
        assert_eq!(
            [of(0, 1), of(1, 2), of(2, 3), of(3, 4), of(4, 5)],
            ["x", "&amp;#95;", "y", "%7A", "z"]
        );
    }
}
