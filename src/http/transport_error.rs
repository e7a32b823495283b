//! Owns why there was no whole answer, and whether anything was sent.

use std::{fmt, io};

use crate::http::certificate::Distrust;

/// Why there was no whole answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TransportError {
    /// No connection came about: nothing was sent.
    NotConnected(String),
    /// The certificate is not one that we trust: nothing was sent.
    Certificate(Distrust),
    /// The request can never be sent: a bad address, a bad proxy.
    Impossible(String),
    /// The proxy of the environment is not there, or does not let us through: nothing was sent.
    Proxy(String),
    /// The connection broke or fell silent after the request may have been sent.
    Lost(String),
    /// The run was cancelled meanwhile.
    Cancelled,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConnected(why)
            | Self::Impossible(why)
            | Self::Proxy(why)
            | Self::Lost(why) => f.write_str(why),
            Self::Certificate(why) => write!(f, "its certificate is not trusted: {why}"),
            Self::Cancelled => f.write_str("the run was cancelled"),
        }
    }
}

/// `proxied` says whether it was a proxy that was to be connected to.
pub(super) fn transport_error(error: &ureq::Error, proxied: bool) -> TransportError {
    use ureq::{Error, Timeout};
    match error {
        Error::HostNotFound if proxied => {
            TransportError::Proxy("is not known by that name".to_owned())
        }
        Error::HostNotFound => {
            TransportError::NotConnected("the host name is not known".to_owned())
        }
        Error::ConnectionFailed => TransportError::NotConnected("no connection".to_owned()),
        // The one refusal of a proxy that no other try changes.
        Error::ConnectProxyFailed(why) if why.contains("responded 407") => TransportError::Proxy(
            "asks for a user and password (407), and those in the variable are missing or wrong"
                .to_owned(),
        ),
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
        Error::Tls(why) => TransportError::Certificate(Distrust::Other((*why).to_owned())),
        Error::Rustls(why) => TransportError::Certificate(Distrust::of(why)),
        Error::Io(error) => io_trouble(error, proxied),
        Error::BadUri(_) | Error::Http(_) | Error::InvalidProxyUrl | Error::RequireHttpsOnly(_) => {
            TransportError::Impossible(error.to_string())
        }
        other => TransportError::Lost(other.to_string()),
    }
}

fn io_trouble(error: &io::Error, proxied: bool) -> TransportError {
    match error.kind() {
        io::ErrorKind::InvalidData => TransportError::Certificate(distrust(error)),
        io::ErrorKind::ConnectionRefused if proxied => {
            TransportError::Proxy("refuses the connection".to_owned())
        }
        io::ErrorKind::ConnectionRefused => {
            TransportError::NotConnected("the connection was refused".to_owned())
        }
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            TransportError::NotConnected("the host cannot be reached".to_owned())
        }
        _ if error.to_string().contains("lookup") && proxied => {
            TransportError::Proxy(format!("is not known by that name ({error})"))
        }
        _ if error.to_string().contains("lookup") => {
            TransportError::NotConnected(format!("the host name was not found ({error})"))
        }
        _ => TransportError::Lost(error.to_string()),
    }
}

/// A bad certificate arrives as an I/O error.
fn distrust(error: &io::Error) -> Distrust {
    let inner = error.get_ref();
    let inner = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>());
    inner.map_or_else(|| Distrust::Other(error.to_string()), Distrust::of)
}
