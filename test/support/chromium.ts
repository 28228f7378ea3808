/** Headless Chromium for tests: where it is, what to say where there is none, and how one is started. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const { CHROMIUM, PATH = '', REQUIRE_CHROMIUM } = process.env;

/** Those that may be it; the environment's word is final. */
const candidates =
  CHROMIUM === undefined
    ? PATH.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)))
    : [CHROMIUM];
const executable = candidates.find(isExecutable);

const missing =
  CHROMIUM === undefined
    ? 'no Chromium found: apt-get install chromium, or set CHROMIUM to its path'
    : `no Chromium found: CHROMIUM is ${CHROMIUM}, which is no program that can be run`;

/** For `describe`: why its tests are skipped, if they are. Where REQUIRE_CHROMIUM is 1 they fail instead. */
export const skip: string | false = executable === undefined && REQUIRE_CHROMIUM !== '1' && missing;

/**
 * Starts one, with a profile of its own. Each host name below `.test` is this machine there.
 *
 * @param keepsPages whether a page that is left is kept, to be shown again, as for a user; not all that a test can
 * do with pages works there.
 */
export function launchChromium({ keepsPages = false } = {}): Promise<Browser> {
  if (executable === undefined) return Promise.reject(new Error(missing));
  return chromium.launch({
    executablePath: executable,
    chromiumSandbox: process.getuid?.() !== 0, // root has none
    ignoreDefaultArgs: keepsPages ? ['--disable-back-forward-cache'] : [],
    args: [
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-proxy-server',
      '--host-resolver-rules=MAP *.test 127.0.0.1',
    ],
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
