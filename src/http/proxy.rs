//! Owns the proxy of the environment: its address as its variable gives it, and whose fault it is when nothing comes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ureq::{Proxy, ProxyProtocol};

use crate::http::transport_error::TransportError;

/// The proxy variables of the environment, as curl understands them.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProxySettings {
    /// `HTTPS_PROXY` or `ALL_PROXY`.
    pub(crate) https: Option<ProxyAddress>,
    /// `NO_PROXY`: hosts, also as suffixes, separated by commas; `*` for all.
    pub(crate) except: String,
}

/// What a proxy's variable holds.
#[derive(Debug, Clone)]
pub(crate) struct ProxyAddress {
    /// The variable's name, as in `HTTPS_PROXY`.
    pub(crate) variable: &'static str,
    /// Its value, which may hold a password.
    pub(crate) value: String,
}

/// The proxy in use. Clones share what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Proxied {
    pub(super) proxy: Proxy,
    /// The proxy in words, without its password.
    words: String,
    variable: &'static str,
    /// Whether anything has come through it: then it is the right one, and trouble with it may pass.
    has_worked: Arc<AtomicBool>,
}

impl Proxied {
    /// # Errors
    /// When the address makes no sense, or is of another kind of proxy; the sentence says which variable holds it.
    pub(super) fn new(address: &ProxyAddress) -> Result<Self, String> {
        let variable = address.variable;
        let wrong = |what: &str| {
            format!(
                "{variable} of the runner {what}; good is an address such as http://proxy.example.com:3128."
            )
        };
        let scheme = address.value.split_once("://").map(|(scheme, _)| scheme);
        let proxy = Proxy::new(&address.value).ok();
        let is_connect =
            |proxy: &Proxy| matches!(proxy.protocol(), ProxyProtocol::Http | ProxyProtocol::Https);
        let proxy = match (proxy.filter(is_connect), scheme) {
            (Some(proxy), _) => proxy,
            (None, Some(scheme)) if is_unknown(scheme) => {
                return Err(wrong(&format!(
                    "names a proxy of the kind {scheme}://, which is not supported"
                )));
            }
            (None, _) => return Err(wrong("is no address of a proxy")),
        };
        Ok(Self {
            words: format!("the proxy {}:{}", proxy.host(), proxy.port()),
            variable,
            proxy,
            has_worked: Arc::default(),
        })
    }

    /// The answer; trouble with the proxy itself names it. Of one that has worked before, trouble may pass.
    pub(super) fn named<T>(&self, answer: Result<T, TransportError>) -> Result<T, TransportError> {
        let why = match answer {
            Err(TransportError::Proxy(why)) => why,
            Err(other) => return Err(other),
            Ok(answer) => {
                self.has_worked.store(true, Ordering::Relaxed);
                return Ok(answer);
            }
        };
        let words = format!("{}, which {} names, {why}", self.words, self.variable);
        Err(if self.has_worked.load(Ordering::Relaxed) {
            TransportError::NotConnected(words)
        } else {
            TransportError::Proxy(words)
        })
    }
}

/// Whether it looks like a scheme, but is none of a proxy that takes CONNECT.
fn is_unknown(scheme: &str) -> bool {
    let is_word = !scheme.is_empty()
        && scheme
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    is_word && !["http", "https"].contains(&scheme.to_ascii_lowercase().as_str())
}
