//! Owns how agents are made: roots, proxy exceptions, time-outs.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use crate::http::hosts::{bypasses, is_loopback};
use crate::http::limits::Limits;
use crate::http::names::connecting;
use crate::http::proxy::Proxied;

/// As many connections are kept: as many as there are exchanges side by side.
const IDLE: usize = 8;

/// The certificates in PEM text.
pub(crate) fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, String> {
    let mut found = Vec::new();
    for item in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = item.map_err(|_| "it holds a PEM block that is broken".to_owned())?;
        // ureq leaves out what is no certificate inside, without a word.
        RootCertStore::empty()
            .add(certificate.clone())
            .map_err(|_| "it holds a certificate that is none inside".to_owned())?;
        found.push(Certificate::from_der(&certificate).to_owned());
    }
    if found.is_empty() {
        return Err("it holds no `-----BEGIN CERTIFICATE-----` block".to_owned());
    }
    Ok(found)
}

/// What agents are made from.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) limits: Limits,
    pub(super) proxy: Option<Proxied>,
    pub(super) except: String,
    pub(super) extra_roots: Vec<Certificate<'static>>,
}

/// Two agents that keep connections of their own: for hosts that are asked directly, and for those behind the proxy.
#[derive(Debug, Clone)]
pub(super) struct Agents {
    direct: Agent,
    proxied: Option<Agent>,
}

impl Agents {
    pub(super) fn new(recipe: &Recipe) -> Self {
        let proxied = recipe.proxy.as_ref().map(|proxied| proxied.proxy.clone());
        Self {
            direct: agent(recipe.limits, None, &recipe.extra_roots),
            proxied: proxied.map(|proxy| agent(recipe.limits, Some(proxy), &recipe.extra_roots)),
        }
    }

    pub(super) fn for_host(&self, host: &str, except: &str) -> &Agent {
        match &self.proxied {
            Some(proxied) if !is_loopback(host) && !bypasses(except, host) => proxied,
            _ => &self.direct,
        }
    }
}

fn agent(limits: Limits, proxy: Option<Proxy>, extra_roots: &[Certificate<'static>]) -> Agent {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| Certificate::from_der(root))
        .chain(extra_roots.iter().cloned());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_idle_connections(IDLE)
        .max_idle_connections_per_host(IDLE)
        .proxy(proxy)
        .tls_config(tls.build())
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_send_request(Some(limits.answer))
        .timeout_send_body(Some(limits.answer))
        .timeout_recv_response(Some(limits.answer))
        .timeout_recv_body(Some(limits.answer))
        .user_agent(concat!("codesphere-release/", env!("CARGO_PKG_VERSION")))
        .build();
    let (connector, resolver) = connecting();
    Agent::with_parts(config, connector, resolver)
}
