"""All tasks with their flags. Once for all tests: Invoke hands out each help text only once."""

from invoke.parser.context import ParserContext

from deploy.tasks import namespace


def _typed(context: ParserContext) -> str:
    """Return what people type: a collection's own name for its default task."""
    name = str(context.name)
    collection = name.rpartition(".")[0]
    return collection if collection in context.aliases else name


CONTEXTS = {_typed(context): context for context in namespace.to_contexts()}
