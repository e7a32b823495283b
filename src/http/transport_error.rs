//! Owns why there was no whole answer, and whether anything was sent.

use std::io;

/// Why there was no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransportError {
    /// No connection came about: nothing was sent.
    NotConnected(String),
    /// The certificate is not one that we trust: nothing was sent.
    Certificate(String),
    /// The request can never be sent: a bad address, a bad proxy.
    Impossible(String),
    /// The connection broke or fell silent after the request may have been sent.
    Lost(String),
    /// The run was cancelled meanwhile.
    Cancelled,
}

pub(super) fn transport_error(error: &ureq::Error) -> TransportError {
    use ureq::{Error, Timeout};
    match error {
        Error::HostNotFound => {
            TransportError::NotConnected("the host name is not known".to_owned())
        }
        Error::ConnectionFailed => TransportError::NotConnected("no connection".to_owned()),
        // The one refusal of a proxy that no other try changes.
        Error::ConnectProxyFailed(why) if why.contains("responded 407") => {
            TransportError::Impossible(
                "the proxy does not accept the name and password in its address (407)".to_owned(),
            )
        }
        Error::ConnectProxyFailed(why) => {
            TransportError::NotConnected(format!("the proxy refused to connect ({why})"))
        }
        Error::Timeout(Timeout::Resolve) => {
            TransportError::NotConnected("looking up the host name took too long".to_owned())
        }
        Error::Timeout(Timeout::Connect) => {
            TransportError::NotConnected("connecting took too long".to_owned())
        }
        Error::Timeout(which) => TransportError::Lost(format!("no answer in time ({which})")),
        Error::Tls(why) => TransportError::Certificate((*why).to_owned()),
        Error::Rustls(why) => TransportError::Certificate(why.to_string()),
        Error::Io(error) => io_trouble(error),
        Error::BadUri(_) | Error::Http(_) | Error::InvalidProxyUrl | Error::RequireHttpsOnly(_) => {
            TransportError::Impossible(error.to_string())
        }
        other => TransportError::Lost(other.to_string()),
    }
}

fn io_trouble(error: &io::Error) -> TransportError {
    match error.kind() {
        io::ErrorKind::InvalidData => TransportError::Certificate(error.to_string()),
        io::ErrorKind::ConnectionRefused => {
            TransportError::NotConnected("the connection was refused".to_owned())
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            TransportError::NotConnected("the host cannot be reached".to_owned())
        }
        _ if error.to_string().contains("lookup") => {
            TransportError::NotConnected(format!("the host name was not found ({error})"))
        }
        _ => TransportError::Lost(error.to_string()),
    }
}
