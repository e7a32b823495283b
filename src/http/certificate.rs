//! Owns why a server's certificate is not trusted, in words, and what can be done about it.

use std::fmt;

use rustls::{CertificateError, Error};

/// Why a server's certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Distrust {
    /// Nobody who is trusted has issued it.
    UnknownIssuer,
    /// It is an authority's own certificate.
    Authority,
    /// It is for another host.
    OtherHost,
    /// Its time is over, or has not come.
    Time(String),
    /// Anything else, as `rustls` says it.
    Other(String),
}

impl Distrust {
    pub(super) fn of(error: &Error) -> Self {
        let Error::InvalidCertificate(why) = error else {
            return Self::Other(error.to_string());
        };
        match why {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                Self::OtherHost
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
                Self::Time("it has expired".to_owned())
            }
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
                Self::Time("it is not valid yet".to_owned())
            }
            // `webpki` has no variant for it here.
            other if format!("{other:?}").contains("CaUsedAsEndEntity") => Self::Authority,
            other => Self::Other(other.to_string()),
        }
    }

    /// What can be done about it.
    pub(crate) const fn next_step(&self) -> &'static str {
        match self {
            Self::UnknownIssuer => {
                "Give the certificate of the authority that issued the server's as `ca-certificate` (PEM text): its root, or the one that signs for it. The server's own certificate does not help there: it vouches for nobody, unless it is self-signed."
            }
            Self::Authority => {
                "The server shows the certificate of an authority as its own, which no client accepts, whatever `ca-certificate` holds. Give the server a certificate of its own, issued by that authority and without `CA:TRUE`, and pass the authority's as `ca-certificate`."
            }
            Self::OtherHost => {
                "Check `api-url`: it must name the host as the certificate does. No `ca-certificate` changes that."
            }
            Self::Time(_) => {
                "Renew the certificate of the server (or of the proxy in between), or set the runner's clock. No `ca-certificate` changes that."
            }
            Self::Other(_) => {
                "Look at the server's certificate, or that of the proxy in between. If an own certificate authority issued it, pass that authority's PEM text as `ca-certificate`."
            }
        }
    }
}

impl fmt::Display for Distrust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer => f.write_str(
                "it was issued by somebody who is neither among Mozilla's authorities nor in `ca-certificate`",
            ),
            Self::Authority => {
                f.write_str("it is the certificate of an authority, which may not serve as a server's")
            }
            Self::OtherHost => f.write_str("it is for another host"),
            Self::Time(words) | Self::Other(words) => f.write_str(words),
        }
    }
}
