import { describe, it } from 'node:test';
import { memoryStage } from './memory-stage.js';
import { contract } from './suite.js';
import { playOn } from './play.js';

describe('contract on memory', () => {
  for (const { name, run } of contract) it(name, () => playOn(memoryStage, run));
});
