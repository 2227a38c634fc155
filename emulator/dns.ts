import { once } from 'node:events';
import type { Socket } from 'node:net';
import { Packet, TCPServer, UDPServer } from 'dns2';
import type { Backend } from './backend.ts';
import { answerFromZones, renderRecordFields, type ZoneAnswer } from './dns-zone-answer.ts';

/** A DNS server for the zones of the Cloudflare account, by UDP and TCP on one port. */
export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Throws when the port is taken. */
export async function startDns(port: number, backend: Backend): Promise<DnsServer> {
  const answer = (request: Packet, send: (response: Packet) => unknown): void => {
    void send(renderPacket(request, lookUp(request, backend)));
  };
  const udp = new UDPServer(answer);
  udp.on('requestError', () => {});
  const listening = once(udp, 'listening');
  udp.bind(port, '127.0.0.1');
  await listening;
  const tcp = new TCPServer(answer);
  const connections = new Set<Socket>();
  tcp.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.once('close', () => connections.delete(socket));
  });
  tcp.on('requestError', () => {});
  const closeUdp = async (): Promise<void> => {
    await new Promise<void>((resolve) => udp.close(() => resolve()));
  };
  try {
    const open = once(tcp, 'listening');
    tcp.listen(udp.address().port, '127.0.0.1');
    await open;
  } catch (error) {
    await closeUdp();
    throw error;
  }
  return {
    port: udp.address().port,
    close: async () => {
      const closed = new Promise<void>((resolve) => tcp.close(() => resolve()));
      await closeUdp();
      // Clients may keep a connection for the next question.
      for (const socket of connections) socket.destroy();
      await closed;
    },
  };
}

/** What the zones say to the question of a request. */
export function lookUp(request: Packet, backend: Backend): ZoneAnswer {
  const [question] = request.questions;
  if (question === undefined) return { rcode: Packet.RCODE.FORMERR, answers: [], soa: undefined };
  return answerFromZones({ name: question.name, type: Packet.typeName(question.type) }, backend);
}

/** @param from a resolver answers what it was told by the authority. */
export function renderPacket(
  request: Packet,
  { rcode, answers, soa }: ZoneAnswer,
  from: 'authority' | 'resolver' = 'authority',
): Packet {
  const response = Packet.createResponseFromRequest(request);
  response.header.rcode = rcode;
  response.header.aa = from === 'authority' ? 1 : 0;
  response.header.ra = from === 'authority' ? 0 : 1;
  response.answers = answers.map((record) => resource(record, Packet.TYPE[record.type], renderRecordFields(record)));
  if (soa !== undefined) response.authorities = [resource(soa, Packet.TYPE.SOA, soaFields(soa.ttl))];
  return response;
}

function resource(
  { name, ttl }: { readonly name: string; readonly ttl: number },
  type: number,
  fields: object,
): InstanceType<typeof Packet.Resource> {
  return Object.assign(new Packet.Resource(name, type, Packet.CLASS.IN, ttl), fields);
}

function soaFields(minimum: number): object {
  const times = { serial: 1, refresh: 10_000, retry: 2400, expiration: 604_800, minimum };
  return { primary: 'ada.ns.example', admin: 'dns.emulator.example', ...times };
}
