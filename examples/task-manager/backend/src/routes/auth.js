// Signing up and logging in. How often somebody may try is nginx's to say.

import { hashPassword, passwordMatches, signToken, unknownUserHash } from "../security.js";

const credentials = {
  type: "object",
  required: ["email", "password"],
  properties: {
    email: { type: "string", maxLength: 254, pattern: "^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$" },
    password: { type: "string", minLength: 8, maxLength: 200 },
  },
};
const UNIQUE_VIOLATION = "23505";

export function authRoutes(app, { settings }) {
  app.post("/auth/signup", { schema: { body: credentials } }, async (request, reply) => {
    const { email, password } = request.body;
    const values = [email.toLowerCase(), await hashPassword(password)];
    const insert = "INSERT INTO users (email, password_hash) VALUES ($1, $2) RETURNING id, email";
    try {
      const { rows } = await app.database.query(insert, values);
      return reply.code(201).send(rows[0]);
    } catch (error) {
      if (error.code !== UNIQUE_VIOLATION) throw error;
      return reply.code(409).send({ detail: "this address has an account already: log in instead" });
    }
  });

  app.post("/auth/login", { schema: { body: credentials } }, async (request, reply) => {
    const { email, password } = request.body;
    const select = "SELECT id, password_hash FROM users WHERE email = $1";
    const [user] = (await app.database.query(select, [email.toLowerCase()])).rows;
    const matches = await passwordMatches(password, user?.password_hash ?? unknownUserHash);
    if (!user || !matches) return reply.code(401).send({ detail: "the address or the password is wrong" });
    return signToken(user.id, settings);
  });
}
