//! Owns how agents are made: roots, proxy exceptions, time-outs.

use std::sync::Arc;

use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::{Agent, Proxy};

use crate::http::limits::Limits;

/// The certificates in PEM text.
///
/// # Errors
/// A sentence when there is none, or a block that is broken.
pub fn certificates(pem: &str) -> Result<Vec<Certificate<'static>>, String> {
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

pub(super) fn agent(
    limits: Limits,
    proxy: Option<Proxy>,
    extra_roots: &[Certificate<'static>],
) -> Agent {
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS
        .iter()
        .map(|root| Certificate::from_der(root))
        .chain(extra_roots.iter().cloned());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()));
    Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .max_idle_connections(0)
        .proxy(proxy)
        .tls_config(tls.build())
        .timeout_resolve(Some(limits.connect))
        .timeout_connect(Some(limits.connect))
        .timeout_send_request(Some(limits.answer))
        .timeout_send_body(Some(limits.answer))
        .timeout_recv_response(Some(limits.answer))
        .timeout_recv_body(Some(limits.answer))
        .user_agent(concat!("codesphere-release/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// curl's rule: an entry matches the host itself and what lies below it; ports and white space do not count.
pub(super) fn bypasses(except: &str, host: &str) -> bool {
    let host = host.to_ascii_lowercase();
    except.split([',', ' ']).any(|entry| {
        let entry = entry.trim().to_ascii_lowercase();
        let entry = entry.trim_start_matches('*').trim_start_matches('.');
        let entry = entry.split_once(':').map_or(entry, |(name, _)| name);
        if entry.is_empty() {
            return false;
        }
        host == entry
            || host
                .strip_suffix(entry)
                .is_some_and(|rest| rest.ends_with('.'))
    }) || except.split([',', ' ']).any(|entry| entry.trim() == "*")
}
