// Settings, read from the environment once and checked. An error names the variable, never its value.

const LEVELS = ["DEBUG", "INFO", "WARNING", "ERROR"];

export function readSettings(environment = process.env) {
  const text = (name, fallback) => {
    const value = environment[name] || fallback;
    if (value === undefined) throw new Error(`${name} is not set: the backend cannot run without it`);
    return value;
  };
  const number = (name, fallback) => {
    const value = Number(text(name, fallback));
    if (!Number.isInteger(value) || value < 1) throw new Error(`${name} is not a whole number above 0`);
    return value;
  };

  const secretKey = text("SECRET_KEY");
  if (secretKey.length < 32) throw new Error("SECRET_KEY is shorter than 32 characters");
  const logLevel = text("LOG_LEVEL", "INFO");
  if (!LEVELS.includes(logLevel)) throw new Error(`LOG_LEVEL is none of ${LEVELS.join(", ")}`);

  return Object.freeze({
    databaseUrl: text("DATABASE_URL"),
    redisUrl: text("REDIS_URL"),
    redisPrefix: text("REDIS_PREFIX", "task-manager:"), // of each key and channel
    secretKey: new TextEncoder().encode(secretKey),
    tokenMinutes: number("TOKEN_MINUTES", 60),
    version: text("APP_VERSION", "dev"),
    logLevel: logLevel === "WARNING" ? "warn" : logLevel.toLowerCase(),
    port: number("PORT", 8000),
    // Longer than nginx keeps an idle upstream connection (30 s), so that nginx closes first.
    keepAliveSeconds: 75,
    // Longer than the slowest request (10 s), shorter than stop_grace_period (30 s).
    shutdownSeconds: 20,
  });
}
