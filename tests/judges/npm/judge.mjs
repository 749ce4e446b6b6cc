// SPDX-License-Identifier: Apache-2.0
// judge.mjs SCHEMAS KIND FILE...: whether documents are what they say they are, by programs and schemas that were not
// written here. KIND: spdx23, spdx301, shacl (SPDX 3's model), cyclonedx, openvex, sigstore (bundles; SIGSTORE_KEY: the public
// key, PEM), purl (a package URL a line). Prints one line a defect; exit status 1 where there
// was one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [schemas, kind, ...files] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const schema = (name) => read(join(schemas, name));
let defects = 0;

function defect(file, text) {
  defects++;
  console.log(`${file}: ${text}`);
}

async function validator(Ajv, name, ...others) {
  const formats = (await import('ajv-formats')).default;
  const drafts = (await import('ajv-formats-draft2019')).default;
  const ajv = new Ajv({ strict: false, allErrors: false });
  formats(ajv);
  drafts(ajv);
  // the draft2019 package refuses pkg: and oci:
  const iri = /^[a-z][a-z0-9+.-]*:[^\s]*$/i;
  ajv.addFormat('iri', iri);
  ajv.addFormat('iri-reference', true);
  for (const other of others) ajv.addSchema(schema(other));
  return { validate: ajv.compile(schema(name)), ajv };
}

async function bySchema(file, Ajv, name, ...others) {
  const { validate, ajv } = await validator(Ajv, name, ...others);
  if (!validate(read(file))) defect(file, `${name}: ${ajv.errorsText(validate.errors)}`);
}

async function cyclonedx(file) {
  const version = read(file).specVersion;
  const { default: Ajv } = await import('ajv');
  const others = ['spdx.schema.json', 'jsf-0.82.schema.json'];
  if (version === '1.7') others.push('cryptography-defs.schema.json');
  await bySchema(file, Ajv, `bom-${version}.schema.json`, ...others);
  const { Validation, Spec } = await import('@cyclonedx/cyclonedx-library');
  const errors = await new Validation.JsonStrictValidator(Spec.Version[`v${version.replace('.', 'dot')}`])
    .validate(readFileSync(file, 'utf8'));
  if (errors) defect(file, `cyclonedx-library: ${JSON.stringify(errors).slice(0, 1000)}`);
}

async function shacl(file) {
  const [{ default: jsonld }, { default: Validator }, n3] = await Promise.all([
    import('jsonld'), import('rdf-validate-shacl'), import('n3')]);
  const context = schema('spdx-context.jsonld');
  const documentLoader = async (url) => {
    if (!url.startsWith('https://spdx.org/rdf/3.0.1/spdx-context')) throw new Error(`${url}: not loaded`);
    return { contextUrl: null, documentUrl: url, document: context };
  };
  const quads = await jsonld.toRDF(read(file), { documentLoader, format: 'application/n-quads' });
  const data = new n3.Store(new n3.Parser({ format: 'N-Quads' }).parse(quads));
  const model = new n3.Store(new n3.Parser().parse(readFileSync(join(schemas, 'spdx-model.ttl'), 'utf8')));
  // a shape that is a class has it for a target (SHACL 2.1.3.3); the model calls its classes owl:Class
  const type = n3.DataFactory.namedNode('http://www.w3.org/1999/02/22-rdf-syntax-ns#type');
  const rdfsClass = n3.DataFactory.namedNode('http://www.w3.org/2000/01/rdf-schema#Class');
  for (const quad of model.getQuads(null, type, n3.DataFactory.namedNode('http://www.w3.org/2002/07/owl#Class'), null)) {
    model.addQuad(quad.subject, type, rdfsClass);
  }
  // the shapes look at classes: the model's hierarchy and its named values are part of what is looked at
  const named = n3.DataFactory.namedNode('http://www.w3.org/2002/07/owl#NamedIndividual');
  for (const { subject } of model.getQuads(null, type, named, null)) {
    for (const quad of model.getQuads(subject, type, null, null)) data.add(quad);
  }
  for (const quad of model.getQuads(null, 'http://www.w3.org/2000/01/rdf-schema#subClassOf', null, null)) data.add(quad);
  const report = await new Validator(model).validate(data);
  // the model's own values have no creation information; they are not the document's
  const ours = report.results.filter((result) => !result.focusNode?.value.startsWith('https://spdx.org/rdf/'));
  for (const result of ours.slice(0, 20)) {
    defect(file, `SHACL: ${result.focusNode?.value} ${result.path?.value ?? ''} ${result.message?.map((m) => m.value).join(' ')}`);
  }
}

async function by2020(file, name) {
  const { default: Ajv } = await import(name === 'spdx23.schema.json' ? 'ajv/dist/2019.js' : 'ajv/dist/2020.js');
  await bySchema(file, Ajv.default ?? Ajv, name);
}

// Each line is canonical: what the library makes of it says the same.
async function purl(file) {
  const { PackageURL } = await import('packageurl-js');
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const [text, ours] = line.split('\t');
    try {
      const { type, namespace, name, version, qualifiers, subpath } = PackageURL.fromString(text);
      const theirs = { type, namespace, name, version, qualifiers, subpath };
      for (const [key, value] of Object.entries(JSON.parse(ours))) {
        const other = theirs[key] ?? null;
        const same = value && typeof value === 'object'
          ? JSON.stringify(Object.entries(value).sort()) === JSON.stringify(Object.entries(other ?? {}).sort())
          : value === other;
        if (!same) defect(file, `${text}: ${key} is ${JSON.stringify(other)} to packageurl-js`);
      }
    } catch (error) {
      defect(file, `${text}: ${error.message}`);
    }
  }
}

// A bundle that the key in SIGSTORE_KEY has signed: without certificates, logs and times, of which it has none.
async function sigstore(file) {
  const { bundleFromJSON } = await import('@sigstore/bundle');
  const { toSignedEntity, toTrustMaterial, Verifier } = await import('@sigstore/verify');
  const { createPublicKey } = await import('node:crypto');
  const rawBytes = createPublicKey(readFileSync(process.env.SIGSTORE_KEY)).export({ format: 'der', type: 'spki' });
  const root = { certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: [] };
  try {
    const bundle = bundleFromJSON(read(file));
    const material = toTrustMaterial(root, { [bundle.verificationMaterial.content.publicKey.hint]: { rawBytes } });
    const verifier = new Verifier(material, { ctlogThreshold: 0, tlogThreshold: 0, timestampThreshold: 0, tsaThreshold: 0 });
    verifier.verify(toSignedEntity(bundle));
  } catch (error) {
    defect(file, error.message);
  }
}

const judges = {
  sigstore,
  purl,
  spdx23: (file) => by2020(file, 'spdx23.schema.json'),
  spdx301: (file) => by2020(file, 'spdx301.schema.json'),
  openvex: (file) => by2020(file, 'openvex.schema.json'),
  shacl,
  cyclonedx,
};

for (const file of files) await judges[kind](file);
process.exit(defects ? 1 : 0);
