// Verifies a badge with @digitalcredentials/verifier-core, a verifier this project did not write.
// usage: node verify_dcc.mjs BADGE_FILE BASE_URL CONTEXTS_FOLDER
// It sees the bytes of the badge, the official JSON-LD contexts, and what BASE_URL serves; every other address is
// refused. Prints {"verified": …, "revoked": …, "errors": […]}.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';

const [badgeFile, base, contextsFolder] = process.argv.slice(2);
const {published} = JSON.parse(readFileSync(join(contextsFolder, 'index.json'), 'utf8'));
const real = globalThis.fetch;
const refused = [];

// The library asks through fetch: did:web is https by its rules, and the program under test answers plain http.
globalThis.fetch = async (input, options) => {
  const url = typeof input === 'string' ? input : input.url ?? String(input);
  const bare = url.split('#')[0];
  if(published[bare]) {
    const text = readFileSync(join(contextsFolder, published[bare].file), 'utf8');
    return new Response(text, {headers: {'content-type': 'application/ld+json'}});
  }
  const address = url.replace(/^https:/, new URL(base).protocol);
  if(!address.startsWith(base)) {
    refused.push(url);
    return new Response('refused', {status: 404});
  }
  const headers = new Headers(input.headers ?? options?.headers);
  return real(address, {headers});
};

const {verifyCredential} = await import('@digitalcredentials/verifier-core');
const credential = JSON.parse(readFileSync(badgeFile, 'utf8'));
const result = await verifyCredential({credential, knownDIDRegistries: []});
const steps = Object.fromEntries((result.log ?? []).map(step => [step.id, step.error ? String(step.error.name) : step.valid]));
const needed = ['valid_signature', 'expiration'];
if(credential.credentialStatus) {
  needed.push('revocation_status');
}
console.log(JSON.stringify({
  verified: !result.errors && needed.every(id => steps[id] === true),
  revoked: credential.credentialStatus ? steps.revocation_status === false : null,
  steps,
  errors: (result.errors ?? []).map(error => `${error.name}: ${error.message}`),
  refused
}));
