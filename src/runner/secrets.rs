//! Owns what is secret: the key in every form in which it may come back, and values that nobody else shows.

use std::collections::BTreeSet;

use aho_corasick::automaton::Automaton;
use aho_corasick::nfa::contiguous::NFA;

use crate::runner::layers::{broken_escape, layers};

/// What is shorter is no key of Codesphere, and in every other word.
const SHORTEST_KEY: usize = 4;
/// Encoded, a key must be so long to be told from other text.
const SHORTEST_ENCODED: usize = 8;
/// So much of a key, or of what was cut, gives something away.
const TELLING: usize = 6;
const CUT_TELLING: usize = 4;
/// Standard base64; the other alphabet differs in the last two.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// From where to where in a text something is secret, in bytes.
pub(super) type Span = (usize, usize);

/// All that is looked for, in one pass.
#[derive(Debug, Default)]
pub(super) struct Secrets {
    /// The key as it is, and its parts where it has several.
    keys: Vec<String>,
    of_key: Finder,
    all: Finder,
}

impl Secrets {
    /// `values` are the ones of variables; where one has several lines, each counts.
    pub(super) fn new(key: &str, values: &[String]) -> Self {
        let keys = keys(key);
        let of_key: BTreeSet<Vec<u8>> = keys.iter().flat_map(|key| forms(key)).collect();
        let mut all = of_key.clone();
        all.extend(values.iter().flat_map(|value| readings(value)));
        Self {
            keys,
            of_key: Finder::new(of_key),
            all: Finder::new(all),
        }
    }

    /// Where `text` holds the key.
    pub(super) fn keys_in(&self, text: &str) -> Vec<Span> {
        merged(self.of_key.found_in(text))
    }

    /// Where `text` holds anything that is secret; also the key as it was broken over two lines, and what was secret
    /// before `text` was cut, which ends with `…` then.
    pub(super) fn all_in(&self, text: &str) -> Vec<Span> {
        let mut spans = self.all.found_in(text);
        let mut start = 0;
        for line in text.split('\n') {
            let parts = self.keys.iter().flat_map(|key| parts_of_key(line, key));
            spans.extend(parts.map(|(from, to)| (start + from, start + to)));
            start += line.len() + 1;
        }
        if let Some(cut) = text.strip_suffix('…') {
            spans.extend(self.all.begun_at_the_end_of(cut));
        }
        merged(spans)
    }
}

/// Patterns, found together.
#[derive(Debug, Default)]
struct Finder {
    /// In order.
    patterns: Vec<Vec<u8>>,
    automaton: Option<NFA>,
}

impl Finder {
    fn new(patterns: BTreeSet<Vec<u8>>) -> Self {
        let patterns: Vec<Vec<u8>> = patterns.into_iter().collect();
        Self {
            automaton: NFA::new(&patterns).ok(),
            patterns,
        }
    }

    fn found_in(&self, text: &str) -> Vec<Span> {
        if self.patterns.is_empty() {
            return Vec::new();
        }
        let Some(automaton) = &self.automaton else {
            // Nothing can be told from a secret.
            return vec![(0, text.len())];
        };
        let mut spans = matches(automaton, text.as_bytes());
        for layer in layers(text) {
            let found = matches(automaton, &layer.bytes).into_iter();
            spans.extend(found.map(|(start, end)| layer.source(start, end)));
        }
        spans
    }

    /// The longest end of a cut text that begins a secret, however it is written.
    fn begun_at_the_end_of(&self, text: &str) -> Option<Span> {
        let whole = text.get(..broken_escape(text.as_bytes()))?;
        let plain = self
            .begun(whole.as_bytes())
            .map(|start| (start, text.len()));
        let escaped = layers(whole).into_iter().filter_map(|layer| {
            let start = self.begun(&layer.bytes)?;
            Some((layer.source(start, start).0, text.len()))
        });
        plain.into_iter().chain(escaped).min()
    }

    fn begun(&self, bytes: &[u8]) -> Option<usize> {
        let longest = self.patterns.iter().map(Vec::len).max()?;
        let last = bytes.len().checked_sub(CUT_TELLING)?;
        (bytes.len().saturating_sub(longest)..=last).find(|start| {
            let end = bytes.get(*start..).unwrap_or_default();
            let first = self
                .patterns
                .partition_point(|pattern| pattern.as_slice() < end);
            self.patterns
                .get(first)
                .is_some_and(|pattern| pattern.starts_with(end))
        })
    }
}

/// All matches, overlapping ones too. One kind of automaton is named, so that no other is linked.
fn matches(automaton: &NFA, bytes: &[u8]) -> Vec<Span> {
    let found = automaton.try_find_overlapping_iter(bytes.into());
    // It only fails for an automaton of another kind, or an anchored search: then nothing can be told from a secret.
    found.map_or_else(
        |_| vec![(0, bytes.len())],
        |found| found.map(|found| (found.start(), found.end())).collect(),
    )
}

/// The key, and its words where it is several, as it never should be.
fn keys(key: &str) -> Vec<String> {
    let key = key.trim();
    let words = key
        .split_whitespace()
        .filter(|word| word.len() >= SHORTEST_ENCODED);
    let mut keys: Vec<String> = words.map(str::to_owned).collect();
    if !keys.iter().any(|word| word == key) && key.len() >= SHORTEST_KEY {
        keys.push(key.to_owned());
    }
    keys
}

/// The key as it is and in base64, wherever in a longer text it stands; escapes are read before anything is compared.
fn forms(key: &str) -> Vec<Vec<u8>> {
    let mut forms: Vec<Vec<u8>> = readings(key).collect();
    if key.len() >= SHORTEST_ENCODED {
        for before in 0..3 {
            let standard = base64(key.as_bytes(), before);
            let other = standard.iter().map(|byte| match byte {
                b'+' => b'-',
                b'/' => b'_',
                byte => *byte,
            });
            forms.extend([other.collect(), standard]);
        }
    }
    forms
}

/// A secret as it is, and as one takes it that reads escapes which are none.
fn readings(secret: &str) -> impl Iterator<Item = Vec<u8>> {
    let misread = layers(secret).into_iter().map(|layer| layer.bytes);
    let long = misread.filter(|bytes| bytes.len() >= SHORTEST_ENCODED);
    std::iter::once(secret.as_bytes().to_vec()).chain(long)
}

/// The base64 of `key` behind so many other bytes, without the characters that others have a part in.
fn base64(key: &[u8], before: usize) -> Vec<u8> {
    let bytes: Vec<u8> = std::iter::repeat_n(0, before)
        .chain(key.iter().copied())
        .collect();
    let sextet = |index: usize| {
        let (byte, bit) = (index * 6 / 8, index * 6 % 8);
        let at = |index| bytes.get(index).copied().map_or(0, u16::from);
        let value = (at(byte) << 8 | at(byte + 1)) >> (10 - bit) & 0x3f;
        ALPHABET
            .get(usize::from(value))
            .copied()
            .unwrap_or_default()
    };
    ((before * 8).div_ceil(6)..bytes.len() * 8 / 6)
        .map(sextet)
        .collect()
}

/// A line that ends as the key begins, or begins as it ends, or is a part of it.
fn parts_of_key(line: &str, key: &str) -> impl Iterator<Item = Span> {
    let (line, key) = (line.as_bytes(), key.as_bytes());
    let inside = line.trim_ascii();
    let start = line.len() - line.trim_ascii_start().len();
    let end = start + inside.len();
    let most = inside.len().min(key.len());
    let lengths = (TELLING..=most).rev();
    let begun = lengths.clone().find(|length| {
        key.get(length - 1) == inside.last()
            && key
                .get(..*length)
                .is_some_and(|part| inside.ends_with(part))
    });
    let ended = lengths.clone().find(|length| {
        key.get(key.len() - length) == inside.first()
            && key
                .get(key.len() - length..)
                .is_some_and(|part| inside.starts_with(part))
    });
    let is_part = inside.len() >= TELLING && key.windows(inside.len()).any(|part| part == inside);
    let parts = [
        begun.map(|length| (end - length, end)),
        ended.map(|length| (start, start + length)),
        is_part.then_some((start, end)),
    ];
    parts.into_iter().flatten()
}

/// In order, none touching another.
fn merged(mut spans: Vec<Span>) -> Vec<Span> {
    spans.sort_unstable();
    let mut merged: Vec<Span> = Vec::new();
    for (start, end) in spans {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::{Secrets, base64};

    const KEY: &str = "cs_Ke:y#1%2&/+z<\"w>";
    const ODD: &str = "cs%41&amp;\"\\u0041-key";

    fn shown(text: &str) -> String {
        let secrets = Secrets::new(KEY, &["postgres://me:pw@db".to_owned()]);
        let mut shown = text.to_owned();
        for (start, end) in secrets.all_in(text).into_iter().rev() {
            shown.replace_range(start..end, "***");
        }
        shown
    }

    #[test]
    fn base64_is_the_same_wherever_it_stands() {
        let encoded = |before| String::from_utf8(base64(b"Bearer!", before)).unwrap();
        // "Bearer!", "xBearer!" and "xyBearer!", without what the neighbours have a part in.
        assert_eq!(encoded(0), "QmVhcmVyI");
        assert_eq!(encoded(1), "JlYXJlci");
        assert_eq!(encoded(2), "CZWFyZXIh");
    }

    #[test]
    fn the_key_is_found_in_every_form() {
        for form in [
            KEY,
            "cs_Ke%3Ay%231%252%26%2F%2Bz%3C%22w%3E",
            "cs%5fKe%3ay%231%252%26%2f%2bz%3c%22w%3e",
            "cs_Ke:y#1%2&amp;/+z&lt;&quot;w&gt;",
            "cs_Ke:y#1%2&/+z<\\\"w>",
            "cs_Ke:y#1%2\\u0026\\/+z\\u003c\\\"w\\u003e",
            "cs_Ke:y#1%2\\\\u0026\\\\/+z\\\\u003c\\\\\\\"w\\\\u003e",
        ] {
            assert_eq!(shown(&format!("<{form}>;{form}")), "<***>;***", "{form}");
        }
    }

    #[test]
    fn a_key_that_looks_like_escapes_is_found_in_every_form() {
        let secrets = Secrets::new(ODD, &[]);
        for form in [
            ODD,
            "cs%41&amp;\\\"\\\\u0041-key",
            "cs%2541%26amp%3B%22%5Cu0041-key",
            "cs%41&amp;amp;&quot;\\u0041-key",
        ] {
            assert_eq!(secrets.all_in(form), [(0, form.len())], "{form}");
        }
    }

    #[test]
    fn the_key_is_found_in_base64_however_it_is_aligned() {
        for (text, left) in [
            ("Y3NfS2U6eSMxJTImLyt6PCJ3Pg==", "***g=="),
            ("QmVhcmVyIGNzX0tlOnkjMSUyJi8rejwidz4=", "QmVhcmVyIG***4="),
            ("eHhjc19LZTp5IzElMiYvK3o8Inc-", "eHh***"),
            ("eHhjc19LZTp5IzElMiYvK3o8Inc%2B", "eHh***"),
        ] {
            assert_eq!(shown(text), left, "{text}");
        }
    }

    #[test]
    fn a_key_that_was_broken_or_cut_is_not_shown_either() {
        for (text, left) in [
            ("it is cs_Ke:\ny#1%2&/+z<\"w>!", "it is ***\n***!"),
            ("cs_Ke:\ny#1%2&\n/+z<\"w>", "***\n***\n***"),
            ("cs_Ke:y#1…", "***…"),
            ("x cs%5FKe%3Ay%2…", "x ***…"),
            ("see postgres://m…", "see ***…"),
            ("see postgres://m", "see postgres://m"),
            ("postgres://me:pw@db/x", "***/x"),
            ("cs_K and y…", "cs_K and y…"),
        ] {
            assert_eq!(shown(text), left, "{text}");
        }
    }

    #[test]
    fn what_is_no_key_hides_nothing() {
        for key in ["", " \n ", "a", "abc"] {
            let secrets = Secrets::new(key, &[]);
            assert_eq!(secrets.all_in("abc a \n x…"), [], "{key:?}");
        }
        let several = Secrets::new("Bearer cs_one_key\nand-another", &[]);
        assert_eq!(several.all_in("cs_one_key"), [(0, 10)]);
        assert_eq!(several.all_in("another and-another"), [(0, 7), (8, 19)]);
    }
}
