//! Owns why there was no whole answer, and whether anything was sent.

use std::io;

/// Why there was no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
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

pub(super) fn trouble(error: &ureq::Error) -> Trouble {
    use ureq::{Error, Timeout};
    match error {
        Error::HostNotFound => Trouble::NotConnected("the host name is not known".to_owned()),
        Error::ConnectionFailed => Trouble::NotConnected("no connection".to_owned()),
        // The one refusal of a proxy that no other try changes.
        Error::ConnectProxyFailed(why) if why.contains("responded 407") => Trouble::Impossible(
            "the proxy does not accept the name and password in its address (407)".to_owned(),
        ),
        Error::ConnectProxyFailed(why) => {
            Trouble::NotConnected(format!("the proxy refused to connect ({why})"))
        }
        Error::Timeout(Timeout::Resolve) => {
            Trouble::NotConnected("looking up the host name took too long".to_owned())
        }
        Error::Timeout(Timeout::Connect) => {
            Trouble::NotConnected("connecting took too long".to_owned())
        }
        Error::Timeout(which) => Trouble::Lost(format!("no answer in time ({which})")),
        Error::Tls(why) => Trouble::Certificate((*why).to_owned()),
        Error::Rustls(why) => Trouble::Certificate(why.to_string()),
        Error::Io(error) => io_trouble(error),
        Error::BadUri(_) | Error::Http(_) | Error::InvalidProxyUrl | Error::RequireHttpsOnly(_) => {
            Trouble::Impossible(error.to_string())
        }
        other => Trouble::Lost(other.to_string()),
    }
}

fn io_trouble(error: &io::Error) -> Trouble {
    match error.kind() {
        io::ErrorKind::InvalidData => Trouble::Certificate(error.to_string()),
        io::ErrorKind::ConnectionRefused => {
            Trouble::NotConnected("the connection was refused".to_owned())
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            Trouble::NotConnected("the host cannot be reached".to_owned())
        }
        _ if error.to_string().contains("lookup") => {
            Trouble::NotConnected(format!("the host name was not found ({error})"))
        }
        _ => Trouble::Lost(error.to_string()),
    }
}
