//! An encrypted connection is one to the server that is meant, or none.

use crate::entries::{append, batch};
use countersign_postgres::{Cluster, given};
use countersign_store::{Mode, StoreError, open};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn openssl(folder: &Path, words: &str) {
    let output =
        Command::new("openssl").args(words.split(' ')).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// A certificate authority of its own, `NAME.crt`, in `folder`.
fn authority(folder: &Path, name: &str) -> PathBuf {
    openssl(
        folder,
        &format!(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} \
             -keyout {name}.key -out {name}.crt -addext basicConstraints=critical,CA:TRUE"
        ),
    );
    folder.join(format!("{name}.crt"))
}

/// Gives the server a certificate for `name` by the authority `by`, and starts it again with it.
fn certify(cluster: &mut Cluster, by: &str, name: &str) {
    let folder = cluster.beside().to_owned();
    let request = "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server";
    openssl(&folder, &format!("{request} -keyout server.key -out server.csr"));
    fs::write(folder.join("names"), format!("subjectAltName={name}\n")).unwrap();
    openssl(
        &folder,
        &format!(
            "x509 -req -in server.csr -CA {by}.crt -CAkey {by}.key -CAcreateserial -days 2 \
             -extfile names -out server.crt"
        ),
    );
    for file in ["server.key", "server.crt"] {
        cluster.hand_over(&folder.join(file), file).unwrap();
    }
    cluster.set("ssl", "on");
    cluster.stop();
    cluster.run().unwrap();
}

#[test]
fn the_server_proves_its_name_or_is_not_spoken_to() {
    let Some(mut cluster) = given(&[]) else { return };
    let folder = cluster.beside().to_owned();
    let (ours, others) = (authority(&folder, "ours"), authority(&folder, "others"));
    let plain = cluster.location("main");
    let with = |roots: &Path| format!("{plain}&sslmode=require&sslrootcert={}", roots.display());
    let refused = |location: &str, said: &str| {
        let error = open(location, Mode::Read).err().unwrap();
        assert!(matches!(error, StoreError::Refused { .. }), "{error:?}");
        assert!(error.to_string().contains(said), "{error}");
    };
    drop(open(&plain, Mode::Create).unwrap());
    refused(&with(&ours), "server does not support TLS");

    certify(&mut cluster, "ours", "IP:127.0.0.1");
    let mut store = open(&with(&ours), Mode::Write).unwrap();
    append(&mut *store, &batch(0, 300)).unwrap();
    assert_eq!(store.read(0, 1000).unwrap(), batch(0, 300));
    let encrypted = cluster.sql(
        "postgres",
        "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
         WHERE usename = 'countersign'",
    );
    assert_eq!(encrypted, "t");
    drop(store);
    refused(&with(&others), "UnknownIssuer");
    refused(&format!("{plain}&sslmode=require"), "UnknownIssuer");

    certify(&mut cluster, "ours", "DNS:db.example");
    refused(&with(&ours), "not valid for name");
    assert_eq!(open(&plain, Mode::Read).unwrap().head().unwrap().size, 300);
}
