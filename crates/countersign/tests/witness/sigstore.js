// Another reader of our proofs: the verifier of sigstore, as npm has it.
//
//     node sigstore.js PACKAGES PROOF ENTRY LOG-VKEY
//
// Prints what it accepted; ends with 1 where it refuses.
const fs = require('node:fs');
const path = require('node:path');
const crypto = require('node:crypto');

const [packages, proofFile, entryFile, vkey] = process.argv.slice(2);
const theirs = (name) => require(path.join(packages, 'node_modules/@sigstore/verify/dist', name));
const { verifyCheckpoint } = theirs('tlog/checkpoint.js');
const { verifyMerkleInclusion } = theirs('tlog/merkle.js');

const text = fs.readFileSync(proofFile, 'utf8');
const end = text.indexOf('\n\n');
const lines = text.slice(0, end).split('\n').slice(1);
if (lines[0].startsWith('extra ')) lines.shift();
const logIndex = lines.shift().slice('index '.length);
const [name, id, key] = vkey.match(/^([^+]+)\+([0-9a-f]{8})\+(.+)$/).slice(1);
const spki = Buffer.concat([
  Buffer.from('302a300506032b6570032100', 'hex'),
  Buffer.from(key, 'base64').subarray(1),
]);
const log = {
  logID: Buffer.from(id, 'hex'),
  baseURL: name,
  publicKey: crypto.createPublicKey({ key: spki, format: 'der', type: 'spki' }),
};
const entry = {
  canonicalizedBody: fs.readFileSync(entryFile),
  inclusionProof: {
    logIndex,
    hashes: lines.map((line) => Buffer.from(line, 'base64')),
    checkpoint: { envelope: text.slice(end + 2) },
  },
};
try {
  const checkpoint = verifyCheckpoint(entry, [log]);
  verifyMerkleInclusion(entry, checkpoint);
  console.log(`entry ${logIndex} of ${checkpoint.logSize} in ${checkpoint.origin}`);
} catch (error) {
  console.error(`${error.code}: ${error.message}`);
  process.exit(1);
}
