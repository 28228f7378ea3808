/**
 * docs/protocol.md says what is so: every example in it is what the code says, and what the code reads; every
 * number and every code is that of the code.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { before, describe, it } from 'node:test';
import { defaultLimits, type PubSubErrorCode } from 'clustercast';
import { readFromPrimary, readFromWorker, seal } from '#lib/ipc/envelope.js';
import { readClientBatch, readServerBatch, spellClientBatch, spellServerBatch } from '#lib/protocol/batch.js';
import {
  readRequest,
  readServerMessage,
  spellRequest,
  spellServerMessage,
} from '#lib/protocol/documented.js';
import { talkInBatches, talkOfLife, talkOfTheRest, talkPlainly } from './conversations.js';
import { blocks as allBlocks, document, root } from './document.js';
import { anchorsOf, headingsOf, markersOf, rowsOf, sectionOf, type Block } from './markdown.js';
import type { Said } from './wire.js';

/** Those of JSON-RPC are in protocol-json-rpc.test.ts, those of state in protocol-state.test.ts. */
const blocks = allBlocks.filter(({ name = '' }) => !/^(?:rpc|map|cache)-/.test(name));

/** Reads an example with the code that reads it on the wire, and says it again. */
type Read = (example: unknown) => unknown;

const request: Read = (example) => {
  const read = readRequest(example, defaultLimits);
  assert.equal(read.kind, 'request');
  return read.kind === 'request' && spellRequest(read);
};
const answer =
  (kind: 'response' | 'events'): Read =>
  (example) => {
    const read = readServerMessage(example, defaultLimits);
    assert.equal(read.kind, kind);
    return spellServerMessage(read)[0];
  };
const clientBatch: Read = (example) => {
  const read = readClientBatch(example, defaultLimits);
  assert.deepEqual(
    read.filter(({ kind }) => kind === 'malformed'),
    [],
  );
  return spellClientBatch(read);
};
const serverBatch: Read = (example) => {
  const read = readServerBatch(example, defaultLimits);
  assert.deepEqual(
    read.filter(({ kind }) => kind === 'malformed'),
    [],
  );
  return spellServerBatch(read);
};
/** An envelope, and what is in it. */
const toServer: Read = (example) => {
  const read = readFromWorker(example);
  assert.ok(read !== undefined, 'it is not read');
  if ('message' in read) return seal({ ...read, message: request(read.message) });
  return seal('batch' in read ? { ...read, batch: clientBatch(read.batch) } : read);
};
const toClient: Read = (example) => {
  const read = readFromPrimary(example);
  assert.ok(read !== undefined, 'it is not read');
  if ('message' in read) {
    return seal({
      ...read,
      message: answer(Array.isArray(read.message) ? 'events' : 'response')(read.message),
    });
  }
  return seal('batch' in read ? { ...read, batch: serverBatch(read.batch) } : read);
};

/** Every example that the document must have. */
const examples: Readonly<Record<string, Read>> = {
  'request-publish': request,
  'response-publish': answer('response'),
  'response-refused': answer('response'),
  'response-unreadable': answer('response'),
  event: answer('events'),
  'request-subscribe': request,
  'response-subscribe': answer('response'),
  'request-unsubscribe': request,
  'response-unsubscribe': answer('response'),
  'request-client-id': request,
  'request-client-id-in-params': (example) => {
    const { client_id: id, ...said } = request(example) as { client_id: unknown };
    assert.equal(id, 'dashboard-7d1e5a0c');
    return said;
  },
  'event-null': answer('events'),
  hello: toServer,
  'hello-client-id': toServer,
  welcome: toClient,
  refusal: toClient,
  'message-to-server': toServer,
  'message-to-client': toClient,
  'bye-to-server': toServer,
  'bye-to-client': toClient,
  'bye-before-welcome': toServer,
  'batch-publish': clientBatch,
  'batch-published': serverBatch,
  'batch-refused': serverBatch,
  'batch-partly-refused': clientBatch,
  'batch-partly-refused-answer': serverBatch,
  'batch-events': serverBatch,
  'batch-events-slice': serverBatch,
  'batch-mixed': clientBatch,
  'batch-mixed-answer': serverBatch,
  'batch-to-server': toServer,
  'batch-to-client': toClient,
  gap: (example) => (serverBatch([example]) as unknown[])[0],
  'welcome-watched': toClient,
  ack: toServer,
  ping: toClient,
};

/** Every other block: in which language. */
const others: Readonly<Record<string, string>> = {
  'client-by-hand': 'js', // run by protocol-by-hand.test.ts
  'transcript-plain': 'text',
  'transcript-batch': 'text',
};

describe('the examples of docs/protocol.md', () => {
  it('are all known, and all there, each once', () => {
    const found = blocks.map(({ name, language, line }) => ({ name: name ?? `line ${line}`, language }));
    const expected = [
      ...Object.keys(examples).map((name) => ({ name, language: 'json' })),
      ...Object.entries(others).map(([name, language]) => ({ name, language })),
    ];
    assert.deepEqual(byName(found), byName(expected));
    assert.equal(markersOf(document).length, allBlocks.length, 'a marker without a block');
  });

  for (const serialization of ['advanced', 'json'] as const) {
    describe(`are what is said, ${serialization}`, () => {
      const said = new Map<string, unknown>();
      const transcripts = new Map<string, readonly Said[]>();

      before(async () => {
        const plain = await talkPlainly(serialization);
        const batch = await talkInBatches(serialization);
        const rest = await talkOfTheRest(serialization);
        const life = await talkOfLife(serialization);
        for (const { golden } of [plain, batch, rest, life]) {
          for (const [name, message] of golden) {
            assert.ok(!said.has(name), `${name} is said twice`);
            said.set(name, message);
          }
        }
        transcripts.set('transcript-plain', plain.said).set('transcript-batch', batch.said);
      });

      it('and nothing else is', () => {
        assert.deepEqual([...said.keys()].toSorted(), Object.keys(examples).toSorted());
      });

      for (const block of blocks.filter(({ language }) => language === 'json')) {
        it(titleOf(block), () => assert.deepEqual(JSON.parse(block.text), said.get(block.name ?? '')));
      }

      for (const block of blocks.filter(({ language }) => language === 'text')) {
        it(titleOf(block), () => {
          assert.deepEqual(transcriptOf(block), transcripts.get(block.name ?? ''));
        });
      }
    });
  }

  describe('are understood', () => {
    for (const block of blocks.filter(({ language }) => language === 'json')) {
      it(titleOf(block), () => {
        const example: unknown = JSON.parse(block.text);
        assert.deepEqual(examples[block.name ?? '']?.(example), example);
      });
    }

    for (const block of blocks.filter(({ language }) => language === 'text')) {
      it(titleOf(block), () => {
        for (const { to, message } of transcriptOf(block)) {
          assert.deepEqual((to === 'server' ? toServer : toClient)(message), message);
        }
      });
    }
  });
});

describe('docs/protocol.md', () => {
  it('has each limit, with its default', () => {
    const limits = rowsOf(sectionOf(document, 'Limits')).map(([name, text]) => [
      name,
      Number(text?.replaceAll(',', '')),
    ]);
    assert.deepEqual(Object.fromEntries(limits), defaultLimits);
    assert.equal(limits.length, Object.keys(defaultLimits).length);
  });

  it('says the defaults where it says numbers', () => {
    const { batchLength, batchMessages, eventNameLength, idLength } = defaultLimits;
    const text = document.replaceAll('\n', ' ');
    const numbers = (pattern: RegExp): string[] => [
      ...new Set([...text.matchAll(pattern)].map(([, found]) => String(found))),
    ];
    assert.deepEqual(numbers(/of 1 to ([\d,]+) characters/g), [numberOf(idLength)]);
    assert.deepEqual(numbers(/of 1 to ([\d,]+) UTF-16/g), [numberOf(eventNameLength)]);
    assert.deepEqual(numbers(/([\d,]+) (?:requests|events)/g), [numberOf(batchMessages)]);
    assert.deepEqual(numbers(/([\d,]+) characters of values/g), [numberOf(batchLength)]);
  });

  it('has each code of the package: what the server says in the table, what it does not say below', () => {
    const section = sectionOf(document, 'Failures');
    const inTable = rowsOf(section).map(([code]) => code);
    const below = section.slice(section.lastIndexOf('|')).match(/ERR_PUBSUB_\w+/g) ?? [];
    const isSaid = Object.entries(codes);
    assert.deepEqual(new Set(inTable), new Set(isSaid.flatMap(([code, is]) => (is ? [code] : []))));
    const unsaid = isSaid.flatMap(([code, is]) => (is ? [] : [code]));
    assert.deepEqual(new Set(below), new Set([...unsaid, 'ERR_PUBSUB_PROTOCOL']));
  });

  it('mentions no code that does not exist', () => {
    for (const code of document.match(/ERR_PUBSUB_\w+/g) ?? []) assert.ok(code in codes, code);
  });

  it('has each section that a comment in lib/ refers to', () => {
    const references = readdirSync(new URL('lib/', root), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .flatMap((name) => {
        const source = readFileSync(new URL(`lib/${name}`, root), 'utf8').replaceAll(/\s*\n\s*\*\s*/g, ' ');
        return [...source.matchAll(/docs\/protocol\.md, "([^"]+)"/g)].map(([, heading]) => heading);
      });
    assert.ok(references.length > 0);
    const headings = headingsOf(document);
    for (const reference of references) assert.ok(headings.includes(reference ?? ''), reference);
  });

  it('links to sections that it has', () => {
    const anchors = anchorsOf(document);
    for (const [, anchor] of document.matchAll(/\]\(#([^)]+)\)/g))
      assert.ok(anchors.includes(anchor ?? ''), anchor);
  });
});

/** Every code, and whether the server says it of a request. That it does is in protocol-by-hand.test.ts. */
const codes: Readonly<Record<PubSubErrorCode, boolean>> = {
  ERR_PUBSUB_PROTOCOL: true,
  ERR_PUBSUB_UNSUPPORTED: true,
  ERR_PUBSUB_INVALID_ARGUMENT: true,
  ERR_PUBSUB_SERIALIZE: true,
  ERR_PUBSUB_LIMIT: true,
  ERR_PUBSUB_UNAUTHORIZED: true,
  ERR_PUBSUB_FORBIDDEN: true,
  ERR_PUBSUB_WRONG_PROCESS: false,
  ERR_PUBSUB_NO_PRIMARY: false,
  ERR_PUBSUB_STARTED: false,
  ERR_PUBSUB_TIMEOUT: false,
  ERR_PUBSUB_CLOSED: false,
  ERR_PUBSUB_OUTCOME_UNKNOWN: false,
  ERR_PUBSUB_BACKPRESSURE: false,
  ERR_PUBSUB_CONFLICT: false,
};

function byName(list: readonly { name: string; language: string }[]): object[] {
  return list.toSorted((one, other) => one.name.localeCompare(other.name));
}

function numberOf(limit: number): string {
  return limit.toLocaleString('en-US');
}

function titleOf({ name, line }: Block): string {
  return name ?? `the block of line ${line}`;
}

/** The messages of a transcript. A line that is neither empty nor a comment is one. */
function transcriptOf({ text }: Block): Said[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('# '))
    .map((line) => {
      const [, client = '', arrow, json = ''] = /^(\w+) ([→←]) (.+)$/.exec(line) ?? assert.fail(line);
      return {
        client,
        to: arrow === '→' ? 'server' : 'client',
        message: JSON.parse(json) as Said['message'],
      };
    });
}
