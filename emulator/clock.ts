/** The emulator's time: the machine's clock plus an offset that tests move. */
export interface Clock {
  now(): Date;
  /** Makes it `time` now; it runs on from there. */
  set(time: Date): void;
}

/** @param setting where the offset (ms) is kept, so that it survives a restart. */
export function createClock(setting: { read(): number; write(offsetMs: number): void }): Clock {
  let offsetMs = setting.read();
  return {
    now: () => new Date(Date.now() + offsetMs),
    set: (time) => {
      offsetMs = time.getTime() - Date.now();
      setting.write(offsetMs);
    },
  };
}

/** Makes UUIDs of version 7 that rise strictly while the clock does not go back. */
export function createIds(clock: Clock): () => string {
  let lastMs = 0;
  let sequence = 0;
  return () => {
    const nowMs = clock.now().getTime();
    sequence = nowMs === lastMs ? sequence + 1 : 0;
    lastMs = nowMs;
    const bytes = crypto.getRandomValues(Buffer.alloc(16));
    bytes.writeUIntBE(nowMs, 0, 6);
    // 12 bits after the version keep the order of ids made in the same millisecond.
    bytes.writeUInt16BE(0x7000 | (sequence & 0xfff), 6);
    bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8);
    const hex = bytes.toString('hex');
    return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
  };
}
