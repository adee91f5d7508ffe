"""What runs on a server, in a container of its own: bytes from a source to a store, and back.

It uses Python's standard library, tar, zstd, age and curl, and imports nothing of `deploy`. It
holds no credential: it is told URLs on its standard input, and says on its standard output what it
did.
"""
