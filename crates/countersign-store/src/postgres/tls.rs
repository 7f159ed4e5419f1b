//! Encrypted connections: the server proves its name by a certificate, or is not spoken to.

use crate::StoreError;
use rustls::pki_types::{CertificateDer, pem::PemObject as _};
use rustls::{ClientConfig, RootCertStore};
use std::path::Path;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

const REMEDY: &str = "name the certificate of whoever signed the server's by sslrootcert=FILE";

/// What verifies servers against the roots in a file, or else those of the system.
///
/// # Errors
/// [`StoreError::Refused`] when there is no root that can be used.
pub(super) fn connector(roots: Option<&Path>) -> Result<MakeRustlsConnect, StoreError> {
    let refuse = |what: String| StoreError::Refused { what, remedy: REMEDY };
    let mut trusted = RootCertStore::empty();
    if let Some(file) = roots {
        let told = |error| refuse(format!("{} holds no certificates: {error}", file.display()));
        for certificate in CertificateDer::pem_file_iter(file).map_err(told)? {
            let added = trusted.add(certificate.map_err(told)?);
            added.map_err(|error| refuse(format!("{}: {error}", file.display())))?;
        }
    } else {
        trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    if trusted.is_empty() {
        return Err(refuse("there is no certificate to hold the server's against".to_owned()));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(error.to_string()))?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}
