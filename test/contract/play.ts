/** Runs one case, and closes its stages whatever becomes of it. */
import type { Case, Stage, StageOptions } from './stage.js';

export async function playOn(
  openStage: (options?: StageOptions) => Promise<Stage & { close(): Promise<void> }>,
  run: Case['run'],
): Promise<void> {
  const stages: { close(): Promise<void> }[] = [];
  try {
    await run(async (options) => {
      const stage = await openStage(options);
      stages.push(stage);
      return stage;
    });
  } finally {
    for (const stage of stages) await stage.close();
  }
}
