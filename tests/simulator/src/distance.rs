//! Owns the distance to the platform: what is sent arrives half a round trip later, and connecting takes a whole one.
//!
//! The time is real time, whatever clock the simulator runs on.

use std::io::{Read, Result, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

/// So many pieces are under way at once in each direction.
const UNDER_WAY: usize = 1024;

/// Bytes, and when they arrive.
type Piece = (Instant, Vec<u8>);

/// A connection whose other end is far away.
pub(crate) struct Distant {
    half: Duration,
    incoming: Receiver<Piece>,
    outgoing: SyncSender<Piece>,
    arrived: Vec<u8>,
}

impl Distant {
    /// `connected` is when the client learns that it is connected: what it sends leaves no earlier.
    pub(crate) fn new(stream: TcpStream, round_trip: Duration, connected: Instant) -> Result<Self> {
        let half = round_trip / 2;
        let (received, incoming) = sync_channel(UNDER_WAY);
        let (outgoing, to_send) = sync_channel(UNDER_WAY);
        let reading = stream.try_clone()?;
        spawn(move || receive(reading, half, connected, &received));
        spawn(move || send(stream, &to_send));
        Ok(Self {
            half,
            incoming,
            outgoing,
            arrived: Vec::new(),
        })
    }
}

impl Read for Distant {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        if self.arrived.is_empty() {
            let Ok((at, bytes)) = self.incoming.recv() else {
                return Ok(0);
            };
            wait_until(at);
            self.arrived = bytes;
        }
        let count = self.arrived.as_slice().read(buffer)?;
        self.arrived.drain(..count);
        Ok(count)
    }
}

impl Write for Distant {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        let piece = (Instant::now() + self.half, bytes.to_vec());
        let sent = self.outgoing.send(piece);
        sent.map_err(|_| std::io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

fn wait_until(at: Instant) {
    sleep(at.saturating_duration_since(Instant::now()));
}

/// Takes what the client sends at once, so that each piece keeps the time of its own.
fn receive(mut stream: TcpStream, half: Duration, connected: Instant, to: &SyncSender<Piece>) {
    let mut chunk = [0; 8192];
    while let Ok(count @ 1..) = stream.read(&mut chunk) {
        let bytes = chunk.iter().take(count).copied().collect();
        let left = Instant::now().max(connected);
        if to.send((left + half, bytes)).is_err() {
            return;
        }
    }
}

/// Sends until nothing more comes; then the connection is over.
fn send(mut stream: TcpStream, pieces: &Receiver<Piece>) {
    for (at, bytes) in pieces {
        wait_until(at);
        if stream.write_all(&bytes).is_err() {
            break;
        }
    }
    stream.shutdown(Shutdown::Both).unwrap_or_default();
}
