//! Owns how JSON objects are picked out of a stream of bytes, one after the other, in bounded memory.

/// Strings are cut after so many bytes, and end with `…` then. Longer lines are cut in the job's log anyway.
const STRING: usize = 4 << 10;
/// No object that matters is larger with its strings cut; the rest of it is left out.
const OBJECT: usize = 64 << 10;

/// Picks the outermost objects; what stands between them (an array's brackets and commas) does not count.
#[derive(Debug, Default)]
pub(super) struct Elements {
    object: Vec<u8>,
    depth: u32,
    inside: Inside,
    /// How much of the current string was kept, and whether something of it was left out.
    kept: usize,
    full: bool,
}

/// What the next byte belongs to.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Inside {
    #[default]
    Structure,
    String,
    /// So many more bytes of an escape.
    Escape(u8),
}

impl Elements {
    /// Takes more bytes, and hands over each object that they complete.
    pub(super) fn take(&mut self, bytes: &[u8], mut complete: impl FnMut(&[u8])) {
        let mut rest = bytes;
        while let Some((first, behind)) = rest.split_first() {
            rest = match self.inside {
                Inside::Structure => {
                    self.structure(*first, &mut complete);
                    behind
                }
                Inside::String => {
                    let plain = rest.iter().position(|byte| matches!(byte, b'"' | b'\\'));
                    let (plain, behind) = rest.split_at(plain.unwrap_or(rest.len()));
                    self.text(plain);
                    self.quote_or_escape(behind)
                }
                Inside::Escape(left) => {
                    self.escape(*first, left);
                    behind
                }
            };
        }
    }

    fn structure(&mut self, byte: u8, complete: &mut impl FnMut(&[u8])) {
        match byte {
            b'{' => self.depth = self.depth.saturating_add(1),
            b'[' if self.depth > 0 => self.depth = self.depth.saturating_add(1),
            _ if self.depth == 0 => return,
            b'}' | b']' => self.depth -= 1,
            b'"' => (self.inside, self.kept, self.full) = (Inside::String, 0, false),
            _ => {}
        }
        self.keep(&[byte]);
        if self.depth == 0 {
            complete(&self.object);
            self.object.clear();
        }
    }

    /// Keeps the start of a string, whole characters only.
    fn text(&mut self, part: &[u8]) {
        if self.full {
            return;
        }
        let room = STRING.saturating_sub(self.kept);
        let mut cut = room.min(part.len());
        while part.get(cut).is_some_and(|byte| byte & 0xc0 == 0x80) {
            cut += 1;
        }
        let (kept, left_out) = part.split_at(cut);
        self.keep(kept);
        self.kept += kept.len();
        self.full = !left_out.is_empty();
    }

    fn quote_or_escape<'b>(&mut self, bytes: &'b [u8]) -> &'b [u8] {
        let Some((first, behind)) = bytes.split_first() else {
            return bytes;
        };
        if *first == b'"' {
            if self.full {
                self.keep("…".as_bytes());
            }
            self.keep(b"\"");
            self.inside = Inside::Structure;
        } else {
            self.full |= self.kept >= STRING;
            self.kept += 1;
            self.inside = Inside::Escape(1);
            self.escaped(b'\\');
        }
        behind
    }

    fn escape(&mut self, byte: u8, left: u8) {
        self.escaped(byte);
        self.inside = match (byte, left) {
            (b'u', 1) => Inside::Escape(5),
            (_, 1 | 2) => Inside::String,
            (_, left) => Inside::Escape(left - 1),
        };
    }

    /// An escape is kept as a whole or not at all.
    fn escaped(&mut self, byte: u8) {
        if !self.full {
            self.keep(&[byte]);
        }
    }

    fn keep(&mut self, bytes: &[u8]) {
        if self.object.len() + bytes.len() <= OBJECT {
            self.object.extend_from_slice(bytes);
        }
    }
}
