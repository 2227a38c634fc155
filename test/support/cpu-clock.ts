/** Milliseconds that this thread has worked: what a test takes does not depend on what else the machine does. */
export function cpuClock(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1000;
}
