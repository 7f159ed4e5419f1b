//! The stock `ssh-keygen`, an oracle that is not ours.
#![allow(dead_code, reason = "not every test needs every helper")]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs `ssh-keygen` in `dir` with `input` on its standard input.
pub(crate) fn run(dir: &Path, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new("ssh-keygen")
        .args(arguments)
        .current_dir(dir)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test needs ssh-keygen: install OpenSSH 8.4 or later (openssh-client)");
    child.stdin.take().unwrap().write_all(input).unwrap();
    child.wait_with_output().unwrap()
}

/// Makes a key pair of `kind` in `dir/name`; gives the public line.
pub(crate) fn make_key(dir: &Path, kind: &str, name: &str) -> String {
    let output = run(dir, &["-q", "-t", kind, "-N", "", "-C", "a comment", "-f", name], b"");
    assert!(output.status.success(), "{output:?}");
    fs::read_to_string(dir.join(format!("{name}.pub"))).unwrap()
}

/// Signs `text` with the key in `dir/name`.
pub(crate) fn sign(dir: &Path, name: &str, namespace: &str, text: &[u8]) -> String {
    let output = run(dir, &["-Y", "sign", "-f", name, "-n", namespace], text);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Asks whether the allowed-signers lines accept this signature by `person`.
pub(crate) fn verify(
    dir: &Path,
    (allowed, person, namespace): (&str, &str, &str),
    (text, armoured): (&[u8], &str),
    at: Option<&str>,
) -> Result<String, String> {
    fs::write(dir.join("allowed_signers"), format!("{allowed}\n")).unwrap();
    fs::write(dir.join("text.sig"), armoured).unwrap();
    let at = at.map(|at| format!("verify-time={at}"));
    let mut arguments = vec!["-Y", "verify", "-f", "allowed_signers", "-I", person];
    arguments.extend(["-n", namespace, "-s", "text.sig"]);
    arguments.extend(at.iter().flat_map(|at| ["-O", at.as_str()]));
    let output = run(dir, &arguments, text);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}
