import { createServer, type Server } from "node:net";
import { UserError } from "../model/problem.ts";

/**
 * The port asked for and one more, or two free ones, on 127.0.0.1. Both are tried by listening there, and let go.
 * Throws UserError where the one asked for cannot be had.
 */
export async function choosePorts(wanted: number | null): Promise<{ readonly tls: number; readonly plain: number }> {
  if (wanted !== null && (wanted < 1 || wanted > 65_535))
    throw new UserError(`--port: ${wanted} is not a port`, "1 to 65535");
  const first = await listen(wanted ?? 0);
  try {
    const second = await listen(0);
    const ports = { tls: portOf(first), plain: portOf(second) };
    await close(second);
    return ports;
  } finally {
    await close(first);
  }
}

function listen(port: number): Promise<Server> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.once("error", (error) => fail(explained(port, error)));
    server.listen(port, "127.0.0.1", () => done(server));
  });
}

function explained(port: number, error: NodeJS.ErrnoException): Error {
  const hint = "leave --port out to get a free one";
  if (error.code === "EADDRINUSE") return new UserError(`port ${port} is in use`, hint);
  if (error.code === "EACCES") return new UserError(`port ${port} is not for you to listen on`, hint);
  return error;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("a TCP server without a port");
  return address.port;
}

const close = (server: Server) => new Promise<void>((done) => server.close(() => done()));
