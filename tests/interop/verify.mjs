// Verifies a badge with @digitalbazaar/vc, a verifier this project did not write.
// usage: node verify.mjs BADGE_FILE BASE_URL CONTEXTS_FOLDER
// It sees the bytes of the badge, the official JSON-LD contexts (its own packages' copies first, else those of
// CONTEXTS_FOLDER/index.json), and what BASE_URL serves over HTTP. Prints {"verified": …, "errors": […]}.
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import * as vc from '@digitalbazaar/vc';
import {contexts as credentialsContexts} from '@digitalbazaar/credentials-context';
import {contexts as securityContexts} from '@digitalbazaar/security-context';
import {DataIntegrityProof} from '@digitalbazaar/data-integrity';
import {cryptosuite} from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite';
import {checkStatus} from '@digitalbazaar/vc-bitstring-status-list';

const [badgeFile, base, contextsFolder] = process.argv.slice(2);
const index = JSON.parse(readFileSync(join(contextsFolder, 'index.json'), 'utf8'));
const official = Object.entries(index.published).map(([url, {file}]) =>
  [url, JSON.parse(readFileSync(join(contextsFolder, file), 'utf8'))]);
const bundled = new Map([...official, ...credentialsContexts, ...securityContexts]);

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
// The library reads the bit and leaves it to the caller to say what a set one means: withdrawn.
const revoked = result.statusResult?.results?.some(({status}) => status) ?? null;
const errors = [result.error, ...(result.error?.errors ?? []), result.statusResult?.error].filter(Boolean);
console.log(JSON.stringify({
  verified: result.verified && revoked !== true,
  revoked,
  errors: errors.map(error => `${error.name}: ${error.message}`)
}));
