// The script of the page on which people sign. It shows the very bytes that it hashes, and asks the
// passkey to sign that hash in the form of PROTOCOL.sshsig (OpenSSH): the WebAuthn challenge is the
// SSHSIG blob "SSHSIG" || namespace || "" || "sha256" || SHA-256(text). Its digest stands in the
// record.

const shown = document.getElementById("statement");
const form = document.getElementById("passkey");
const said = document.getElementById("said");
const encoder = new TextEncoder();

function string(bytes) {
  const out = new Uint8Array(4 + bytes.length);
  new DataView(out.buffer).setUint32(0, bytes.length);
  out.set(bytes, 4);
  return out;
}

function joined(parts) {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function base64url(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

async function text() {
  const answer = await fetch(shown.dataset.address, { cache: "no-store" });
  if (!answer.ok) throw new Error("The text cannot be fetched any more; open the page again.");
  return new Uint8Array(await answer.arrayBuffer());
}

// What is shown is what was fetched, byte for byte; the fingerprint is of the same bytes.
let bytes = null;
async function show() {
  bytes = await text();
  shown.textContent = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const digits = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const groups = digits.slice(0, 20).match(/.{4}/g).join(" ");
  const place = document.getElementById("fingerprint");
  if (place) place.textContent = groups;
}

async function sign() {
  if (bytes === null) await show();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const challenge = joined([
    encoder.encode("SSHSIG"),
    string(encoder.encode(shown.dataset.namespace)),
    string(new Uint8Array(0)),
    string(encoder.encode("sha256")),
    string(hash),
  ]);
  const credential = await navigator.credentials.get({
    publicKey: { challenge, rpId: location.hostname, userVerification: "required", timeout: 300000 },
  });
  form.elements.authenticator_data.value = base64url(credential.response.authenticatorData);
  form.elements.client_data.value = base64url(credential.response.clientDataJSON);
  form.elements.mark.value = base64url(credential.response.signature);
}

function why(error) {
  if (error.name === "NotAllowedError") {
    return "Nothing was signed: the passkey did not verify you, or you stopped. You can try again.";
  }
  return "Nothing was signed: " + error.message;
}

form.addEventListener("submit", async (event) => {
  if (form.elements.mark.value) return;
  event.preventDefault();
  if (!window.PublicKeyCredential) {
    said.textContent = "This browser has no passkeys. Sign elsewhere, as described below.";
    return;
  }
  const button = form.querySelector("button");
  button.disabled = true;
  said.textContent = "Waiting for your passkey…";
  try {
    await sign();
    said.textContent = "Signed. Handing it in…";
    form.submit();
  } catch (error) {
    button.disabled = false;
    said.textContent = why(error);
  }
});

show().catch((error) => {
  said.textContent = error.message;
});
