// Makes a passkey for the page where keys are enrolled. Only ES256 (P-256) is asked for, kept on the
// device so that it can be found without a list, and with its user verified.

const form = document.getElementById("enrol");
const said = document.getElementById("said");

function base64url(buffer) {
  const text = String.fromCharCode(...new Uint8Array(buffer));
  return btoa(text).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function bytes(text) {
  const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
}

async function make() {
  const credential = await navigator.credentials.create({
    publicKey: {
      challenge: bytes(form.dataset.challenge),
      rp: { id: form.dataset.relyingParty, name: "Countersign" },
      user: {
        id: new TextEncoder().encode(form.dataset.person),
        name: form.dataset.person,
        displayName: form.dataset.name,
      },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: {
        residentKey: "required",
        requireResidentKey: true,
        userVerification: "required",
      },
      attestation: "none",
      timeout: 300000,
    },
  });
  return base64url(credential.response.getPublicKey());
}

form.addEventListener("submit", async (event) => {
  const other = event.submitter && event.submitter.name === "how";
  if (other || form.elements.passkey.value) return;
  event.preventDefault();
  if (!window.PublicKeyCredential) {
    said.textContent = "This browser has no passkeys. Enrol a key made elsewhere, below.";
    return;
  }
  said.textContent = "Waiting for your device…";
  try {
    form.elements.passkey.value = await make();
    said.textContent = "Made. Next you sign with it.";
    form.submit();
  } catch (error) {
    said.textContent =
      error.name === "NotAllowedError"
        ? "No passkey was made: the device did not verify you, or you stopped."
        : "No passkey was made: " + error.message;
  }
});
