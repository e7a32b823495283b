//! Owns floods of output: more than anybody wants to keep in memory, made up while it is sent.

use std::fmt::Write;

use crate::time::stamp;

/// Output that a step lets loose as soon as it has begun, ahead of its ordinary lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flood {
    /// How many lines.
    pub lines: u64,
    /// How long each is, in bytes; a line begins with its number and is never shorter than that.
    pub length: usize,
}

/// A flood that a log stream has carried to its end.
#[derive(Clone, Copy, Debug)]
pub struct FloodSent {
    /// How much it was, as it went over the wire without the transfer's own framing.
    pub bytes: u64,
    /// When the first of it was sent.
    pub from: f64,
    /// When the client had taken the last of it, but for what the sockets hold.
    pub until: f64,
}

/// So much is made up and sent at a time, in bytes.
const PIECE: usize = 64 * 1024;
/// So many lines make an event.
const IN_AN_EVENT: u64 = 300;
/// What lines are filled with.
const FILLER: &str = " The quick brown fox jumps over the lazy dog; 0123456789.";

/// A flood on its way, in pieces of about [`PIECE`].
pub(crate) struct Pieces {
    flood: Flood,
    stamp: String,
    line: u64,
    /// Bytes that the line at hand still lacks; `None` between lines.
    lacking: Option<usize>,
}

impl Flood {
    /// All of it, said at the time `at`.
    pub(crate) fn pieces(self, at: f64) -> Pieces {
        Pieces {
            flood: self,
            stamp: stamp(at),
            line: 0,
            lacking: None,
        }
    }
}

impl Iterator for Pieces {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        let mut piece = String::with_capacity(PIECE + 1024);
        while piece.len() < PIECE && (self.lacking.is_some() || self.line < self.flood.lines) {
            match self.lacking {
                None => self.begin(&mut piece),
                Some(lacking) => self.go_on(&mut piece, lacking),
            }
        }
        (!piece.is_empty()).then_some(piece)
    }
}

impl Pieces {
    fn begin(&mut self, piece: &mut String) {
        piece.push_str(if self.line.is_multiple_of(IN_AN_EVENT) {
            "event: data\ndata: ["
        } else {
            ","
        });
        piece.push_str("{\"timestamp\":\"");
        piece.push_str(&self.stamp);
        piece.push_str("\",\"kind\":\"I\",\"data\":\"");
        let before = piece.len();
        write!(piece, "{:07}", self.line + 1).expect("a string takes everything");
        self.lacking = Some(self.flood.length.saturating_sub(piece.len() - before));
    }

    fn go_on(&mut self, piece: &mut String, lacking: usize) {
        if lacking > 0 {
            let part = FILLER.get(..lacking).unwrap_or(FILLER);
            piece.push_str(part);
            self.lacking = Some(lacking - part.len());
            return;
        }
        self.line += 1;
        self.lacking = None;
        let last = self.line == self.flood.lines || self.line.is_multiple_of(IN_AN_EVENT);
        piece.push_str(if last { "\"}]\n\n" } else { "\"}" });
    }
}

#[cfg(test)]
mod tests {
    use super::{Flood, PIECE};

    #[test]
    fn a_line_longer_than_a_piece_comes_in_several() {
        let flood = Flood {
            lines: 1,
            length: 1_000_000,
        };
        let pieces: Vec<String> = flood.pieces(0.0).collect();
        assert!(
            pieces.len() >= 1_000_000 / (PIECE + 1024),
            "{}",
            pieces.len()
        );
        assert!(pieces.iter().all(|piece| piece.len() < PIECE + 1024));
        let whole = pieces.concat();
        let line = whole.split('"').max_by_key(|part| part.len());
        assert_eq!(line.map(str::len), Some(1_000_000));
    }
}
