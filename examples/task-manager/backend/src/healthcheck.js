// Docker's health check: `node src/healthcheck.js`. What it prints is Docker's health log.

const url = `http://127.0.0.1:${process.env.PORT || 8000}/api/v1/health`;
try {
  const answer = await fetch(url, { signal: AbortSignal.timeout(2_500) });
  console.log(answer.status, (await answer.text()).slice(0, 500));
  process.exitCode = answer.ok ? 0 : 1;
} catch (error) {
  console.log(`${url}: ${error.cause?.message ?? error.message}`);
  process.exitCode = 1;
}
