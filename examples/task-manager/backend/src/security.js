// Passwords (scrypt) and tokens (signed with HS256).

import { randomBytes, scrypt as scryptWithCallback, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { SignJWT, errors, jwtVerify } from "jose";

const scrypt = promisify(scryptWithCallback);
const COST = { N: 2 ** 14, r: 8, p: 5 }; // 16 MiB and about 150 ms for each guess
const BYTES = 32;

// `salt$hash`, both in base64.
export async function hashPassword(password) {
  const salt = randomBytes(16);
  const hash = await scrypt(password, salt, BYTES, COST);
  return `${salt.toString("base64")}$${hash.toString("base64")}`;
}

export async function passwordMatches(password, stored) {
  const [salt, expected] = stored.split("$").map((part) => Buffer.from(part, "base64"));
  return timingSafeEqual(await scrypt(password, salt, BYTES, COST), expected);
}

// No password has it. An unknown address is compared with it, and so takes as long as a known one.
export const unknownUserHash = `${randomBytes(16).toString("base64")}$${randomBytes(BYTES).toString("base64")}`;

export async function signToken(userId, settings) {
  const token = await new SignJWT()
    .setProtectedHeader({ alg: "HS256" })
    .setSubject(String(userId))
    .setExpirationTime(`${settings.tokenMinutes}m`)
    .sign(settings.secretKey);
  return { access_token: token, token_type: "bearer", expires_in: settings.tokenMinutes * 60 };
}

export const refusal = (detail) =>
  Object.assign(new Error(detail), { statusCode: 401, headers: { "WWW-Authenticate": "Bearer" } });

// Sets request.user, or answers 401. A browser cannot give a WebSocket an Authorization header: it
// sends the token as a second subprotocol, `bearer.TOKEN`, which no log writes down.
export function authenticated(settings) {
  return async (request) => {
    const [, token] =
      /^Bearer (.+)$/i.exec(request.headers.authorization ?? "") ??
      /(?:^|,\s*)bearer\.([\w.-]+)/.exec(request.headers["sec-websocket-protocol"] ?? "") ??
      [];
    try {
      const required = { algorithms: ["HS256"], requiredClaims: ["sub", "exp"] };
      const { payload } = await jwtVerify(token ?? "", settings.secretKey, required);
      request.user = { id: Number(payload.sub), expires: payload.exp };
    } catch (error) {
      if (!(error instanceof errors.JOSEError)) throw error;
      throw refusal("log in first: the token is missing, wrong or expired");
    }
  };
}
