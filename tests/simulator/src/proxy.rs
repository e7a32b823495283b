//! The HTTP proxy: CONNECT, and TLS for whatever host is behind it.

use std::io::{Read, Result, Write};
use std::net::TcpStream;
use std::thread::sleep;
use std::time::Instant;

use rustls::{ServerConnection, StreamOwned};

use crate::connection::{Site, serve};
use crate::distance::Distant;
use crate::http::{Reader, Request, head};
use crate::platform::Platform;
use crate::tls::Signer;
use crate::traffic::is_reachable;

/// Serves one connection to the proxy.
pub(crate) fn tunnel(platform: &Platform, stream: TcpStream) -> Result<()> {
    let mut reader = Reader::new(stream);
    while let Some(request) = reader.request()? {
        match admit(platform, &request) {
            Ok((host, signer)) => {
                return forward(platform, reader.stream, host, signer);
            }
            Err(answer) => reader.stream.write_all(answer.as_bytes())?,
        }
    }
    Ok(())
}

/// The host to connect to and who vouches for it; or the proxy's refusal.
fn admit(platform: &Platform, request: &Request) -> std::result::Result<(String, Signer), String> {
    let world = platform.world();
    if let Some((user, password)) = &world.quirks.proxy_login {
        let wanted = format!("Basic {}", base64(format!("{user}:{password}").as_bytes()));
        if request.header("proxy-authorization") != Some(&wanted) {
            return Err(refusal(
                407,
                &[("proxy-authenticate", "Basic realm=\"simulator\"")],
            ));
        }
    }
    let host = request
        .target
        .strip_suffix(":443")
        .filter(|_| request.method == "CONNECT");
    match host
        .map(str::to_lowercase)
        .filter(|host| is_reachable(&world, host))
    {
        Some(host) => {
            let signer = world.quirks.signer(&host);
            Ok((host, signer))
        }
        None => Err(refusal(502, &[])),
    }
}

fn refusal(status: u16, headers: &[(&str, &str)]) -> String {
    let headers = headers.iter().chain(&[("content-length", "0")]);
    let headers: Vec<(String, String)> = headers
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    head(status, &headers)
}

/// Connects to the host, which takes a round trip, and leaves the client to it.
fn forward(platform: &Platform, mut stream: TcpStream, host: String, signer: Signer) -> Result<()> {
    let round_trip = platform.world().quirks.round_trip;
    sleep(round_trip);
    stream.write_all(head(200, &[]).as_bytes())?;
    if round_trip.is_zero() {
        return encrypted(platform, stream, host, signer);
    }
    let stream = Distant::new(stream, round_trip, Instant::now())?;
    encrypted(platform, stream, host, signer)
}

fn encrypted<S: Read + Write>(
    platform: &Platform,
    stream: S,
    host: String,
    signer: Signer,
) -> Result<()> {
    let configuration = platform.authority.configuration(&host, signer);
    let connection = ServerConnection::new(configuration).map_err(std::io::Error::other)?;
    let stream = StreamOwned::new(connection, stream);
    let (mut stream, orderly) = serve(platform, stream, &Site::Host(host));
    if orderly {
        stream.conn.send_close_notify();
        stream.flush()?;
    }
    Ok(())
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let index = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or_default();
            let letter = ALPHABET.get(index).filter(|_| place <= group.len());
            text.push(letter.map_or('=', |letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64;

    #[test]
    fn base64_pads() {
        assert_eq!(base64(b"user:pass"), "dXNlcjpwYXNz");
        assert_eq!(base64(b"a"), "YQ==");
        assert_eq!(base64(b"ab"), "YWI=");
    }
}
