// Verifies a badge with @digitalbazaar/vc, a verifier this project did not write.
// usage: node verify.mjs BADGE_FILE BASE_URL CONTEXT_FILE
// It sees the bytes of the badge, JSON-LD contexts from its own packages (and the Open Badges one from
// CONTEXT_FILE), and what BASE_URL serves over HTTP. Prints {"verified": …, "errors": […]}.
import {readFileSync} from 'node:fs';
import * as vc from '@digitalbazaar/vc';
import * as Ed25519Multikey from '@digitalbazaar/ed25519-multikey';
import {contexts as credentialsContexts} from '@digitalbazaar/credentials-context';
import {contexts as securityContexts} from '@digitalbazaar/security-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';

const [badgeFile, base, contextFile] = process.argv.slice(2);
const OPEN_BADGES = 'https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json';
const bundled = new Map([
  ...credentialsContexts,
  ...securityContexts,
  [OPEN_BADGES, JSON.parse(readFileSync(contextFile, 'utf8'))],
  [Ed25519Multikey.constants?.MULTIKEY_CONTEXT_V1_URL ?? 'https://w3id.org/security/multikey/v1', {'@context': {}}]
]);

// did:web names an https address; the program under test answers plain http on loopback.
function addressOf(url) {
  if(url.startsWith('did:web:')) {
    const [host, ...path] = url.slice('did:web:'.length).split('#')[0].split(':');
    return `${new URL(base).protocol}//${decodeURIComponent(host)}/${path.map(decodeURIComponent).join('/')}/did.json`;
  }
  return url.split('#')[0];
}

async function documentLoader(url) {
  if(bundled.has(url)) {
    return {contextUrl: null, documentUrl: url, document: bundled.get(url)};
  }
  const address = addressOf(url);
  if(!address.startsWith(base)) {
    throw new Error(`refused to fetch ${url}`);
  }
  const response = await fetch(address, {headers: {accept: 'application/did+json, application/vc, application/ld+json'}});
  if(!response.ok) {
    throw new Error(`${address} answered ${response.status}`);
  }
  let document = await response.json();
  const fragment = url.includes('#') ? url : null;
  if(fragment && Array.isArray(document.verificationMethod)) {
    document = document.verificationMethod.find(({id}) => id === fragment);
    if(!document) {
      throw new Error(`${fragment} is not listed`);
    }
    document = {'@context': 'https://w3id.org/security/multikey/v1', ...document};
  }
  return {contextUrl: null, documentUrl: url, document};
}

const credential = JSON.parse(readFileSync(badgeFile, 'utf8'));
const suite = new DataIntegrityProof({cryptosuite});
const result = await vc.verifyCredential({
  credential, suite, documentLoader,
  checkStatus: options => checkStatus({...options, verifyBitstringStatusListCredential: true})
});
const errors = [result.error, ...(result.error?.errors ?? []), result.statusResult?.error].filter(Boolean);
console.log(JSON.stringify({
  verified: result.verified,
  status: result.statusResult?.verified ?? null,
  errors: errors.map(error => `${error.name}: ${error.message}`)
}));
