// Loaded into a server before its own program: says how much it holds when it is asked over IPC.
process.on('message', () => {
  for (let i = 0; i < 3; i++) globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  process.send({ held: heapUsed + external, rss, resources: process.getActiveResourcesInfo().length });
});
// Being asked is no reason to stay.
process.channel.unref();
