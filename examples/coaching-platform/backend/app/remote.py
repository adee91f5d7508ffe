"""Services that are asked by HTTP: Ollama for vectors and answers, Chroma for what is near."""

from collections.abc import Sequence
from typing import Any

import httpx2

CONNECT_SECONDS = 2
CONNECT_RETRIES = 3  # only where no connection came about: nothing is sent twice
CHROMA_SECONDS = 20  # a backup pauses Chroma for a moment
EMBED_SECONDS = 20

Vector = list[float]


class Unavailable(Exception):
    """A service did not answer as it should."""


class Remote:
    """A service by its name and address."""

    def __init__(self, name: str, url: str, seconds: float) -> None:
        self.name = name
        self.http = httpx2.AsyncClient(
            base_url=url,
            timeout=httpx2.Timeout(seconds, connect=CONNECT_SECONDS),
            transport=httpx2.AsyncHTTPTransport(retries=CONNECT_RETRIES),
            trust_env=False,
        )

    async def ask(self, method: str, path: str, body: object = None, **options: Any) -> Any:  # noqa: ANN401 - JSON
        """Return the JSON of an answer. Raises `Unavailable`."""
        try:
            answer = await self.http.request(method, path, json=body, **options)
            answer.raise_for_status()
            return answer.json()
        except httpx2.HTTPStatusError as error:
            raise Unavailable(f"{self.name} answered {error.response.status_code}") from error
        except (httpx2.HTTPError, ValueError) as error:
            raise Unavailable(f"{self.name}: {type(error).__name__}") from error


class Ollama(Remote):
    """Makes vectors of texts, and answers of prompts."""

    def __init__(self, url: str, embed_model: str, chat_model: str, seconds: float) -> None:
        super().__init__("ollama", url, seconds)
        self.embed_model = embed_model
        self.chat_model = chat_model

    async def embed(self, texts: Sequence[str]) -> list[Vector]:
        body = {"model": self.embed_model, "input": list(texts)}
        answer = await self.ask("POST", "/api/embed", body, timeout=EMBED_SECONDS)
        vectors: list[Vector] = answer["embeddings"]
        return vectors

    async def generate(self, prompt: str) -> str:
        body = {"model": self.chat_model, "prompt": prompt, "stream": False}
        return str((await self.ask("POST", "/api/generate", body))["response"])

    async def ping(self) -> None:
        """Raise `Unavailable` unless Ollama answers and has both models."""
        models = (await self.ask("GET", "/api/tags"))["models"]
        there = {model["name"].removesuffix(":latest") for model in models}
        for wanted in (self.embed_model, self.chat_model):
            if wanted.removesuffix(":latest") not in there:
                raise Unavailable(f"ollama has no model {wanted}")


class Chroma(Remote):
    """One collection, in which each note has its vector. Asked by its REST API, version 2."""

    ROOT = "/api/v2/tenants/default_tenant/databases/default_database/collections"

    def __init__(self, url: str, collection: str) -> None:
        super().__init__("chroma", url, CHROMA_SECONDS)
        self.collection = collection

    async def upsert(self, ids: list[str], vectors: list[Vector], coaches: list[int]) -> None:
        metadata = [{"coach": coach} for coach in coaches]
        body = {"ids": ids, "embeddings": vectors, "metadatas": metadata}
        await self.ask("POST", f"{await self._path()}/upsert", body)

    async def nearest(self, vector: Vector, coach: int, limit: int) -> dict[int, float]:
        """Return the nearest notes of a coach with their distances, the nearest first."""
        body = {
            "query_embeddings": [vector],
            "n_results": limit,
            "where": {"coach": coach},
            "include": ["distances"],
        }
        found = await self.ask("POST", f"{await self._path()}/query", body)
        return {int(i): d for i, d in zip(found["ids"][0], found["distances"][0], strict=True)}

    async def ping(self) -> None:
        await self.ask("GET", "/api/v2/heartbeat")

    async def _path(self) -> str:
        """Name the collection by its id, which is another one after a restore: never kept."""
        body = {
            "name": self.collection,
            "get_or_create": True,
            "configuration": {"hnsw": {"space": "cosine"}},
        }
        return f"{self.ROOT}/{(await self.ask('POST', self.ROOT, body))['id']}"
